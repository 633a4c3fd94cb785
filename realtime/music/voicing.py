"""Sustained chords with little movement: the pad of `accompany` and the chords that `changes` plays; [any] (Tymoczko 2006
on small voice leadings). Derived by rule, not learned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from realtime.music.chord import Chord

LOWEST, HIGHEST = 52, 74  # E3..D5
VOICES = 4


def voicing(chord: Chord, before: Sequence[int] = (), lowest: int = LOWEST, highest: int = HIGHEST) -> list[int]:
    """Three or four pitches of the chord in lowest..highest, ascending: third and seventh always, then the root, the
    fifth, a tension; as close to `before` as can be, and within a tenth."""
    tones = _tones(chord)
    places = [p for p in range(lowest, highest + 1) if p % 12 in tones]
    best, best_cost = [], 1e9
    middle = (lowest + highest) / 2
    for chosen in combinations(places, len(tones)):
        if len({p % 12 for p in chosen}) < len(tones) or chosen[-1] - chosen[0] > 16:
            continue
        low_seconds = sum(b - a < 3 for a, b in pairwise(chosen) if a < 58)
        cost = 0.15 * abs(sum(chosen) / len(chosen) - middle) + 0.5 * low_seconds
        if before:
            cost += sum(min(abs(p - q) for q in before) for p in chosen) + 0.5 * abs(chosen[-1] - before[-1])
        if cost < best_cost:
            best, best_cost = list(chosen), cost
    return best


def _tones(chord: Chord) -> list[int]:
    """Pitch classes that the pad holds, at most VOICES: what names the chord first."""
    intervals = chord.intervals
    order = (4, 3, 10, 11, 9, 5, 2, 0, 7, 6, 8, 1)
    kept = [i for i in order if i in intervals and not (i in (5, 2, 1) and ({3, 4} & intervals))]
    rest = [i for i in order if i in intervals and i not in kept]
    return sorted({(chord.root + i) % 12 for i in (kept + rest)[:VOICES]})
