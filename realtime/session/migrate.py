"""The version of a scene's text: older ones are brought up to date as they are read, newer ones refused; [main]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session.document import rows
from realtime.session.document.blocks import blocks
from realtime.session.table import is_whole, shown

VERSION = 1
"""Of the scenes that this program writes; a scene that names none is of the first."""
MIGRATIONS: dict[int, Callable[[str], str]] = {}
"""From a version to the next: the text of a scene as the next one spells it, comments kept."""


def migrated(text: str, table: Mapping[str, Any], name: str) -> str:
    """The text in this version's words; table: what TOML made of it. Raises AntiphonError."""
    version = table.get("version", 1)
    if not is_whole(version, 1, 1_000_000):
        raise AntiphonError(f"{name}: version = {shown(version)} must be a whole number from 1 to {VERSION}")
    if version > VERSION:
        raise AntiphonError(
            f"{name}: this scene is of version {version}, and this Antiphon reads up to version {VERSION}; update Antiphon"
        )
    if version == VERSION:
        return text
    for number in range(version, VERSION):
        text = MIGRATIONS[number](text)
    head, *others = blocks(text)
    head = replace(head, content=rows.put(head.content, "version", VERSION))
    return head.text + "".join(block.text for block in others)
