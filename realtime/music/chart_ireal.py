"""Reads a chord chart in iReal's text (irealb:// and irealbook:// links) by turning it into a chart's text; [any]
(irealpro.com, "iReal Pro custom chord chart protocol"; the order of letters in irealb links as open readers have found it).
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from realtime.music.chart import Chart
from realtime.music.chart_text import read_text
from realtime.music.keyfinding import read_key
from realtime.native.errors import AntiphonError

SCHEMES = ("irealb://", "irealbook://")
LARGEST = 2_000_000
_PREFIX = "1r34LbKcu7"
_CHUNK = 50
_CHORD = re.compile(r"[A-GW][b#]?(?:sus|alt|add|[-+^ho\db#])*(?:/[A-G][b#]?)?")
_NAMES = {"i": "intro", "v": "verse", "A": "A", "B": "B", "C": "C", "D": "D"}
_METRES = {"12": "12/8"}
_LINES = frozenset({"|", "|:", ":|"})
_SIGNS = {"S": "Segno", "Q": "Coda"}
_TEXT = re.compile(r"<\*?\d*([^>]*)>")
_JUMP = re.compile(r"fine|d\.\s?[cs]\.(?:\s*al\s+(?:fine|coda))?", re.IGNORECASE)


def is_ireal(text: str) -> bool:
    """Whether a text is, or holds, such a link."""
    return any(scheme in text for scheme in SCHEMES)


def read_ireal(text: str, where: str = "Chart") -> Chart:
    """The first song of a link. Raises AntiphonError."""
    found = re.search(r"ireal(?:b|book)://[^\s\"'<>]+", text[:LARGEST])
    if not found:
        raise AntiphonError(f"{where}: there is no link like irealb://... in it")
    link = found[0]
    song = unquote(link[link.index("//") + 2 :]).split("===")[0]
    fields = song.split("=")
    music = next((field for field in fields if field.startswith(_PREFIX)), None)
    if music is not None:
        music = _in_order(music.removeprefix(_PREFIX))
    elif len(fields) >= 6:
        music = fields[5]
    else:
        raise AntiphonError(f"{where}: the link ends before its music; copy the whole of it")
    key = next((field for field in fields[2:5] if re.fullmatch(r"[A-G][b#]?-?", field)), "")
    chart = read_text(_as_text(music), where)
    written = read_key(key.replace("-", "m")) if key else None
    return replace(chart, title=fields[0].strip(), key=written)


def _in_order(music: str) -> str:
    """An irealb link has its letters in chunks of 50, with some of each changed over from end to end."""
    found = ""
    while len(music) > _CHUNK:
        chunk, music = music[:_CHUNK], music[_CHUNK:]
        found += chunk if len(music) < 2 else _changed_over(chunk)
    found += music
    return found.replace("Kcl", "| x").replace("LZ", " |").replace("XyQ", "   ")


def _changed_over(chunk: str) -> str:
    letters = list(chunk)
    for place in (*range(5), *range(10, 24)):
        other = _CHUNK - 1 - place
        letters[place], letters[other] = chunk[other], chunk[place]
    return "".join(letters)


def _as_text(music: str) -> str:
    """The same in a chart's own text."""
    music = re.sub(r"\([^)]*\)", "", music)
    writer = _Writer()
    at = 0
    while at < len(music):
        letter = music[at]
        chord = _CHORD.match(music, at)
        text = _TEXT.match(music, at)
        if text is not None:
            for jump in _JUMP.findall(text[1]):
                writer.sign(jump)
            at = text.end()
        elif letter == "*" and at + 1 < len(music):
            writer.section(_NAMES.get(music[at + 1], music[at + 1]))
            at += 2
        elif letter == "T" and music[at + 1 : at + 3].isdigit():
            digits = music[at + 1 : at + 3]
            writer.metre = _METRES.get(digits, f"{digits[0]}/{digits[1]}")
            at += 3
        elif letter == "N" and music[at + 1 : at + 2].isdigit():
            writer.ending(music[at + 1])
            at += 2
        elif chord is not None:
            writer.chord(chord[0])
            at = chord.end()
        else:
            writer.mark(letter)
            at += 1
    return writer.done()


class _Writer:
    def __init__(self) -> None:
        self._out: list[str] = []
        self._cells: list[str] = []
        self._last = ""  # the chord that goes on
        self._signs: list[str] = []
        self._owed = 0  # bars that a sign for two bars still fills
        self.metre = ""

    def section(self, name: str) -> None:
        self._end_bar("|")
        opened = bool(self._out) and self._out[-1] == "|:"
        if opened:
            self._out.pop()
        self._out.append(f"\n[{name}]\n")
        self._out.append("|:" if opened else "|")

    def sign(self, text: str) -> None:
        """Of the bar that is open; a text behind the last bar line is the last bar's."""
        if self._cells or text == "Segno" or text == "Coda":
            self._signs.append(text)
            return
        place = next((n for n in range(len(self._out) - 1, -1, -1) if self._out[n] not in _LINES), None)
        if place is not None:
            self._out[place] += f" {text}"

    def ending(self, number: str) -> None:
        self._end_bar("|")
        self._out.append(f"{number} ")

    def chord(self, text: str) -> None:
        if text.startswith("W"):  # the same root again, over another bass
            text = re.split(r"/", self._last)[0] + text[1:]
        self._last = text
        self._cells.append(text.replace("h", "ø"))

    def mark(self, letter: str) -> None:
        if letter in _SIGNS:
            self.sign(_SIGNS[letter])
        elif letter == " " or letter == "p":
            if self._cells and self._cells[-1] not in ("%", "%%"):
                self._cells.append(".")
        elif letter == "n":
            self._cells.append("N.C.")
        elif letter == "x":
            self._cells = ["%"]
        elif letter == "r":
            self._cells, self._owed = ["%%"], 1
        elif letter in "|[]Z":
            self._end_bar("|")
        elif letter == "{":
            self._end_bar("|")
            self._out.append("|:")
        elif letter == "}":
            self._end_bar(":|")

    def _end_bar(self, sign: str) -> None:
        cells, self._cells = self._cells, []
        if cells:
            chords = [cell for cell in cells if cell != "."]
            self._out.append(" ".join(chords if len(chords) == 1 else cells) if not self.metre else
                             f"{self.metre} {' '.join(chords if len(chords) == 1 else cells)}")  # fmt: skip
            self.metre = ""
            self._out[-1] += "".join(f" {text}" for text in self._signs)
            self._signs = []
            self._out.append(sign)
        elif self._owed and sign == "|":
            self._owed = 0
        elif sign == ":|":
            if self._out and self._out[-1] == "|":
                self._out.pop()
            self._out.append(sign)

    def done(self) -> str:
        self._end_bar("|")
        return " ".join(self._out)
