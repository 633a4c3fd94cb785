"""Reads a style's file: TOML whose patterns are in the notation of notation.py; every fault is told by file, line and
remedy; [any]."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime.music.pitch import parse_pitch
from realtime.native.errors import AntiphonError, nearest
from realtime.players.styles.notation import read_row
from realtime.players.styles.style import (
    CHANGES,
    DEFAULT_LANES,
    DRUMS,
    LANES,
    NEEDED,
    SECTIONS,
    VOICINGS,
    Lane,
    Section,
    Style,
)

LARGEST_FILE = 200_000  # bytes
MOST_BARS, MOST_ROWS = 16, 32
_TOP = ("title", "source", "metre", "tempo_bpm", "swing", "swing_of", "lane")
_LANE = ("range", "voicing", "velocity", "length", "strum_ms", "change", "extend")
_METRE = re.compile(r"(\d{1,2})/(2|4|8|16)")
_HEADER, _KEY = re.compile(r"\s*\[\s*([\w.\s\"']+?)\s*\]"), re.compile(r"\s*([\w\"']+)\s*=")


def read_style(path: Path) -> Style:
    """A style from its file. Raises AntiphonError: one sentence with file, line and remedy."""
    try:
        data = path.read_bytes()[: LARGEST_FILE + 1]
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AntiphonError(f"{path}: this is not UTF-8 text; save the file as UTF-8") from None
    except (OSError, ValueError) as error:
        raise AntiphonError(
            f"{path}: this style cannot be read ({getattr(error, 'strerror', None) or error})"
        ) from None
    if len(data) > LARGEST_FILE:
        raise AntiphonError(f"{path}: this is larger than {LARGEST_FILE // 1000} kB and no style")
    return _Reader(path, text).style()


class _Reader:
    """One file, and the line at which each of its keys stands."""

    def __init__(self, path: Path, text: str):
        self.path, self.text = path, text
        self._lines = _lines_of(text)

    def style(self) -> Style:
        try:
            table = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise AntiphonError(f"{self.path}: this is not TOML: {error}") from None
        except RecursionError:
            raise AntiphonError(f"{self.path}: it is nested too deeply for a style; write it plainly") from None
        self._known(table, (*_TOP, *SECTIONS), "")
        numerator, denominator = self._metre(table)
        lanes = self._lanes(table.get("lane", {}))
        sections: dict[str, Section] = {}
        for name in SECTIONS:
            if name in table:
                sections[name] = self._section(name, table[name], sections, (numerator, denominator))
        for name in NEEDED:
            if name not in sections:
                raise AntiphonError(f"{self.path}: the section [{name}] is missing; a style has {', '.join(NEEDED)}")
        return Style(
            self.path.stem, self._text(table, "title", self.path.stem), self._text(table, "source", ""), numerator,
            denominator, self._number(table, "", "tempo_bpm", 120.0, 20.0, 400.0),
            self._number(table, "", "swing", 1.0, 1.0, 3.0),
            0.5 if self._one_of(table, "", "swing_of", "eighths", ("eighths", "sixteenths")) == "sixteenths" else 1.0,
            lanes, sections,
        )  # fmt: skip

    # -- the tables ----------------------------------------------------------------------------------------------------

    def _section(self, name: str, table: Any, before: dict[str, Section], metre: tuple[int, int]) -> Section:
        if not isinstance(table, Mapping):
            raise self._fault("", name, f"must be a section, [{name}]")
        self._known(table, ("bars", "like", *LANES), name)
        bars = table.get("bars", 1)
        if isinstance(bars, bool) or not isinstance(bars, int) or not 1 <= bars <= MOST_BARS:
            raise self._fault(name, "bars", f"= {bars!r} must be a whole number from 1 to {MOST_BARS}")
        like = table.get("like")
        if like is not None and (not isinstance(like, str) or like not in before):
            raise self._fault(
                name, "like", f"= {like!r} must be a section that stands above: {', '.join(before) or 'none'}"
            )
        lanes = dict(before[like].lanes) if like is not None else {}
        for lane in (lane for lane in LANES if lane in table):
            lanes[lane] = self._pattern(name, lane, table[lane], bars, metre)
        for lane, rows in lanes.items():
            if any(bars % row.bars for row in rows):
                raise self._fault(name, lane if lane in table else "like", f"has rows that do not divide {bars} bars")
        return Section(bars, {lane: rows for lane, rows in lanes.items() if rows or name in ("fill",)})

    def _pattern(self, section: str, lane: str, text: Any, bars: int, metre: tuple[int, int]) -> tuple:
        if not isinstance(text, str):
            raise self._fault(section, lane, 'must be a pattern in quotes, like "1 . 5 ."')
        rows = [row for row in text.split("\n") if row.strip() and not row.strip().startswith("#")]
        if len(rows) > MOST_ROWS:
            raise self._fault(section, lane, f"has {len(rows)} rows; write at most {MOST_ROWS}")
        found = []
        for row in rows:
            try:
                read = read_row(row, lane == DRUMS, *metre)
                if bars % read.bars:
                    raise AntiphonError(f"{read.bars} bars do not divide the section's {bars}; write 1 or {bars}")
                found.append(read)
            except AntiphonError as error:
                raise self._fault(section, lane, str(error), row) from None
        return tuple(found)

    def _lanes(self, table: Any) -> dict[str, Lane]:
        if not isinstance(table, Mapping):
            raise self._fault("", "lane", "must be tables, [lane.bass]")
        self._known(table, LANES, "lane")
        return {name: self._lane(name, table.get(name, {})) for name in LANES}

    def _lane(self, name: str, table: Any) -> Lane:
        where, lane = f"lane.{name}", DEFAULT_LANES[name]
        if not isinstance(table, Mapping):
            raise self._fault("lane", name, f"must be a table, [lane.{name}]")
        self._known(table, _LANE, where)
        lowest, highest = self._range(table, where, (lane.lowest, lane.highest))
        extend = table.get("extend", lane.extend)
        if not isinstance(extend, bool):
            raise self._fault(where, "extend", "must be true or false")
        return replace(
            lane, lowest=lowest, highest=highest, extend=extend,
            voicing=self._one_of(table, where, "voicing", lane.voicing, VOICINGS),
            velocity=self._number(table, where, "velocity", lane.velocity, 0.05, 1.0),
            length=self._number(table, where, "length", lane.length, 0.05, 1.0),
            strum_ms=self._number(table, where, "strum_ms", lane.strum_ms, 0.0, 200.0),
            change=self._one_of(table, where, "change", lane.change, CHANGES),
        )  # fmt: skip

    # -- single values -------------------------------------------------------------------------------------------------

    def _metre(self, table: Mapping[str, Any]) -> tuple[int, int]:
        text = table.get("metre", "4/4")
        match = _METRE.fullmatch(text) if isinstance(text, str) else None
        if match is None or not 1 <= int(match[1]) <= 32:
            raise self._fault("", "metre", f'= {text!r} must be a metre in quotes, like "3/4" or "7/8"')
        return int(match[1]), int(match[2])

    def _range(self, table: Mapping[str, Any], where: str, default: tuple[int, int]) -> tuple[int, int]:
        value = table.get("range", default)
        try:
            low, high = (parse_pitch(one) if isinstance(one, str) else int(one) for one in value)
        except (AntiphonError, TypeError, ValueError):
            raise self._fault(where, "range", '= two notes, lowest and highest, like ["E1", "G2"]') from None
        if not 0 <= low <= high - 11 <= 127 - 11:
            raise self._fault(where, "range", "must be two notes at least eleven half tones apart, the lowest first")
        return low, high

    def _text(self, table: Mapping[str, Any], key: str, default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            raise self._fault("", key, "must be a text in quotes")
        return value

    def _number(self, table: Mapping[str, Any], where: str, key: str, default: float, low: float, high: float) -> float:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise self._fault(where, key, f"= {value!r} must be a number from {low:g} to {high:g}")
        return float(value)

    def _one_of(self, table: Mapping[str, Any], where: str, key: str, default: str, choices: tuple[str, ...]) -> str:
        value = table.get(key, default)
        if value not in choices:
            raise self._fault(where, key, f"= {value!r} must be one of {', '.join(choices)}")
        return str(value)

    def _known(self, table: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in names:
                raise self._fault(where, key, f"is unknown here; {nearest(key, names, 'it may have')}")

    def _fault(self, where: str, key: str, what: str, row: str = "") -> AntiphonError:
        places = ((where, key), (f"{where}.{key}".strip("."), ""), (where, ""))
        line = next((self._lines[place] for place in places if place in self._lines), 1)
        if row:
            following = self.text.split("\n")[line - 1 :]
            line += next((i for i, one in enumerate(following) if row.strip() in one), 0)
        place = f"[{where}] {key}" if where else key
        return AntiphonError(f"{self.path}, line {line}: {place} {what}" if not row else
                             f"{self.path}, line {line}: {place}: {what}")  # fmt: skip


def _lines_of(text: str) -> dict[tuple[str, str], int]:
    """Where each header ("verse", "") and each key ("verse", "bass") stands, counted from 1."""
    found: dict[tuple[str, str], int] = {}
    table, open_quote = "", ""
    for number, line in enumerate(text.split("\n"), 1):
        if open_quote:
            open_quote = "" if open_quote in line else open_quote
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = re.sub(r"[\s\"']", "", header[1])
            found.setdefault((table, ""), number)
        elif key:
            found.setdefault((table, key[1].strip("\"'")), number)
            open_quote = next((q for q in ("'''", '"""') if line.count(q) == 1), "")
    return found
