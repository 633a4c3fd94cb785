"""Flush-to-zero for denormal numbers, set in the callback because a server's thread arrives with it off; [audio]."""

from __future__ import annotations

import platform

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_X86 = platform.machine().lower() in ("x86_64", "amd64")
_ARM = platform.machine().lower() in ("aarch64", "arm64")
_FTZ_DAZ = 0x8040  # MXCSR bits 15 and 6
_FZ = 1 << 24  # FPCR bit 24


def _mxcsr(builder, name, slot):
    pointer = ir.IntType(8).as_pointer()
    function = builder.module.declare_intrinsic(name, (), ir.FunctionType(ir.VoidType(), [pointer]))
    builder.call(function, [builder.bitcast(slot, pointer)])


@intrinsic
def flush_denormals(typingctx):
    """flush_denormals() -> the former control word, for restore_denormals()."""

    def codegen(context, builder, sig, args):
        i64, i32 = ir.IntType(64), ir.IntType(32)
        if _X86:
            slot = cgutils.alloca_once(builder, i32)
            _mxcsr(builder, "llvm.x86.sse.stmxcsr", slot)
            former = builder.load(slot)
            builder.store(builder.or_(former, ir.Constant(i32, _FTZ_DAZ)), slot)
            _mxcsr(builder, "llvm.x86.sse.ldmxcsr", slot)
            return builder.zext(former, i64)
        if _ARM:
            former = builder.asm(ir.FunctionType(i64, []), "mrs $0, fpcr", "=r", [], True)
            word = builder.or_(former, ir.Constant(i64, _FZ))
            builder.asm(ir.FunctionType(ir.VoidType(), [i64]), "msr fpcr, $0", "r", [word], True)
            return former
        return ir.Constant(i64, 0)

    return types.int64(), codegen


@intrinsic
def restore_denormals(typingctx, former):
    """restore_denormals(former control word)"""

    def codegen(context, builder, sig, args):
        i64, i32 = ir.IntType(64), ir.IntType(32)
        if _X86:
            slot = cgutils.alloca_once(builder, i32)
            builder.store(builder.trunc(args[0], i32), slot)
            _mxcsr(builder, "llvm.x86.sse.ldmxcsr", slot)
        elif _ARM:
            builder.asm(ir.FunctionType(ir.VoidType(), [i64]), "msr fpcr, $0", "r", [args[0]], True)
        return context.get_dummy_value()

    return types.void(types.int64), codegen
