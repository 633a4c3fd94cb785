"""Compilers for audio-thread code: no allocation, no exception, no interpreter; the decorators run on [main].

`_nrt=False` turns every allocation into a compile error and leaves no reference counting in the code; the numpy error
model leaves no raise. tests/native/test_purity.py reads the assembly of everything made here and proves it.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
from numba import types

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


def audio_entry(signature):
    """Compile a C function for the audio thread: `.address` is what a driver or a plan calls.

    signature: a numba signature such as `void(int64)`; Record arguments are passed as pointers.
    """
    return numba.cfunc(signature, nopython=True, **_OPTIONS)


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
