"""What all measures share: sequences as arrays, in bars, as voices, and cut into excerpts; [workshop]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from realtime.music.sequence import NoteSequence, TempoMap

DRUM_CHANNEL = 9
COLUMNS = 4  # onset_beat, duration_beats, pitch, channel


def table(sequence: NoteSequence, drums: bool | None = None) -> np.ndarray:
    """(n, 4) float64: onset and duration in beats, pitch, channel, sorted by onset, then pitch. drums: only those
    (True), none of them (False), all notes (None)."""
    rows = [
        (n.beat, n.duration, n.pitch, n.channel)
        for n in sequence.notes
        if drums is None or (n.channel == DRUM_CHANNEL) == drums
    ]
    return np.asarray(rows, float).reshape(-1, COLUMNS)


def is_drums(sequences: Iterable[NoteSequence]) -> bool:
    """Whether there are notes and all of them are drums."""
    channels = {n.channel for s in sequences for n in s.notes}
    return channels == {DRUM_CHANNEL}


def bar_beats(sequence: NoteSequence) -> float:
    """Beats in a bar, by the first metre: measures of bars are defined for one metre a piece."""
    return sequence.metres[0].bar_beats if sequence.metres else 4.0


def bars_of(sequence: NoteSequence) -> int:
    """Bars up to the last onset."""
    last = max((n.beat for n in sequence.notes), default=-1.0)
    return int((last + 1e-6) // bar_beats(sequence)) + 1 if last >= 0 else 0


def voices(sequence: NoteSequence) -> list[np.ndarray]:
    """The line of each pitched channel as (n, 3): onset, time to the next onset (its duration for the last), pitch;
    of notes that begin within a 48th note of each other the highest is its line."""
    notes = table(sequence, drums=False)
    lines = []
    for channel in np.unique(notes[:, 3]):
        rows = notes[notes[:, 3] == channel]
        ticks = np.round(rows[:, 0] * 24).astype(int)
        order = np.lexsort((-rows[:, 2], ticks))
        rows, ticks = rows[order], ticks[order]
        top = np.ones(len(rows), bool)
        top[1:] = ticks[1:] != ticks[:-1]
        line = rows[top][:, :3].copy()
        line[:-1, 1] = np.diff(line[:, 0])
        lines.append(line)
    return lines


def excerpt(sequence: NoteSequence, first_bar: int, bars: int, early: float = 0.0) -> NoteSequence:
    """Some bars, beat 0 at their bar line; notes that began before are left out, those held beyond are cut. early: notes up
    to so many beats before a bar line are of its bar (their beat may be below 0): a drummer's one is as often early as late."""
    bar = bar_beats(sequence)
    start, end = first_bar * bar, (first_bar + bars) * bar
    notes = [
        n._replace(beat=max(-early, n.beat - start), duration=min(n.duration, end - n.beat))
        for n in sequence.notes
        if start - early - 1e-6 <= n.beat < end - early - 1e-6
    ]
    return replace(
        sequence, notes=notes, metres=sequence.metres[:1], tempo=TempoMap([(0.0, sequence.tempo.tempo_bpm(start))])
    )


def excerpts(sequence: NoteSequence, bars: int, at_most: int = 4, early: float = 0.0) -> list[NoteSequence]:
    """Up to `at_most` excerpts of so many bars, spread over a piece; a piece of fewer bars, but at least half, is
    taken whole. Those without notes are left out. early: as of `excerpt`."""
    total = bars_of(sequence)
    if total < bars:
        return [sequence] if total * 2 >= bars else []
    count = min(at_most, total // bars)
    starts = [round(i * (total - bars) / max(1, count - 1)) for i in range(count)]
    cut = [excerpt(sequence, s, bars, early) for s in starts]
    return [c for c in cut if c.notes]
