"""History of a streaming convolution: circular buffers read and written tile by tile at any position; [audio].

A tile of LANES frames may start anywhere, so each channel has LANES frames of margin before its ring and a mirror of
its first LANES frames behind it: a tile is always contiguous, no block is ever copied back, and every block costs the
same.
"""

from __future__ import annotations

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import copy_memory, load_i64, record_view, store_i64
from realtime.neural.vectors import LANES

MAX_FRAMES = 64
TILE_BYTES = 4 * LANES

RING = np.dtype(
    [
        ("offset", "i8"),  # bytes from the start of the state to frame 0 of channel 0
        ("length", "i8"),  # frames
        ("stride", "i8"),  # bytes from channel to channel
        ("channels", "i8"),
        ("position", "i8"),  # bytes from the start of the state to the ring's write position (int64, frames)
    ]
)
RING_BYTES = RING.itemsize
ring_at = record_view(RING)


@audio
def tile_start(ring, state, frame, back):
    """Ring index of the frame `frame` of this block, `back` frames ago."""
    start = load_i64(state + ring.position) + frame - back
    if start < 0:
        start += ring.length
    elif start >= ring.length:
        start -= ring.length
    return start


@audio
def tile_address(ring, state, frame, back):
    """Address of the tile that begins at frame `frame` of this block, `back` frames ago (first channel)."""
    return state + ring.offset + 4 * tile_start(ring, state, frame, back)


@audio
def mirror_tile(ring, state, frame):
    """After a tile of this block was written: repeat it at the other end of the ring where it lies at the seam."""
    start = tile_start(ring, state, frame, 0)
    shift = 0
    if start < LANES:
        shift = 4 * ring.length
    elif start > ring.length - LANES:
        shift = -4 * ring.length
    if shift != 0:
        place = state + ring.offset + 4 * start
        for _ in range(ring.channels):
            copy_memory(place + shift, place, TILE_BYTES)
            place += ring.stride


@audio
def advance_ring(ring, state, frames):
    """Move the write position on by the frames of this block."""
    position = load_i64(state + ring.position) + frames
    if position >= ring.length:
        position -= ring.length
    store_i64(state + ring.position, position)


class RingLayout:
    """Places rings one after another in a state of `bytes` bytes. [main]"""

    def __init__(self):
        self.bytes = 0
        self.rings: list[tuple[int, int, int, int, int]] = []

    def reserve(self, size: int) -> int:
        """Offset of `size` bytes of plain state, on a cache line of their own."""
        offset = self.bytes
        self.bytes += -(-size // 64) * 64
        return offset

    def ring(self, channels: int, history: int) -> int:
        """Index of a new ring that remembers `history` frames beyond the current block."""
        length = -(-(history + MAX_FRAMES + 2 * LANES) // LANES) * LANES
        lines = (
            -(-4 * (length + 3 * LANES) // 64) | 1
        )  # an odd number of cache lines: channels fall into different sets
        position = self.reserve(8)
        offset = self.reserve(64 * lines * channels) + 4 * LANES
        self.rings.append((offset, length, 64 * lines, channels, position))
        return len(self.rings) - 1

    def table(self) -> np.ndarray:
        """RING records."""
        return np.array(self.rings, RING)
