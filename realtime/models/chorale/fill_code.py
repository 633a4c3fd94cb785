"""What the orderless chorale net sees: a window of four voices with holes, each hole with its nearest known notes; [any].

Rows of integer features as in code.py; numpy only, whole windows at once.
"""

from __future__ import annotations

import numpy as np

from realtime.models.chorale.code import CENTRES, CLASSES, FAR, LOW, PITCHES, REACH, REST, REST_CLASS

SYMBOLS = PITCHES + 3  # the pitches, rest, hole, outside the music
REST_SYMBOL, HOLE, OUTSIDE = PITCHES, PITCHES + 1, PITCHES + 2
ANSWERS = PITCHES + 1  # what a hole can be filled with: the pitches, rest
FAR_AWAY = 17  # distances to the nearest known note: 0..16 steps, more
_SIZES = np.array([SYMBOLS] * 12 + [FAR_AWAY + 1] * 8 + [16, 12])
COLUMNS = len(_SIZES)
ROWS = int(_SIZES.sum())
OFFSETS = np.concatenate([[0], np.cumsum(_SIZES)[:-1]]).astype(np.int64)
_STEPS = FAR_AWAY + 1
_HOLE_SIZES = np.array([63, _STEPS * _STEPS, _STEPS * 4, _STEPS * 4, 16, PITCHES + 3] + [63] * 9 + [27] * 6 + [169] * 3)
HOLE_COLUMNS = len(_HOLE_SIZES)
HOLE_ROWS = int(_HOLE_SIZES.sum())
HOLE_OFFSETS = np.concatenate([[0], np.cumsum(_HOLE_SIZES)[:-1]]).astype(np.int64)


def symbols_of(grid: np.ndarray, low: int) -> np.ndarray:
    """MIDI pitches (REST where silent) as symbols 0..PITCHES."""
    return np.where(grid == REST, REST_SYMBOL, np.clip(grid - low, 0, PITCHES - 1))


def features(
    symbols: np.ndarray, known: np.ndarray, inside: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the window (windows, steps, COLUMNS), of each of its places (windows, steps, 4, HOLE_COLUMNS), and the
    symbol 0..PITCHES - 1 each place's answer is counted from (windows, steps, 4); int64.

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
    reference = np.where(left < PITCHES, left, np.where(right < PITCHES, right, np.array(CENTRES) - LOW))
    holes = _holes(here, left, right, left_steps, right_steps, phase, reference)
    return rows.astype(np.int64) + OFFSETS, holes + HOLE_OFFSETS, reference.astype(np.int64)


def _holes(here, left, right, left_steps, right_steps, phase, reference) -> np.ndarray:
    """What each place knows, seen from its reference."""
    n, t, _ = here.shape
    beat = (phase % 4)[..., None]
    found = np.zeros((n, t, 4, HOLE_COLUMNS), np.int64)
    found[..., 0] = _from(right, reference)
    found[..., 1] = left_steps * _STEPS + right_steps
    found[..., 2], found[..., 3] = left_steps * 4 + beat, right_steps * 4 + beat
    found[..., 4] = (phase % 16)[..., None]
    found[..., 5] = np.where(left < PITCHES, reference, np.where(right < PITCHES, PITCHES + 1, PITCHES + 2))
    come = np.where(left_steps == 1, _move(here, left), 26)
    go = np.where(right_steps == 1, _move(right, here), 26)
    for v in range(4):
        others = [u for u in range(4) if u != v]
        centre = reference[..., v]
        classes = []
        for i, u in enumerate(others):
            for k, side in enumerate((here, left, right)):
                found[:, :, v, 6 + 3 * i + k] = _from(side[..., u], centre)
            found[:, :, v, 15 + i], found[:, :, v, 18 + i] = come[..., u], go[..., u]
            classes.append(np.where(here[..., u] < PITCHES, (here[..., u] - centre) % 12, 12))
        for i, (a, b) in enumerate(((0, 1), (0, 2), (1, 2))):
            found[:, :, v, 21 + i] = classes[a] * 13 + classes[b]
    return found


def _from(symbol: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """-30..30 semitones as 0..60; 61 a rest, 62 unknown."""
    distance = np.clip(symbol - reference, -30, 30) + 30
    return np.where(symbol < PITCHES, distance, np.where(symbol == REST_SYMBOL, 61, 62))


def _move(to: np.ndarray, since: np.ndarray) -> np.ndarray:
    """-12..12 semitones as 0..24; 25 a rest, 26 unknown."""
    move = np.clip(to - since, -12, 12) + 12
    both = (to < PITCHES) & (since < PITCHES)
    return np.where(both, move, np.where((to <= REST_SYMBOL) & (since <= REST_SYMBOL), 25, 26))


def classes_of(symbols: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The classes of code by which symbols are reached from their reference."""
    move = symbols - reference
    near = np.where(np.abs(move) <= REACH, move + REACH, FAR)
    return np.where(symbols == REST_SYMBOL, REST_CLASS, near)


def answers(logits: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Log probabilities (..., ANSWERS) of what fills each place, from logits (..., CLASSES) and references (...); the
    class "far" is shared evenly by all pitches out of reach."""
    logits = logits - logits.max(-1, keepdims=True)
    logits = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    move = np.arange(PITCHES) - reference[..., None]
    near = np.abs(move) <= REACH
    found = np.take_along_axis(logits, np.clip(move + REACH, 0, CLASSES - 1), -1)
    out = np.maximum(1, (~near).sum(-1, keepdims=True))
    found = np.where(near, found, logits[..., FAR : FAR + 1] - np.log(out))
    found = np.concatenate([found, logits[..., REST_CLASS : REST_CLASS + 1]], -1)
    return found - np.log(np.exp(found).sum(-1, keepdims=True))  # moves beyond LOW..HIGH are no answers
