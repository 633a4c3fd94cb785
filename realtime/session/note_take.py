"""Writes down what is played while a scene is rendered: you, every lane of the players, and the midi devices; [main].

Everything is on the engine's beats, to the sample. The engine stands still between two blocks, so its memory is read in
place.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON
from realtime.engine.engine import Engine
from realtime.engine.layout import PLAYER_SOURCE
from realtime.engine.node import Place
from realtime.music.midi_tracks import MidiTrack, Said, write_tracks
from realtime.music.sequence import Metre, Note, TempoMap
from realtime.players.registry import player_class
from realtime.session.scene_data import Scene

DRUMS = 9
"""General MIDI's channel of drums, from 0: a kit is written there, whatever channel the scene gives its lanes."""
_CHANNELS = 16


class _Struck(NamedTuple):
    beat: float
    key: int
    velocity: float
    channel: int


class Part:
    """The notes of one voice, joined from their beginnings and ends. channel: 0..15 in the scene; drums: of a drum kit."""

    def __init__(self, name: str, channel: int, program: int | None = None, drums: bool = False):
        self.name, self.channel, self.program, self.drums = name, channel, program, drums
        self.notes: list[Note] = []
        self._held: dict[int, _Struck] = {}

    def on(self, note_id: int, struck: _Struck) -> None:
        """A note begins."""
        self.off(note_id, struck.beat)
        self._held[note_id] = struck

    def off(self, note_id: int, beat: float) -> None:
        """The note of that id ends, if it sounds here."""
        struck = self._held.pop(note_id, None)
        if struck is not None:
            self.notes.append(
                Note(struck.beat, max(0.0, beat - struck.beat), struck.key, struck.velocity, struck.channel)
            )

    def all_off(self, beat: float) -> None:
        """Every note ends."""
        for note_id in list(self._held):
            self.off(note_id, beat)


class NoteTake:
    """One take of a scene on an engine that runs offline, from its first block on."""

    def __init__(self, scene: Scene, engine: Engine):
        self._engine = engine
        self._transport = engine.record[0]["transport"]
        self.tempi: list[tuple[float, float]] = []
        self.metres: list[Metre] = []
        self.end_beat = 0.0
        self._you: dict[int, list[Said]] = {}
        self._lanes: dict[tuple[int, int], Part] = {}
        self.of_players: list[Part] = []
        for number, slot in enumerate(scene.players):
            kit = player_class(slot.player).UNPITCHED
            for lane in slot.lanes:
                drums = lane.name in kit or lane.channel - 1 == DRUMS
                part = Part(f"{number + 1} {slot.player} {lane.name}", lane.channel - 1, lane.program, drums)
                self._lanes[number, lane.channel - 1] = part
                self.of_players.append(part)
        self._devices: list[tuple[Place, str, dict[int, Part]]] = [
            (place, track.name, {}) for track in scene.rack.tracks if (place := self._last(track)) is not None
        ]

    def _last(self, track) -> Place | None:
        """The last midi device of a track: what it plays is what the instrument hears."""
        assert self._engine.plan is not None
        places = [self._engine.plan.wiring.devices[slot.uid] for slot in track.slots]
        found = [p for p in places if p.node.events_out is not None and p.node.kind == "midi"]
        return found[-1] if found else None

    # -- block by block ------------------------------------------------------------------------------------------------

    def begin(self, played_in: Iterable[tuple[int, int, bytes]]) -> None:
        """Before a block: the clock, and the messages (frame in it, source, bytes) that come in with it."""
        t = self._transport
        beat, tempo_bpm = float(t["beat"]), float(t["tempo_bpm"])
        metre = Metre(beat, int(t["numerator"]), int(t["denominator"]))
        if not self.tempi or self.tempi[-1][1] != tempo_bpm:
            self.tempi.append((beat, tempo_bpm))
        if not self.metres or self.metres[-1][1:] != metre[1:]:
            self.metres.append(metre)
        self._beat, self._sample, self._step = beat, int(t["sample"]), float(t["beats_per_sample"])
        self._from_clock = beat - float(self._engine.record[0]["clock_beat"])
        for frame, source, data in played_in:
            self._you.setdefault(source, []).append(Said(beat + frame * self._step, data))

    def end(self) -> None:
        """After it: what the players and the midi devices have played."""
        self.end_beat = float(self._transport["beat"])
        for heard in self._engine.heard.pop_all():
            player = int(heard["source"]) - PLAYER_SOURCE
            if player >= 0 and (part := self._lanes.get((player, int(heard["channel"])))) is not None:
                self._note(part, heard, float(heard["beat"]) + self._from_clock)
        for place, name, parts in self._devices:
            count = int(place.block["n_events_out"][0])
            for event in place.node.events_out[:count] if count and place.node.events_out is not None else ():
                self._of_device(name, parts, event)

    def _of_device(self, name: str, parts: dict[int, Part], event: np.void) -> None:
        beat, kind = self._beat + int(event["offset"]) * self._step, int(event["kind"])
        if kind in (NOTE_OFF, NOTE_CHOKE) and event["key"] < 0:
            for channel, part in parts.items():
                if event["channel"] in (channel, -1):
                    part.all_off(beat)
            return
        if kind in (NOTE_ON, NOTE_OFF, NOTE_CHOKE):
            channel = max(0, int(event["channel"]))
            part = parts.setdefault(channel, Part(name, channel))
            self._note(part, event, beat)

    @staticmethod
    def _note(part: Part, event: np.void, beat: float) -> None:
        note_id = int(event["note_id"])
        if event["kind"] == NOTE_ON:
            part.on(note_id, _Struck(beat, int(event["key"]), float(event["value"]), part.channel))
        else:
            part.off(note_id, beat)

    # -- as a file -----------------------------------------------------------------------------------------------------

    def tracks(self) -> list[MidiTrack]:
        """A track for you (one a port), for each lane, and for each rack track with midi devices (one a channel).

        Each has a channel of its own, its own number where nobody before it has that; drums have the tenth.
        """
        found = [self._heard(source, number) for number, source in enumerate(sorted(self._you))]
        found = found or [MidiTrack("you")]
        taken = {said.data[0] & 15 for track in found for said in track.said}
        taken |= {note.channel for track in found for note in track.notes}
        parts = [*self.of_players]
        for _, name, by_channel in self._devices:
            parts += [by_channel[channel] for channel in sorted(by_channel)] or [Part(name, 0)]
        for part in parts:
            part.all_off(self.end_beat)
            channel = DRUMS if part.drums else _free(part.channel, taken)
            taken.add(channel)
            notes = [note._replace(channel=channel) for note in part.notes]
            found.append(MidiTrack(part.name, notes, program=part.program))
        return found

    def _heard(self, source: int, number: int) -> MidiTrack:
        part, said = Part("you" if number == 0 else f"you {number + 1}", 0), []
        for beat, data in self._you[source]:
            kind, channel = data[0] & 0xF0, data[0] & 15
            note_id = channel << 7 | data[1]
            if kind == 0x90 and data[2] > 0:
                part.on(note_id, _Struck(beat, data[1], data[2] / 127.0, channel))
            elif kind in (0x80, 0x90):
                part.off(note_id, beat)
            else:
                said.append(Said(beat, data))
        part.all_off(self.end_beat)
        return MidiTrack(part.name, part.notes, said)

    def write(self, path: str | Path) -> dict[str, Any]:
        """Write them; JSON: file, end_beat, ticks_per_beat, tracks of [name, channel 1..16 or None, notes]."""
        tracks = self.tracks()
        ticks = write_tracks(tracks, TempoMap(self.tempi), self.metres, path, self.end_beat)
        rows = [
            {"track": t.name, "channel": t.notes[0].channel + 1 if t.notes else None, "notes": len(t.notes)}
            for t in tracks
        ]
        return {"file": str(path), "end_beat": self.end_beat, "ticks_per_beat": ticks, "tracks": rows}


def _free(wanted: int, taken: set[int]) -> int:
    """The channel itself, or the lowest one that nobody has; with all taken, the channel all the same."""
    if wanted not in taken and wanted != DRUMS:
        return wanted
    return next((channel for channel in range(_CHANNELS) if channel not in taken and channel != DRUMS), wanted)
