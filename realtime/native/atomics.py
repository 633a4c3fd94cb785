"""Atomic operations on 64-bit words at integer addresses; [any], wait-free.

Acquire and release are meant: x86 forgives a missing one, ARM does not.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_I64 = ir.IntType(64)


def _word(builder, address):
    return builder.inttoptr(address, _I64.as_pointer())


@intrinsic
def load_acquire(typingctx, address):
    """load_acquire(address) -> int64"""

    def codegen(context, builder, sig, args):
        return builder.load_atomic(_word(builder, args[0]), ordering="acquire", align=8)

    return types.int64(types.int64), codegen


@intrinsic
def store_release(typingctx, address, value):
    """store_release(address, value)"""

    def codegen(context, builder, sig, args):
        builder.store_atomic(args[1], _word(builder, args[0]), ordering="release", align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic
def exchange(typingctx, address, value):
    """exchange(address, value) -> the former value"""

    def codegen(context, builder, sig, args):
        return builder.atomic_rmw("xchg", _word(builder, args[0]), args[1], ordering="acq_rel")

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def fetch_add(typingctx, address, value):
    """fetch_add(address, value) -> the former value"""

    def codegen(context, builder, sig, args):
        return builder.atomic_rmw("add", _word(builder, args[0]), args[1], ordering="seq_cst")

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def compare_exchange(typingctx, address, expected, value):
    """compare_exchange(address, expected, value) -> 1 if it was exchanged, else 0"""

    def codegen(context, builder, sig, args):
        pointer = _word(builder, args[0])
        result = builder.cmpxchg(pointer, args[1], args[2], ordering="acq_rel", failordering="acquire")
        return builder.zext(builder.extract_value(result, 1), _I64)

    return types.int64(types.int64, types.int64, types.int64), codegen
