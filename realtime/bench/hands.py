"""Two hands that never stop playing, around any engine: both sides of a bench hear the same notes; [audio].

Chords of the left hand each half second, a line of eighths in the right, sent as raw MIDI at their exact frame.
"""

from __future__ import annotations

import numpy as np

from realtime.drivers.calls import CALLS, call_midi_in, call_midi_out, call_midi_out_count, call_run
from realtime.native.jit import audio_entry, int64, void
from realtime.native.memory import aligned, load_i64, record_view

HANDS = np.dtype(
    [
        *((name, "i8") for name in CALLS),
        ("sample", "i8"),
        ("next", "i8"),
        ("count", "i8"),
        ("loop", "i8"),
        ("table", "i8"),
    ],
    align=True,
)
_hands_at = record_view(HANDS)
CHORDS = ((48, 60, 64, 67), (45, 57, 60, 64), (41, 57, 60, 65), (43, 59, 62, 67))
LINE = (72, 76, 79, 84, 79, 76, 74, 77)
CHORD_S, EIGHTH_S = 0.5, 0.25


@audio_entry(void(int64, int64, int64, int64, int64))
def run(hands, audio_in, audio_out, frames, start_ns):
    me = _hands_at(hands)
    while True:
        at = me.table + 16 * (me.next % me.count)
        due = (me.next // me.count) * me.loop + load_i64(at)
        if due >= me.sample + frames:
            break
        call_midi_in(me.midi_in, me.engine, 0, due - me.sample, at + 8, 3)
        me.next += 1
    me.sample += frames
    call_run(me.run, me.engine, audio_in, audio_out, frames, start_ns)


@audio_entry(void(int64, int64, int64, int64, int64))
def midi_in(hands, source, offset, data, size):
    me = _hands_at(hands)
    call_midi_in(me.midi_in, me.engine, source, offset, data, size)


@audio_entry(int64(int64))
def midi_out_count(hands):
    me = _hands_at(hands)
    return call_midi_out_count(me.midi_out_count, me.engine)


@audio_entry(void(int64, int64, int64))
def midi_out(hands, index, message):
    me = _hands_at(hands)
    call_midi_out(me.midi_out, me.engine, index, message)


class Hands:
    """`engine`, played. It takes the engine's place in a driver."""

    def __init__(self, engine):
        self.engine = engine
        self.sample_rate, self.inputs, self.outputs = engine.sample_rate, engine.inputs, engine.outputs
        notes = [(bar * CHORD_S, CHORD_S * 0.95, key) for bar, chord in enumerate(CHORDS) for key in chord]
        notes += [(step * EIGHTH_S, EIGHTH_S * 0.9, key) for step, key in enumerate(LINE)]
        events = [(start, 0x90 | key << 8 | 100 << 16) for start, _, key in notes]
        events += [(start + length, 0x80 | key << 8) for start, length, key in notes]
        rate = engine.sample_rate
        self._table = np.array([(int(at * rate), message) for at, message in sorted(events)], np.int64)
        self._memory = aligned(1, HANDS)
        record = self._memory[0]
        for name, value in zip(CALLS, engine.calls, strict=True):
            record[name] = int(value)
        record["count"], record["table"] = len(self._table), self._table.ctypes.data
        record["loop"] = int(len(CHORDS) * CHORD_S * rate)
        entries = (run, midi_in, midi_out_count, midi_out)
        self.calls = np.array([*(entry.address for entry in entries), self._memory.ctypes.data], np.int64)
