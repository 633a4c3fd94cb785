"""Reads a chord chart from a file of any kind that is known: text, iReal link, ChordPro, MusicXML, MIDI; [any]."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from realtime.music import chordpro
from realtime.music.chart import Bar, Chart, joined
from realtime.music.chart_ireal import is_ireal, read_ireal
from realtime.music.chart_musicxml import read_musicxml
from realtime.music.chart_text import read_text
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import read_key
from realtime.music.midi_chunks import load
from realtime.music.midifile import TEXTS, metres_of, texts_of
from realtime.native.errors import AntiphonError

LARGEST_BYTES = 30_000_000
_CHORDPRO = re.compile(r"^\s*\{\s*[a-z_]+\s*(?::|\})", re.IGNORECASE | re.MULTILINE)
_INLINE = re.compile(r"\[[A-G][^\]\s]{0,9}\]\S")


def read_chart(path: str | Path) -> Chart:
    """The chart in a file, by its content. Raises AntiphonError with the file and the place in it."""
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise AntiphonError(f"{file.name}: it is too large for a chart; {LARGEST_BYTES} bytes are the most")
        data = file.read_bytes()
    except OSError as error:
        raise AntiphonError(f"{file}: it cannot be read ({error.strerror or error}); name another file") from None
    if data[:4] == b"MThd":
        return chart_of_midi(file)
    start = data[:2000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if (
        data[:2] == b"PK"
        or start.startswith((b"<?xml", b"<score", b"<!DOCTYPE"))
        or data[:2] in (b"\xff\xfe", b"\xfe\xff")
    ):
        return read_musicxml(data, file.name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return read_any_text(text, file.name)


def read_any_text(text: str, where: str = "Chart") -> Chart:
    """A chart from a text: an iReal link, ChordPro, or bars as chart_text has them. Raises AntiphonError."""
    if is_ireal(text):
        return read_ireal(text, where)
    if _CHORDPRO.search(text) or ("|" not in text and _INLINE.search(text)):
        return chart_of_sheet(chordpro.read(text), where)
    return read_text(text, where)


def chart_of_sheet(sheet: chordpro.Sheet, where: str = "Chart") -> Chart:
    """The chords of a ChordPro sheet: a bar for each, or as many bars as a line says; grids as they are drawn."""
    bars: list[Bar] = []
    begun: str | None = None
    for number, line in enumerate(sheet.lines, 1):
        section = line.label or (line.section.capitalize() if line.section and line.section != begun else "")
        begun = line.section or begun
        if line.comment or not (line.chords or line.bars):
            continue
        place = f"{where}, line {number}"
        if line.section == chordpro.GRID:
            new = list(read_text(line.text.replace("|.", "|"), place).bars)
        else:
            new = _spread([_chord(symbol, place) for _, symbol in line.chords], line.bars)
        if new and section:
            new[0] = Bar(new[0].chords, new[0].metre, section)
        bars += new
    if not bars:
        raise AntiphonError(f"{where}: it has no chords; write them in brackets, like [Am]")
    if sheet.signature is not None:
        bars[0] = Bar(bars[0].chords, sheet.signature, bars[0].section)
    return Chart(tuple(bars), sheet.title, read_key(sheet.key) if sheet.key else None, sheet.tempo_bpm)


def _chord(symbol: str, where: str) -> Chord | None:
    try:
        return parse_chord(symbol)
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}") from None


def _spread(chords: list[Chord | None], said: float | None) -> list[Bar]:
    """Chords over the bars of their line, evenly."""
    count = max(1, round(said)) if said else max(1, len(chords))
    bars: list[list[Chord | None]] = [[] for _ in range(count)]
    for number, chord in enumerate(chords):
        bars[number * count // len(chords)].append(chord)
    return [Bar(tuple((chord, 0.0) for chord in bar)) for bar in bars]


def chart_of_midi(path: Path) -> Chart:
    """The chords in a MIDI file's markers, lyrics or texts; markers that are no chords are sections. Raises
    AntiphonError."""
    file = load(path)
    found: list[tuple[float, Chord | None]] = []
    names: list[tuple[float, str]] = []
    for kind in TEXTS:
        rows = texts_of(file, kind)
        read = [(beat, text, _symbol(text)) for beat, text in rows]
        chords = [(beat, one[0]) for beat, _, one in read if one is not None]
        if len(chords) >= 2 and 2 * len(chords) >= len(rows) and not found:
            found = chords
        names += [(beat, text) for beat, text, one in read if one is None and "marker" in kind]
    if not found:
        raise AntiphonError(f"{path.name}: its markers and texts are no chords; write them there like Am7 or F/C")
    metres = metres_of(file)
    last = found[-1][0]
    bars: list[Bar] = []
    start = 0.0
    before: Chord | None = None
    while start <= last + 1e-6 and len(bars) < 2_000:
        metre = next(m for m in reversed(metres) if m.beat <= start + 1e-6)
        end = start + metre.bar_beats
        placed = [(max(start, beat), chord) for beat, chord in found if start - 1e-3 <= beat < end - 1e-3]
        if placed and placed[0][0] > start + 1e-3:
            placed.insert(0, (start, before))
        spans = pairwise([*(beat for beat, _ in placed), end])
        before = placed[-1][1] if placed else before
        name = next((text for beat, text in names if start - 1e-3 <= beat < end - 1e-3), None)
        lasting = tuple((chord, stop - at) for (_, chord), (at, stop) in zip(placed, spans, strict=True))
        new = len(metres) > 1 or (metre.numerator, metre.denominator) != (4, 4)
        bars.append(Bar(lasting, (metre.numerator, metre.denominator) if new else None, name))
        start = end
    return Chart(joined(bars), path.stem)


def _symbol(text: str) -> tuple[Chord | None] | None:
    """(chord,) of a text that is one, (None,) of no chord; None of any other text."""
    if not re.match(r"^(?:[A-G](?![a-z]{3,})|N\.?C)", text) or " " in text.strip():
        return None
    try:
        return (parse_chord(text),)
    except AntiphonError:
        return None
