"""A stopwatch around any engine: it speaks the engine's calls and notes when each block began and ended; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.drivers.calls import (
    CALLS,
    call_midi_in,
    call_midi_out,
    call_midi_out_count,
    call_run,
)
from realtime.native.clock import now_ns
from realtime.native.jit import audio_entry, int64, void
from realtime.native.memory import aligned, record_view, store_i64

PROBE = np.dtype(
    [*((name, "i8") for name in CALLS), ("blocks", "i8"), ("room", "i8"), ("log", "i8")],
    align=True,
)
_probe_at = record_view(PROBE)


@audio_entry(void(int64, int64, int64, int64, int64))
def run(probe, audio_in, audio_out, frames, start_ns):
    record = _probe_at(probe)
    call_run(record.run, record.engine, audio_in, audio_out, frames, start_ns)
    if record.blocks < record.room:
        store_i64(record.log + 16 * record.blocks, start_ns)
        store_i64(record.log + 16 * record.blocks + 8, now_ns())
        record.blocks += 1


@audio_entry(void(int64, int64, int64, int64, int64))
def midi_in(probe, source, offset, data, size):
    record = _probe_at(probe)
    call_midi_in(record.midi_in, record.engine, source, offset, data, size)


@audio_entry(int64(int64))
def midi_out_count(probe):
    record = _probe_at(probe)
    return call_midi_out_count(record.midi_out_count, record.engine)


@audio_entry(void(int64, int64, int64))
def midi_out(probe, index, message):
    record = _probe_at(probe)
    call_midi_out(record.midi_out, record.engine, index, message)


class Probe:
    """An engine with a stopwatch: give it to a driver in the engine's place.

    `log()`: int64 (blocks, 2), start and end of each block in ns of the monotonic clock; start is the callback's entry.
    """

    def __init__(self, engine, room: int):
        self.engine = engine
        self.sample_rate, self.inputs, self.outputs = engine.sample_rate, engine.inputs, engine.outputs
        self._memory = aligned(1, PROBE)
        self._log = np.zeros((room, 2), np.int64)
        self._log[:] = 1  # touch every page now, not in the callback
        for name, value in zip(CALLS, engine.calls, strict=True):
            self._memory[0][name] = int(value)
        self._memory[0]["room"], self._memory[0]["log"] = room, self._log.ctypes.data
        entries = (run, midi_in, midi_out_count, midi_out)
        self.calls = np.array([*(entry.address for entry in entries), self._memory.ctypes.data], np.int64)

    def log(self) -> np.ndarray:
        return self._log[: int(self._memory[0]["blocks"])].copy()
