"""Learns the tables of the hidden Markov model by counting, every key folded onto one tonic; [workshop]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from export.models.changes.data import Example
from realtime.models.changes.code import LABELS, NO_CHORD, PLACES, TEMPLATES, transposed_labels
from realtime.models.changes.hmm import KINDS

ROWS = len(TEMPLATES) + 1
KEY_STAY = 0.995  # a bar in which the key stays; keys are known for whole pieces only, so this is set, not counted
WEIGHTS = np.array([[0.6, 0.5, 0.1], [0.5, 0.0, 0.1], [0.6, 0.0, 0.1]])  # before tuning


def fit(examples: Sequence[Example]) -> dict[str, np.ndarray]:
    """The tables (see hmm.TABLES) of pieces with known chords; where the key is known it counts for its mode.

    The audio row starts as a copy of the notes'; `fit_tones` replaces it from rendered audio.
    """
    start, move = np.full((2, LABELS), 0.02), np.zeros((2, LABELS, LABELS))
    hazard = np.tile([1.0, 2.0], (PLACES, 1))
    by_interval = np.full((10, 10, 12), 0.05)
    key_tone = np.full((2, 12), 1.0)
    for e in examples:
        known = e.labels >= 0
        change = np.zeros(e.frames, bool)
        change[1:] = (e.labels[1:] != e.labels[:-1]) & known[1:] & known[:-1]
        both = np.zeros(e.frames, bool)
        both[1:] = known[1:] & known[:-1]
        np.add.at(hazard[:, 0], e.places[both], change[both])
        np.add.at(hazard[:, 1], e.places[both], 1)
        here = np.flatnonzero(change)
        a, b = e.labels[here - 1], e.labels[here]
        qa, qb = np.minimum(a // 12, 9), np.minimum(b // 12, 9)
        interval = np.where((qa == 9) | (qb == 9), 0, (b - a) % 12)
        np.add.at(by_interval, (qa, qb, interval), 1)
        if e.key < 0:
            continue
        tonic, mode = e.key % 12, e.key // 12
        ra, rb = transposed_labels(a, -tonic), transposed_labels(b, -tonic)
        np.add.at(move[mode], (ra, rb), 1)
        first = transposed_labels(e.labels[known][:1], -tonic)
        start[mode, first] += 1
        np.add.at(start[mode], transposed_labels(e.labels[known], -tonic), 0.01)
        key_tone[mode] += np.roll(e.notes[0].sum(0), -tonic)
    # what the key's own table has seldom seen is taken from the table by interval alone
    prior = _spread(by_interval)
    move = move + 25.0 * prior[None]
    for m in (0, 1):
        np.fill_diagonal(move[m], 0.0)
    tables = {
        "hmm_start": start / start.sum(1, keepdims=True),
        "hmm_move": move / move.sum(2, keepdims=True),
        "hmm_hazard": hazard[:, 0] / hazard[:, 1],
        "hmm_key_move": _key_moves(),
        "hmm_key_tone": np.log(key_tone / key_tone.sum(1, keepdims=True)),
        "hmm_weights": WEIGHTS.copy(),
    }
    tone_notes, bass = fit_tones([(e.notes[0], e.notes[2], e.labels) for e in examples if not e.melody_only])
    tone_melody, _ = fit_tones([(e.melody[0], e.melody[2], e.labels) for e in examples])
    tables |= {"hmm_tone": np.stack([tone_notes, tone_melody, tone_notes]), "hmm_bass": np.stack([bass, bass])}
    return tables


def fit_tones(rows: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Chances (10, 12) that a pitch class sounds and log chances (10, 12) of the bass, relative to the root, by quality
    (no chord last), from (sounding, bass, labels) of pieces. Frames of silence do not count."""
    sums, counts = np.full((ROWS, 12), 0.5), np.full((ROWS, 1), 5.0)
    bass = np.full((ROWS, 12), 0.5)
    for sounding, lowest, labels in rows:
        use = (labels >= 0) & (sounding.sum(1) > 0)
        s, low, lab = sounding[use], lowest[use], labels[use]
        quality, root = np.minimum(lab // 12, ROWS - 1), np.where(lab >= NO_CHORD, 0, lab % 12)
        rolled = np.take_along_axis(s, (np.arange(12)[None] + root[:, None]) % 12, 1)
        np.add.at(sums, quality, rolled)
        np.add.at(counts, (quality, 0), 1)
        heard = low >= 0
        np.add.at(bass, (quality[heard], (low[heard] - root[heard]) % 12), 1)
    return sums / counts, np.log(bass / bass.sum(1, keepdims=True))


def _spread(by_interval: np.ndarray) -> np.ndarray:
    """(10, 10, 12) counts by quality, next quality and interval of roots -> (109, 109) chances of the next label."""
    label = np.arange(LABELS)
    q, root = np.minimum(label // 12, 9), np.where(label >= NO_CHORD, 0, label % 12)
    interval = np.where((q[:, None] == 9) | (q[None] == 9), 0, (root[None] - root[:, None]) % 12)
    table = by_interval[q[:, None], q[None], interval]
    table[:, :NO_CHORD] /= np.where(q[:, None] == 9, 12.0, 1.0)  # from no chord, any root
    np.fill_diagonal(table, 0.0)
    return table / table.sum(1, keepdims=True)


def _key_moves() -> np.ndarray:
    """(2, 2, 12): the key stays, or moves to near keys more likely than to far ones (steps on the circle of fifths)."""
    table = np.zeros((2, 2, 12))
    for mode in (0, 1):
        for other in (0, 1):
            for interval in range(12):
                # relative keys share their place on the circle of fifths
                fifths = (interval + (3 if other else 0) - (3 if mode else 0)) * 7 % 12
                table[mode, other, interval] = 0.4 ** min(fifths, 12 - fifths)
        table[mode, mode, 0] = 0.0
        table[mode] *= (1 - KEY_STAY) / table[mode].sum()
        table[mode, mode, 0] = KEY_STAY
    return table


assert KINDS[0] == "notes"
