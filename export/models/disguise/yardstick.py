"""A linear classifier of style on plain statistics, to choose checkpoints by: the judge stays out of the training;
[workshop] (Fisher's linear discriminant)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realtime.models.disguise.code import PITCHES, SOUND, STRUCK


def statistics(rolls: np.ndarray) -> np.ndarray:
    """(n, features) of rolls (n, 2, 32, 72): rhythm, thickness, register, classes and steps of the upper line."""
    sound, struck = rolls[:, SOUND], rolls[:, STRUCK]
    onsets = struck.any(-1)
    thick = sound.sum(-1)
    pitches = np.arange(PITCHES)
    top = np.where(sound.any(-1), PITCHES - 1 - sound[:, :, ::-1].argmax(-1), 0)
    low = np.where(sound.any(-1), sound.argmax(-1), 0)
    motion = np.abs(np.diff(top, axis=1))
    struck_at_once = struck.sum(-1)
    columns = [
        onsets.reshape(len(rolls), -1, 8).mean(1),
        struck_at_once.reshape(len(rolls), -1, 4).mean(1),
        np.stack([(struck_at_once == k).mean(1) for k in range(6)], 1),
        np.stack([(thick == k).mean(1) for k in range(8)], 1),
        struck.reshape(len(rolls), -1, PITCHES // 6).sum(1) / np.maximum(1, struck.sum((1, 2)))[:, None],
        sound.reshape(len(rolls), -1, 6, 12).sum((1, 2)) / np.maximum(1, sound.sum((1, 2)))[:, None],
        np.stack([top.mean(1), low.mean(1), top.std(1), low.std(1), motion.mean(1), (motion > 2).mean(1)], 1) / 12,
        ((struck * pitches).sum((1, 2)) / np.maximum(1, struck.sum((1, 2))))[:, None] / 12,
        np.log1p(struck.sum((1, 2)))[:, None],
        (sound.sum((1, 2)) / np.maximum(1, struck.sum((1, 2))))[:, None],
    ]
    return np.concatenate(columns, 1).astype(np.float64)


@dataclass
class Yardstick:
    """Class means in a whitened space; probabilities by distance."""

    centre: np.ndarray
    whitening: np.ndarray
    means: dict[int, np.ndarray]

    @classmethod
    def fit(cls, groups: Sequence[tuple[int, np.ndarray]], styles: np.ndarray) -> Yardstick:
        """groups: (style, rolls) with some of each of the styles."""
        features = {style: statistics(rolls) for style, rolls in groups}
        within = np.mean([np.cov(f.T) for f in features.values()], 0)
        values, vectors = np.linalg.eigh(within + 1e-3 * np.eye(len(within)))
        whitening = vectors / np.sqrt(values)
        centre = np.mean([f.mean(0) for f in features.values()], 0)
        means = {s: (f.mean(0) - centre) @ whitening for s, f in features.items()}
        return cls(centre, whitening, means)

    def share(self, rolls: np.ndarray, style: int, other: int) -> np.ndarray:
        """(n,) probability of `style` against `other`."""
        x = (statistics(rolls) - self.centre) @ self.whitening
        apart = [0.5 * np.square(x - self.means[s]).sum(1) for s in (style, other)]
        return 1 / (1 + np.exp(np.clip(apart[0] - apart[1], -50, 50)))
