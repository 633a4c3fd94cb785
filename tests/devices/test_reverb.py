"""The reverb's decay in seconds, its density, its width, and freeze."""

import effect_checks as check
import numpy as np
import pytest
from scipy.signal import butter, sosfilt

RATE = check.RATE


def decay_s(y: np.ndarray, centre_hz: float, rate: float = RATE) -> float:
    """T60 of an octave band by Schroeder integration, fitted from -5 to -35 dB."""
    band = butter(4, [centre_hz / 2**0.5, centre_hz * 2**0.5], "band", fs=rate, output="sos")
    energy = np.cumsum(sosfilt(band, y.astype(np.float64))[::-1] ** 2)[::-1]
    level = 10.0 * np.log10(energy / energy[0] + 1e-30)
    part = np.flatnonzero((level < -5.0) & (level > -35.0))
    return float(-60.0 / np.polyfit(part / rate, level[part], 1)[0])


@pytest.mark.parametrize("asked_s", [0.5, 1.0, 2.0, 5.0, 10.0])
def test_decay_in_the_middle_is_within_5_percent(asked_s):
    y = check.Rig("reverb", values={"decay_s": asked_s, "mix": 1.0}).run(check.impulse(1.0 + 0.9 * asked_s))
    for side in y:
        assert abs(decay_s(side, 1000.0) / asked_s - 1.0) < 0.05


@pytest.mark.parametrize(("size", "rate"), [(0.5, 48000), (2.0, 48000), (1.0, 44100), (1.0, 96000)])
def test_decay_holds_for_any_room_and_rate(size, rate):
    y = check.Rig("reverb", rate, {"decay_s": 2.0, "size": size, "mix": 1.0}).run(check.impulse(2.6, rate=rate))
    assert abs(decay_s(y[0], 1000.0, rate) / 2.0 - 1.0) < 0.05


def test_bass_and_treble_scale_the_decay():
    y = check.Rig("reverb", values={"decay_s": 2.0, "bass": 1.5, "treble": 0.3, "mix": 1.0}).run(check.impulse(4.0))
    assert 1.2 < decay_s(y[0], 125.0) / 2.0 < 1.6
    assert 0.25 < decay_s(y[0], 10000.0) / 2.0 < 0.5


def test_tail_is_dense_and_has_no_ringing_mode():
    y = check.Rig("reverb", values={"decay_s": 3.0, "mix": 1.0}).run(check.impulse(2.0))[0]
    # Echo density (Abel and Huang, AES 121, 2006): share of samples outside one standard deviation, 0.317 for noise.
    for at in (0.2, 0.5, 1.0):
        part = y[int(at * RATE) : int(at * RATE) + 1024]
        assert 0.24 < np.mean(np.abs(part) > part.std()) < 0.40
    # Modes of a diffuse tail are Rayleigh distributed: nothing stands far above the mean.
    part = y[RATE : RATE + 32768].astype(np.float64) * np.hanning(32768)
    spectrum = np.abs(np.fft.rfft(part))[200:3000]
    smooth = np.convolve(spectrum, np.ones(201) / 201, "same")
    assert check.db((spectrum / smooth)[100:-100].max()) < 14.0


def test_sides_are_decorrelated_and_width_folds_them():
    x = check.impulse(1.0)
    wide = check.Rig("reverb", values={"mix": 1.0}).run(x)
    narrow = check.Rig("reverb", values={"mix": 1.0, "width": 0.0}).run(x)
    assert abs(np.corrcoef(wide)[0, 1]) < 0.2
    np.testing.assert_allclose(narrow[0], narrow[1], atol=1e-7)
    assert abs(check.db(wide[0].std() / wide[1].std())) < 1.5


def test_predelay_holds_back_the_first_sound():
    y = check.Rig("reverb", values={"mix": 1.0, "predelay_ms": 100.0, "diffusion": 1.0}).run(check.impulse(0.5))
    assert np.abs(y[:, : int(0.0999 * RATE)]).max() == 0.0
    assert np.abs(y[:, int(0.0999 * RATE) : int(0.101 * RATE)]).max() > 0.01


def test_freeze_holds_the_tail_and_lets_nothing_in():
    rig = check.Rig("reverb", values={"mix": 1.0, "decay_s": 2.0})
    rig.run(check.noise(2.0))
    rig.set("freeze", 1.0)
    rig.run(check.noise(1.0))
    first = rig.run(check.noise(1.0)).std()
    rig.run(seconds=10.0)
    assert abs(check.db(rig.run(seconds=1.0).std() / first)) < 0.5
    rig.set("freeze", 0.0)
    rig.run(seconds=5.0)
    assert check.db(np.abs(rig.run(seconds=0.1)).max()) < -90.0


def test_no_clicks():
    check.check_no_click("reverb", {"decay_s": (0.5, 10.0), "treble": (0.1, 1.0), "bass": (0.5, 1.5)})
    check.check_no_click("reverb", {"size": (0.4, 2.0), "predelay_ms": (0.0, 250.0)})
    check.check_no_click("reverb", {"freeze": (0, 1), "diffusion": (0.0, 1.0), "early": (0.0, 1.0)})
    check.check_no_click("reverb", {"width": (0.0, 1.0), "mix": (0.0, 1.0), "modulation": (0.0, 1.0)})


@pytest.mark.parametrize("seed", range(6))
def test_survives_anything(seed):
    check.check_survives("reverb", seed)


def test_manners():
    check.check_survives("reverb", 7, rate=192000)
    check.check_silence_after("reverb", 5.0)
    check.check_dry_at_mix_0("reverb")
    check.check_not_louder("reverb")
