"""How far two takes of `roll` on the same chords differ, beside two real songs on the same chords; [workshop]."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from realtime.models.roll.code import TRACKS
from realtime.models.roll.model import Roll

TAKES = 100  # phrases taken twice
Rolls = tuple[np.ndarray, np.ndarray]  # bars (n, 4, 48, 84) and (n, 48, 9), bool


def difference(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """By track, the share of set cells that are set in one of the two alone: bars (n, 4, 48, 84) bool. 0: the same notes;
    1: none in common; two silences are 0."""
    shared, both = (one & other).sum((0, 2, 3)), one.sum((0, 2, 3)) + other.sum((0, 2, 3))
    return {t: float(1 - 2 * shared[k] / both[k]) if both[k] else 0.0 for k, t in enumerate(TRACKS)}


def bare_rolls(model: Roll, chords: np.ndarray, seed: int) -> Rolls:
    """Bars as the net alone makes them from latents as it was trained with, as Roll.rolls without what it adds."""
    stream = model.stream(seed, spread=1.0)
    made = [[part > 0.0 for part in stream.logits(bar)] for bar in chords]
    return np.stack([m[0] for m in made]), np.stack([m[1] for m in made])


def takes_differ(rolls: Callable[[np.ndarray, int], Rolls], codes: list[np.ndarray]) -> dict[str, float]:
    """`difference` of two seeds on the same chords (4, 2, 36). rolls: from chords and seed."""
    one, other = (np.concatenate([rolls(c, seed + k)[0] for k, c in enumerate(codes[:TAKES])]) for seed in (1000, 9000))
    return difference(one, other)


def songs_differ(songs: list[tuple[np.ndarray, np.ndarray, np.ndarray]], pairs: int = 4000) -> dict[str, float]:
    """`difference` of bars of two different songs that have the same chords in both halves; songs as of `song_bars`.
    Empty where no two songs share a bar's chords."""
    holders: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    for k, (_, chords, starts) in enumerate(songs):
        for bar in np.unique(starts):
            if chords[bar].any(-1).all():
                holders[chords[bar].tobytes()].append((k, int(bar)))
    rng = np.random.default_rng(5)
    places = [(k, bar, rows) for rows in holders.values() for k, bar in rows if len({r[0] for r in rows}) > 1]
    if not places:
        return {}
    ones, others = [], []
    for at in rng.integers(len(places), size=pairs):
        k, bar, rows = places[at]
        elsewhere = [r for r in rows if r[0] != k]
        song, same = elsewhere[int(rng.integers(len(elsewhere)))]
        ones.append(songs[k][0][bar])
        others.append(songs[song][0][same])
    return difference(np.stack(ones), np.stack(others))
