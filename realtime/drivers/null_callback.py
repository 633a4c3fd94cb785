"""The clock of the `null` driver: a loop on a native thread of its own that no interpreter can hold up; [audio].

Block n is due at start + n periods, computed without rounding drift. A block that ends after the next one was due is an
xrun; whole periods that have gone by are left out, as a sound card would.
"""

from __future__ import annotations

import sys

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from realtime.drivers.calls import offset_of
from realtime.drivers.control import FIELDS, STOP, WAKE_BINS, finish, introduce, run_engine
from realtime.native.atomics import load_acquire
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio, audio_entry
from realtime.native.memory import load_i64, record_view, store_i64

NULL_CONTROL = np.dtype(
    [
        *FIELDS,
        ("block_frames", "i8"),
        ("start_ns", "i8"),  # when block 0 is due, 0 = not yet known
        ("skipped", "i8"),  # periods left out after an xrun
        ("wake", "i8", (WAKE_BINS,)),  # histogram, microseconds from due to awake
    ],
    align=True,
)
_null_at = record_view(NULL_CONTROL)
START_NS = offset_of(NULL_CONTROL, "start_ns")
WAKE = offset_of(NULL_CONTROL, "wake")


@intrinsic
def sleep_until(typingctx, due_ns):
    """sleep_until(due_ns): on the monotonic clock; may wake early elsewhere than on Linux."""

    def codegen(context, builder, sig, args):
        i32, i64 = ir.IntType(32), ir.IntType(64)
        if sys.platform == "win32":
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [i32]), "Sleep")
            builder.call(function, [ir.Constant(i32, 1)])
            return context.get_dummy_value()
        billion = ir.Constant(i64, 1_000_000_000)
        timespec = cgutils.alloca_once(builder, ir.ArrayType(i64, 2))
        pointer = builder.bitcast(timespec, i64.as_pointer())
        if sys.platform == "linux":
            when, name, lead = args[0], "clock_nanosleep", [ir.Constant(i32, 1), ir.Constant(i32, 1)]  # absolute
        else:
            when, name, lead = ir.Constant(i64, 500_000), "nanosleep", []
        builder.store(builder.sdiv(when, billion), pointer)
        builder.store(builder.srem(when, billion), builder.gep(pointer, [ir.Constant(i32, 1)]))
        kinds = [i32] * len(lead) + [i64.as_pointer()] * 2
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(i32, kinds), name)
        builder.call(function, [*lead, pointer, ir.Constant(i64.as_pointer(), None)])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@audio
def _note_wake(control, late_ns):
    at = control + WAKE + 8 * min(max(late_ns // 1000, 0), WAKE_BINS - 1)
    store_i64(at, load_i64(at) + 1)


@audio_entry(types.int64(types.int64))
def clock_loop(control):
    """Thread entry: one block a period until the stop word is set."""
    introduce(control)
    former = flush_denormals()
    record = _null_at(control)
    frames, rate = record.block_frames, record.sample_rate
    while load_acquire(control + START_NS) == 0:  # until [main] has raised our priority
        sleep_until(now_ns() + 200_000)
    start = record.start_ns
    block = np.int64(0)
    while load_acquire(control + STOP) == 0:
        due = start + block * frames * 1_000_000_000 // rate
        now = now_ns()
        while now < due:
            sleep_until(due)
            now = now_ns()
        _note_wake(control, now - due)
        run_engine(control, frames, now)
        finish(control)
        block += 1
        elapsed = (now_ns() - start) * rate // (frames * 1_000_000_000)  # periods that have begun
        if elapsed > block:
            record.xruns += 1
            record.skipped += elapsed - block
            block = elapsed
    restore_denormals(former)
    return np.int64(0)
