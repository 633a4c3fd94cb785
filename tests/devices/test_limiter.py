"""The limiter never lets a sample above its ceiling, and leaves alone what stays below."""

import effect_checks as check
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

RATE = check.RATE


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6), ceiling_db=st.floats(-24.0, 0.0), gain_db=st.floats(-12.0, 36.0),
    release_s=st.floats(0.005, 1.0), adaptive=st.floats(0.0, 1.0), true_peak=st.booleans(),
    lookahead_ms=st.floats(1.0, 5.0), block=st.sampled_from([64, 48, 1]), rate=st.sampled_from([44100.0, 48000.0,
    192000.0]),
)  # fmt: skip
def test_no_sample_above_the_ceiling(
    seed, ceiling_db, gain_db, release_s, adaptive, true_peak, lookahead_ms, block, rate
):
    values = {"ceiling_db": ceiling_db, "gain_db": gain_db, "release_s": release_s}
    values |= {"adaptive": adaptive, "true_peak": true_peak}
    rig = check.Rig("limiter", rate, values, {"lookahead_ms": lookahead_ms}, block=block)
    x = check.nasty(seed, 3000)
    x[:, 1000] = 1e9
    y = rig.run(x)
    assert np.isfinite(y).all()
    assert np.abs(y).max() <= 10.0 ** (ceiling_db / 20.0) * (1.0 + 1e-6)


def test_what_stays_below_passes_bit_for_bit():
    x = check.sine(300.0, 0.5, peak=0.9)
    rig = check.Rig("limiter")
    y = rig.run(x)
    late = rig.instance.latency
    assert late == 96
    np.testing.assert_array_equal(y[:, late:], x[:, :-late])


def test_nan_and_infinity_come_out_tame_and_are_forgotten():
    x = check.sine(300.0, 0.5)
    clean = check.Rig("limiter").run(x)
    x[:, 1000], x[0, 1001] = np.nan, np.inf
    y = check.Rig("limiter").run(x)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(y[:, -4800:], clean[:, -4800:], atol=5e-3)


def test_gain_has_fallen_before_the_peak_and_moves_smoothly():
    x = np.full((2, 9600), 0.1, np.float32)
    x[:, 4800:4810] = 2.0
    y = check.Rig("limiter", values={"ceiling_db": -6.0, "release_s": 0.05, "adaptive": 0.0}).run(x)[0]
    gain = y[4896 - 96 : 4896] / 0.1
    assert gain[0] > 0.99
    assert gain[-1] < 0.27
    assert np.abs(np.diff(gain)).max() < 0.025


def test_release_is_the_time_constant_asked_for():
    x = np.full((2, RATE), 0.1, np.float32)
    x[:, 4800:4900] = 1.0
    y = check.Rig("limiter", values={"ceiling_db": -6.0, "release_s": 0.1, "adaptive": 0.0}).run(x)[0]
    reduction = 1.0 - y / 0.1
    start = 4900 + 2 * 96
    passed = np.flatnonzero(reduction[start:] < reduction[start] * np.exp(-1))[0] / RATE
    assert abs(passed - 0.1) < 0.003


def test_adaptive_release_holds_sustained_reduction():
    x = check.noise(3.0, rms=1.0)
    x[:, 2 * RATE :] *= 0.01
    recovered = []
    for adaptive in (0.0, 1.0):
        y = check.Rig("limiter", values={"ceiling_db": -12.0, "release_s": 0.05, "adaptive": adaptive}).run(x)
        part = slice(2 * RATE + 12000, 2 * RATE + 14000)
        recovered.append(y[:, part].std() / x[:, part].std())
    assert recovered[0] > 0.98
    assert recovered[1] < 0.85


def test_true_peak_catches_what_lies_between_the_samples():
    t = np.arange(RATE) / RATE
    x = np.tile(
        (1.2 * np.sin(2 * np.pi * RATE / 4 * t + np.pi / 4)).astype(np.float32), (2, 1)
    )  # peaks between samples
    late = slice(RATE // 2, RATE // 2 + 4096)
    peaks = []
    for true_peak in (0, 1):
        y = check.Rig("limiter", values={"ceiling_db": -1.0, "true_peak": true_peak}).run(x)[0][late].astype(np.float64)
        spectrum = np.zeros(8 * 2048 + 1, complex)
        spectrum[:2049] = np.fft.rfft(y * np.hanning(4096))
        peaks.append(check.db(np.abs(np.fft.irfft(spectrum)).max() * 8))
    assert peaks[0] > 1.0
    assert peaks[1] < -0.85


def test_no_clicks():
    check.check_no_click("limiter", {"ceiling_db": (0.0, -24.0), "true_peak": (0, 1)})
    check.check_no_click("limiter", {"gain_db": (0.0, 12.0)})


def test_manners():
    check.check_silence_after("limiter")
    check.check_not_louder("limiter", 0.1)


@pytest.mark.parametrize("seed", range(4))
def test_survives_anything(seed):
    check.check_survives("limiter", seed, ceiling=1.01, hot=1.01)
