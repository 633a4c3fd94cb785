"""Drawing from logits: temperature, nucleus, masks and biases; [player process], numpy only."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import numpy as np

FORBIDDEN = -1e9


def probabilities(logits: np.ndarray, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:
    """Softmax of (n,) logits at a temperature, cut to the nucleus of mass top_p (Holtzman et al. 2020) and normed,
    float64.

    temperature 0 is the argmax. Returns zeros if every logit is forbidden.
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
    if top_p < 1.0:
        order = np.argsort(-p, kind="stable")
        mass = np.cumsum(p[order])
        p[order[int(np.searchsorted(mass, top_p)) + 1 :]] = 0.0
        p /= p.sum()
    return p


def draw(logits: np.ndarray, random: Random, temperature: float = 1.0, top_p: float = 1.0) -> int:
    """An index drawn from logits, or -1 if all are forbidden."""
    p = probabilities(logits, temperature, top_p)
    if not p.any():
        return -1
    return int(min(np.searchsorted(np.cumsum(p), random.random(), side="right"), np.flatnonzero(p)[-1]))


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
