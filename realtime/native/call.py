"""Calls of C functions by address from compiled code; [any], as real-time as the function called."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def caller(returns, *arguments):
    """Intrinsic `call(address, *values)` for a C function of these numba scalar types (pointers are int64)."""

    def codegen(context, builder, sig, args):
        is_void = returns == types.void
        return_type = ir.VoidType() if is_void else context.get_value_type(returns)
        function = ir.FunctionType(return_type, [context.get_value_type(argument) for argument in arguments])
        result = builder.call(builder.inttoptr(args[0], function.as_pointer()), list(args[1:]))
        return context.get_dummy_value() if is_void else result

    signature = returns(types.int64, *arguments)
    names = ", ".join(f"a{index}" for index in range(len(arguments) + 1))
    # numba reads an intrinsic's arity from its argument list, so the typing function is made to measure
    scope: dict = {"signature": signature, "codegen": codegen}
    exec(f"def call(typingctx, {names}):\n    return signature, codegen\n", scope)
    return intrinsic(scope["call"])
