"""Files written whole or not at all: into a temporary one beside, which takes the name when all of it is on the disk; [main]."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """The path to write to, of the same ending. Left in order it becomes `path`, left by an exception it is removed: what
    was there before stays.

    A link keeps its place and what it points to is replaced; a pipe or a device is written to as it is. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        yield target
        return
    part = target.with_name(f".{target.stem[:200]}.{os.getpid()}.part{target.suffix}")
    try:
        yield part
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):  # the rights that the earlier file had
            os.chmod(part, target.stat().st_mode & 0o777)
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def visible_files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder, without what is hidden: parts of files that a crash left, and other programs' own."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
