"""The monotonic clock in nanoseconds, readable from compiled code; [any], wait-free."""

from __future__ import annotations

import sys

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_MONOTONIC = 6 if sys.platform == "darwin" else 1


@intrinsic
def _clock_gettime_ns(typingctx):
    def codegen(context, builder, sig, args):
        i32, i64 = ir.IntType(32), ir.IntType(64)
        buffer = cgutils.alloca_once(builder, ir.ArrayType(i64, 2))
        function_type = ir.FunctionType(i32, [i32, i64.as_pointer()])
        function = cgutils.get_or_insert_function(builder.module, function_type, "clock_gettime")
        pointer = builder.bitcast(buffer, i64.as_pointer())
        builder.call(function, [ir.Constant(i32, _MONOTONIC), pointer])
        seconds = builder.load(pointer)
        nanoseconds = builder.load(builder.gep(pointer, [ir.Constant(i32, 1)]))
        return builder.add(builder.mul(seconds, ir.Constant(i64, 1_000_000_000)), nanoseconds)

    return types.int64(), codegen


@intrinsic
def _performance_counter_ns(typingctx):
    def codegen(context, builder, sig, args):
        i32, i64, f64 = ir.IntType(32), ir.IntType(64), ir.DoubleType()
        function_type = ir.FunctionType(i32, [i64.as_pointer()])
        counts = []
        for name in ("QueryPerformanceCounter", "QueryPerformanceFrequency"):
            slot = cgutils.alloca_once(builder, i64)
            builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), [slot])
            counts.append(builder.sitofp(builder.load(slot), f64))
        return builder.fptosi(builder.fmul(builder.fdiv(counts[0], counts[1]), ir.Constant(f64, 1e9)), i64)

    return types.int64(), codegen


now_ns = _performance_counter_ns if sys.platform == "win32" else _clock_gettime_ns
"""now_ns() -> int64: the clock of Python's time.monotonic_ns()."""
