"""The flat list of weights of a `.nam` capture, taken off in order; [main]."""

from __future__ import annotations

import math

import numpy as np

from realtime.neural.nam_json import Unfit


class Weights:
    """Arrays off a flat list, one after another."""

    def __init__(self, flat: np.ndarray):
        self.flat, self.at = flat, 0

    def take(self, *shape: int) -> np.ndarray:
        """The next array of this shape. Raises Unfit when the list ends before it."""
        count = math.prod(shape)
        if self.at + count > len(self.flat):
            raise Unfit(f"it holds {len(self.flat)} weights, fewer than its layers need")
        self.at += count
        return self.flat[self.at - count : self.at].reshape(shape).copy()
