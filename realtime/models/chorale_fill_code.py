"""What the orderless chorale net sees: a window of four voices with holes, each hole with its nearest known notes; [any].

Rows of integer features as in chorale_code.py; numpy only, whole windows at once.
"""

from __future__ import annotations

import numpy as np

from realtime.models.chorale_code import PITCHES, REST

SYMBOLS = PITCHES + 3  # the pitches, rest, hole, outside the music
REST_SYMBOL, HOLE, OUTSIDE = PITCHES, PITCHES + 1, PITCHES + 2
ANSWERS = PITCHES + 1  # what a hole can be filled with: the pitches, rest
FAR_AWAY = 17  # distances to the nearest known note: 0..16 steps, more
_SIZES = np.array([SYMBOLS] * 12 + [FAR_AWAY + 1] * 8 + [16, 12])
COLUMNS = len(_SIZES)
ROWS = int(_SIZES.sum())
OFFSETS = np.concatenate([[0], np.cumsum(_SIZES)[:-1]]).astype(np.int64)
PITCH_COLUMNS = slice(0, 12)  # 4 voices here, 4 nearest known before, 4 nearest known after


def symbols_of(grid: np.ndarray, low: int) -> np.ndarray:
    """MIDI pitches (REST where silent) as symbols 0..PITCHES."""
    return np.where(grid == REST, REST_SYMBOL, np.clip(grid - low, 0, PITCHES - 1))


def features(symbols: np.ndarray, known: np.ndarray, inside: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Rows (windows, steps, COLUMNS) int64.

    symbols (windows, steps, 4), known (windows, steps, 4) bool, inside (windows, steps) bool: false beyond the music;
    start (windows,): the first step's place in the piece, in sixteenths from a bar's last beat.
    """
    n, t, _ = symbols.shape
    place = np.arange(t)
    here = np.where(known, symbols, HOLE)
    here = np.where(inside[:, :, None], here, OUTSIDE)
    seen = known & inside[:, :, None]
    before = np.maximum.accumulate(np.where(seen, place[None, :, None], -1), axis=1)
    before = np.concatenate([np.full((n, 1, 4), -1), before[:, :-1]], 1)
    after = np.minimum.accumulate(np.where(seen, place[None, :, None], t)[:, ::-1], axis=1)[:, ::-1]
    after = np.concatenate([after[:, 1:], np.full((n, 1, 4), t)], 1)
    left = np.where(before >= 0, np.take_along_axis(symbols, np.maximum(before, 0), 1), OUTSIDE)
    right = np.where(after < t, np.take_along_axis(symbols, np.minimum(after, t - 1), 1), OUTSIDE)
    left_steps = np.where(before >= 0, np.minimum(place[None, :, None] - before, FAR_AWAY), FAR_AWAY)
    right_steps = np.where(after < t, np.minimum(after - place[None, :, None], FAR_AWAY), FAR_AWAY)
    phase = start[:, None] + place[None]
    rows = np.concatenate(
        [here, left, right, left_steps, right_steps, (phase % 16)[..., None], (phase % 12)[..., None]], 2
    )
    return rows.astype(np.int64) + OFFSETS
