"""A song's sheet on its timeline, as the panel scrolls it; [main]."""

from __future__ import annotations

from typing import Any

from realtime.music import chordpro
from realtime.session.songs.song_data import Song
from realtime.session.songs.timeline import Timeline


def lyric_rows(song: Song, timeline: Timeline, offset_beats: float = 0.0) -> list[dict[str, Any]]:
    """[{"beat", "bar", "text", "chords": [[column, symbol]], "section", "comment"}], beats of the transport,
    which runs offset_beats behind the song."""
    if not song.lyrics:
        return []
    starts = song.starts()
    known = {part.name: bar for part, bar in zip(song.parts, starts, strict=True) if bar > 1 or part is song.parts[0]}
    length = starts[-1] + song.parts[-1].bars
    closed = all(part.bars for part in song.parts)
    sheet = chordpro.read(song.lyrics)
    placed = chordpro.lay_out(sheet.lines, known, length if closed and length > 1 else None)
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
