"""Masks and biases over a model's vocabulary, by musical meaning: scale, chord, range, metre, forbidden notes;
[player process], numpy only. A bias is a (n,) array added to logits; FORBIDDEN in it shuts an index out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import accumulate

import numpy as np

from realtime.models.decoding import FORBIDDEN

NOT_A_PITCH = -1
"""What a vocabulary says of a token that is no pitch (rest, hold, end, bar line): no pitch mask touches it."""


def free(count: int) -> np.ndarray:
    """The bias that changes nothing."""
    return np.zeros(count)


def combined(*biases: np.ndarray) -> np.ndarray:
    """All biases together: forbidden by one is forbidden, the rest adds up. All must have one length."""
    total = np.sum(biases, axis=0, dtype=np.float64)
    return np.where(np.min(biases, axis=0) <= FORBIDDEN / 2, FORBIDDEN, np.maximum(total, FORBIDDEN / 4))


def applied(logits: np.ndarray, *biases: np.ndarray) -> np.ndarray:
    """Logits under the biases, float64; may be forbidden throughout (then `draw` says -1)."""
    return combined(np.asarray(logits, dtype=np.float64), *biases)


def relaxed(logits: np.ndarray, *biases: np.ndarray) -> np.ndarray:
    """Logits under the biases, the most important first: one that would leave nothing to choose is left aside, so a
    player is never stuck. What `logits` themselves forbid stays forbidden."""
    kept = np.asarray(logits, dtype=np.float64)
    for bias in biases:
        tried = combined(kept, bias)
        if tried.max() > FORBIDDEN / 2:
            kept = tried
    return kept


def _where(pitches: np.ndarray, wrong: np.ndarray, strength: float) -> np.ndarray:
    """-strength (forbidden if infinite) where a pitch is wrong."""
    penalty = FORBIDDEN if np.isinf(strength) else -strength
    return np.where(wrong & (np.asarray(pitches) != NOT_A_PITCH), penalty, 0.0)


def scale_mask(pitches: np.ndarray, classes: Collection[int], strength: float = np.inf) -> np.ndarray:
    """Bias against pitches whose class (0..11) is not in `classes`; no classes: no bias.

    pitches: (n,) MIDI pitch of each index of the vocabulary, NOT_A_PITCH where it is none. strength: in nats; infinite
    forbids.
    """
    pitches = np.asarray(pitches)
    return _where(pitches, ~np.isin(pitches % 12, sorted(classes)), strength) if classes else free(len(pitches))


def chord_mask(
    pitches: np.ndarray, classes: Collection[int], accent: float = 1.0, strength: float = np.inf, weak: float = 0.0
) -> np.ndarray:
    """Bias towards chord tones: `strength` nats against the others on a strong beat (accent 1), `weak` off the beat
    (accent 0), in between by the accent (0..1, see `accent`). An infinite strength forbids from accent 0.5 up."""
    if np.isinf(strength):
        return scale_mask(pitches, classes, np.inf if accent >= 0.5 else weak)
    return scale_mask(pitches, classes, weak + (strength - weak) * float(np.clip(accent, 0.0, 1.0)))


def range_mask(
    pitches: np.ndarray, lowest: int, highest: int, slope: float = np.inf, hard_semitones: int = 12
) -> np.ndarray:
    """Bias against pitches outside lowest..highest: `slope` nats a semitone (infinite: forbidden at once), forbidden
    from `hard_semitones` beyond."""
    pitches = np.asarray(pitches)
    outside = np.maximum(0, np.maximum(lowest - pitches, pitches - highest))
    if np.isinf(slope):
        return _where(pitches, outside > 0, np.inf)
    soft = np.where(outside >= hard_semitones, FORBIDDEN, -slope * outside.astype(np.float64))
    return np.where(pitches == NOT_A_PITCH, 0.0, soft)


def leap_mask(pitches: np.ndarray, before: int | None, largest: int, slope: float = np.inf) -> np.ndarray:
    """Bias against leaps of more than `largest` semitones from the pitch before; none before: no bias."""
    if before is None:
        return free(len(pitches))
    return range_mask(pitches, before - largest, before + largest, slope, hard_semitones=128)


def forbid_pitches(pitches: np.ndarray, forbidden: Collection[int]) -> np.ndarray:
    """Shuts out these MIDI pitches (0..127)."""
    return _where(pitches, np.isin(pitches, sorted(forbidden)), np.inf)


def forbid_tokens(count: int, forbidden: Collection[int]) -> np.ndarray:
    """Shuts out these indices of the vocabulary."""
    bias = free(count)
    bias[list(forbidden)] = FORBIDDEN
    return bias


def only_tokens(count: int, allowed: Collection[int]) -> np.ndarray:
    """Shuts out all but these indices of the vocabulary."""
    bias = np.full(count, FORBIDDEN)
    bias[list(allowed)] = 0.0
    return bias


def metre_mask(
    onsets_ticks: np.ndarray, bar_ticks: int, allowed: Collection[int] | Callable[[int], bool], strength: float = np.inf
) -> np.ndarray:
    """Bias against onsets at a wrong place in the bar.

    onsets_ticks: (n,) absolute onset each index of the vocabulary would mean (a model of time steps adds its now to its
    table of steps); negative: no onset, untouched. allowed: places in ticks from the bar line, or a test of one.
    """
    onsets = np.asarray(onsets_ticks)
    places = onsets % bar_ticks
    if callable(allowed):
        right = np.array([allowed(int(p)) for p in places], dtype=bool)
    else:
        right = np.isin(places, sorted(allowed))
    return np.where((onsets >= 0) & ~right, FORBIDDEN if np.isinf(strength) else -strength, 0.0)


def grid_places(bar_ticks: int, step_ticks: int, swing_ticks: int = 0) -> list[int]:
    """Places of a regular grid in one bar; every second one moved by swing_ticks."""
    return [tick + (swing_ticks if i % 2 else 0) for i, tick in enumerate(range(0, bar_ticks, step_ticks))]


def accent(tick: int, numerator: int, denominator: int, ticks_per_quarter: int = 24) -> float:
    """Metrical weight of a place counted from a bar line: 1 bar line, 0.75 begin of a group (half bar of 4/4, dotted beat
    of 6/8), 0.5 a unit of the signature, 0.25 half of one, 0 else (after Lerdahl & Jackendoff 1983)."""
    unit = max(1, ticks_per_quarter * 4 // denominator)
    place = tick % (unit * numerator)
    if place == 0:
        return 1.0
    if place % unit == 0:
        return 0.75 if place // unit in accumulate(groups(numerator, denominator)) else 0.5
    return 0.25 if 2 * place % unit == 0 else 0.0


def groups(numerator: int, denominator: int) -> list[int]:
    """Units of a bar in the groups musicians count: 4/4 2+2, 3/4 3, 6/8 3+3, 7/8 2+2+3, 5/4 3+2."""
    if numerator % 3 == 0:
        return [3] * (numerator // 3)
    if numerator % 2 == 0:
        return [2] * (numerator // 2) if numerator % 4 else [numerator // 2] * 2
    if numerator == 1:
        return [1]
    twos = [2] * ((numerator - 3) // 2)
    return [*twos, 3] if denominator >= 8 else [3, *twos]
