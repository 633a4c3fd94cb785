"""A song's sheet on its timeline, as the panel scrolls it, and its chords as the chart that leads; [main]."""

from __future__ import annotations

from typing import Any

from realtime.music import chordpro
from realtime.music.chart import Bar, Chart
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import read_key
from realtime.native.errors import AntiphonError
from realtime.session.songs.song_data import Song
from realtime.session.songs.timeline import Timeline


def lyric_rows(song: Song, timeline: Timeline, offset_beats: float = 0.0) -> list[dict[str, Any]]:
    """[{"beat", "bar", "text", "chords": [[column, symbol]], "section", "comment"}], beats of the transport,
    which runs offset_beats behind the song."""
    if not song.lyrics:
        return []
    _, placed, _ = _placed(song)
    return [
        {
            "beat": round(timeline.beat_of(one.bar) + offset_beats, 4),
            "bar": int(one.bar + 1e-9),
            "text": one.line.text,
            "chords": [list(chord) for chord in one.line.chords],
            "section": one.line.label,
            "comment": one.line.comment,
        }
        for one in placed
    ]


def chart_of_lyrics(song: Song) -> str:
    """The chords of a song's sheet as a chart's text, each at the bar where the sheet is laid out: those of a line share its
    bars. Raises AntiphonError."""
    sheet, placed, end = _placed(song)
    rows = [one for one in placed if one.line.chords and not one.line.comment]
    if not rows:
        raise AntiphonError("the lyrics have no chords; write them in brackets, like [Am]")
    bars: dict[int, list[Chord | None]] = {}
    names: dict[int, str] = {}
    for one, behind in zip(placed, [*placed[1:], None], strict=True):
        chords = one.line.chords
        length = (behind.bar if behind is not None else end or one.bar + max(1, len(chords))) - one.bar
        if one.line.label:
            names.setdefault(int(one.bar - 1.0 + 1e-6), one.line.label)
        for number, (_, symbol) in enumerate(chords if not one.line.comment else ()):
            at = one.bar - 1.0 + length * number / len(chords)
            bars.setdefault(int(at + 1e-6), []).append(parse_chord(symbol))
    count = (end - 1) if end is not None else max(bars) + 1
    sounding: Chord | None = None
    for n in range(count):  # a bar without a chord has the last one: % would be the whole bar before it
        sounding = bars.setdefault(n, [sounding])[-1]
    found = [
        Bar(tuple((chord, 0.0) for chord in bars[n]), sheet.signature if n == 0 else None, names.get(n))
        for n in range(count)
    ]
    return Chart(tuple(found), sheet.title, read_key(sheet.key) if sheet.key else read_key(song.key)).text()


def _placed(song: Song) -> tuple[chordpro.Sheet, list[chordpro.Placed], int | None]:
    """The sheet, its lines on bars, and the first bar behind the song, where that is known."""
    starts = song.starts()
    known = {part.name: bar for part, bar in zip(song.parts, starts, strict=True) if bar > 1 or part is song.parts[0]}
    length = starts[-1] + song.parts[-1].bars
    closed = all(part.bars for part in song.parts)
    end = length if closed and length > 1 else None
    sheet = chordpro.read(song.lyrics)
    return sheet, chordpro.lay_out(sheet.lines, known, end), end
