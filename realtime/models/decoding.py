"""Drawing from logits: temperature, top-k, nucleus, min-p, repetition control, biases; [player process], numpy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

import numpy as np

FORBIDDEN = -1e9


def probabilities(
    logits: np.ndarray, temperature: float = 1.0, top_p: float = 1.0, top_k: int = 0, min_p: float = 0.0
) -> np.ndarray:
    """Softmax of (n,) logits at a temperature, cut and normed anew, float64.

    temperature 0 is the argmax. top_k keeps the k likeliest (Fan et al. 2018; 0: all), min_p those at least min_p times
    as likely as the likeliest (Nguyen et al. 2024), top_p the nucleus of that mass (Holtzman et al. 2020); of equal
    ones the first stay. Returns zeros if every logit is forbidden.
    """
    logits = np.asarray(logits, dtype=np.float64)
    top = logits.max()
    if top <= FORBIDDEN / 2:
        return np.zeros(len(logits))
    if temperature <= 1e-3:
        chosen = np.zeros(len(logits))
        chosen[int(logits.argmax())] = 1.0
        return chosen
    p = np.exp((logits - top) / temperature)
    p[logits <= FORBIDDEN / 2] = 0.0
    p /= p.sum()
    if not (0 < top_k < len(p) or top_p < 1.0 or min_p > 0.0):
        return p
    order = np.argsort(-logits, kind="stable")
    if 0 < top_k < len(p):
        p[order[top_k:]] = 0.0
    if min_p > 0.0:
        p[p < min_p * p[order[0]]] = 0.0
    p /= p.sum()
    if top_p < 1.0:
        mass = np.cumsum(p[order])
        p[order[int(np.searchsorted(mass, top_p)) + 1 :]] = 0.0
        p /= p.sum()
    return p


def draw(
    logits: np.ndarray,
    random: Random,
    temperature: float = 1.0,
    top_p: float = 1.0,
    top_k: int = 0,
    min_p: float = 0.0,
) -> int:
    """An index drawn from logits, or -1 if all are forbidden. Takes one number from `random`, always."""
    p = probabilities(logits, temperature, top_p, top_k, min_p)
    dice = random.random()
    if not p.any():
        return -1
    return int(min(np.searchsorted(np.cumsum(p), dice, side="right"), np.flatnonzero(p)[-1]))


def draw_rows(logits: np.ndarray, random: Random, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:
    """One index of each row of (rows, n) logits, int64, drawn one after the other as `draw` does."""
    return np.array([draw(row, random, temperature, top_p) for row in logits], dtype=np.int64)


def repetition_bias(recent: Sequence[int], count: int, strength: float, window: int = 0) -> np.ndarray:
    """(count,) bias of -strength for each time an index occurs in `recent` (in its last `window`, if given): a
    frequency penalty on logits, after Keskar et al. 2019. Negative strength invites repetition; indices outside
    0..count-1 are left aside."""
    bias = np.zeros(count)
    for index, times in Counter(recent[-window:] if window else recent).items():
        if 0 <= index < count:
            bias[index] = -strength * times
    return bias


def allow_only(logits: np.ndarray, allowed: Iterable[int]) -> np.ndarray:
    """A copy in which all but the allowed indices are forbidden."""
    masked = np.full_like(logits, FORBIDDEN)
    index = list(allowed)
    masked[index] = logits[index]
    return masked


def key_bias(origin_class: int, classes: frozenset[int], count: int, strength: float) -> np.ndarray:
    """(count,) bias: 0 for pitches whose class is in `classes`, -strength for the others; index 0 has class
    origin_class."""
    return np.array([0.0 if (origin_class + i) % 12 in classes else -strength for i in range(count)])


def range_bias(lowest: int, highest: int, count: int, slope: float = 1.0, hard: int = 12) -> np.ndarray:
    """(count,) bias: 0 inside lowest..highest, falling by `slope` a semitone outside, forbidden `hard` semitones
    beyond."""
    outside = np.maximum(0, np.maximum(lowest - np.arange(count), np.arange(count) - highest))
    return np.where(outside >= hard, FORBIDDEN, -slope * outside.astype(np.float64))
