"""Which assignments are in force: by layer, page and part, the narrower hiding the wider on the same control; [any]."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from realtime.midi.map.assignment import SCOPES, Assignment


def _rank(one: Assignment) -> tuple[int, bool, bool]:
    return SCOPES.index(one.scope), one.layer != 0, one.page != 0


def in_force(
    assignments: Iterable[Assignment], layer: int, page: int, part: str, control: Callable[[Assignment], Any]
) -> list[Assignment]:
    """Those that count now, in their order. control: what two assignments of one control have in common."""
    there = [
        one
        for one in assignments
        if one.layer in (0, layer) and one.page in (0, page) and (one.scope != "part" or one.part in ("", part))
    ]
    best: dict[Any, tuple[int, bool, bool]] = {}
    for one in there:
        key = control(one), one.press
        best[key] = max(best.get(key, _rank(one)), _rank(one))
    return [one for one in there if _rank(one) == best[control(one), one.press]]
