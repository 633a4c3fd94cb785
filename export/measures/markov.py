"""A first-order Markov chain of notes, the ruler beside which generators are measured; [workshop]."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from random import Random

from export.measures.lines import bar_beats
from realtime.music.sequence import Note, NoteSequence

GRID = 48
State = tuple[Hashable, ...]


class Markov:
    """Learns, for every channel, which event follows which: an event is the chord struck, the lengths of its notes, and the
    time to the next."""

    def __init__(self, pieces: Sequence[NoteSequence]):
        self._next: dict[int, dict[State | None, Counter]] = defaultdict(lambda: defaultdict(Counter))
        for piece in pieces:
            for channel in {n.channel for n in piece.notes}:
                events = _events([n for n in piece.notes if n.channel == channel])
                for before, after in zip([None, *events], events, strict=False):
                    self._next[channel][before][after] += 1

    def write(self, like: NoteSequence, bars: int, seed: int) -> NoteSequence:
        """As many bars as asked for in the metre and channels of a piece, beginning on its bar line."""
        random, end = Random(seed), bars * bar_beats(like)
        notes: list[Note] = []
        for channel in sorted({n.channel for n in like.notes} & set(self._next)):
            table, state, at = self._next[channel], None, 0.0
            while at < end:
                after = table.get(state) or table[None]  # the end of a piece: begin anew
                state = random.choices(list(after), list(after.values()))[0]
                chord, lengths, gap = state
                notes += [
                    Note(at, min(length / GRID, end - at), key, 0.7, channel)
                    for key, length in zip(chord, lengths, strict=True)
                ]
                at += gap / GRID
        return replace(like, notes=sorted(notes))


def _events(notes: Sequence[Note]) -> list[State]:
    """(keys, lengths, time to the next event) in ticks of GRID a quarter."""
    by_onset: dict[int, list[Note]] = defaultdict(list)
    for note in notes:
        by_onset[round(note.beat * GRID)].append(note)
    onsets = sorted(by_onset)
    events: list[State] = []
    for onset, following in zip(onsets, [*onsets[1:], None], strict=True):
        struck = sorted({n.pitch: n for n in by_onset[onset]}.items())
        lengths = tuple(max(1, round(n.duration * GRID)) for _, n in struck)
        gap = max(1, (following - onset) if following is not None else max(lengths))
        events.append((tuple(key for key, _ in struck), lengths, gap))
    return events
