"""Keeps the full text of what went wrong in a file of the user's log folder, so that a sentence can stay one; [any but audio]."""

from __future__ import annotations

import sys
import traceback
from datetime import datetime
from pathlib import Path

import platformdirs

LARGEST_LOG = 1_000_000  # bytes; an older log is begun anew


def log_file() -> Path:
    """Where tracebacks go, for a report."""
    return Path(platformdirs.user_log_dir("antiphon", appauthor=False)) / "crash.log"


def log(error: BaseException, where: str = "") -> str:
    """Keeps the traceback; returns the words that say where, or that it could not be kept. Never raises."""
    try:
        path = log_file()
        text = "".join(traceback.format_exception(error))
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = "a" if path.exists() and path.stat().st_size < LARGEST_LOG else "w"
        with path.open(mode, encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"-- {datetime.now():%Y-%m-%d %H:%M:%S} {where or ' '.join(sys.argv)}\n{text}\n")
    except Exception:  # a full disk, no memory left: the sentence must still be said
        return "no log could be written"
    return f"what went wrong is in {path}"


def brief(error: BaseException) -> str:
    """The kind of an exception and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
