"""Compiled nets: they sound as the arithmetic says, in any block size, and in both ways alike."""

import ctypes
import ctypes.util
import sys

import numpy as np
import pytest

from realtime.native.jit import audio
from realtime.neural.choice import stream_of
from realtime.neural.compiled import compile_nam
from realtime.neural.nam import parse_nam
from realtime.neural.nam_nets import ACTIVATIONS
from realtime.neural.vectors import LANES, tanh_vectors, tanh_vectors_reference
from tests.neural import synthetic

CASES = {
    "classic": synthetic.wavenet_document(channels=(16, 8), dilations=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512)),
    "odd sizes": synthetic.wavenet_document(channels=(7, 3), dilations=(1, 9, 30), kernel=2),
    "one array": synthetic.wavenet_document(channels=(11,), dilations=(1, 70), kernel=5),
    "gated": synthetic.wavenet_document(channels=(6, 4), gated=True),
    **{name: synthetic.wavenet_document(activation=name, channels=(4, 2)) for name in ACTIVATIONS[1:]},
    "linear": synthetic.linear_document(),
    "linear without bias": synthetic.linear_document(taps=1, bias=False),
    "convnet": synthetic.convnet_document(),
    "convnet normed": synthetic.convnet_document(channels=8, batchnorm=True, activation="ReLU"),
    "lstm 3": synthetic.lstm_document(hidden=3),
    "lstm 16": synthetic.lstm_document(hidden=16),
    "lstm 20 x 2": synthetic.lstm_document(hidden=20, layers=2),
}


@pytest.mark.parametrize("name", CASES)
def test_both_ways_give_what_the_arithmetic_says(name):
    x = synthetic.guitar(1500)
    expected = synthetic.answer(CASES[name], x)
    nam = parse_nam(CASES[name])
    tolerance = 1e-5 * max(1.0, float(np.abs(expected).max()))
    stream = stream_of(nam)
    assert np.abs(compile_nam(nam).run(x) - expected).max() < tolerance
    assert np.abs(compile_nam(nam, exact=True).run(x) - expected).max() < tolerance
    assert np.abs(stream.run(x)[0] - expected).max() < tolerance
    assert stream.errors == 0
    stream.close()


@pytest.mark.parametrize("name", ["classic", "odd sizes", "linear", "convnet normed", "lstm 16", "lstm 20 x 2"])
def test_the_block_size_is_inaudible(name):
    nam = parse_nam(CASES[name])
    x = synthetic.guitar(6000)
    whole = compile_nam(nam).run(x, 64)
    for quantum in (1, 7, 16, 32, 63):
        assert np.abs(compile_nam(nam).run(x, quantum) - whole).max() <= 1e-6, quantum
    changing = compile_nam(nam)
    sizes = np.random.default_rng(4).integers(1, 65, 400)
    parts, at = [], 0
    for size in sizes[np.cumsum(sizes) < len(x)]:
        parts.append(changing.run(x[at : at + size], int(size)))
        at += size
    assert np.abs(np.concatenate(parts) - whole[:at]).max() <= 1e-6


def test_the_rings_stay_right_for_a_minute():
    """Every seam of every ring is crossed at many offsets: the answer after a minute is the answer after a restart."""
    nam = parse_nam(CASES["odd sizes"])
    running, x = compile_nam(nam), synthetic.guitar(2000)
    running.run(np.zeros(48000 * 60, np.float32), 61)
    assert np.abs(running.run(x, 61) - compile_nam(nam).run(x, 64)).max() <= 1e-6


@audio
def _fast(address, count):
    tanh_vectors(address, count)


@audio(fastmath=False)
def _reference(address, count):
    tanh_vectors_reference(address, count)


def test_tanh_errors():
    x = np.linspace(-12.0, 12.0, LANES * 20000).astype(np.float32)
    expected = np.tanh(x.astype(np.float64))
    for function, limit in ((_fast, 3e-7), (_reference, 1.2e-7)):
        y = x.copy()
        function(y.ctypes.data, len(x) // LANES)
        assert np.abs(y - expected).max() < limit
    odd = np.array([np.nan, np.inf, -np.inf, 0.0] + [1.0] * (LANES - 4), np.float32)
    for function in (_fast, _reference):
        y = odd.copy()
        function(y.ctypes.data, 1)
        assert np.isnan(y[0]), "NaN must stay visible to the guard"
        assert np.allclose(y[1:4], [1.0, -1.0, 0.0], atol=1e-6)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="compares with glibc's tanhf")
def test_reference_tanh_is_the_c_librarys():
    tanhf = ctypes.CDLL(ctypes.util.find_library("m")).tanhf
    tanhf.restype, tanhf.argtypes = ctypes.c_float, [ctypes.c_float]
    x = np.random.default_rng(5).uniform(-4.0, 4.0, LANES * 500).astype(np.float32)
    y = x.copy()
    _reference(y.ctypes.data, 500)
    expected = np.array([tanhf(value) for value in x], np.float32)
    # libraries differ in the last bit from version to version; 2.36 agrees in every bit
    assert np.abs(y - expected).max() <= 1.2e-7


def test_a_net_that_amplifies_rounding_gets_the_reference_arithmetic():
    document = synthetic.wavenet_document(seed=11, channels=(16, 8), dilations=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
    weights = np.array(document["weights"])
    weights[:-1] *= 3.0
    document["weights"] = weights.tolist()
    assert compile_nam(parse_nam(document)).exact
    assert not compile_nam(parse_nam(CASES["lstm 16"])).exact
