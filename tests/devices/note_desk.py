"""A desk for midi devices: keys are pressed at exact samples, and what an instrument behind the device hears is written down."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from realtime.contract.block import event, transport
from realtime.contract.device import device
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON
from realtime.engine.engine import Engine
from realtime.engine.rack import Rack, Slot, Track

RATE = 48000
ROOM = 4096
LOG = np.dtype(
    [("count", "i8"), ("sample", "i8", (ROOM,)), ("value", "f4", (ROOM,)),
     *((name, "i4", (ROOM,)) for name in ("kind", "channel", "key", "note_id", "number"))],
    align=True,
)  # fmt: skip


@device(name="note_log", title="Note log", kind="instrument", params=(), state=LOG)
def note_log(block, state):
    """Silent."""
    for index in range(block.n_events):
        e = event(block, index)
        if state.count < ROOM:
            at = state.count
            state.sample[at] = transport(block).sample + e.offset
            state.value[at] = e.value
            state.kind[at] = e.kind
            state.channel[at] = e.channel
            state.key[at] = e.key
            state.note_id[at] = e.note_id
            state.number[at] = e.number
            state.count += 1


class Played(NamedTuple):
    """A note as it was heard, in samples; end -1: it sounds on."""

    on: int
    end: int
    key: int
    velocity: float
    channel: int


class Desk:
    """One device before the log. values: its parameters."""

    def __init__(self, tested: str, tempo_bpm: float = 120.0, playing: bool = False, **values):
        self.engine = Engine(RATE)
        slot = Slot(tested, values=values)
        self.engine.swap(self.engine.compile(Rack([Track("t", [slot, Slot(note_log)])])), 0.0)
        self.node, self._log = self.engine.plan.ordered()
        self.engine.set_tempo(tempo_bpm)
        if playing:
            self.engine.play()
        self.engine.process(frames=64)
        self.start = self.now

    @property
    def now(self) -> int:
        return int(self.engine.record[0]["transport"]["sample"])

    @property
    def beat(self) -> float:
        return float(self.engine.record[0]["transport"]["beat"])

    def band(self, **fields: int) -> None:
        """What the transport says of the music: chord_classes, key_classes."""
        for name, number in fields.items():
            self.engine.record["transport"][name] = number

    def set(self, name: str, value: float) -> None:
        self.node.target[[p.id for p in self.node.instance.params].index(name)] = value

    def send(self, *data: int) -> None:
        self.engine.midi_in(1, bytes(data), 0)

    def press(self, *keys: int, velocity: int = 100, channel: int = 0) -> None:
        for key in keys:
            self.send(0x90 | channel, key, velocity)

    def lift(self, *keys: int, channel: int = 0) -> None:
        for key in keys:
            self.send(0x80 | channel, key, 64)

    def run(self, frames: int) -> Desk:
        self.engine.process(frames=frames)
        return self

    def seconds(self, seconds: float) -> Desk:
        return self.run(round(seconds * RATE))

    @property
    def log(self) -> np.ndarray:
        return self._log.instance.state.view(note_log.state)[0]

    def events(self, *kinds: int) -> list[tuple[int, int, float]]:
        """(channel, number, value) of what was heard of some kinds."""
        seen = self.log
        return [
            (int(seen["channel"][i]), int(seen["number"][i]), float(seen["value"][i]))
            for i in range(int(seen["count"])) if seen["kind"][i] in kinds
        ]  # fmt: skip

    @property
    def notes(self) -> list[Played]:
        """In order of their beginnings, counted from when the desk was ready."""
        seen, found, open_notes = self.log, [], {}
        for i in range(int(seen["count"])):
            kind, key, note = (int(seen[name][i]) for name in ("kind", "key", "note_id"))
            if kind == NOTE_ON:
                assert note not in open_notes, "two notes have one id"
                open_notes[note] = len(found)
                found.append(Played(int(seen["sample"][i]) - self.start, -1, key, round(float(seen["value"][i]), 3),
                                    int(seen["channel"][i])))  # fmt: skip
            elif kind in (NOTE_OFF, NOTE_CHOKE):
                ended = [note] if key >= 0 else list(open_notes)
                for one in (n for n in ended if n in open_notes):
                    place = open_notes.pop(one)
                    found[place] = found[place]._replace(end=int(seen["sample"][i]) - self.start)
        return found

    @property
    def hanging(self) -> list[Played]:
        return [note for note in self.notes if note.end < 0]
