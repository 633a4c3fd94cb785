"""Bars of held-out songs as prompts for `accompany`, with the original accompaniment beside them; [workshop]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from export.corpora.pieces import Piece
from export.models.accompany.data import Song
from export.models.changes.data import bars_of, chord_spans, melody_notes
from realtime.models.accompany.code import BASS, DURATIONS, TICKS, VELOCITIES, Chart, Event
from realtime.models.accompany.model import BASS_CHANNEL, PIANO_CHANNEL
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap

BARS = 32
MELODY_CHANNEL = 3
METRES = {24: (2, 4), 36: (3, 4), 48: (4, 4), 72: (6, 4), 18: (3, 8), 54: (9, 8)}


@dataclass
class Excerpt:
    """Some bars: the melody as a prompt, its chords, the original's notes (channel 0 piano, 1 bass), beats from 0."""

    prompt: NoteSequence
    chart: Chart
    original: NoteSequence
    bars: int
    style: str
    title: str = ""


def regular_bars(starts: Sequence[int], bar: int, earliest: int) -> tuple[int, int]:
    """(first tick, bars) of the longest run of equal bars that begins at or after a tick, at most BARS."""
    best = (0, 0)
    i = 0
    while i < len(starts) - 1:
        k = i
        while k < len(starts) - 1 and starts[k + 1] - starts[k] == bar and k - i < BARS:
            k += 1
        if starts[i] >= earliest - bar and k - i > best[1]:
            best = (starts[i], k - i)
        i = max(k, i + 1)
    return best


def excerpt_of(song: Song) -> Excerpt | None:
    """Up to 32 bars of a song from about where its melody begins; None if it has no 8 equal bars on end."""
    starts = [f.tick for f in song.layout if f.place == 0]
    bar = Counter(f.bar for f in song.layout).most_common(1)[0][0]
    first, bars = regular_bars(starts, bar, int(song.melody[0].tick) if song.melody else 0)
    if bars < 8 or bar not in METRES:
        return None
    compound = any(f.compound for f in song.layout if f.bar == bar)
    metre = Metre(0.0, *((6, 8) if compound and bar == 36 else METRES[bar]))
    end = first + bars * bar
    tempo = TempoMap([(0.0, 90.0)])
    melody = [
        Note((n.tick - first) / TICKS, (min(n.end, end) - n.tick) / TICKS, n.pitch, 0.8, MELODY_CHANNEL)
        for n in song.melody
        if first <= n.tick < end
    ]
    rows = [n for n in song.notes if first <= n[1] < end]
    original = [
        Note((n[1] - first) / TICKS, DURATIONS[n[4]] / TICKS, int(n[2]), VELOCITIES[n[5]] / 127,
             BASS_CHANNEL if n[3] == BASS else PIANO_CHANNEL)
        for n in rows
    ]  # fmt: skip
    if not melody or len(original) < 16:
        return None
    return Excerpt(
        NoteSequence(melody, tempo, [metre], song.id),
        moved(song.chart, first, end),
        NoteSequence(original, tempo, [metre], song.id),
        bars,
        song.style,
        song.id,
    )


def moved(chart: Chart, first: int, end: int) -> Chart:
    """A chart's chords between two ticks, from tick 0."""
    result = Chart()
    if (at := chart.index(first)) >= 0:
        result.set(0, chart.chords[at])
    for tick, chord in zip(chart.ticks, chart.chords, strict=True):
        if first <= tick < end:
            result.set(tick - first, chord)
    return result


def sheet_excerpt(piece: Piece) -> Excerpt | None:
    """The first 32 bars of a lead sheet (fewer where it is shorter), from its first bar line with a melody."""
    numerator, denominator = piece.metres[0][1:] if piece.metres else (4, 4)
    bar = round(numerator * 4 * TICKS / denominator)
    bars = bars_of(piece)
    melody = melody_notes(piece)
    if not len(melody):
        return None
    first = round((melody[0, 0] - bars.place(float(melody[0, 0]))[0]) * TICKS)
    chart = Chart()
    for start, _, chord, known in chord_spans(piece):
        if known:
            chart.set(round(start * 2) * TICKS // 2, chord)
    count = min(BARS, int(piece.length_beats * TICKS - first) // bar)
    end = first + count * bar
    notes = [
        Note(o - first / TICKS, d, int(p), 0.8, MELODY_CHANNEL)
        for o, d, p, _ in melody
        if first <= round(o * TICKS) < end
    ]
    if count < 8 or not notes:
        return None
    metre = Metre(0.0, numerator, denominator)
    prompt = NoteSequence(notes, TempoMap([(0.0, 110.0)]), [metre], piece.title)
    blank = NoteSequence([], TempoMap(), [metre])
    return Excerpt(prompt, moved(chart, first, end), blank, count, "pop", piece.title or piece.id)


def training_sequence(events: Sequence[Event]) -> NoteSequence:
    """An accompaniment of the training set as the measures read it: channel 0 piano, 1 bass."""
    channel = {BASS: BASS_CHANNEL}
    return NoteSequence(
        [
            Note(e.tick / TICKS, e.duration / TICKS, e.pitch, e.velocity / 127, channel.get(e.role, PIANO_CHANNEL))
            for e in events
        ]
    )
