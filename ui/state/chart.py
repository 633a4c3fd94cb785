"""What /chart/reading says of a chart that is being written: lines of bars as on a lead sheet, and faults by line; no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ui.state import reading

BARS_A_LINE = 4


@dataclass(frozen=True)
class SheetBar:
    """number from 1; chords: (share of the bar at which it begins, symbol); metre: as it is told, "" where it goes on."""

    number: int
    chords: tuple[tuple[float, str], ...]
    metre: str = ""


@dataclass(frozen=True)
class SheetLine:
    """Up to BARS_A_LINE bars; section: the name of what begins here, or empty."""

    bars: tuple[SheetBar, ...]
    section: str = ""


@dataclass(frozen=True)
class Fault:
    """line from 1; 0: of the whole."""

    line: int
    text: str


@dataclass(frozen=True)
class Draft:
    """of: the text that was read."""

    of: str = ""
    lines: tuple[SheetLine, ...] = ()
    faults: tuple[Fault, ...] = ()
    key: str = ""

    @property
    def bars(self) -> int:
        """How many there are in all."""
        return sum(len(line.bars) for line in self.lines)


def read(value: Any) -> Draft:
    """A draft from the node's JSON; what is missing or of another kind is not there."""
    found = reading.table(value)
    faults = [
        Fault(reading.whole(one.get("line"), 0), str(one.get("text") or "")) for one in _dicts(found.get("faults"))
    ]
    names = {reading.whole(one.get("bar"), 0): str(one.get("name") or "") for one in _dicts(found.get("sections"))}
    bars = [_bar(number, one) for number, one in enumerate(_dicts(found.get("bars")), 1)]
    return Draft(str(found.get("of") or ""), tuple(_lines(bars, names)), tuple(faults), str(found.get("key") or ""))


def _lines(bars: list[tuple[SheetBar, str]], names: dict[int, str]) -> Iterable[SheetLine]:
    row: list[SheetBar] = []
    section, metre_before = "", ""
    for bar, metre in bars:
        if row and (len(row) == BARS_A_LINE or bar.number in names):
            yield SheetLine(tuple(row), section)
            row, section = [], ""
        section = names.get(bar.number, section)
        row.append(SheetBar(bar.number, bar.chords, metre if metre != metre_before else ""))
        metre_before = metre
    if row:
        yield SheetLine(tuple(row), section)


def _bar(number: int, one: dict[str, Any]) -> tuple[SheetBar, str]:
    metre = [max(1, reading.whole(part, 4)) for part in one.get("metre") or ()]
    numerator, denominator = metre if len(metre) == 2 else (4, 4)
    beats = numerator * 4.0 / denominator
    rows = one.get("chords")
    chords = tuple(
        (min(1.0, max(0.0, reading.number(row[0], 0.0) / beats)), str(row[1]))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, list) and len(row) == 2
    )
    return SheetBar(number, chords), f"{numerator}/{denominator}"


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
