"""All that can be done to a scene's structure, by name; several together are one step; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime.native.errors import AntiphonError, nearest
from realtime.session.document.device_edits import DEVICE_EDITS
from realtime.session.document.document import Document
from realtime.session.document.orders import Change, Edit, as_order
from realtime.session.document.scene_edits import SCENE_EDITS
from realtime.session.document.strip_edits import STRIP_EDITS
from realtime.session.table import Table, shown

MOST_TOGETHER, LONGEST_NAME = 64, 80

EDITS: dict[str, Edit] = {**DEVICE_EDITS, **STRIP_EDITS, **SCENE_EDITS}
"""Name -> (what it does, the keys that its order may have)."""


def together(change: Change, order: Table) -> None:
    """{"name","edits"}: several of EDITS, [[name, order], ...], as one step called by the name"""
    rows_ = order.table.get("edits")
    if not isinstance(rows_, list) or not 0 < len(rows_) <= MOST_TOGETHER:
        raise order.wrong(
            "edits", f'1 to {MOST_TOGETHER} pairs, like [["set_track", {{"track": "low", "keys": [0, 59]}}]]'
        )
    for number, row in enumerate(rows_, 1):
        where = f"{order.where}, edit {number}"
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], str):
            raise AntiphonError(f'{where}: {shown(row)} must be a pair, like ["set_track", {{}}]')
        if row[0] not in EDITS:
            raise AntiphonError(f"{where}: there is no edit {shown(row[0])}; {nearest(row[0], EDITS)}")
        work, known = EDITS[row[0]]
        work(change, as_order(row[1], f"{where}, {row[0].replace('_', ' ')}", known))
    change.name = order.text("name")[:LONGEST_NAME] or change.name


TOGETHER: dict[str, Edit] = {"together": (together, ("name", "edits"))}


def change(document: Document, name: str, order: Any, table: Mapping[str, Edit] = EDITS) -> Change:
    """What an edit makes of a document; the document is left as it was. Raises AntiphonError."""
    work, known = table[name]
    made = Change(document)
    work(made, as_order(order, name.replace("_", " "), known))
    return made
