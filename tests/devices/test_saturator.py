"""The saturator's aliasing in dB, its level, and its aligned dry path."""

import effect_checks as check
import numpy as np
import pytest

RATE = check.RATE
SIZE = 1 << 15


def worst_alias_db(y: np.ndarray, bin_hz: int) -> float:
    """Strongest component below 20 kHz that is no harmonic, against the strongest of all."""
    spectrum = np.abs(np.fft.rfft(y[-SIZE:].astype(np.float64) * np.blackman(SIZE)))
    alias = np.zeros(len(spectrum), bool)
    alias[6 : int(20000 / RATE * SIZE)] = True
    for harmonic in range(bin_hz, len(spectrum), bin_hz):
        alias[harmonic - 5 : harmonic + 6] = False
    return float(check.db(spectrum[alias].max() / spectrum.max()))


NAIVE = {
    "tape": lambda v: v / np.sqrt(1 + v * v),
    "tube": lambda v: np.where(v > 0, v / np.sqrt(1 + v * v), v / np.sqrt(1 + (v / 0.4) ** 2)),
    "hard": lambda v: np.clip(v, -1, 1),
    "fold": lambda v: np.sin(np.pi / 2 * v),
}


@pytest.mark.parametrize(("curve", "most_db"), [("tape", -75.0), ("tube", -65.0), ("hard", -60.0), ("fold", -60.0)])
def test_aliasing_of_a_hot_high_note(curve, most_db):
    bin_hz = 3415  # 5 kHz: every second harmonic would fold
    x = check.sine(bin_hz * RATE / SIZE, 2.0, peak=0.5)
    y = check.Rig("saturator", values={"curve": curve, "drive_db": 24.0}).run(x)[0]
    ours, naive = worst_alias_db(y, bin_hz), worst_alias_db(NAIVE[curve](x[0].astype(np.float64) * 10**1.2), bin_hz)
    assert ours < most_db
    assert ours < naive - 40.0


@pytest.mark.parametrize("curve", sorted(NAIVE))
def test_slow_signals_follow_the_curve(curve):
    x = check.sine(60.0, 1.0, peak=0.3)
    y = check.Rig("saturator", values={"curve": curve, "drive_db": 18.0, "tone_hz": 40000.0}).run(x)
    wanted = NAIVE[curve](x * 10.0**0.9)
    wanted = np.roll(wanted - wanted[:, -RATE // 2 :].mean(axis=1, keepdims=True), 36, axis=1)
    part = slice(RATE // 2, None)
    gain = (y[:, part] * wanted[:, part]).sum() / (wanted[:, part] ** 2).sum()
    # The 8 Hz high-pass that removes direct current turns the phase of 60 Hz by 8 degrees: compare the shapes' levels.
    assert abs(check.db(np.abs(y[:, part]).std() / (gain * np.abs(wanted[:, part])).std())) < 1.5
    assert np.corrcoef(y[0, part], wanted[0, part])[0, 1] > 0.97


def test_level_of_minus_12_db_is_kept_whatever_the_drive():
    for drive_db in (0.0, 12.0, 30.0):
        y = check.Rig("saturator", values={"drive_db": drive_db}).run(check.sine(200.0, 0.5, peak=0.25))
        assert abs(check.db(np.abs(y[:, 4800:]).max() / 0.25)) < 0.6


def test_small_signals_pass_flat_with_the_declared_latency():
    rig = check.Rig("saturator", values={"drive_db": 0.0})
    y = rig.run(1e-3 * check.impulse(0.2, at=100))[0] / 1e-3
    assert rig.instance.latency == 36
    assert int(y.argmax()) == 136
    level = np.interp([100, 1000, 10000, 18000], np.fft.rfftfreq(len(y), 1 / RATE), check.db(np.fft.rfft(y)))
    assert np.abs(level - level[1]).max() < 0.5


def test_bias_brings_even_harmonics_and_no_direct_current():
    x = check.sine(375.0, 1.5, peak=0.25)
    part = slice(RATE // 2, RATE // 2 + RATE)

    def second_db(bias):
        y = check.Rig("saturator", values={"bias": bias}).run(x)[0, part]
        spectrum = np.abs(np.fft.rfft(y))
        return check.db(spectrum[750] / spectrum[375]), check.db(spectrum[0] / spectrum[375])

    assert second_db(0.0)[0] < -100.0
    assert second_db(0.5)[0] > -30.0
    assert second_db(0.5)[1] < -60.0


def test_no_clicks():
    check.check_no_click("saturator", {"drive_db": (0.0, 36.0), "curve": ("tape", "fold")})
    check.check_no_click("saturator", {"bias": (-1.0, 1.0), "curve": ("hard", "tube")})
    check.check_no_click("saturator", {"tone_hz": (500.0, 40000.0), "mix": (0.0, 1.0)})


@pytest.mark.parametrize("seed", range(6))
def test_survives_anything(seed):
    check.check_survives("saturator", seed)


def test_manners():
    check.check_survives("saturator", 7, rate=192000)
    check.check_silence_after("saturator")
    check.check_dry_at_mix_0("saturator")
    check.check_not_louder("saturator")
