"""What a hand wants first of a scene that names no macros: tone, drive, space, envelope, levels, in that order; [main].

Each kind of device has its few handles in the order in which a player reaches for them. They are dealt in rounds: the
first handle of every instrument, then those of the effects in its way, the sends that the scene uses, second handles,
levels, players; so that a scene of one synth shows its filter and envelope, and one of three tracks something of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from realtime.engine.plan import Plan
from realtime.engine.rack import Slot, Track
from realtime.midi.map.assignment import Target
from realtime.session.macros.macro import COUNT, LONGEST_NAME, Macro
from realtime.session.names import addresses

Handles = tuple[tuple[str, str], ...]

INSTRUMENTS: dict[str, Handles] = {
    "poly": (("cutoff_hz", "Cutoff"), ("resonance", "Resonance"), ("amp_attack_s", "Attack"), ("amp_release_s", "Release"),
             ("cutoff_env_oct", "Sweep"), ("lfo1_pitch_cents", "Vibrato"), ("osc2_level", "Osc 2"), ("drive_db", "Drive")),
    "fm": (("brightness", "Bright"), ("feedback", "Edge"), ("lfo_pitch_cents", "Vibrato"), ("lfo_amp", "Tremolo"),
           ("op1_attack_s", "Attack"), ("op1_release_s", "Release"), ("pan_spread", "Width"), ("level_db", "Level")),
    "pluck": (("brightness", "Bright"), ("decay_s", "Ring"), ("pick_position", "Pick"), ("body", "Body"),
              ("release_s", "Release"), ("pluck_hz", "Pluck"), ("pan_spread", "Width")),
    "drums": (("decay", "Decay"), ("tune_semitones", "Tune"), ("kick_db", "Kick"), ("snare_db", "Snare"),
              ("hats_db", "Hats"), ("drive", "Drive"), ("snap", "Snap"), ("noise", "Noise")),
    "sampler": (("attack_s", "Attack"), ("release_s", "Release"), ("start", "Start"), ("tune_semitones", "Tune"),
                ("level_db", "Level")),
}  # fmt: skip
EFFECTS: dict[str, Handles] = {
    "nam": (("input_db", "Drive"), ("mix", "Amp")),
    "onnx": (("input_db", "Drive"), ("mix", "Model")),
    "saturator": (("drive_db", "Drive"), ("tone_hz", "Tone")),
    "filter": (("cutoff_hz", "Cutoff"), ("resonance", "Resonance"), ("lfo_octaves", "Wobble")),
    "chorus": (("mix", "Chorus"), ("rate_hz", "Rate")),
    "phaser": (("mix", "Phaser"), ("rate_hz", "Rate")),
    "delay": (("mix", "Echo"), ("feedback", "Repeats")),
    "reverb": (("mix", "Room"), ("decay_s", "Length")),
}
"""The effects in the order in which they are wanted."""
CORRECTIONS: dict[str, Handles] = {
    "eq": (("high_db", "Treble"), ("low_db", "Lows")),
    "compressor": (("threshold_db", "Squeeze"),),
}
"""What is set once and seldom turned."""
BUSES: dict[str, Handles] = {"reverb": (("decay_s", "length"),), "delay": (("feedback", "repeats"),)}
PLAYERS: Handles = (("density", "density"), ("intensity", "intensity"), ("temperature", "daring"))
_INSTRUMENT_ROUNDS = 8
_YOURS = ("", "you")
"""Tracks that a hand calls its own need no name before their handles."""


class _Deal:
    """The macros found so far: none twice, none that is not there."""

    def __init__(self, plan: Plan):
        self.plan, self.found = plan, dict[str, str]()
        self.numbers = {slot.uid: number for number, slot in enumerate(plan.rack.slots(), 1)}

    def of(self, slot: Slot, handle: tuple[str, str], before: str = "") -> None:
        """A parameter of a device, if it has it. before: whose it is."""
        node = self.plan.nodes.get(slot.uid)
        if node is not None and any(param.id == handle[0] for param in node.instance.params):
            self.put(f"/rack/{self.numbers[slot.uid]}/{handle[0]}", handle[1], before)

    def put(self, address: str, name: str, before: str = "") -> None:
        whole = f"{before} {name[:1].lower()}{name[1:]}".strip() if before not in _YOURS else name
        whole = (whole[:1].upper() + whole[1:])[:LONGEST_NAME].strip()
        if len(self.found) < COUNT and address not in self.found and whole not in self.found.values():
            self.found[address] = whole


def _kind(slot: Slot) -> str:
    return slot.device if isinstance(slot.device, str) else slot.device.name


def _played_first(tracks: Iterable[Track]) -> list[Track]:
    """Those that hear the hands, or a voice or guitar, before those of the players."""
    return sorted(tracks, key=lambda track: not (track.audio_input or "keys" in track.keys.sources))


def _handles(slots: Iterable[Slot], table: dict[str, Handles], at: int) -> Iterator[tuple[Slot, tuple[str, str]]]:
    order = list(table)
    known = [slot for slot in slots if _kind(slot) in table and not slot.bypass]
    for slot in sorted(known, key=lambda slot: order.index(_kind(slot))):
        if at < len(table[_kind(slot)]):
            yield slot, table[_kind(slot)][at]


def picked(plan: Plan, players: Iterable[tuple[int, str, Iterable[Any]]] = ()) -> tuple[Macro, ...]:
    """Up to COUNT macros of one target each. players: (number from 1, title, its parameters)."""
    deal, rack = _Deal(plan), plan.rack
    tracks = _played_first(rack.tracks)
    several = len(tracks) > 1
    at = addresses([track.name for track in rack.tracks] + [bus.name for bus in rack.buses])

    def insides(table: dict[str, Handles], round_: int) -> None:
        for track in tracks:
            for slot, handle in _handles(track.slots, table, round_):
                deal.of(slot, handle, track.name if several else "")

    insides(INSTRUMENTS, 0)
    insides(EFFECTS, 0)
    for bus in (bus for bus in rack.buses if tracks and bus.name in tracks[0].sends):
        deal.put(f"/mix/{at[tracks[0].name]}/send_{at[bus.name]}", bus.name)
    if several:
        for track in tracks[:3]:
            deal.put(f"/mix/{at[track.name]}/gain_db", "Level", track.name)
    for number, title, params in players:
        known = {param.id for param in params}
        for knob, name in PLAYERS[:1]:
            if knob in known:
                deal.put(f"/player/{number}/{knob}", name, title)
    insides(INSTRUMENTS, 1)
    insides(CORRECTIONS, 0)
    for round_ in range(2, 4):
        insides(INSTRUMENTS, round_)
    for bus in rack.buses:
        for slot, handle in _handles(bus.slots, BUSES, 0):
            deal.of(slot, handle, bus.name)
    insides(EFFECTS, 1)
    insides(CORRECTIONS, 1)
    for round_ in range(4, _INSTRUMENT_ROUNDS):
        insides(INSTRUMENTS, round_)
    _rest(deal, rack.slots())
    return tuple(Macro(name, (Target(address),)) for address, name in deal.found.items())


def _rest(deal: _Deal, slots: Iterable[Slot]) -> None:
    """Devices that nobody here knows, plugins and users' own, by the order of their own tables."""
    for slot in slots:
        node = deal.plan.nodes.get(slot.uid)
        if node is None or _kind(slot) in INSTRUMENTS or _kind(slot) in EFFECTS | CORRECTIONS:
            continue
        for param in node.instance.params:
            if param.curve in ("lin", "log"):
                deal.of(slot, (param.id, param.title))
