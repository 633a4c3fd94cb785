"""The chorus: how far the pitch sways, how wide it is, and that it stays clean."""

import effect_checks as check
import numpy as np
import pytest

RATE = check.RATE


def test_pitch_sways_as_far_as_rate_and_depth_say():
    x = check.sine(1000.0, 4.0)
    values = {"mix": 1.0, "voices": 1.0, "depth_ms": 2.0, "rate_hz": 1.0, "tone_hz": 20000.0}
    y = check.settled("chorus", **values).run(x)[0].astype(np.float64)
    spectrum = np.fft.fft(y)
    spectrum[len(y) // 2 :] = 0.0
    analytic = np.fft.ifft(spectrum)
    hz = np.diff(np.unwrap(np.angle(analytic))) * RATE / (2 * np.pi)
    sway = 2 * np.pi * 1.0 * 0.002  # the largest slope of the delay
    assert abs(hz[RATE:-RATE].max() / (1000.0 * (1 + sway)) - 1) < 3e-4
    assert abs(hz[RATE:-RATE].min() / (1000.0 * (1 - sway)) - 1) < 3e-4


def test_interpolation_is_clean():
    x = check.sine(1000.0, 2.0)
    y = check.settled("chorus", mix=1.0, voices=1.0, depth_ms=1.0, rate_hz=0.3).run(x)[0, :65536].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(y * np.blackman(65536)))
    hz = np.fft.rfftfreq(65536, 1 / RATE)
    far = np.abs(hz - 1000.0) > 120.0
    assert check.db(spectrum[far].max() / spectrum.max()) < -80.0


def test_stereo_spreads_a_mono_source_and_keeps_it_in_mono():
    x = np.tile(check.noise(2.0)[:1], (2, 1))
    wide = check.settled("chorus", mix=1.0, stereo=1.0).run(x)
    narrow = check.settled("chorus", mix=1.0, stereo=0.0).run(x)
    np.testing.assert_array_equal(narrow[0], narrow[1])
    assert np.corrcoef(wide)[0, 1] < 0.6
    mono = check.settled("chorus").run(x).mean(axis=0)
    assert check.db(mono.std() / x[0].std()) > -6.0


def test_no_clicks():
    check.check_no_click("chorus", {"delay_ms": (2.0, 40.0), "depth_ms": (0.0, 10.0)})
    check.check_no_click("chorus", {"voices": (1.0, 3.0), "stereo": (0.0, 1.0), "mix": (0.0, 1.0)})
    check.check_no_click("chorus", {"rate_hz": (0.05, 8.0), "tone_hz": (1000.0, 20000.0)})


@pytest.mark.parametrize("seed", range(5))
def test_survives_anything(seed):
    check.check_survives("chorus", seed)


def test_manners():
    check.check_survives("chorus", 7, rate=192000)
    check.check_silence_after("chorus", 0.5)
    check.check_dry_at_mix_0("chorus")
    check.check_not_louder("chorus")
