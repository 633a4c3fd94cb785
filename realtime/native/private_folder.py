"""A folder of this user alone: made, owned and private, or refused in a sentence; any thread but the audio thread."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from realtime.native.errors import AntiphonError


def private_folder(path: Path, remedy: str = "") -> Path:
    """Makes the folder and its parents, or checks what is there; returns it with all links followed.

    A folder that is another user's, or that another user could put a different one in the place of, is refused. One of
    our own that others may enter is closed to them. Raises AntiphonError.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = Path(os.path.realpath(path))
        if hasattr(os, "getuid"):  # elsewhere the system keeps users' folders apart
            _check(found, path, remedy)
    except (OSError, ValueError) as error:
        raise AntiphonError(f"the folder {path} cannot be used ({error}){remedy}") from None
    return found


def _check(found: Path, path: Path, remedy: str) -> None:
    user = os.getuid()
    own = os.lstat(found)
    if path.is_symlink() and os.lstat(path).st_uid not in (user, 0):
        raise AntiphonError(f"{path} is another user's link{remedy}")
    if own.st_uid != user or not stat.S_ISDIR(own.st_mode):
        raise AntiphonError(f"the folder {path} belongs to another user{remedy}")
    for parent in (*found.parents, *path.absolute().parents):
        entry = os.stat(parent)
        anybody_may_rename = entry.st_mode & stat.S_IWOTH and not entry.st_mode & stat.S_ISVTX
        if entry.st_uid not in (user, 0) or anybody_may_rename:
            raise AntiphonError(f"the folder {path} lies in {parent}, which others may change{remedy}")
    if own.st_mode & 0o077:
        os.chmod(found, 0o700)
