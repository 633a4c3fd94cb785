"""Walking in a latent space: paths between points, sampling, directions of attributes; numpy; [any].

Spherical interpolation: Shoemake 1985, as used by White, Sampling Generative Networks, 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
