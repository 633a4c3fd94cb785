"""Masks over a model's vocabulary, by musical meaning: scale and range; [player process], numpy only.

A mask is a (n,) bias added to logits; FORBIDDEN in it shuts an index out.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from realtime.sampling.drawing import FORBIDDEN

NOT_A_PITCH = -(1 << 20)
"""What a vocabulary says of a token that is no pitch (rest, hold, end, bar line): no pitch mask touches it."""


def combined(*biases: np.ndarray) -> np.ndarray:
    """All biases together: forbidden by one is forbidden, the rest adds up. All must have one length."""
    total = np.sum(biases, axis=0, dtype=np.float64)
    return np.where(np.min(biases, axis=0) <= FORBIDDEN / 2, FORBIDDEN, np.maximum(total, FORBIDDEN / 4))


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
    return _where(pitches, ~np.isin(pitches % 12, sorted(classes)), strength) if classes else np.zeros(len(pitches))


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
