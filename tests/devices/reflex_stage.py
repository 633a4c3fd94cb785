"""A midi device before an instrument that writes down when each note begins and ends, played sample by sample."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from realtime.contract.block import event, transport
from realtime.contract.device import device
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON
from realtime.engine.engine import Engine
from realtime.engine.midi_flow import engine_midi_in
from realtime.engine.rack import Rack, Slot, Track
from tests.devices.note_witness import ROOM

RATE = 48000
TAKEN = np.dtype(
    [
        ("count", "i8"),
        ("time", "i8", (ROOM,)),
        *((field, "i4", (ROOM,)) for field in ("kind", "channel", "key", "note_id")),
        ("value", "f4", (ROOM,)),
    ],
    align=True,
)


@device(name="scribe", title="Scribe", kind="instrument", params=(), state=TAKEN)
def scribe(block, state):
    """Silent; writes down notes and their frames."""
    for k in range(block.n_events):
        e = event(block, k)
        if state.count < ROOM and e.kind in (NOTE_ON, NOTE_OFF, NOTE_CHOKE):
            state.time[state.count] = transport(block).sample + e.offset
            state.kind[state.count] = e.kind
            state.channel[state.count] = e.channel
            state.key[state.count] = e.key
            state.note_id[state.count] = e.note_id
            state.value[state.count] = e.value
            state.count += 1


@dataclass
class Heard:
    """A note: begin, end in samples (end -1: it sounds)."""

    begin: int
    end: int
    channel: int
    key: int
    velocity: float
    note_id: int


class ReflexStage:
    """A device of events, played from the keys. Times in samples since the start."""

    def __init__(self, tested: str, values: dict[str, Any] | None = None, tempo_bpm: float = 120.0, block: int = 64,
                 options: dict[str, Any] | None = None, metre: tuple[int, int] = (4, 4), playing: bool = True):  # fmt: skip
        self.engine, self.block, self.at = Engine(RATE), block, 0
        slot = Slot(tested, values=dict(values or {}), options=dict(options or {}))
        self.engine.swap(self.engine.compile(Rack([Track("t", [slot, Slot(scribe)])])), 0.0)
        self.engine.set_tempo(tempo_bpm)
        self.engine.set_signature(*metre)
        self.node, self._scribe = self.engine.plan.ordered()
        if playing:
            self.engine.play()

    def run(self, until: int) -> None:
        """Play on up to a sample."""
        if until > self.at:
            self.engine.process(frames=until - self.at, block=self.block)
            self.at = until

    def send(self, at: int, *message: int) -> None:
        """A raw message at a sample (its own frame of the block that it falls into)."""
        first = self.at + (at - self.at) // self.block * self.block
        self.run(first)
        data = (ctypes.c_ubyte * len(message))(*message)
        engine_midi_in.ctypes(self.engine.address, 0, at - first, ctypes.addressof(data), len(message))

    def on(self, at: int, key: int, velocity: int = 100, channel: int = 0) -> None:
        self.send(at, 0x90 | channel, key, velocity)

    def off(self, at: int, key: int, channel: int = 0) -> None:
        self.send(at, 0x80 | channel, key, 64)

    def play(self, notes: list[tuple[int, int, int]], channel: int = 0) -> None:
        """Notes (begin, end, key), in samples."""
        moves = [(b, 1, k) for b, _, k in notes] + [(e, 0, k) for _, e, k in notes]
        for at, down, key in sorted(moves):
            self.on(at, key, channel=channel) if down else self.off(at, key, channel=channel)
        self.run((max(e for _, e, _ in notes) // self.block + 2) * self.block)

    def heard(self) -> list[Heard]:
        """All notes so far, in the order they began."""
        seen = self._scribe.instance.state.view(TAKEN)[0]
        notes: list[Heard] = []
        open_: dict[int, Heard] = {}
        for i in range(int(seen["count"])):
            kind, note_id = int(seen["kind"][i]), int(seen["note_id"][i])
            if kind == NOTE_ON:
                note = Heard(
                    int(seen["time"][i]), -1, int(seen["channel"][i]), int(seen["key"][i]), float(seen["value"][i]),
                    note_id,
                )  # fmt: skip
                notes.append(note)
                open_[note_id] = note
            elif note_id in open_:
                open_.pop(note_id).end = int(seen["time"][i])
        return notes

    def sounding(self) -> list[int]:
        """Keys that sound now, low to high."""
        return sorted(note.key for note in self.heard() if note.end < 0)


def line(keys: list[int], beats: float = 1.0, tempo_bpm: float = 120.0, gap: int = 0, start: int = 0):
    """Notes of equal length, one after the other; gap: samples that are missing from each (below 0: they overlap)."""
    step = round(RATE * 60.0 / tempo_bpm * beats)
    return [(start + i * step, start + (i + 1) * step - gap, key) for i, key in enumerate(keys)]
