"""Graphs as streams: no seam between blocks, the declared latency to the sample, and a failing Run harms nobody."""

import numpy as np
import pytest

from realtime.neural.ort import OrtSession
from realtime.neural.ort_stream import OrtStream
from tests.neural import synthetic

# y = x + 0.5 * last block's last sample is enough to hear a lost state: a leaky sum over all frames
LEAKY_SUM = synthetic.graph(
    [
        ("CumSum", ["x", "axis"], ["sum"]),
        ("Add", ["sum", "s"], ["y"]),
        ("Slice", ["y", "minus_one", "end", "axis1"], ["s_out"]),
    ],
    {"x": [1, "frames"], "s": [1, 1]},
    {"y": [1, "frames"], "s_out": [1, 1]},
    constants=[
        ("axis", np.array(1, np.int64)),
        ("axis1", np.array([1], np.int64)),
        ("minus_one", np.array([-1], np.int64)),
        ("end", np.array([1 << 62], np.int64)),
    ],
)


def _summing() -> OrtStream:
    return OrtStream(OrtSession(LEAKY_SUM), "x", "y", {"s": ("s_out", np.zeros((1, 1), np.float32))})


@pytest.mark.parametrize("quantum", [64, 63, 32, 17, 7, 1])
def test_the_state_goes_from_block_to_block(quantum):
    x = (np.random.default_rng(1).integers(-3, 4, 500)).astype(np.float32)  # whole numbers: sums are exact
    stream = _summing()
    assert np.array_equal(stream.run(x, quantum)[0], np.cumsum(x))
    assert np.array_equal(stream.run(x, quantum)[0], np.cumsum(x) + x.sum())
    stream.settle(0)
    assert np.array_equal(stream.run(x, quantum)[0], np.cumsum(x)), "a reset forgets"
    assert stream.errors == 0


def test_settling_keeps_the_state_at_rest():
    session = OrtSession(LEAKY_SUM)
    stream = OrtStream(session, "x", "y", {"s": ("s_out", np.full((1, 1), 5.0, np.float32))})
    stream.settle(100)
    assert np.array_equal(stream.run(np.zeros(10, np.float32))[0], np.full(10, 5.0))


@pytest.mark.parametrize("block", [16, 64, 100, 256])
@pytest.mark.parametrize("quantum", [64, 37])
def test_a_fixed_block_is_late_by_exactly_one_block(block, quantum):
    data = synthetic.graph([("Neg", ["x"], ["y"])], {"x": [1, 1, block]}, {"y": [1, 1, block]})
    stream = OrtStream(OrtSession(data), "x", "y", {}, block=block)
    x = synthetic.guitar(1000)
    y = stream.run(x, quantum)[0]
    assert stream.latency == block
    assert np.array_equal(y[block:], -x[:-block]) and not y[:block].any()


def test_stereo_keeps_its_sides():
    data = synthetic.graph(
        [("Mul", ["x", "gains"], ["y"])], {"x": [1, 2, "frames"]}, {"y": [1, 2, "frames"]},
        constants=[("gains", np.array([[[1.0], [-2.0]]], np.float32))],
    )  # fmt: skip
    x = np.stack([synthetic.guitar(300), synthetic.guitar(300, 9)])
    y = OrtStream(OrtSession(data), "x", "y", {}).run(x, 37)
    assert np.array_equal(y, x * np.float32([[1.0], [-2.0]]))


PICK = synthetic.graph(
    [
        ("Cast", ["which"], ["index"], {"to": 7}),
        ("Gather", ["gains", "index"], ["gain"]),
        ("Mul", ["x", "gain"], ["y"]),
    ],
    {"x": [1, "frames"], "which": [1]},
    {"y": [1, "frames"]},
    constants=[("gains", np.array([1.0, 3.0], np.float32))],
)


def test_parameters_reach_the_graph_and_errors_are_counted_not_raised():
    stream = OrtStream(OrtSession(PICK), "x", "y", {}, params=["which"])
    x = np.ones(128, np.float32)
    assert stream.run(x).max() == 1.0
    stream.set_param(stream.param_addresses[0], 1.0)
    assert stream.run(x).max() == 3.0
    stream.set_param(stream.param_addresses[0], 7.0)  # outside the table: Run fails
    assert not stream.run(x).any(), "a failed block is silent"
    assert stream.errors == 2
    stream.set_param(stream.param_addresses[0], 0.0)
    assert stream.run(x).min() == 1.0, "and the next one sounds"
    assert stream.errors == 2


def test_a_thousand_failures_leak_nothing_that_matters():
    resource = pytest.importorskip("resource")
    stream = OrtStream(OrtSession(PICK), "x", "y", {}, params=["which"])
    stream.set_param(stream.param_addresses[0], 9.0)
    x = np.ones(64 * 1000, np.float32)
    stream.run(x)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        stream.run(x)
    assert stream.errors == 4000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2000  # KiB
