"""Raw memory for compiled code: loads, stores and typed views over integer addresses; [any], wait-free.

Views are ordinary numba arrays without an owner: they cost nothing and must not outlive the memory they look at.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array


def _pointer(builder, address, ir_type):
    return builder.inttoptr(address, ir_type.as_pointer())


def _make_load(value_type, ir_type):
    @intrinsic
    def load(typingctx, address):
        def codegen(context, builder, sig, args):
            return builder.load(_pointer(builder, args[0], ir_type))

        return value_type(types.int64), codegen

    return load


def _make_store(value_type, ir_type):
    @intrinsic
    def store(typingctx, address, value):
        def codegen(context, builder, sig, args):
            builder.store(args[1], _pointer(builder, args[0], ir_type))
            return context.get_dummy_value()

        return types.void(types.int64, value_type), codegen

    return store


def _make_view(value_type, ir_type, size):
    array_type = types.Array(value_type, 1, "C")

    @intrinsic
    def view(typingctx, address, length):
        def codegen(context, builder, sig, args):
            array = make_array(array_type)(context, builder)
            item = context.get_constant(types.intp, size)
            populate_array(
                array,
                data=_pointer(builder, args[0], ir_type),
                shape=cgutils.pack_array(builder, [args[1]]),
                strides=cgutils.pack_array(builder, [item]),
                itemsize=item,
                meminfo=None,
            )
            return array._getvalue()

        return array_type(types.int64, types.int64), codegen

    return view


_I8, _I32, _I64, _F32, _F64 = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType(), ir.DoubleType()

load_u8, store_u8 = _make_load(types.uint8, _I8), _make_store(types.uint8, _I8)
load_i32, store_i32 = _make_load(types.int32, _I32), _make_store(types.int32, _I32)
load_i64, store_i64 = _make_load(types.int64, _I64), _make_store(types.int64, _I64)
load_f32, store_f32 = _make_load(types.float32, _F32), _make_store(types.float32, _F32)
load_f64, store_f64 = _make_load(types.float64, _F64), _make_store(types.float64, _F64)
i32_view = _make_view(types.int32, _I32, 4)
i64_view = _make_view(types.int64, _I64, 8)
f32_view = _make_view(types.float32, _F32, 4)
f64_view = _make_view(types.float64, _F64, 8)


def field_offset(dtype: np.dtype, name: str) -> int:
    """Byte offset of a field of a structured dtype."""
    fields = dtype.fields
    assert fields is not None
    return int(fields[name][1])


def record_view(dtype: np.dtype):
    """Intrinsic `at(address) -> Record`: the record of that dtype at an address."""
    record = from_dtype(dtype)

    @intrinsic
    def at(typingctx, address):
        def codegen(context, builder, sig, args):
            return builder.inttoptr(args[0], context.get_value_type(record))

        return record(types.int64), codegen

    return at


def address_of_record(dtype: np.dtype):
    """Intrinsic `address(record) -> int64`, the inverse of `record_view`."""
    record = from_dtype(dtype)

    @intrinsic
    def address(typingctx, value):
        def codegen(context, builder, sig, args):
            return builder.ptrtoint(args[0], _I64)

        return types.int64(record), codegen

    return address


@intrinsic
def copy_memory(typingctx, target, source, size):
    """copy_memory(target, source, bytes): the ranges must not overlap."""

    def codegen(context, builder, sig, args):
        pointer = _I8.as_pointer()
        cgutils.raw_memcpy(builder, builder.inttoptr(args[0], pointer), builder.inttoptr(args[1], pointer), args[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def zero_memory(typingctx, target, size):
    """zero_memory(address, bytes)"""

    def codegen(context, builder, sig, args):
        cgutils.memset(builder, builder.inttoptr(args[0], _I8.as_pointer()), args[1], 0)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


def aligned(count: int, dtype=np.float32, alignment: int = 64) -> np.ndarray:
    """Zeroed array whose first byte lies on a cache line (so that vector loads never straddle one)."""
    dtype = np.dtype(dtype)
    size = max(1, count) * dtype.itemsize
    # written, not just reserved: the first touch of a page costs a fault, and that must not fall on the audio thread
    raw = np.empty(size + alignment, np.uint8)
    raw.fill(0)
    start = -raw.ctypes.data % alignment
    return raw[start : start + size].view(dtype)[:count]
