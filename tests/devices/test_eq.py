"""The equaliser against its analogue prototypes, in dB."""

import effect_checks as check
import numpy as np
import pytest

HZ = np.geomspace(20.0, 20000.0, 600)


def prototype(kind: str, gain_db: float, q: float, corner_hz: float) -> np.ndarray:
    """Analogue response in dB (RBJ cookbook prototypes)."""
    s, a = 1j * HZ / corner_hz, 10.0 ** (gain_db / 40.0)
    if kind == "peak2":
        h = (s * s + a / q * s + 1) / (s * s + s / (a * q) + 1)
    elif kind == "low":
        h = a * (s * s + np.sqrt(a) / q * s + a) / (a * s * s + np.sqrt(a) / q * s + 1)
    else:
        h = a * (a * s * s + np.sqrt(a) / q * s + 1) / (s * s + np.sqrt(a) / q * s + a)
    return check.db(h)


@pytest.mark.parametrize("kind", ["low", "peak2", "high"])
@pytest.mark.parametrize(
    ("corner_hz", "gain_db", "most_db"), [(60, -18, 0.02), (1000, 6, 0.02), (8000, 12, 0.3), (14000, -6, 0.45)]
)
def test_band_follows_the_analogue_curve_up_to_20_khz(kind, corner_hz, gain_db, most_db):
    q = 2.0 if kind == "peak2" else 0.7
    values = {f"{kind}_hz": corner_hz, f"{kind}_db": gain_db, f"{kind}_q": q}
    off = np.abs(check.response_db("eq", HZ, **values) - prototype(kind, gain_db, q, corner_hz))
    assert off.max() < most_db


@pytest.mark.parametrize(("label", "order"), [("12 dB", 2), ("24 dB", 4)])
def test_cuts_are_butterworth(label, order):
    low = check.response_db("eq", HZ, lowcut=label, lowcut_hz=200.0)
    expected = -10.0 * np.log10(1.0 + (200.0 / HZ) ** (2 * order))
    assert np.abs(low - expected).max() < 0.02
    high = check.response_db("eq", HZ, highcut=label, highcut_hz=3000.0)
    expected = -10.0 * np.log10(1.0 + (HZ / 3000.0) ** (2 * order))
    heard = expected > -24.0
    assert np.abs(high - expected)[heard].max() < 0.3


def test_flat_settings_pass_the_samples_through():
    x = check.noise(0.2)
    np.testing.assert_array_equal(check.Rig("eq").run(x), x)


def test_low_bands_stay_true_at_192_khz():
    hz = np.geomspace(20.0, 400.0, 60)
    got = check.response_db("eq", hz, rate=192000, low_hz=40.0, low_db=9.0)
    s, a = 1j * hz / 40.0, 10.0 ** (9.0 / 40.0)
    expected = check.db(a * (s * s + np.sqrt(a) / 0.7 * s + a) / (a * s * s + np.sqrt(a) / 0.7 * s + 1))
    assert np.abs(got - expected).max() < 0.1


def test_moving_a_band_does_not_click():
    check.check_no_click("eq", {"peak1_hz": (80.0, 8000.0), "peak1_db": (12.0, -12.0), "peak1_q": (0.3, 9.0)})
    check.check_no_click("eq", {"lowcut": ("off", "24 dB"), "highcut": ("24 dB", "off"), "highcut_hz": (900.0, 9000.0)})
    check.check_no_click("eq", {"low_db": (0.0, 18.0), "high_db": (-18.0, 0.0)})


@pytest.mark.parametrize("seed", range(6))
def test_survives_anything(seed):
    check.check_survives("eq", seed)


def test_silence_level_and_rates():
    check.check_silence_after("eq", 1.0, lowcut="24 dB", low_db=12.0, peak1_db=12.0)
    check.check_survives("eq", 3, rate=192000)
    check.check_survives("eq", 4, rate=44100)


def test_bands_piled_up_clip_and_are_not_silenced():
    """Three bands at +18 dB on one note are 54 dB: the output stays under the level at which the engine mutes."""
    bands = dict(peak1_hz=1000.0, peak2_hz=1000.0, peak3_hz=1000.0, peak1_db=18.0, peak2_db=18.0, peak3_db=18.0)
    y = check.settled("eq", **bands).run(check.sine(1000.0, 0.5, peak=0.9))
    assert 30.0 < np.abs(y).max() < check.MUTES_AT
    quiet = check.settled("eq", **bands).run(check.sine(1000.0, 0.5, peak=0.01))
    np.testing.assert_allclose(np.abs(quiet[:, 12000:]).max(), 0.01 * 10 ** (54 / 20), rtol=0.02)
