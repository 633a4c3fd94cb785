"""`antiphon setup`, and the compiling that comes before the first note of every command that sounds; [main]."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from realtime.commands.options import Json
from realtime.commands.output import print_json, progress_bar, say

Told = Callable[[float, str, float], object]
"""What realtime.session.workers.Progress is, without importing it."""


def prepare_kernels(quiet: bool = False, told: Callable[[], Told] | None = None) -> float:
    """Compile what is not in the kernel cache yet, with a bar; returns the seconds it took.

    told(), called only if there is something to compile: who else is told how far it is.
    """
    from realtime.session import kernels

    start = time.monotonic()
    if not kernels.are_ready():
        others = [told()] if told is not None else []
        with _ended_in_order():
            if quiet:
                kernels.compile_all(lambda *how_far: [tell(*how_far) for tell in others])
            else:
                with progress_bar("Compiling kernels (once)") as update:
                    kernels.compile_all(lambda *how_far: [tell(*how_far) for tell in (_with_time(update), *others)])
    return time.monotonic() - start


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Ended from outside it leaves no compiler behind."""
    former = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _with_time(update: Callable[..., None]) -> Told:
    """Of the bar of a terminal."""
    return lambda share, note, left_s: update(share, f"{note}, about {time_left(left_s)} left")


def time_left(seconds: float) -> str:
    """About so long, as a person says it."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60 // 10 * 10:02d} s"


def setup(as_json: Json = False) -> None:
    """Compile all kernels now, so that the first start sounds at once."""
    from realtime.session import kernels

    seconds = prepare_kernels(quiet=as_json)
    if as_json:
        print_json({"seconds": round(seconds, 3), "units": len(kernels.units())})
    else:
        say(f"kernels ready ({seconds:.1f} s)")
