"""Matched sections: stable and true under audio-rate motion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.dsp.biquad import HIGH_PASS, HIGH_SHELF, LOW_PASS, LOW_SHELF, PEAK, SECTION, design, run_section


def response(coefficients, w):
    """Gain of g, k and the mix at w radians per sample: the trapezoidal state-variable filter in closed form."""
    g, k, m0, m1, m2 = coefficients
    s = np.tan(w / 2) * 1j / g
    bottom = s * s + k * s + 1
    return m0 + (m1 * s + m2) / bottom


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from([PEAK, LOW_SHELF, HIGH_SHELF, LOW_PASS, HIGH_PASS]), st.floats(1e-4, 0.49), st.floats(0.1, 18.0),
    st.floats(-24.0, 24.0),
)  # fmt: skip
def test_every_design_is_stable_and_right_at_its_ends(kind, frequency, q, gain_db):
    if kind in (LOW_SHELF, HIGH_SHELF):
        q = min(q, 1.5)
    out = np.zeros(5)
    design(kind, frequency, q, gain_db, out)
    g, k = out[:2]
    assert np.isfinite(out).all() and g > 0 and k > 0
    low = 20 * np.log10(np.abs(response(out, 1e-9)) + 1e-12)
    wanted = {LOW_SHELF: gain_db, HIGH_PASS: -240.0}.get(kind, 0.0)
    assert low < -100.0 if kind == HIGH_PASS else abs(low - wanted) < 0.001


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
def test_peak_has_its_gain_at_its_centre_even_near_nyquist(gain_db):
    for frequency in (0.001, 0.1, 0.3, 0.42):
        out = np.zeros(5)
        design(PEAK, frequency, 2.0, gain_db, out)
        got = 20 * np.log10(np.abs(response(out, 2 * np.pi * frequency)))
        assert abs(got - gain_db) < 0.01


def test_motion_every_quantum_stays_bounded():
    rng = np.random.default_rng(0)
    section = np.zeros(1, SECTION)[0]
    design(PEAK, 0.01, 1.0, 6.0, section["now"])
    worst = 0.0
    for _ in range(500):
        design(int(rng.integers(5)), 10 ** rng.uniform(-3.5, -0.32), 10 ** rng.uniform(-0.5, 1), 6.0, section["end"])
        left, right = rng.standard_normal((2, 64))
        run_section(section, left, right, 64)
        worst = max(worst, np.abs(left).max(), np.abs(right).max())
    assert worst < 60.0
