"""The string's loop: interpolation, phase delays and losses against theory."""

import numpy as np
import pytest
from scipy.signal import freqz

from realtime.dsp.string import TAPS, allpass_delay, damping, lagrange, one_pole_delay


@pytest.mark.parametrize("delay", [2.0, 2.25, 2.5, 2.99])
def test_the_interpolator_delays_by_what_it_says(delay):
    taps = [lagrange(delay, np.int64(k)) for k in range(TAPS)]
    _, response = freqz(taps, worN=[0.0, 0.3, 0.8])
    assert np.abs(response) == pytest.approx(1.0, abs=0.01)
    assert -np.angle(response[1:]) / [0.3, 0.8] == pytest.approx(delay, abs=0.005)


def test_phase_delays():
    for w in (0.01, 0.1, 0.4):
        _, lowpass = freqz([0.3], [1.0, -0.7], worN=[w])
        assert one_pole_delay(0.7, w) == pytest.approx(-np.angle(lowpass[0]) / w)
        _, allpass = freqz([-0.4, 1.0], [1.0, -0.4], worN=[w])
        assert allpass_delay(-0.4, w) == pytest.approx(-np.angle(allpass[0]) / w)


@pytest.mark.parametrize("f0", [41.2, 220.0, 1046.5])
def test_losses_meet_both_decay_times(f0):
    pole, loss = damping(1 / f0, 4.0, 0.5, 5000.0, 48000.0)
    _, response = freqz([loss * (1 - pole)], [1.0, -pole], worN=2 * np.pi * np.array([f0, max(5000.0, 2 * f0)]) / 48000)
    time = -3 / (f0 * np.log10(np.abs(response)))
    assert time[0] == pytest.approx(4.0, rel=0.05)
    assert time[1] == pytest.approx(0.5, rel=0.1) or pole > 0.9
    assert loss < 1.0
