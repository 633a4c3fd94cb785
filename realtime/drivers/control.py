"""The memory a driver's callback works on, and what every callback does with it; written on [audio] and [main].

One writer a word, except `muted` and `engine` (written by [main] only while the callback is known to be silent).
"""

from __future__ import annotations

import sys

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from realtime.drivers.calls import CALLS, MIDI_OUT, call_run, offset_of
from realtime.native.atomics import load_acquire, store_release
from realtime.native.jit import audio
from realtime.native.memory import aligned, load_i64, record_view, zero_memory

MAX_CHANNELS = 8
MAX_MIDI_PORTS = 4
WAKE_BINS = 4096  # microseconds

FIELDS = [
    *((name, "i8") for name in CALLS),
    ("muted", "i8"),  # 1: play silence, do not touch the engine
    ("beat", "i8"),  # callbacks done
    ("thread_id", "i8"),  # of the audio thread, 0 before the first callback
    ("xruns", "i8"),  # blocks the driver reports as lost
    ("lost", "i8"),  # > 0: the server or device has gone
    ("stop", "i8"),  # 1: the loop is asked to end
    ("frames", "i8"),  # of the last block
    ("sample_rate", "i8"),  # Hz, of the server or device
    ("engine_rate", "i8"),  # Hz, what the engine was made for
    ("inputs", "i8"),
    ("outputs", "i8"),
    ("midi_lost", "i8"),  # messages that found no room in the port's buffer
    ("audio_in", "i8", (MAX_CHANNELS,)),  # table of float*
    ("audio_out", "i8", (MAX_CHANNELS,)),
    ("message", MIDI_OUT),  # scratch
]
CONTROL = np.dtype(FIELDS, align=True)
control_at = record_view(CONTROL)
BEAT, THREAD_ID, LOST, STOP, MUTED, XRUNS = (
    offset_of(CONTROL, name) for name in ("beat", "thread_id", "lost", "stop", "muted", "xruns")
)
AUDIO_IN, AUDIO_OUT, MESSAGE = (offset_of(CONTROL, name) for name in ("audio_in", "audio_out", "message"))


@intrinsic
def thread_id(typingctx):
    """thread_id() -> the kernel's number of this thread (Linux), or 1 where there is none."""

    def codegen(context, builder, sig, args):
        i32, i64 = ir.IntType(32), ir.IntType(64)
        if sys.platform != "linux":
            return ir.Constant(i64, 1)
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(i32, []), "gettid")
        return builder.sext(builder.call(function, []), i64)

    return types.int64(), codegen


@audio
def introduce(control):
    """First callback: publish the thread, so that [main] can read and raise its priority."""
    if load_i64(control + THREAD_ID) == 0:
        store_release(control + THREAD_ID, thread_id())


@audio
def run_engine(control, frames, start_ns):
    """Call the engine over the tables of this control block, or play silence while it is muted."""
    record = control_at(control)
    record.frames = frames
    if load_acquire(control + MUTED) != 0:
        for channel in range(record.outputs):
            zero_memory(load_i64(control + AUDIO_OUT + 8 * channel), 4 * frames)
    else:
        call_run(record.run, record.engine, control + AUDIO_IN, control + AUDIO_OUT, frames, start_ns)


@audio
def finish(control):
    """Last act of a callback: count it."""
    store_release(control + BEAT, load_i64(control + BEAT) + 1)


class Control:
    """A control block seen from Python [main]; `record` is a live view, `address` goes to the callback."""

    def __init__(self, dtype: np.dtype = CONTROL):
        self._memory = aligned(1, dtype, 64)
        self.record = self._memory[0]
        self.address = self._memory.ctypes.data
        self.record["muted"] = 1

    def set_engine(self, engine) -> None:
        """Take over the engine's calls; only while muted or closed."""
        for name, value in zip(CALLS, engine.calls, strict=True):
            self.record[name] = int(value)
        self.record["engine_rate"] = int(engine.sample_rate)
        self.record["inputs"], self.record["outputs"] = engine.inputs, engine.outputs
