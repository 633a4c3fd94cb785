"""Polynomial functions against NumPy in double precision."""

import numpy as np
import pytest

from realtime.dsp import fastmath
from realtime.dsp.db import db_to_gain, gain_to_db, one_pole
from realtime.native.jit import audio


def over(function, x):
    """The compiled function, element by element, as kernels use it."""

    @audio(cache=False)
    def walk(source, target):
        for i in range(source.size):
            target[i] = function(source[i])

    x = np.asarray(x, np.float32)
    y = np.empty_like(x)
    walk(x, y)
    return x.astype(np.float64), y.astype(np.float64)


@pytest.mark.parametrize(
    ("function", "reference", "low", "high", "relative", "most"),
    [
        (fastmath.exp2, np.exp2, -100.0, 100.0, True, 3e-7),
        (fastmath.log2, np.log2, 1e-6, 1000.0, False, 2e-6),
        (fastmath.sin_turns, lambda x: np.sin(2 * np.pi * x), 0.0, 1.0, False, 3e-7),
        (fastmath.tan_half_turns, lambda x: np.tan(np.pi * x), 1e-5, 0.495, True, 2e-6),
        (fastmath.tanh, np.tanh, -10.0, 10.0, False, 1e-4),
        (fastmath.soft_sign, lambda x: x / np.sqrt(1 + x * x), -100.0, 100.0, False, 3e-7),
        (gain_to_db, lambda x: 20 * np.log10(x), 1e-5, 10.0, False, 2e-5),
        (db_to_gain, lambda x: 10 ** (x / 20), -119.0, 40.0, True, 2e-6),
    ],
)
def test_accuracy(function, reference, low, high, relative, most):
    x, y = over(function, np.linspace(low, high, 20001))
    error = np.abs(y - reference(x))
    if relative:
        error /= np.abs(reference(x))
    assert error.max() < most


def test_the_exact_places_are_exact():
    _, y = over(fastmath.exp2, [-3.0, 0.0, 1.0, 10.0])
    assert list(y) == [0.125, 1.0, 2.0, 1024.0]
    _, y = over(fastmath.log2, [0.25, 1.0, 8.0])
    assert list(y) == [-2.0, 0.0, 3.0]
    _, y = over(db_to_gain, [0.0, -200.0])
    assert list(y) == [1.0, 0.0]


def test_extremes_stay_finite():
    _, y = over(fastmath.log2, [0.0, 1e-45, -1.0])
    assert np.isfinite(y).all() and y.max() < -120.0
    _, y = over(fastmath.exp2, [-1e9, 1e9])
    assert np.isfinite(y).all()


def test_one_pole_reaches_63_percent_in_its_time():
    step, y = float(one_pole(0.01, 48000.0)), 0.0
    for _ in range(480):
        y += step * (1.0 - y)
    assert abs(y - (1 - np.exp(-1))) < 1e-5
    assert one_pole(0.0, 48000.0) == 1.0
