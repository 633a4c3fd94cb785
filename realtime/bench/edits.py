"""`antiphon bench edits`: random edits of a rack under a steady tone: clicks, late callbacks, values kept; [main].

Clicks are looked for offline, where every sample can be compared: a tone runs through a rack whose devices, tracks, buses,
sends, sidechains and latencies change all the time, its own chain too. Late callbacks are counted live, on the null driver.
"""

from __future__ import annotations

import copy
import gc
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.bench.session_edits import session_edits, session_live
from realtime.bench.swaps import resident_kib
from realtime.drivers.choose import create
from realtime.engine.engine import Engine
from realtime.engine.rack import Bus, Keys, Rack, Slot, Track

RATE, FRAMES = 48000, 64
TONE_HZ, TONE_PEAK = 330.0, 0.4
GAP = 64 * 60
"""Samples from edit to edit: 80 ms, more than an edit's own fades take."""
_MOST_TRACKS, _MOST_BUSES, _LONGEST_CHAIN = 10, 4, 6


def _neutral(chance: random.Random) -> Slot:
    """A device that leaves a tone as it is, some samples late."""
    kind = chance.choice(("compressor", "delay", "eq", "ducker"))
    if kind == "compressor":
        values = {"ratio": 1.0, "threshold_db": 0.0}
        return Slot("compressor", values, {"lookahead_ms": chance.choice((0.0, 0.5, 2.0, 7.5))})
    return Slot(kind, {"mix": 0.0} if kind == "delay" else {})


def _any_effect(chance: random.Random) -> Slot:
    return Slot(
        chance.choice(("reverb", "chorus", "filter", "compressor", "delay", "phaser", "limiter", "saturator", "eq"))
    )


def _instrument(chance: random.Random) -> Slot:
    return Slot(chance.choice(("poly", "pluck", "drums")))


class Editor:
    """Changes a rack at random, one thing at a time, as a hand in a panel would; the track "tone" stays."""

    def __init__(self, seed: int = 1):
        self._chance = random.Random(seed)
        self._made = 0
        self.rack = Rack([Track("tone", [_neutral(self._chance)], audio_input=(1, 2))])

    def edit(self) -> tuple[str, Rack]:
        """(what was done, the rack after it); the rack before is left as it was."""
        while True:
            done = self._chance.choice(_EDITS)
            rack = copy.copy(self.rack)
            rack.tracks = [self._copied(track) for track in rack.tracks]
            rack.buses, rack.master = [self._copied(bus) for bus in rack.buses], list(rack.master)
            if done(self, rack):
                self.rack = rack
                return done.__name__.strip("_").replace("_", " "), rack

    @staticmethod
    def _copied(item):
        changed = copy.copy(item)
        changed.slots = [copy.copy(slot) for slot in item.slots]
        if isinstance(item, Track):
            changed.sends = dict(item.sends)
        return changed

    def _name(self, what: str) -> str:
        self._made += 1
        return f"{what} {self._made}"

    def _chain(self, rack: Rack) -> tuple[list[Slot], bool]:
        """A chain, and whether the tone runs through it (then only neutral devices may come in)."""
        items = [(track.slots, track.name == "tone") for track in rack.tracks]
        # the tone reaches no bus: no send of it is ever opened
        return self._chance.choice([*items, *((bus.slots, False) for bus in rack.buses), (rack.master, True)])

    def _add_device(self, rack: Rack) -> bool:
        slots, toned = self._chain(rack)
        if len(slots) >= _LONGEST_CHAIN:
            return False
        first = 0 if toned or not slots or slots[0].device not in ("poly", "pluck", "drums", "transposer") else 1
        slots.insert(self._chance.randint(first, len(slots)), (_neutral if toned else _any_effect)(self._chance))
        return True

    def _remove_device(self, rack: Rack) -> bool:
        slots, _ = self._chain(rack)
        loose = [slot for slot in slots if slot.device not in ("poly", "pluck", "drums")]
        if not loose or len(slots) < 2:
            return False
        slots.remove(self._chance.choice(loose))
        return True

    def _move_device(self, rack: Rack) -> bool:
        slots, toned = self._chain(rack)
        start = 0 if toned else 1
        if len(slots) < start + 2:
            return False
        moved = slots.pop(self._chance.randrange(start, len(slots)))
        slots.insert(self._chance.randint(start, len(slots)), moved)
        return True

    def _rebuild_device(self, rack: Rack) -> bool:
        slots, _ = self._chain(rack)
        if not slots:
            return False
        self._chance.choice(slots).generation += 1
        return True

    def _add_track(self, rack: Rack) -> bool:
        if len(rack.tracks) >= _MOST_TRACKS:
            return False
        slots = [_instrument(self._chance), *(_any_effect(self._chance) for _ in range(self._chance.randint(0, 2)))]
        if self._chance.random() < 0.3:
            slots.insert(0, Slot("transposer", {"semitones": 12.0}))
        sends = {bus.name: -12.0 for bus in rack.buses if self._chance.random() < 0.5}
        track = Track(self._name("track"), slots, sends=sends, channels=self._chance.choice((1, 2, 2, 6)))
        rack.tracks.insert(self._chance.randint(0, len(rack.tracks)), track)
        return True

    def _remove_track(self, rack: Rack) -> bool:
        loose = [track for track in rack.tracks if track.name != "tone"]
        if not loose:
            return False
        gone = self._chance.choice(loose)
        rack.tracks.remove(gone)
        for slot in (slot for track in rack.tracks for slot in track.slots if slot.sidechain == gone.name):
            slot.sidechain = ""
        return True

    def _add_bus(self, rack: Rack) -> bool:
        if len(rack.buses) >= _MOST_BUSES:
            return False
        rack.buses.append(Bus(self._name("bus"), [_any_effect(self._chance)], channels=self._chance.choice((1, 2, 6))))
        return True

    def _remove_bus(self, rack: Rack) -> bool:
        if not rack.buses:
            return False
        gone = rack.buses.pop(self._chance.randrange(len(rack.buses)))
        for track in rack.tracks:
            track.sends.pop(gone.name, None)
        return True

    def _send(self, rack: Rack) -> bool:
        tracks = [track for track in rack.tracks if track.name != "tone"]
        if not tracks or not rack.buses:
            return False
        track, bus = self._chance.choice(tracks), self._chance.choice(rack.buses)
        if track.sends.pop(bus.name, None) is None:
            track.sends[bus.name] = -6.0
        return True

    def _sidechain(self, rack: Rack) -> bool:
        keys = [track.name for track in rack.tracks if track.name != "tone"]
        slots = [s for t in rack.tracks if t.name == "tone" for s in t.slots if s.device in ("compressor", "ducker")]
        if not slots or not keys:
            return False
        slot = self._chance.choice(slots)
        slot.sidechain = "" if slot.sidechain else self._chance.choice(keys)
        return True

    def _split(self, rack: Rack) -> bool:
        self._chance.choice(rack.tracks).keys = Keys(
            key_low=self._chance.randint(0, 60), transpose=self._chance.randint(-12, 12)
        )
        return True

    def _output(self, rack: Rack) -> bool:
        tracks = [track for track in rack.tracks if track.name != "tone"]
        if not tracks:
            return False
        track = self._chance.choice(tracks)
        track.output = 3 if track.output == 1 else 1
        return True


_EDITS = (
    Editor._add_device, Editor._add_device, Editor._remove_device, Editor._move_device, Editor._rebuild_device,
    Editor._add_track, Editor._remove_track, Editor._add_bus, Editor._remove_bus, Editor._send, Editor._sidechain,
    Editor._split, Editor._output,
)  # fmt: skip


def tone(frames: int, start: int = 0) -> np.ndarray:
    """(2, frames) float32 of the steady tone, from a sample of its time on."""
    time_s = (np.arange(frames) + start) / RATE
    return np.tile((TONE_PEAK * np.sin(2.0 * np.pi * TONE_HZ * time_s)).astype(np.float32), (2, 1))


def edits_under_a_tone(
    count: int, seed: int = 1, gap: int = GAP, progress: Callable[[float], object] = lambda share: None
) -> dict[str, Any]:
    """Offline: steady_step and edit_step, the largest sample-to-sample steps before and during the edits; the edit it fell
    into; how far the tone's level strays 100 ms after an edit; faults, plans still held."""
    editor, engine = Editor(seed), Engine(RATE, inputs=2, outputs=4)
    engine.swap(engine.compile(editor.rack), 0.0)
    at = 4 * GAP
    steady = engine.process(tone(at))[:2, GAP:]
    steady_step, last = float(np.abs(np.diff(steady)).max()), steady[:, -1:]
    worst, blamed, quietest = 0.0, "", 1.0
    for number in range(count):
        done, rack = editor.edit()
        engine.swap(engine.compile(rack, edit=True), 0.0)
        sound = engine.process(tone(gap, at))[:2]
        at += gap
        step = float(np.abs(np.diff(np.concatenate([last, sound], axis=1))).max())
        if step > worst:
            worst, blamed = step, done
        quietest = min(quietest, float(np.abs(sound[:, -RATE // 200 :]).max()) / TONE_PEAK)
        last = sound[:, -1:]
        progress((number + 1) / count)
    engine.process(tone(GAP, at))
    return {
        "edits": count, "steady_step": steady_step, "edit_step": worst, "ratio": worst / steady_step, "worst_edit": blamed,
        "quietest_after": quietest, "faults": engine.meters.snapshot()["faults"], "plans_kept": engine.collect(),
    }  # fmt: skip


def edits_live(count: int, seed: int = 1, progress: Callable[[float], object] = lambda share: None) -> dict[str, Any]:
    """On the null driver: late callbacks and memory, with notes held all the while."""
    editor, engine = Editor(seed), Engine(RATE, inputs=2, outputs=4)
    engine.swap(engine.compile(editor.rack), 0.0)
    driver = create("null")
    driver.open(engine, FRAMES)
    driver.start()
    sizes, missed = [], 0
    try:
        while engine.meters.snapshot()["callbacks"] < RATE // FRAMES // 4:
            time.sleep(0.01)
        engine.meters.reset()
        for number in range(count):
            missed += not engine.swap(engine.compile(editor.edit()[1], edit=True), 5.0)
            status = 0x90 if number % 2 == 0 else 0x80
            engine.midi_in(1, bytes((status, 48 + number // 2 % 24, 80)), 0)
            if number in (count // 5, count - 1):
                gc.collect()
                sizes.append(resident_kib())
            progress((number + 1) / count)
        meters = engine.meters.snapshot()
    finally:
        driver.close()
    return {
        "late": meters["late"], "callbacks": meters["callbacks"], "xruns": driver.xruns, "not_taken": missed,
        "max_us": meters["duration_us"]["max"], "p999_us": meters["duration_us"]["p999"],
        "period_us": FRAMES * 1e6 / RATE, "grown_kib": sizes[-1] - sizes[0], "plans_kept": engine.collect(),
    }  # fmt: skip


def bench_edits(count: int = 1000, progress: Callable[[float], object] = lambda share: None) -> dict[str, Any]:
    """The engine alone, offline and live, and a whole session, offline with rate changes and live."""
    parts: dict[str, Callable[..., dict[str, Any]]] = {
        "offline": edits_under_a_tone,
        "live": edits_live,
        "session": session_edits,
        "session_live": session_live,
    }
    found = {}
    for number, (name, run) in enumerate(parts.items()):
        found[name] = run(count, progress=lambda share, number=number: progress((number + share) / len(parts)))
    return found
