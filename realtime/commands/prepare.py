"""`antiphon setup`, and the compiling that comes before the first note of every command that sounds; [main]."""

from __future__ import annotations

import time

from realtime.commands.options import Json
from realtime.commands.output import print_json, progress_bar, say


def prepare_kernels(quiet: bool = False) -> float:
    """Compile what is not in the kernel cache yet, with a bar; returns the seconds it took."""
    from realtime.session import kernels

    start = time.monotonic()
    if not kernels.are_ready():
        if quiet:
            kernels.compile_all()
        else:
            with progress_bar("Compiling kernels (once)") as update:
                kernels.compile_all(update)
    return time.monotonic() - start


def setup(as_json: Json = False) -> None:
    """Compile all kernels now, so that the first start sounds at once."""
    from realtime.session import kernels

    seconds = prepare_kernels(quiet=as_json)
    if as_json:
        print_json({"seconds": round(seconds, 3), "units": len(kernels.units())})
    else:
        say(f"kernels ready ({seconds:.1f} s)")
