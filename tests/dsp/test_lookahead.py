"""The limiter as the engine's master uses it: in place, any sample rate, memory of the declared size."""

import numpy as np
import pytest

from realtime.dsp.db import one_pole
from realtime.dsp.lookahead import LIMITER, limit_stereo, limiter_heap, limiter_lookahead, prepare_limiter
from realtime.native.memory import aligned


@pytest.mark.parametrize("rate", [44100.0, 48000.0, 192000.0])
@pytest.mark.parametrize("lookahead_s", [0.001, 0.0015, 0.005])
def test_in_place_within_its_memory_and_below_its_ceiling(rate, lookahead_s):
    floats = limiter_heap(rate, lookahead_s)
    memory = aligned(floats + 64)
    memory[floats:] = 7.0  # a fence
    state = np.zeros(1, LIMITER)
    prepare_limiter(state[0], rate, lookahead_s)
    rng = np.random.default_rng(0)
    f, release = np.float32, one_pole(0.05, rate)
    for block in range(400):
        frames = int(rng.integers(1, 65))
        left, right = (rng.standard_normal((2, frames)) * 10 ** rng.uniform(-2, 2)).astype(f)
        limit_stereo(
            left, right, left, right, frames, state[0], memory.ctypes.data, f(0.5), f(0.0), release, release, f(0.5),
            np.int64(block & 1),
        )  # fmt: skip
        assert max(np.abs(left).max(), np.abs(right).max()) <= 0.5
    assert (memory[floats:] == 7.0).all()
    assert state["lookahead"][0] == limiter_lookahead(rate, lookahead_s)


def test_meter_reads_the_smallest_gain():
    memory, state = aligned(limiter_heap(48000.0)), np.zeros(1, LIMITER)
    prepare_limiter(state[0], 48000.0)
    f = np.float32
    for _ in range(8):
        left = np.full(64, 2.0, f)
        limit_stereo(
            left, left.copy(), left, left.copy(), 64, state[0], memory.ctypes.data, f(0.5), f(0.0), f(0.01),
            f(0.001), f(0.0), np.int64(0),
        )  # fmt: skip
    assert abs(state["gain"][0] - 0.25) < 1e-6
