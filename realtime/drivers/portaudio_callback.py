"""The PortAudio stream callback, compiled; [audio]. Buffers are not interleaved: we get tables of float*."""

from __future__ import annotations

import ctypes

import numpy as np
from numba import types

from realtime.drivers.control import (
    AUDIO_IN,
    AUDIO_OUT,
    FIELDS,
    LOST,
    STOP,
    XRUNS,
    finish,
    introduce,
    run_engine,
)
from realtime.native.atomics import fetch_add, load_acquire, store_release
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio_entry
from realtime.native.memory import load_i64, record_view, store_i64

PORTAUDIO_CONTROL = np.dtype([*FIELDS, ("silent_in", "i8")], align=True)  # address of one block of zeros
_portaudio_at = record_view(PORTAUDIO_CONTROL)

INPUT_OVERFLOW, OUTPUT_UNDERFLOW, PRIMING_OUTPUT = 2, 4, 16
_ulong = types.uint64 if ctypes.sizeof(ctypes.c_ulong) == 8 else types.uint32  # 32 bits on Windows


@audio_entry(types.int32(types.int64, types.int64, _ulong, types.int64, _ulong, types.int64))
def stream(inputs, outputs, nframes, times, flags, control):
    """PaStreamCallback."""
    start_ns = now_ns()
    former = flush_denormals()
    introduce(control)
    record = _portaudio_at(control)
    frames = np.int64(nframes)
    if flags & (INPUT_OVERFLOW | OUTPUT_UNDERFLOW):
        fetch_add(control + XRUNS, 1)
    for channel in range(record.inputs):
        # while an output-only device primes its buffers there may be no input yet
        buffer = load_i64(inputs + 8 * channel) if inputs != 0 else record.silent_in
        store_i64(control + AUDIO_IN + 8 * channel, buffer)
    for channel in range(record.outputs):
        store_i64(control + AUDIO_OUT + 8 * channel, load_i64(outputs + 8 * channel))
    run_engine(control, frames, start_ns)
    finish(control)
    restore_denormals(former)
    return np.int32(0)


@audio_entry(types.void(types.int64))
def on_finished(control):
    """PaStreamFinishedCallback: the stream ended; a loss unless we asked for it."""
    if load_acquire(control + STOP) == 0:
        store_release(control + LOST, 1)
