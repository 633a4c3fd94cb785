"""A file that its process holds as long as it lives: what nobody holds was left behind by one that has ended; [main].

The lock is the system's (flock), so that neither a crash nor a process id given twice makes the dead look alive.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be deleted: that is our lock there
    fcntl = None  # type: ignore[assignment]


def hold(path: Path, text: str = "") -> int:
    """Writes a file for this user only, whole or not at all; returns its descriptor, locked until it is closed. Raises
    OSError."""
    descriptor, draft = tempfile.mkstemp(prefix=".held-", dir=path.parent)  # exclusive, mode 0600
    try:
        os.write(descriptor, text.encode())
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            os.close(descriptor)
        os.replace(draft, path)
        if fcntl is None:
            descriptor = os.open(path, os.O_RDONLY)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    return descriptor


def opened(path: Path) -> int | None:
    """A descriptor to read from a file that somebody holds; None for one that nobody does: it is removed."""
    try:
        if fcntl is None:
            with contextlib.suppress(PermissionError):  # held open: it lives
                path.unlink()
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    if fcntl is not None and _is_free(descriptor):
        os.close(descriptor)
        path.unlink(missing_ok=True)
        return None
    return descriptor


def is_held(path: Path) -> bool:
    """Whether the process that holds a file lives."""
    descriptor = opened(path)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
