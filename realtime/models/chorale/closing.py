"""Where a chorale's phrases close, and how well a take of one is led to its close; [any].

A net that sees nothing ahead closes by luck; of several takes of a phrase the one that closes best is kept, by what an
ear asks of it: in the key, no semitones on the beats, at rest on a triad in root position, at the end a fall of the bass
from dominant to tonic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.models.chorale.code import REST
from realtime.music.keyfinding import Key, find_key
from realtime.music.scale import key_classes

LONG = 8  # sixteenths of a note that closes a phrase
SHORTEST, LONGEST = 16, 64  # sixteenths of a phrase
OWN_PHRASE = 32  # of one that is composed
SEEN = 64  # sixteenths to either side that a phrase's key is heard in
GOOD = 0.25
"""Cost of a take that needs no other."""
FINAL_TAKES = 4
"""Times as many takes of the last phrase: that it ends at home is heard more than all else."""
OUTSIDE, CLASH, NO_TRIAD, NO_ROOT, MOVING, NO_FALL, NOT_HOME = 8.0, 4.0, 1.0, 0.5, 0.3, 0.5, 2.0
_TRIADS = [frozenset((r % 12, (r + third) % 12, (r + 7) % 12)) for r in range(12) for third in (4, 3)]


def phrase_ends(soprano: np.ndarray, begins: np.ndarray) -> list[int]:
    """Sixteenths after which phrases of a melody (steps,) end: behind long notes and before rests; the last is its end.
    begins (steps,): where its notes begin."""
    ends, opened, note = [], 0, 0
    for t in range(1, len(soprano)):
        if begins[t] or soprano[t] != soprano[t - 1]:
            closes = t - note >= LONG or (soprano[t - 1] == REST and soprano[t] != REST)
            if (closes and t - opened >= SHORTEST) or t - opened >= LONGEST:
                ends.append(t)
                opened = t
            note = t
    if ends and len(soprano) - ends[-1] < SHORTEST // 2:
        ends.pop()
    return [*ends, len(soprano)]


def local_key(grid: np.ndarray, soprano: np.ndarray, begin: int, end: int) -> Key:
    """Of a phrase: by the melody around it and the voices sung before it. grid (steps, 4); soprano (steps,)."""
    heard = [soprano[max(0, begin - SEEN) : end + SEEN], grid[max(0, begin - SEEN) : begin].ravel()]
    pitches = np.concatenate(heard)
    return find_key(pitches[pitches != REST].tolist() or [60])


def cost(grid: np.ndarray, begin: int, end: int, key: Key, final: bool) -> float:
    """What is wrong with begin..end of a grid (steps, 4); 0: nothing. final: it is the last phrase."""
    part = grid[begin:end]
    classes = key_classes(key.tonic, key.mode)
    if key.mode == "minor":  # the melodic minor's leading note and the step to it
        classes = classes | {(key.tonic + 9) % 12, (key.tonic + 11) % 12}
    sounding = part[:, 1:][part[:, 1:] != REST] % 12
    outside = float((~np.isin(sounding, sorted(classes))).mean()) if len(sounding) else 0.0
    wrong = OUTSIDE * outside + CLASH * _clashes(part[::4]) + _rest(grid, begin, end)
    if final:
        bass = grid[begin:end, 3]
        moved = np.flatnonzero(bass[1:] != bass[:-1])
        fall = int(bass[moved[-1] + 1] - bass[moved[-1]]) % 12 if len(moved) else 0
        wrong += NO_FALL * (fall != 5) + NOT_HOME * (int(bass[-1]) % 12 != key.tonic)
    return wrong


def _clashes(rows: np.ndarray) -> float:
    """Share of chords with a semitone, or its octaves, in them."""
    found = [any((a - b) % 12 == 1 for a in row for b in row if REST not in (a, b)) for row in rows.tolist()]
    return float(np.mean(found)) if found else 0.0


def _rest(grid: np.ndarray, begin: int, end: int) -> float:
    """Whether the last chord is one that rests: a triad on its root, none of the lower voices moving in its last beat."""
    last = [p for p in grid[end - 1].tolist() if p != REST]
    triads = [t for t in _TRIADS if {p % 12 for p in last} <= t]
    beat = grid[max(begin, end - 4) : end, 1:]
    moves = float((beat[1:] != beat[:-1]).sum())
    return NO_TRIAD * (not triads) + NO_ROOT * _inverted(last, triads) + MOVING * moves


def _inverted(pitches: Sequence[int], triads: Sequence[frozenset[int]]) -> bool:
    """Whether the lowest is not the root: no triad's fifth lies above it."""
    return not pitches or not any((min(pitches) + 7) % 12 in t and min(pitches) % 12 in t for t in triads)
