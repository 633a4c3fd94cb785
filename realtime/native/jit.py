"""Compilers for audio-thread code: no allocation, no exception, no interpreter; the decorators run on [main].

`_nrt=False` turns every allocation into a compile error and leaves no reference counting in the code; the numpy error
model leaves no raise. tests/native/test_purity.py reads the assembly of everything made here and proves it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numba
from llvmlite import ir
from numba import types
from numba.core.cpu import CPUContext

from realtime.native import cache

cache.install()

FASTMATH = {"contract", "nsz", "arcp", "reassoc", "afn"}
"""Floating-point freedom that keeps NaN and Inf honest (the guard must see them)."""

_OPTIONS = dict(error_model="numpy", fastmath=FASTMATH, boundscheck=False, cache=True, _nrt=False)


def audio(function: Callable | None = None, **options):
    """Compile a helper for the audio thread; callable from other audio code and, for tests, from Python."""
    if function is None:
        return lambda f: audio(f, **options)
    return numba.njit(nogil=True, **{**_OPTIONS, **options})(function)


def _bare_wrapper(context, library, fndesc, env, call_helper):
    """C wrapper without Numba's error report, which would take the GIL: there is nothing to report, nothing raises."""
    module = context.create_module("cfunc_wrapper")
    callee_type = context.call_conv.get_function_type(fndesc.restype, fndesc.argtypes)
    callee = ir.Function(module, callee_type, fndesc.llvm_func_name)
    arguments = [context.get_value_type(argument) for argument in fndesc.argtypes]
    wrapper_type = ir.FunctionType(context.get_value_type(fndesc.restype), arguments)
    wrapper = ir.Function(module, wrapper_type, fndesc.llvm_cfunc_wrapper_name)
    builder = ir.IRBuilder(wrapper.append_basic_block("entry"))
    _, out = context.call_conv.call_function(builder, callee, fndesc.restype, fndesc.argtypes, wrapper.args)
    builder.ret(out)
    library.add_ir_module(module)


@contextlib.contextmanager
def _bare_wrappers():
    original = CPUContext.create_cfunc_wrapper
    CPUContext.create_cfunc_wrapper = _bare_wrapper
    try:
        yield
    finally:
        CPUContext.create_cfunc_wrapper = original


compiled_entries: list = []
"""Every C function made for the audio thread in this process, for the purity gate."""


def audio_entry(signature):
    """Compile a C function for the audio thread: `.address` is what a driver or a plan calls.

    signature: a numba signature such as `void(int64)`; Record arguments are passed as pointers. A `raise` that survives
    in the code is a defect that the purity gate finds (`picklebuf` in the assembly).
    """
    compile_entry = numba.cfunc(signature, nopython=True, **_OPTIONS)

    def decorate(function: Callable):
        with _bare_wrappers():
            entry = compile_entry(function)
        compiled_entries.append(entry)
        return entry

    return decorate


IMPURE = r"\b(_?Py[A-Z_]\w*|NRT_\w+|numba_gil\w*|\S*picklebuf\S*)"
"""Symbols that must not occur in the assembly of audio-thread code."""


def native(function: Callable | None = None, **options):
    """Compile main-thread helpers that may allocate but hold no GIL (renders, tests, measurements)."""
    if function is None:
        return lambda f: native(f, **options)
    return numba.njit(nogil=True, error_model="numpy", cache=True, **options)(function)


void, int32, int64, float32, float64, uint8, uint32, uint64 = (
    types.void,
    types.int32,
    types.int64,
    types.float32,
    types.float64,
    types.uint8,
    types.uint32,
    types.uint64,
)
