"""Builds the table by which the callback moves values between two snapshots (`morph.py`); [any but audio]."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from realtime.engine.morph import CELL, MORPH, MORPHED, MOST_MORPHED, STRAIGHT
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned


@dataclass
class Morphed:
    """One value. key: by which it is found again. first, last: in real units. kind: CELL, whose address is `cell`, kept alive
    by `keep`; or SET_TEMPO, MASTER_GAIN (dB), SET_SIGNATURE (units = both denominators) or PLAYER_PARAM, as in a command.
    uid, row: of a device's parameter. law: see `morph.py`."""

    key: Hashable
    first: float
    last: float
    kind: int = CELL
    cell: int = 0
    uid: int = 0
    row: int = 0
    number: int = 0
    law: int = STRAIGHT
    units: tuple[float, float] = (0.0, 0.0)
    keep: Any = None


class MorphTable:
    """family: of the plan whose values they are. Raises AntiphonError for more values than the callback may move in a block."""

    def __init__(self, values: Sequence[Morphed], family: int, position: float):
        if len(values) > MOST_MORPHED:
            raise AntiphonError(
                f"a morph moves at most {MOST_MORPHED} values; these two snapshots differ in {len(values)}: "
                "store them of fewer devices"
            )
        self.values = values
        self.rows = {value.key: row for row, value in enumerate(values)}
        self.entries, self.head = aligned(max(1, len(values)), MORPHED), aligned(1, MORPH)
        for record, one in zip(self.entries, values, strict=False):
            for name in ("kind", "cell", "uid", "row", "number", "law"):
                record[name] = getattr(one, name)
            record["first"], record["last"] = (one.first, one.units[0]), (one.last, one.units[1])
            record["value"] = record["put"] = np.nan
        head = self.head[0]
        head["entries"], head["count"] = self.entries.ctypes.data, len(values)
        head["family"], head["applied"] = family, position

    @property
    def address(self) -> int:
        """What the callback is given."""
        return self.head.ctypes.data

    def go_on_from(self, former: MorphTable) -> None:
        """Know what the former table has set, so that what was moved by hand since stays."""
        for key, row in self.rows.items():
            if key in former.rows and self.values[row].kind == former.values[former.rows[key]].kind:
                for name in ("value", "put", "left"):
                    self.entries[row][name] = former.entries[former.rows[key]][name]
        self.head["applied"] = former.head["applied"]

    def again(self) -> None:
        """Set everything for the position as it is, though it has not moved."""
        self.head["applied"] = np.nan

    def value(self, key: Hashable) -> float | None:
        """What a value was set to, in real units; None if it was not, or somebody has moved it."""
        row = self.rows.get(key)
        if row is None or self.entries[row]["left"] or np.isnan(self.entries[row]["put"]):
            return None
        return float(self.entries[row]["value"])
