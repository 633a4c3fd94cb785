"""Reads a chord chart from text: bars between |, jazz symbols, repeats and endings, sections; [any].

    title: Blues for a Friday
    key: F
    [intro]
    4/4 | F7 . . C7 |          a dot, or /, is one more part of the bar for the chord before
    [verse x2]                 twice
    |: F7 | Bb7 | % | Cm7 F7 :| x3      % is the bar before
    |1 Gm7 | C7 :|2 F7 | C7 |  first and second ending
    [solo 8 bars]              its bars again and again, until there are so many
    | N.C. | 3/4 F7 |          no chord; from here on in three
    [verse]                    a section without bars is the one of that name again
    | C Segno | F To Coda |    signs: Segno, Coda, To Coda, Fine, D.C., D.S., each al Fine or al Coda
    # a remark

A line without | has a bar for each of its symbols.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from realtime.music.chart import Bar, Chart, joined
from realtime.music.chart_jumps import EARLIER, played_order, take_signs
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import Key, read_key
from realtime.native.errors import AntiphonError

LONGEST_TEXT = 20_000
MOST_BARS = 2_000
"""Once all repeats are played out."""
_SECTION = re.compile(r"\[\s*([^\]|]*?)\s*\]")
_TIMES = re.compile(r"(.*?)[\s,:]*(?:x\s*(\d{1,3})|(\d{1,3})\s*x|(\d{1,4})\s*bars?)$", re.IGNORECASE)
_FACT = re.compile(r"(title|key|tempo|composer|artist|style|time|metre)\s*:\s*(.*)$", re.IGNORECASE)
_METRE = re.compile(r"(\d{1,2})/(1|2|4|8|16|32)")
_ENDING = re.compile(r"([1-9])[.)]?(?=\s|$)")
_COUNT = re.compile(r"x\s*(\d{1,2})(?=\s|\||$)|(\d{1,2})\s*x(?=\s|\||$)", re.IGNORECASE)
_LINE = re.compile(r"\|\|:|:\|\||:\|:|\|:|:\||\|\||\|\]|\|")
_GOES_ON = frozenset({".", "/", "-"})
_SAME, _SAME_TWO = frozenset({"%", "x", "𝄎"}), "%%"


@dataclass
class _Part:
    """A section as it is written: bars, and how often or how long it is played."""

    name: str | None
    line: int
    times: int = 1
    length: int = 0
    bars: list[Bar] = field(default_factory=list)
    # the repeat that is open
    start: int = 0
    ending_from: int | None = None
    stem: list[Bar] | None = None


def read_text(text: str, where: str = "Chart") -> Chart:
    """A chart from its text. Raises AntiphonError with line, place and remedy."""
    if len(text) > LONGEST_TEXT:
        raise AntiphonError(f"{where}: {len(text)} characters are too many for a chart; {LONGEST_TEXT} are the most")
    return _Reader(where).read(text)


class _Reader:
    def __init__(self, where: str):
        self._file, self._number, self._bar_number = where, 0, 0
        self._title = ""
        self._key: Key | None = None
        self._tempo: float | None = None
        self._metre: tuple[int, int] | None = None
        self._parts: list[_Part] = [_Part(None, 1)]

    def read(self, text: str) -> Chart:
        for number, raw in enumerate(text.splitlines(), 1):
            self._number, self._bar_number = number, 0
            line = _without_remark(raw).strip()
            if line:
                self._line(line)
        bars = self._played()
        if not bars:
            raise AntiphonError(f'{self._file}: it has no bars; write them like "| C | Am7 D7 | G |"')
        return Chart(joined(bars), self._title, self._key, self._tempo)

    def wrong(self, what: str) -> AntiphonError:
        bar = f", bar {self._bar_number}" if self._bar_number else ""
        return AntiphonError(f"{self._file}, line {self._number}{bar}: {what}")

    # -- lines ---------------------------------------------------------------------------------------------------------

    def _line(self, line: str) -> None:
        fact = _FACT.fullmatch(line)
        if fact:
            self._fact(fact[1].lower(), fact[2].strip())
            return
        at = 0
        for found in _SECTION.finditer(line):
            self._bars(line[at : found.start()].strip())
            self._section(found[1])
            at = found.end()
        self._bars(line[at:].strip())

    def _fact(self, name: str, value: str) -> None:
        if name == "title":
            self._title = value
        elif name == "key":
            self._key = read_key(value)
            if self._key is None:
                raise self.wrong(f"key {value!r} is unknown; write it like Bb, F# minor or Am")
        elif name == "tempo":
            try:
                self._tempo = float(value.split()[0])
            except (ValueError, IndexError):
                raise self.wrong(f"tempo {value!r} must be a number, like 120") from None
        elif name in ("time", "metre"):
            self._metre = self._read_metre(value)

    def _section(self, text: str) -> None:
        name, times, length = text, 1, 0
        found = _TIMES.fullmatch(text)
        if found:
            name, times, length = found[1].strip(), int(found[2] or found[3] or 1), int(found[4] or 0)
        if not 1 <= times <= 99 or (found and found[4] and not 1 <= length <= MOST_BARS):
            raise self.wrong(f"section [{text}] is played 1 to 99 times, or lasts 1 to {MOST_BARS} bars")
        self._parts.append(_Part(name or "section", self._number, times, length))

    # -- bars ----------------------------------------------------------------------------------------------------------

    def _bars(self, text: str) -> None:
        if not text:
            return
        if not _LINE.search(text):
            for word in text.split():
                self._bar_number += 1
                self._bar([word])
            return
        marks = list(_LINE.finditer(text))
        before = text[: marks[0].start()].strip()
        if before:
            self._cell(before)
        for mark, behind in zip(marks, [*marks[1:], None], strict=True):
            cell = text[mark.end() : behind.start() if behind else len(text)].strip()
            if mark[0].startswith(":"):
                cell = self._close(cell)
            if mark[0].endswith(":"):
                self._part.start, self._part.stem, self._part.ending_from = len(self._part.bars), None, None
            self._cell(cell)

    @property
    def _part(self) -> _Part:
        return self._parts[-1]

    def _close(self, cell: str) -> str:
        """A repeat sign: what is inside is played again; behind it may stand how often, or the next ending."""
        part, times = self._part, 2
        count = _COUNT.match(cell)
        if count:
            times = int(count[1] or count[2])
            cell = cell[count.end() :].strip()
        if times < 1:
            raise self.wrong("a repeat is played at least once")
        body = part.bars[part.start :]
        if not body:
            raise self.wrong("a repeat of no bars; write |: before the first of them")
        if part.ending_from is not None:
            part.stem = part.bars[part.start : part.ending_from]
            again, part.ending_from = list(part.stem), None
        else:
            again = [*_earlier(body * (times - 2)), *body] if times > 1 else []
            part.stem = None
        if times > 1:
            part.bars[part.start :] = _earlier(part.bars[part.start :])
        if _ENDING.match(cell):
            if part.stem is None:
                part.stem, again = list(body), []  # `:|2` without a first ending: played with the second at once
            part.bars += again
            part.start, part.ending_from = len(part.bars) - len(part.stem or []), len(part.bars)
            self._check_length()
            return _ENDING.sub("", cell, count=1).strip()
        if part.stem is None:
            part.bars += again
        part.start, part.ending_from, part.stem = len(part.bars), None, None
        self._check_length()
        return cell

    def _cell(self, cell: str) -> None:
        if not cell:
            return
        ending = _ENDING.match(cell)
        if ending:
            self._part.ending_from = len(self._part.bars)
            cell = cell[ending.end() :].strip()
            if not cell:
                return
        self._bar_number += 1
        cell, signs = take_signs(cell)
        if signs and not cell:
            raise self.wrong(f"{' '.join(sorted(signs))} stands alone; write it into the bar that it belongs to")
        first = len(self._part.bars)
        self._bar(cell.split())
        if signs and len(self._part.bars) > first:
            last = self._part.bars[-1]
            self._part.bars[-1] = replace(last, signs=last.signs | signs)

    def _bar(self, words: list[str]) -> None:
        part = self._part
        metre, self._metre = self._metre, None
        if words and _METRE.fullmatch(words[0]):
            metre = self._read_metre(words[0])
            words = words[1:]
        if not words:
            self._metre = metre  # of what follows
            return
        if words == [_SAME_TWO]:
            if len(part.bars) < 2:
                raise self.wrong("%% repeats the two bars before, and there are none")
            part.bars += [replace(bar, signs=frozenset()) for bar in part.bars[-2:]]
        elif len(words) == 1 and words[0] in _SAME:
            if not part.bars:
                raise self.wrong(f"{words[0]} repeats the bar before, and there is none in this section")
            part.bars.append(replace(part.bars[-1], metre=metre, signs=frozenset()))
        else:
            part.bars.append(Bar(self._chords(words), metre))
        self._check_length()

    def _chords(self, words: list[str]) -> tuple[tuple[Chord | None, float], ...]:
        drawn = any(word in _GOES_ON for word in words)
        found: list[tuple[Chord | None, float]] = []
        for word in words:
            if word in _GOES_ON:
                if not found:
                    raise self.wrong(f"{word!r} goes on with a chord, and none stands before it in this bar")
                found[-1] = (found[-1][0], found[-1][1] + 1.0)
                continue
            try:
                found.append((parse_chord(word), 1.0 if drawn else 0.0))
            except AntiphonError as error:
                raise self.wrong(str(error)) from None
        return tuple(found)

    def _read_metre(self, text: str) -> tuple[int, int]:
        found = _METRE.fullmatch(text.strip())
        if not found or not 1 <= int(found[1]) <= 32:
            raise self.wrong(f"metre {text!r} is unknown; write it like 3/4 or 7/8")
        return int(found[1]), int(found[2])

    def _check_length(self) -> None:
        if sum(len(part.bars) for part in self._parts) > MOST_BARS:
            raise self.wrong(f"it has more than {MOST_BARS} bars when all repeats are played; write fewer")

    # -- the whole -----------------------------------------------------------------------------------------------------

    def _played(self) -> list[Bar]:
        known: dict[str, list[Bar]] = {}
        played: list[Bar] = []
        for part in self._parts:
            self._number, self._bar_number = part.line, 0
            bars = part.bars
            if part.name is not None:
                if not bars:
                    bars = known.get(part.name.lower(), [])
                    if not bars:
                        raise self.wrong(f"section [{part.name}] has no bars, and none of that name stands before it")
                known.setdefault(part.name.lower(), bars)
            if not bars:
                continue
            count = part.length or len(bars) * part.times
            if len(played) + count > MOST_BARS:
                raise self.wrong(f"it has more than {MOST_BARS} bars when all repeats are played; write fewer")
            for number in range(count):
                bar = bars[number % len(bars)]
                first = number == 0 if part.length else number % len(bars) == 0
                early = {EARLIER} if not part.length and number < count - len(bars) else set()
                played.append(replace(bar, section=part.name if first else None, signs=bar.signs | early))
        try:
            order = played_order(played)
        except AntiphonError as error:
            raise AntiphonError(f"{self._file}: {error}") from None
        if len(order) > MOST_BARS:
            raise self.wrong(f"it has more than {MOST_BARS} bars when all repeats are played; write fewer")
        return order


def _earlier(bars: list[Bar]) -> list[Bar]:
    """Bars of a repeat that comes once more."""
    return [replace(bar, signs=bar.signs | {EARLIER}) for bar in bars]


def _without_remark(line: str) -> str:
    """Up to a # that begins a word: C# is a chord, # is a remark."""
    found = re.search(r"(?:^|\s)#(?=\s|$|[^\s#b])", line)
    return line[: found.start()] if found else line
