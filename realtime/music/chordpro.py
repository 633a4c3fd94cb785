"""Reads lyrics with chords as ChordPro has them, and lays them on bars and beats; [any] (chordpro.org, "File format" 6).

What is laid out: a line lasts as many bars as it has chords, unless the sheet says more. `{bar: 9}` puts the next line at a
bar, `{bars: 4}` says how long it lasts, a grid has its bars drawn, a section that is called like a part of the song begins
where the part does, and between two such places the lines share what there is, by their chords.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from realtime.native.errors import AntiphonError

LARGEST_TEXT = 200_000
MOST_LINES = 5_000
_DIRECTIVE = re.compile(r"^\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*(?:[:\s]\s*(.*?))?\s*\}$")
_CHORD = re.compile(r"\[([^\[\]]*)\]")
_SHORT = {
    "t": "title", "st": "subtitle", "c": "comment", "ci": "comment", "cb": "comment", "comment_italic": "comment",
    "comment_box": "comment", "highlight": "comment", "soc": "start_of_chorus", "eoc": "end_of_chorus",
    "sov": "start_of_verse", "eov": "end_of_verse", "sob": "start_of_bridge", "eob": "end_of_bridge",
    "sot": "start_of_tab", "eot": "end_of_tab", "sog": "start_of_grid", "eog": "end_of_grid", "ns": "new_song",
    "meter": "time", "x_bar": "bar", "x_bars": "bars",
}  # fmt: skip
_LABEL = re.compile(r'^label\s*=\s*(["\'])(.*?)\1$')
_GRID_BAR = re.compile(r"\|\||\|[:.]?|:\|")
_EMPTY_CELLS = frozenset({".", "/", "", "-"})
_REPEAT = "%"
VERSE, CHORUS, TAB, GRID = "verse", "chorus", "tab", "grid"


@dataclass
class Line:
    """One line. chords: (column in text, symbol). bar: where it must stand (from 1), bars: how long it must last, as the
    sheet says; None: not said. label: of the section that begins here."""

    text: str
    chords: tuple[tuple[int, str], ...] = ()
    section: str = ""
    label: str = ""
    comment: bool = False
    bar: int | None = None
    bars: float | None = None

    def weight(self) -> float:
        """Bars it lasts where nobody says."""
        if self.comment or self.section == TAB or not (self.text.strip() or self.chords):
            return 0.0
        return float(max(1, len(self.chords)))


@dataclass
class Sheet:
    """A song as its sheet has it. tempo_bpm, signature: None where it does not say."""

    title: str = ""
    artist: str = ""
    key: str = ""
    tempo_bpm: float | None = None
    signature: tuple[int, int] | None = None
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Placed:
    """A line with the bar at which it begins, from 1; 2.5 is half a bar behind the second bar line."""

    bar: float
    line: Line


class _Reader:
    def __init__(self) -> None:
        self.sheet = Sheet()
        self._section, self._label = "", ""
        self._bar: int | None = None
        self._bars: float | None = None
        self._chorus: list[Line] = []

    def line(self, raw: str) -> bool:
        """Take one line of the file; False at the end of the first song."""
        text = raw.rstrip()
        if text.startswith("#"):
            return True
        found = _DIRECTIVE.match(text.strip())
        if found:
            return self._directive(found[1].lower(), found[2] or "")
        if self._section == GRID:
            self._grid(text)
        elif text.strip() or self.sheet.lines:
            self._add(Line(text) if self._section == TAB else _chords(text))
        return True

    def _add(self, line: Line) -> None:
        line.section = self._section
        if line.text.strip() or line.chords:
            line.label, self._label = self._label, ""
            if not line.comment:
                line.bar, self._bar = self._bar, None
                line.bars, self._bars = (self._bars if line.bars is None else line.bars), None
        self.sheet.lines.append(line)
        if self._section == CHORUS:
            self._chorus.append(line)

    def _directive(self, name: str, value: str) -> bool:
        name = _SHORT.get(name, name)
        if name == "new_song":
            return not self.sheet.lines
        if name.startswith("start_of_"):
            self._section = name.removeprefix("start_of_")
            self._label = _label(value) or self._section.capitalize()
            if self._section == CHORUS:
                self._chorus = []
        elif name.startswith("end_of_"):
            self._section = ""
        elif name == CHORUS:
            self._recall(_label(value))
        elif name == "comment":
            self._add(Line(value, comment=True))
        elif name in _FACTS:
            _FACTS[name](self.sheet, value)
        elif name == "bar":
            self._bar = _whole(value, 1, 100_000)
        elif name == "bars":
            self._bars = _number(value, 0.0, 10_000.0)
        return True  # what a sheet says beyond that is for printers

    def _recall(self, label: str) -> None:
        former, self._section, self._label = self._section, "", label or "Chorus"
        for line in list(self._chorus):
            self._add(Line(line.text, line.chords, comment=line.comment, bars=line.bars))
            self.sheet.lines[-1].section = CHORUS
        self._section = former

    def _grid(self, text: str) -> None:
        """A row of bars between lines: `| C . F . | G7 . . . |`; % is the bar before once more."""
        cells = _GRID_BAR.split(text)
        bars = [cell.split() for cell in cells[1:-1]] if len(cells) > 2 else []
        bars = [bar for bar in bars if bar]
        if not bars:
            if text.strip():
                self._add(Line(text.strip()))
            return
        chords = tuple(
            (found.start(), found[0])
            for found in re.finditer(r"[^\s|]+", text)
            if found[0] not in _EMPTY_CELLS and found[0] != _REPEAT and any(letter.isalpha() for letter in found[0])
        )
        self._add(Line(text, chords, bars=float(len(bars))))


def _chords(text: str) -> Line:
    """A line of lyrics: chords in brackets, each at its column; `[*Slowly]` is a remark that stands among them."""
    plain, at, chords = "", 0, []
    for found in _CHORD.finditer(text):
        plain += text[at : found.start()]
        at = found.end()
        symbol = found[1].strip().removeprefix("*")
        if symbol:
            chords.append((len(plain), symbol))
    return Line(plain + text[at:], tuple(chords))


def _label(value: str) -> str:
    found = _LABEL.match(value)
    return found[2] if found else value


def _number(value: str, low: float, high: float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if low <= number <= high else None


def _whole(value: str, low: int, high: int) -> int | None:
    number = _number(value, low, high)
    return None if number is None or number != int(number) else int(number)


def _set_time(sheet: Sheet, value: str) -> None:
    found = re.fullmatch(r"(\d{1,2})\s*/\s*(1|2|4|8|16|32)", value)
    if found and 1 <= int(found[1]) <= 32:
        sheet.signature = (int(found[1]), int(found[2]))


def _set_text(name: str) -> Any:
    return lambda sheet, value: setattr(sheet, name, getattr(sheet, name) or value)


_FACTS: Mapping[str, Any] = {
    "title": _set_text("title"),
    "artist": _set_text("artist"),
    "key": _set_text("key"),
    "tempo": lambda sheet, value: setattr(sheet, "tempo_bpm", _number(value, 10.0, 999.0) or sheet.tempo_bpm),
    "time": _set_time,
}


def read(text: str) -> Sheet:
    """The first song of a ChordPro text. What it does not know it passes over, as the format asks. Raises AntiphonError
    for what is too long to be a song."""
    lines = text.splitlines()
    if len(text) > LARGEST_TEXT or len(lines) > MOST_LINES:
        raise AntiphonError(
            f"{len(lines)} lines and {len(text)} letters are no song; {MOST_LINES} lines and {LARGEST_TEXT} letters are the most"
        )
    reader = _Reader()
    for line in lines:
        if not reader.line(line):
            break
    return reader.sheet


def lay_out(
    lines: Iterable[Line],
    starts: Mapping[str, int] | None = None,
    end_bar: int | None = None,
) -> list[Placed]:
    """Each line with its bar, in order. starts: bar (from 1) of each part by its name,
    which sections of that name follow; end_bar: the first bar after the song, None where it is open."""
    rows = list(lines)
    anchors = _anchors(rows, {name.casefold(): bar for name, bar in (starts or {}).items()}, end_bar)
    bars: list[float] = []
    for (first, bar), (behind, limit) in pairwise(anchors):
        bars += _shared(rows[first:behind], float(bar if bar is not None else 1), limit)
    return [Placed(bar, line) for bar, line in zip(bars, rows, strict=True)]


def _anchors(rows: list[Line], starts: dict[str, int], end_bar: int | None) -> list[tuple[int, int | None]]:
    """(index of a line, its bar), rising in both; the last is behind all lines."""
    found: list[tuple[int, int | None]] = [(0, 1)]
    for index, line in enumerate(rows):
        bar = line.bar if line.bar is not None else starts.get(line.label.casefold()) if line.label else None
        last = found[-1]
        if bar is None or (last[1] is not None and bar < last[1]):
            continue  # a section that comes again, after its part is over
        if index == last[0]:
            found[-1] = (index, bar)
        else:
            found.append((index, bar))
    last_bar = found[-1][1] or 1
    found.append((len(rows), end_bar if end_bar is not None and end_bar > last_bar else None))
    return found


def _shared(rows: list[Line], start: float, limit: int | None) -> list[float]:
    """Bar of each line from one anchor to the next; limit: the bar of the next, None: nobody is in the way."""
    said = [line.bars for line in rows]
    fixed = sum(bars for bars in said if bars is not None)
    loose = sum(line.weight() for line in rows if line.bars is None)
    room = None if limit is None else max(0.0, limit - start - fixed)
    scale = 1.0 if room is None or loose == 0 else room / loose
    squeeze = 1.0 if limit is None or fixed == 0 or start + fixed <= limit else (limit - start) / fixed
    found, at = [], start
    for line in rows:
        found.append(at)
        at += line.bars * squeeze if line.bars is not None else line.weight() * scale
    return found
