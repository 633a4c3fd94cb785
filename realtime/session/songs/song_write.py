"""Writes songs and setlists: what was typed by hand keeps its comments and its order (tomlkit); [main]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file
from realtime.session.paths import PRESETS, is_there, user_folder
from realtime.session.text_file import read_text

LONGEST_NAME = 80


def checked_name(name: str, what: str) -> str:
    """A name that a file can have. Raises AntiphonError."""
    plain = name.strip()
    if (
        not plain
        or len(plain) > LONGEST_NAME
        or not plain.isprintable()
        or set(plain) & set('/\\:*?"<>|')
        or plain[0] == "."
    ):
        raise AntiphonError(f"{name[:60]!r} cannot be the name of a {what}; take letters, digits, spaces, - and _")
    return plain


def target_of(name: str, what: str, path: Path | None, locked: Callable[[], None]) -> Path:
    """Where a song or setlist is written: name "": in place, or into the user's folder if it is the factory's.
    locked: raises where nothing may be overwritten. Raises AntiphonError; another file is never overwritten."""
    folder = user_folder(f"{what}s")
    if name:
        target = folder / f"{checked_name(name, what)}.toml"
    elif path is None:
        raise AntiphonError(f"this {what} has no file yet; give it a name")
    else:
        target = folder / path.name if PRESETS in path.absolute().parents else path
    if is_there(target):
        locked()
        if path is None or target.resolve() != path.resolve():
            raise AntiphonError(f"there is a {what} {target.stem!r} already; delete its file, or choose another name")
    return target


def document_of(path: Path | None, what: str) -> Any:
    """The text of a file as it can be changed; an empty one where there is none. Raises AntiphonError."""
    if path is None:
        return tomlkit.document()
    try:
        return tomlkit.parse(read_text(path, what))
    except TOMLKitError as error:
        raise AntiphonError(f"{path}: this is not TOML: {error}") from None


def put(table: Any, values: Mapping[str, Any]) -> None:
    """Set what differs; what is as it was stays as it was typed."""
    for key, value in values.items():
        former = table.get(key)
        same = former is not None and former == value
        if not same:
            table[key] = value


def write(document: Any, path: Path, what: str) -> None:
    """The whole file or none. Raises AntiphonError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_text(tomlkit.dumps(document), "utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AntiphonError(f"the {what} cannot be written to {path} ({reason}); choose another place") from None
