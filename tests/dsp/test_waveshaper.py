"""Antialiased curves: between two equal samples they are the curve, between others its mean."""

import numpy as np
import pytest

from realtime.dsp import waveshaper

CURVES = {
    waveshaper.TAPE: (waveshaper.tape_mean, lambda v: v / np.sqrt(1 + v * v)),
    waveshaper.TUBE: (
        waveshaper.tube_mean,
        lambda v: np.where(v > 0, v / np.sqrt(1 + v * v), v / np.sqrt(1 + (v / 0.4) ** 2)),
    ),
    waveshaper.HARD: (waveshaper.hard_mean, lambda v: np.clip(v, -1, 1)),
    waveshaper.FOLD: (waveshaper.fold_mean, lambda v: np.sin(np.pi / 2 * v)),
}


@pytest.mark.parametrize("curve", CURVES)
def test_mean_over_a_step(curve):
    mean, reference = CURVES[curve]
    rng = np.random.default_rng(0)
    for _ in range(300):
        a, b = (np.float32(v) for v in rng.uniform(-1, 1, 2) * 10 ** rng.uniform(-4, 1.5))
        points = a + (np.arange(4000) + 0.5) / 4000 * (np.float64(b) - a)
        assert abs(mean(a, b) - reference(points).mean()) < 2e-5


@pytest.mark.parametrize("curve", CURVES)
def test_no_step_at_all_gives_the_curve(curve):
    mean, reference = CURVES[curve]
    for a in np.float32([-60.0, -1.0, -0.3, 0.0, 1e-6, 0.9999, 1.0, 3.7]):
        for b in (a, np.nextafter(a, np.float32(9e9)), np.float32(a + np.float32(1e-5))):
            assert abs(mean(a, b) - reference(np.float64(a))) < 1e-4
