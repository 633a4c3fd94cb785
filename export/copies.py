"""Copied runs: the longest run of notes that also occurs in the training set, by interval and rhythm; [workshop]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from export.corpora.tune import Tune, shape
from realtime.music.copyguard import CopyGuard
from realtime.music.melody_code import STEPS, step_class

Pair = tuple[int, int]


def on_grid(pairs: Iterable[Pair]) -> list[Pair]:
    """Times between onsets as the model would say them: runs are compared in its own code."""
    return [(interval, STEPS[step_class(ticks, lowest=1)]) for interval, ticks in pairs]


def build_guard(tunes: list[Tune], notes: int = 10) -> CopyGuard:
    """The guard that knows every run of `notes` notes in the tunes."""
    runs = {
        tuple(p[i : i + notes - 1]) for t in tunes for p in [on_grid(shape(t.notes))] for i in range(len(p) - notes + 2)
    }
    guard = CopyGuard.for_count(notes, max(1, len(runs)))
    for run in runs:
        guard.add(run)
    return guard


class RunIndex:
    """All runs of training melodies, exactly: answers how long a copy is."""

    def __init__(self, tunes: list[Tune], seed_pairs: int = 5):
        self.seed_pairs = seed_pairs
        self.melodies = [on_grid(shape(t.notes)) for t in tunes]
        self.places: dict[tuple[Pair, ...], list[tuple[int, int]]] = {}
        for m, pairs in enumerate(self.melodies):
            for i in range(len(pairs) - seed_pairs + 1):
                self.places.setdefault(tuple(pairs[i : i + seed_pairs]), []).append((m, i))

    def longest(self, melody: Sequence[Pair]) -> int:
        """Notes in the longest run shared with the training set (0 if shorter than seed_pairs + 1 notes)."""
        pairs = on_grid(melody)
        best = 0
        for i in range(len(pairs) - self.seed_pairs + 1):
            for m, k in self.places.get(tuple(pairs[i : i + self.seed_pairs]), ()):
                if i and k and pairs[i - 1] == self.melodies[m][k - 1]:
                    continue  # part of a run found from its beginning
                n = self.seed_pairs
                other = self.melodies[m]
                while i + n < len(pairs) and k + n < len(other) and pairs[i + n] == other[k + n]:
                    n += 1
                best = max(best, n + 1)
        return best
