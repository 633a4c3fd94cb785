"""Chords for a melody (or any notes) by a linear-chain conditional random field: Viterbi, sampling and the k best;
[any] (Lafferty, McCallum and Pereira 2001; k best: Seshadri and Sundberg 1994).

A place of the chain is a beat (a dotted quarter in compound metres). All is relative to the tonic, so one table a mode
serves all keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np

from realtime.models.changes.code import FRAME_BEATS, LABELS, PLACES, transposed_labels

KINDS = ("melody", "notes")
STYLES = ("folk", "pop", "jazz")
GROUPS = ("sounding", "onset", "before", "after", "bar", "bass")
FEATURES = 12 * len(GROUPS) + PLACES + len(STYLES) + 2
TABLES = {  # of either kind, prefixed crf_melody_ or crf_notes_
    "emit": (2, FEATURES, LABELS),  # weight of each feature for each label, by mode
    "move": (2, LABELS, LABELS),  # weight of each pair of neighbours, by mode
    "change": (PLACES,),  # added to the weight of every change, by metrical place
}


def beat_units(bar: np.ndarray, compound: bool) -> np.ndarray:
    """First frames (half-beats) of the units: every beat, or every dotted quarter in compound metre; bar (F, 2): beats
    since the bar line and beats of the bar."""
    unit = 1.5 if compound else 1.0
    inside = bar[:, 0] / unit
    starts = np.flatnonzero(np.abs(inside - np.round(inside)) < 1e-3)
    return starts if len(starts) and starts[0] == 0 else np.concatenate(([0], starts)).astype(np.int64)


def unit_features(
    sounding: np.ndarray,
    onsets: np.ndarray,
    bass: np.ndarray,
    places: np.ndarray,
    bar: np.ndarray,
    units: np.ndarray,
    tonic: int,
    style: str,
) -> np.ndarray:
    """(units, FEATURES) float32 relative to the tonic, from frames of half a beat (see code.evidence)."""
    counts = np.diff(np.append(units, len(sounding)))
    x = np.zeros((len(units), FEATURES), np.float32)
    mean = np.add.reduceat(sounding, units, 0) / counts[:, None]
    x[:, 0:12] = mean
    x[:, 12:24] = onsets[units]
    x[1:, 24:36] = mean[:-1]
    x[:-1, 36:48] = mean[1:]
    # the bar of a unit: from the last unit on a bar line on
    first = np.maximum.accumulate(np.where(bar[units, 0] < 1e-3, np.arange(len(units)), 0))
    sums = np.zeros((len(units), 12), np.float32)
    np.add.at(sums, first, mean * counts[:, None] * FRAME_BEATS)
    x[:, 48:60] = sums[first] / np.maximum(bar[units, 1:2], 0.5)
    heard = bass[units] >= 0
    x[np.flatnonzero(heard), 60 + bass[units][heard] % 12] = 1
    for g in range(len(GROUPS)):
        x[:, 12 * g : 12 * g + 12] = np.roll(x[:, 12 * g : 12 * g + 12], -tonic, 1)
    at = 12 * len(GROUPS)
    x[np.arange(len(units)), at + places[units]] = 1
    x[:, at + PLACES + STYLES.index(style)] = 1
    x[:, -2] = mean.sum(1) < 1e-6
    x[:, -1] = 1
    return x


class ChordField:
    """Chords over units, from tables of one kind. All labels in and out are relative to the tonic, except where a
    method takes `tonic`."""

    def __init__(self, tables: Mapping[str, np.ndarray], kind: str = "melody"):
        self.kind = kind
        self.emit, self.move, self.change = (
            np.asarray(tables[f"crf_{kind}_{name}"], np.float64) for name in ("emit", "move", "change")
        )
        self.off = 1.0 - np.eye(LABELS)

    def weights(self, features: np.ndarray, mode: int) -> np.ndarray:
        """(units, labels) from (units, FEATURES)."""
        return features @ self.emit[mode]

    def between(self, place: int, mode: int) -> np.ndarray:
        """(labels, labels) weights of going from one unit to the next, which stands at a metrical place."""
        return self.move[mode] + self.change[place] * self.off

    def viterbi(self, weights: np.ndarray, places: np.ndarray, mode: int) -> np.ndarray:
        """(units,) the likeliest labels."""
        return self.best(weights, places, mode, 1)[0][0]

    def best(self, weights: np.ndarray, places: np.ndarray, mode: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """(count, units) the likeliest label sequences, best first, and (count,) their scores. A short chain may have
        fewer."""
        n = len(weights)
        tables = [self.between(p, mode) for p in range(PLACES)]
        score = weights[0][:, None]  # (labels, kept)
        back: list[tuple[np.ndarray, np.ndarray]] = []
        for t in range(1, n):
            kept = score.shape[1]
            total = (score[:, None, :] + tables[places[t]][:, :, None]).transpose(1, 0, 2).reshape(LABELS, -1)
            take = min(count, total.shape[1])
            if take == 1:
                index = total.argmax(1)[:, None]
            else:
                index = np.argpartition(-total, take - 1, axis=1)[:, :take]
                order = np.argsort(-np.take_along_axis(total, index, 1), axis=1, kind="stable")
                index = np.take_along_axis(index, order, 1)
            score = np.take_along_axis(total, index, 1) + weights[t][:, None]
            back.append((index // kept, index % kept))
        flat = score.reshape(-1)
        ends = np.argsort(-flat, kind="stable")[:count]
        paths = np.zeros((len(ends), n), np.int64)
        for row, end in enumerate(ends):
            label, rank = divmod(int(end), score.shape[1])
            paths[row, -1] = label
            for t in range(n - 2, -1, -1):
                label, rank = int(back[t][0][label, rank]), int(back[t][1][label, rank])
                paths[row, t] = label
        return paths, flat[ends]

    def sample(
        self, weights: np.ndarray, places: np.ndarray, mode: int, random: Random, temperature: float = 1.0
    ) -> np.ndarray:
        """(units,) labels drawn from the model (forward filtering, backward sampling); temperature 0 is Viterbi."""
        if temperature < 1e-3:
            return self.viterbi(weights, places, mode)
        w = weights / temperature
        tables = [np.exp(self.between(p, mode) / temperature) for p in range(PLACES)]
        alpha = np.zeros_like(w)
        alpha[0] = _normed(np.exp(w[0] - w[0].max()))
        for t in range(1, len(w)):
            alpha[t] = _normed((alpha[t - 1] @ tables[places[t]]) * np.exp(w[t] - w[t].max()))
        labels = np.zeros(len(w), np.int64)
        labels[-1] = _drawn(alpha[-1], random)
        for t in range(len(w) - 2, -1, -1):
            labels[t] = _drawn(_normed(alpha[t] * tables[places[t + 1]][:, labels[t + 1]]), random)
        return labels

    def log_likelihood(self, weights: np.ndarray, places: np.ndarray, mode: int, labels: np.ndarray) -> float:
        """Nats of a label sequence given the features (at most 0)."""
        score = weights[np.arange(len(labels)), labels].sum()
        for t in range(1, len(labels)):
            score += self.between(int(places[t]), mode)[labels[t - 1], labels[t]]
        tables = [np.exp(self.between(p, mode)) for p in range(PLACES)]
        top = weights[0].max()
        alpha, log_sum = np.exp(weights[0] - top), top
        for t in range(1, len(weights)):
            top = weights[t].max()
            alpha = (alpha @ tables[places[t]]) * np.exp(weights[t] - top)
            total = alpha.sum()
            alpha, log_sum = alpha / total, log_sum + top + np.log(total)
        return float(score - log_sum - np.log(alpha.sum()))

    def absolute(self, labels: np.ndarray, tonic: int) -> np.ndarray:
        """Labels relative to the tonic made absolute."""
        return transposed_labels(labels, tonic)


def _normed(p: np.ndarray) -> np.ndarray:
    return p / p.sum()


def _drawn(p: np.ndarray, random: Random) -> int:
    return int(min(np.searchsorted(np.cumsum(p), random.random(), side="right"), np.flatnonzero(p)[-1]))
