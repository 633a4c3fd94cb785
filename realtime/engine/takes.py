"""Where a recording may be written: never over an earlier take, never where a message should not reach; [main]."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from realtime.native.errors import AntiphonError

KINDS = {".wav": ("RF64", "FLOAT"), ".flac": ("FLAC", "PCM_24"), ".w64": ("W64", "FLOAT"), ".rf64": ("RF64", "FLOAT")}
"""libsndfile's format and subtype by the name's ending. A .wav is RF64 (EBU Tech 3306), a plain WAV until 4 GiB."""
_MOST_TAKES = 10_000


def kind_of(path: str | Path) -> tuple[str, str]:
    """Format and subtype for a file's name. Raises AntiphonError for any other ending."""
    path = Path(path)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise AntiphonError(f"cannot record to {path.name!r}: end the name in .wav, .flac, .w64 or .rf64")
    return kind


def place(name: str, folder: Path, anywhere: bool = False) -> Path:
    """The file meant by `name`; a bare or relative name lies in `folder`, the user's recordings.

    anywhere: the name comes from the command line and may be any. One that comes by a message stays inside `folder`;
    besides, it may name a folder of the user's own that is there already in the system's place for temporary files.
    Raises AntiphonError.
    """
    kind_of(name)
    if not name.isprintable():
        raise AntiphonError(f"cannot record to {name!r}: the name holds characters that cannot be printed")
    try:
        path = Path(name).expanduser()
    except RuntimeError:
        raise AntiphonError(f"cannot record to {name!r}: there is no such user; give a name without ~") from None
    if anywhere:
        return path if path.is_absolute() or path.parent != Path(".") else folder / path
    path = folder / path  # an absolute path stays what it is
    if ".." in path.parts or not (_lies_in(path.parent, folder) or _is_own_scratch(path.parent)):
        raise AntiphonError(
            f"cannot record to {name!r}: a message may record inside {folder} only; give a bare name, "
            "or start with `antiphon play --record FILE`"
        )
    return path


def claim(path: Path) -> tuple[int, Path]:
    """Makes the file, or the first of NAME-2, NAME-3 … that is not there yet; its descriptor and path. Raises OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL  # exclusive: neither an earlier take nor a link is ever opened
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, _MOST_TAKES):
        free = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        try:
            return os.open(free, flags, 0o644), free
        except FileExistsError:
            continue
    raise FileExistsError(f"there are {_MOST_TAKES} takes of that name")


def _lies_in(place: Path, folder: Path) -> bool:
    """Whether a place, links followed, is a folder or below it."""
    try:
        return place.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a circle of links, a name too long
        return False


def _is_own_scratch(place: Path) -> bool:
    try:
        if not place.is_dir() or (hasattr(os, "getuid") and place.stat().st_uid != os.getuid()):
            return False
    except (OSError, ValueError):
        return False
    return _lies_in(place, Path(tempfile.gettempdir())) and not _lies_in(place, Path.home())
