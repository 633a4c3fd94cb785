"""Typed access to one table of a scene file: every complaint names the file, the place and the remedy; [main]."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from realtime.native.errors import AntiphonError, nearest

WHOLE_MOST = 1 << 63
"""Whole numbers have 64 bits in TOML; larger ones fit no float, and may not even be printed."""


def shown(value: Any) -> str:
    """A value as a sentence can hold it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class Table:
    """One table. where: what stands before each complaint; known: the keys it may have (None: any)."""

    def __init__(self, table: Any, where: str, known: Iterable[str] | None = None):
        if not isinstance(table, Mapping):
            raise AntiphonError(f"{where} = {shown(table)} must be a table, like {{ name = value }}")
        self.table: Mapping[str, Any] = table
        self.where = where
        if known is not None:
            names = sorted(known)
            for key in table:
                if key not in names:
                    hint = nearest(key, names, "it may have")
                    raise AntiphonError(f"{where}: {shown(key)} is unknown here; {hint}")

    def wrong(self, key: str, what: str) -> AntiphonError:
        """The complaint about one key."""
        return AntiphonError(f"{self.where}: {key} = {shown(self.table.get(key))} must be {what}")

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise self.wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        value = self.table.get(key, default)
        if not is_whole(value, low, high):
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return int(value)

    def one_of(self, key: str, default: int, choices: tuple[int, ...]) -> int:
        value = self.table.get(key, default)
        if isinstance(value, bool) or value not in choices:
            raise self.wrong(key, f"one of {', '.join(map(str, choices))}")
        return int(value)

    def text(self, key: str, default: str = "") -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "a text in quotes")
        return value

    def flag(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def wholes(self, key: str, default: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
        value = self.table.get(key, default)
        items = value if isinstance(value, (list, tuple)) else [value]
        if not all(is_whole(item, low, high) for item in items):
            raise self.wrong(key, f"numbers from {low} to {high}, like [1, 2]")
        return tuple(int(item) for item in items)

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.table.get(key, default)
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
            raise self.wrong(key, "a list of texts")
        return tuple(items)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise AntiphonError(f"{self.where}: write {key} as a list of tables, [[{key}]]")
        return list(value)

    def inner(self, key: str, known: Iterable[str] | None = None) -> Table:
        """A table within: `sends`, `options`."""
        return Table(self.table.get(key, {}), f"{self.where}: {key}", known)

    def pair(self, key: str, default: tuple[int, int], read: Callable[[Any, str], int]) -> tuple[int, int]:
        """Lowest and highest; read(value, where) makes a number of each."""
        value = self.table.get(key, default)
        if not isinstance(value, (list, tuple)) or len(value) != 2:
            raise self.wrong(key, "two values, lowest and highest")
        low, high = (read(one, f"{self.where}: {key}") for one in value)
        if low > high:
            raise AntiphonError(f"{self.where}: {key} = {shown(list(value))}: the lowest comes first")
        return low, high


def is_whole(value: Any, low: int, high: int) -> bool:
    """Whether a value is an integer of a range (True and 1.0 are none)."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def finite(value: Any) -> bool:
    """Whether a value, or everything in it, can be computed with."""
    if isinstance(value, Mapping):
        return all(finite(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return all(finite(one) for one in value)
    if isinstance(value, int):
        return -WHOLE_MOST <= value < WHOLE_MOST
    return not isinstance(value, float) or math.isfinite(value)
