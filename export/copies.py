"""Copied runs: the longest run of notes that also occurs in the training set, by interval and rhythm; [workshop]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from export.corpora.tune import Tune, shape
from export.measures import copies as runs
from export.measures.copies import Pair
from realtime.music.copyguard import CopyGuard
from realtime.music.melody_code import STEPS, step_class


def on_grid(pairs: Iterable[Pair]) -> list[Pair]:
    """Times between onsets as the model would say them: runs are compared in its own code."""
    return [(interval, STEPS[step_class(ticks, lowest=1)]) for interval, ticks in pairs]


def build_guard(tunes: list[Tune], notes: int = 10) -> CopyGuard:
    """The guard that knows every run of `notes` notes in the tunes."""
    known = {
        tuple(p[i : i + notes - 1]) for t in tunes for p in [on_grid(shape(t.notes))] for i in range(len(p) - notes + 2)
    }
    guard = CopyGuard.for_count(notes, max(1, len(known)))
    for run in known:
        guard.add(run)
    return guard


class RunIndex(runs.RunIndex):
    """All runs of training melodies in the model's code, exactly: answers how long a copy is."""

    def __init__(self, tunes: list[Tune], shortest_notes: int = 6):
        super().__init__(on_grid(shape(t.notes)) for t in tunes)
        self.shortest_notes = shortest_notes

    def longest(self, melody: Sequence[Pair]) -> int:
        """Notes in the longest run shared with the training set (0 if shorter than shortest_notes)."""
        notes = max(self.matches(on_grid(melody)), default=0) + 1
        return notes if notes >= self.shortest_notes else 0
