"""Rings and fractional reads: the right sample comes back, in time and in level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.dsp.delay_line import GUARD, read_gliding, read_modulated, read_ring, ring_size, write_ring


def stream(size: int, blocks: list[int], read):
    """Feed a counting signal in blocks; `read(ring, at, frames)` is called after each write."""
    ring, at, now = np.zeros(size + GUARD, np.float32), 0, 0
    for frames in blocks:
        write_ring(ring, size, GUARD, at, np.arange(now, now + frames, dtype=np.float32), frames)
        read(ring, at, frames, now)
        at, now = (at + frames) & (size - 1), now + frames


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 64), min_size=1, max_size=40), st.integers(0, 400))
def test_whole_delays_are_exact_for_any_block_lengths(blocks, delay):
    size = ring_size(400)

    def read(ring, at, frames, now):
        target = np.zeros(frames, np.float32)
        read_ring(ring, size, at, delay, target, frames)
        np.testing.assert_array_equal(target, np.maximum(0, np.arange(now, now + frames) - delay))

    stream(size, blocks, read)


@pytest.mark.parametrize("delay", [2.0, 70.25, 333.9])
@pytest.mark.parametrize("step", [0.0, 0.003, -0.003, 0.7, -0.7])
def test_fractional_delays_of_a_straight_line_are_exact(delay, step):
    # A cubic reproduces a line, so any error is an error of place.
    size = ring_size(500)

    def read(ring, at, frames, now):
        if now < 700 or delay + 64 * step < 2.0:
            return
        where = delay + step * np.arange(frames)
        target = np.zeros(frames, np.float32)
        read_gliding(ring, size, at, delay, step, target, frames)
        np.testing.assert_allclose(target, now + np.arange(frames) - where, atol=2e-3)
        read_modulated(ring, size, at, 2, (where - 2).astype(np.float32), target, frames)
        np.testing.assert_allclose(target, now + np.arange(frames) - where, atol=2e-3)

    stream(size, [64, 64, 17, 64, 5, 64, 64, 1] * 4, read)


def test_cubic_keeps_the_highs():
    size, hz = ring_size(200), 5000.0 / 48000.0
    ring = np.zeros(size + GUARD, np.float32)
    wave = np.sin(2 * np.pi * hz * np.arange(256)).astype(np.float32)
    for k in range(4):
        write_ring(ring, size, GUARD, (64 * k) & (size - 1), wave[64 * k : 64 * k + 64], 64)
    target = np.zeros(64, np.float32)
    read_gliding(ring, size, 192 & (size - 1), 70.5, 0.0, target, 64)
    wanted = np.sin(2 * np.pi * hz * (192 + np.arange(64) - 70.5))
    assert np.abs(target - wanted).max() < 0.02
