"""How sound lies in a graph's tensors: which axis holds frames, how many channels, what shape a block has; [any]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.neural.ort import Port

POWERS = (64, 32, 16, 8, 4, 2, 1)
"""Blocks that a graph with a free number of frames is prepared for."""

MAX_BLOCK = 1 << 16


def concrete(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape with 1 for every free dimension."""
    return tuple(max(1, size) for size in shape)


def time_axis(port: Port) -> int:
    """The axis of an audio port along which frames lie: the last that is free or longer than two channels; a free batch
    in front of it does not count."""
    shape = port.shape
    wide = [axis for axis, size in enumerate(shape) if size < 0 or size > 2]
    return wide[-1] if wide else len(shape) - 1


def audio_channels(port: Port) -> int:
    """Channels of an audio port: the product of the axes before its frames."""
    return int(np.prod(concrete(port.shape[: time_axis(port)]), dtype=np.int64))


def audio_shape(port: Port, frames: int) -> tuple[int, ...]:
    """The shape of a block of so many frames."""
    shape = list(concrete(port.shape))
    shape[time_axis(port)] = frames
    return tuple(shape)
