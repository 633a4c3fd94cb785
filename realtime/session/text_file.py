"""Text files that a stranger may have put there, and the TOML in them: read whole or refused in one sentence; [main]."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session.table import finite

LARGEST_FILE = 1_000_000  # bytes


def read_text(path: Path, what: str, give: str = "give a .toml file") -> str:
    """The text of a file; what: "scene", "song", as a sentence calls it. Raises AntiphonError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise AntiphonError(f"{path}: this is no file that can hold a {what}; {give}")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AntiphonError(f"{path}: this {what} cannot be read ({reason}); {give}") from None
    if len(data) > LARGEST_FILE:
        raise AntiphonError(f"{path}: this is larger than {LARGEST_FILE // 1_000_000} MB and no {what}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise AntiphonError(f"{path}, line {line}: this is not UTF-8 text; save the file as UTF-8") from None


def read_toml(text: str, name: str, what: str) -> Mapping[str, Any]:
    """The document in a text. Raises AntiphonError with the line, or for what cannot be computed with."""
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
        if not finite(document):
            raise AntiphonError(
                f"{name}: it holds a number that is not finite (nan, inf) or has more than 64 bits; write another"
            )
    except tomllib.TOMLDecodeError as error:
        raise AntiphonError(f"{name}: this is not TOML: {error}") from None
    except RecursionError:
        raise AntiphonError(f"{name}: it is nested too deeply for a {what}; write it plainly") from None
    return document
