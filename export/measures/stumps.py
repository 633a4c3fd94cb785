"""Boosted stumps: a sum of thresholds on single features, fitted by gradient boosting with a logistic loss; [workshop].

Source: Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29 (2001), with the
second-order gain of Chen & Guestrin, "XGBoost" (KDD 2016).
"""

from __future__ import annotations

import numpy as np

CUTS = 16
"""Thresholds tried on a feature: its quantiles."""


class Stumps:
    """Tells two kinds of rows apart. rounds, rate: how many stumps, and how much of each is added; penalty: on their size."""

    def __init__(self, rounds: int = 200, rate: float = 0.1, penalty: float = 2.0, least: int = 5):
        self.rounds, self.rate, self.penalty, self.least = rounds, rate, penalty, least
        self.gains = np.zeros(0)
        """How much each feature has told, summed over its stumps."""
        self._stumps: list[tuple[int, float, float, float]] = []

    def fit(self, rows: np.ndarray, kinds: np.ndarray) -> Stumps:
        """rows (n, features) float; kinds (n,) 0 or 1."""
        columns, cuts = _thresholds(rows)
        self.gains, self._stumps = np.zeros(rows.shape[1]), []
        if not len(columns):
            return self
        above = (rows[:, columns] > cuts).astype(np.float32)
        count = above.sum(axis=0)
        splits = (count >= self.least) & (len(rows) - count >= self.least)
        score = np.zeros(len(rows))
        for _ in range(self.rounds):
            chance = 1.0 / (1.0 + np.exp(-score))
            slope, bend = kinds - chance, chance * (1.0 - chance)
            high_slope, high_bend = slope.astype(np.float32) @ above, bend.astype(np.float32) @ above
            low_slope, low_bend = slope.sum() - high_slope, bend.sum() - high_bend
            gain = high_slope**2 / (high_bend + self.penalty) + low_slope**2 / (low_bend + self.penalty)
            gain -= slope.sum() ** 2 / (bend.sum() + self.penalty)
            best = int(np.where(splits, gain, -np.inf).argmax())
            if not splits[best] or gain[best] <= 1e-9:
                break
            high = self.rate * float(high_slope[best] / (high_bend[best] + self.penalty))
            low = self.rate * float(low_slope[best] / (low_bend[best] + self.penalty))
            self._stumps.append((int(columns[best]), float(cuts[best]), low, high))
            self.gains[columns[best]] += float(gain[best])
            score += np.where(above[:, best] > 0, high, low)
        return self

    def score(self, rows: np.ndarray) -> np.ndarray:
        """(n,) log odds of kind 1."""
        score = np.zeros(len(rows))
        for column, cut, low, high in self._stumps:
            score += np.where(rows[:, column] > cut, high, low)
        return score


def _thresholds(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(feature, threshold) of every stump that may be."""
    columns: list[int] = []
    cuts: list[float] = []
    for column in range(rows.shape[1]):
        values = np.unique(rows[:, column])
        if len(values) < 2:
            continue
        middle = (values[1:] + values[:-1]) / 2
        if len(middle) > CUTS:
            middle = np.unique(np.quantile(rows[:, column], np.linspace(0, 1, CUTS + 2)[1:-1]))
        columns += [column] * len(middle)
        cuts += middle.tolist()
    return np.array(columns, int), np.array(cuts, float)
