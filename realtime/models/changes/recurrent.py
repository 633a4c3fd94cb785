"""Chord and key following by the small recurrent net of `changes`, frame by frame with explicit state; [player
process]."""

from __future__ import annotations

import numpy as np

from realtime.models.changes.code import KEYS, LABELS, PLACES
from realtime.models.net import Net
from realtime.neural.package import Package

LAGS = (0, 1, 2, 4)  # frames (half-beats) between a chord and its answer
INPUTS = 3 * 12 + PLACES + 2


def inputs(sounding: np.ndarray, onsets: np.ndarray, bass: np.ndarray, places: np.ndarray, melody: bool) -> np.ndarray:
    """(frames, INPUTS) float32: sounding, onsets, bass, metrical place, whether only a melody is heard, silence."""
    frames = len(places)
    x = np.zeros((frames, INPUTS), np.float32)
    x[:, :12], x[:, 12:24] = sounding, onsets
    heard = np.flatnonzero(bass >= 0)
    x[heard, 24 + bass[heard] % 12] = 1
    x[np.arange(frames), 36 + places] = 1
    x[:, 36 + PLACES] = melody
    x[:, 37 + PLACES] = np.asarray(sounding).sum(1) < 1e-6
    return x


class NetFollower:
    """The net in a package: `step` takes a frame and gives chances of the labels for each of LAGS, and of the keys."""

    def __init__(self, package: Package, melody: bool = False):
        self.net, self.melody = Net(package), melody
        self.chords, self.key = np.zeros((len(LAGS), LABELS)), np.full(KEYS, 1 / KEYS)

    def reset(self) -> None:
        self.net.reset()

    def step(self, sounding: np.ndarray, onsets: np.ndarray, bass: int, place: int) -> tuple[np.ndarray, np.ndarray]:
        """(lags, labels) and (24,) chances; row i is about LAGS[i] frames ago. Overwritten by the next step."""
        x = self.net.inputs["x"]
        x[...] = inputs(sounding[None], onsets[None], np.array([bass]), np.array([place]), self.melody)
        out = self.net.run()
        self.chords, self.key = out["chords"], out["keys"][0]
        return self.chords, self.key

    def follow(self, sounding: np.ndarray, onsets: np.ndarray, bass: np.ndarray, places: np.ndarray):
        """(lags, frames) labels, each as decided that many frames later (the last ones at the end), and (frames,)
        keys."""
        self.reset()
        frames = len(places)
        x = inputs(sounding, onsets, bass, places, self.melody)
        labels, keys = np.zeros((len(LAGS), frames), np.int64), np.zeros(frames, np.int64)
        for f in range(frames):
            self.net.inputs["x"][0] = x[f]
            out = self.net.run()
            keys[f] = out["keys"][0].argmax()
            best = out["chords"].argmax(1)
            for i, lag in enumerate(LAGS):
                if f >= lag:
                    labels[i, f - lag] = best[i]
        for i, lag in enumerate(LAGS):
            for back in range(min(lag, frames)):
                # what the end of the piece leaves open is decided by the row that looks least far back
                nearest = max((k for k, other in enumerate(LAGS) if other <= back), default=0)
                labels[i, frames - 1 - back] = labels[nearest, frames - 1 - back]
        return labels, keys
