"""Walking in a latent space: paths between points, sampling, directions of attributes; numpy; [any].

Spherical interpolation: Shoemake 1985, as used by White, Sampling Generative Networks, 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")
TYPICAL = 0.6  # share of the spread at which samples repeat themselves from bar to bar as real music does


def slerp(a: np.ndarray, b: np.ndarray, fraction: float) -> np.ndarray:
    """The point `fraction` (0..1) of the way along the arc from a to b; lengths change evenly. Straight where the two
    are nearly parallel or one is zero."""
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if length_a < 1e-9 or length_b < 1e-9:
        return a + fraction * (b - a)
    cosine = float(np.clip(np.dot(a, b) / (length_a * length_b), -1.0, 1.0))
    angle = np.arccos(cosine)
    if angle < 1e-4 or np.pi - angle < 1e-4:
        return a + fraction * (b - a)
    direction = (np.sin((1 - fraction) * angle) * a / length_a + np.sin(fraction * angle) * b / length_b) / np.sin(
        angle
    )
    return direction * (length_a + fraction * (length_b - length_a))


def path(a: np.ndarray, b: np.ndarray, count: int) -> list[np.ndarray]:
    """`count` points from a to b, both included (count 1: a alone)."""
    return [slerp(a, b, i / (count - 1)) if count > 1 else a for i in range(count)]


def even_path(
    a: np.ndarray,
    b: np.ndarray,
    count: int,
    show: Callable[[np.ndarray], T],
    apart: Callable[[T, T], float],
    looks: int = 48,
    finest: float = 2e-3,
) -> list[np.ndarray]:
    """`count` points along the arc from a to b, both included, placed so that what they show changes as evenly as it can:
    a decoder goes by leaps where the latent goes by steps.

    show: a point to what it decodes to; apart: how far two of those differ. `looks` points are shown, most of them where
    most changes; of these the ones are taken whose steps have the least sum of fourth powers (by dynamic programming): the
    largest step counts first.
    """
    if count < 3:
        return path(a, b, count)
    at = np.linspace(0.0, 1.0, count).tolist()
    seen = [show(slerp(a, b, x)) for x in at]
    while len(at) < looks:
        gaps = [apart(seen[k], seen[k + 1]) if at[k + 1] - at[k] > finest else 0.0 for k in range(len(at) - 1)]
        k = int(np.argmax(gaps))
        if gaps[k] <= 0.0:
            break
        at.insert(k + 1, (at[k] + at[k + 1]) / 2)
        seen.insert(k + 1, show(slerp(a, b, at[k + 1])))
    cost = np.array([[apart(x, y) ** 4 for y in seen] for x in seen])
    return [slerp(a, b, at[k]) for k in cheapest_walk(cost, count)]


def cheapest_walk(cost: np.ndarray, count: int) -> list[int]:
    """`count` of the rows of cost (n, n), in order, the first and the last included, with the least sum of costs from
    each to the next. n at least count."""
    n = len(cost)
    upward = np.where(np.triu(np.ones((n, n), bool), 1), cost, np.inf)
    reached, before = np.full(n, np.inf), []
    reached[0] = 0.0
    for _ in range(count - 1):
        total = reached[:, None] + upward
        before.append(total.argmin(axis=0))
        reached = total.min(axis=0)
    walk = [n - 1]
    for row in reversed(before):
        walk.append(int(row[walk[-1]]))
    return walk[::-1]


@dataclass
class Home:
    """Where music lies in a latent space: a mixture of Gaussians of one covariance, fitted to all encoded music (the
    aggregated posterior). centres (k, latent), weights (k,), factor (latent, latent): Cholesky factor."""

    centres: np.ndarray
    weights: np.ndarray
    factor: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """(latent,) of the whole mixture."""
        return self.weights @ self.centres

    def sample(self, random: np.random.Generator, spread: float = TYPICAL) -> np.ndarray:
        """A point (latent,) float32: a centre by its weight and `spread` times the noise around it (1: as wide as the music
        itself; less is more typical)."""
        centre = self.centres[int(random.choice(len(self.weights), p=self.weights / self.weights.sum()))]
        return (centre + spread * self.factor @ random.standard_normal(len(centre))).astype(np.float32)

    def wander(self, start: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
        """A neighbour of `start` (latent,): `amount` 0 stays, 1 goes to an independent sample; along the arc about the
        mean."""
        mean = self.mean
        return (slerp(start - mean, self.sample(random) - mean, amount) + mean).astype(np.float32)
