"""Angles by which `accompany`'s attention turns: half of them by the token's number, half by musical time, so that a
note one, two or four bars ago stands at a known angle; [any] (after Su et al. 2021)."""

from __future__ import annotations

import numpy as np

from realtime.models.accompany.code import TICKS

TURN_PAIRS = 20
_PER_TOKEN = 2.0 ** -np.arange(10)  # radians a token
_PER_BEAT = 2 * np.pi / 2.0 ** np.arange(10)  # periods of 1, 2, 4 ... 512 beats


def turns(tokens: np.ndarray | float, ticks: np.ndarray | float) -> np.ndarray:
    """(..., 2, TURN_PAIRS) float32 cosines and sines for token numbers and times in ticks."""
    tokens, beats = np.asarray(tokens, np.float64)[..., None], np.asarray(ticks, np.float64)[..., None] / TICKS
    angles = np.concatenate((tokens * _PER_TOKEN, beats * _PER_BEAT), -1)
    return np.stack((np.cos(angles), np.sin(angles)), -2).astype(np.float32)
