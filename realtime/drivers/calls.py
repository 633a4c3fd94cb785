"""The engine as a driver sees it: five numbers, four functions called by address and the engine's own; used on [audio].

A driver compiles without knowing any engine. `engine.calls` is an int64 array in the order of `CALLS`.
"""

from __future__ import annotations

import numpy as np
from numba import types

from realtime.native.call import caller

CALLS = ("run", "midi_in", "midi_out_count", "midi_out", "engine")

_i64 = types.int64
call_run = caller(types.void, _i64, _i64, _i64, _i64, _i64)
"""run(engine, audio_in, audio_out, frames, start_ns): tables of float*; 1..8192 frames; start_ns from now_ns()."""
call_midi_in = caller(types.void, _i64, _i64, _i64, _i64, _i64)
"""midi_in(engine, source, offset, data, size): one whole MIDI message, before run; offset in frames of this block."""
call_midi_out_count = caller(_i64, _i64)
"""midi_out_count(engine): messages made by the last run."""
call_midi_out = caller(types.void, _i64, _i64, _i64)
"""midi_out(engine, index, record): fill the MIDI_OUT record at that address; messages are sorted by offset."""


def offset_of(dtype: np.dtype, name: str) -> int:
    """Bytes from the start of a record to one of its fields."""
    assert dtype.fields is not None
    return dtype.fields[name][1]


MIDI_OUT = np.dtype(
    [
        ("offset", "i4"),  # frames from the start of the driver's block
        ("port", "i4"),
        ("size", "i4"),  # bytes
        ("pad", "i4"),
        ("bytes", "u1", (16,)),  # the message, if size <= 16
        ("data", "i8"),  # address of a longer message (sysex), else 0
    ],
    align=True,
)
