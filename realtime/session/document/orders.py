"""What every edit of a scene's text works with: its order, checked, and the change that it makes; [main].

An order is a table as it came from outside (JSON by OSC). What cannot be done is refused in a sentence, and the document
that was given is left as it was: an edit works on a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime.devices.registry import find
from realtime.native.errors import AntiphonError, nearest
from realtime.session.document.document import Document, Part
from realtime.session.table import Table, finite, shown

Key = tuple[Any, ...]
"""What a live value is of: see `editing.live`."""
KNOBS = ("gain_db", "pan", "mute")


class Change:
    """One edit on its way: the document that it makes, what it is called, and live values that it sets."""

    def __init__(self, document: Document):
        self.document = document.copied()
        self.name = ""
        self.values: dict[Key, Any] = {}
        self.instead: dict[int, int] = {}
        """uid of a device -> uid of the one that takes its place."""


Edit = tuple[Callable[[Change, Table], None], tuple[str, ...]]
"""What an edit does, and the keys that its order may have."""


def as_order(order: Any, what: str, known: tuple[str, ...]) -> Table:
    table = Table(order, what, known)
    if not finite(table.table):
        raise AntiphonError(
            f"{what}: it holds a number that is not finite (nan, inf) or has more than 64 bits; send another"
        )
    return table


def named(change: Change, kind: str, name: str, what: str) -> Part:
    part = change.document.named(kind, name)
    if part is None:
        names = [change.document.name_of(one) for one in change.document.all(kind)]
        raise AntiphonError(f"{what}: there is no {kind} {shown(name)}; {nearest(name, names)}")
    return part


def device_of(change: Change, order: Table) -> tuple[Part | None, list[Part], int]:
    uid = order.table.get("uid")
    found = change.document.device(uid) if isinstance(uid, int) and not isinstance(uid, bool) else None
    if found is None:
        raise AntiphonError(f"{order.where}: uid = {shown(uid)} is no device of this scene; /rack/layout lists them")
    return found


def chain(change: Change, name: str, what: str) -> Part | None:
    """The track or bus of "track:NAME" or "bus:NAME", None of "master". Raises AntiphonError."""
    kind, _, inner = name.partition(":")
    if name == "master":
        return None
    if kind not in ("track", "bus") or not inner:
        raise AntiphonError(f'{what}: chain = {shown(name)} must be "track:NAME", "bus:NAME" or "master"')
    return named(change, kind, inner, what)


def where_of(change: Change, owner: Part | None) -> str:
    return "the master" if owner is None else change.document.name_of(owner)


def title_of(device: Part) -> str:
    """What a device is called: its title in the scene, or its own."""
    table = device.table
    try:
        return str(table.get("title") or find(str(table["device"])).title)
    except AntiphonError:
        return str(table["device"])


def place_of(order: Table) -> int:
    return order.whole("at", -1, -1, 1000)
