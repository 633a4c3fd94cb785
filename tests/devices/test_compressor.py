"""The compressor's static curve in dB and its times in seconds."""

import effect_checks as check
import numpy as np
import pytest

RATE = check.RATE


def gain_db(x: np.ndarray, **values) -> np.ndarray:
    """Gain in dB, sample by sample, for a constant-envelope square wave at 4 kHz."""
    y = check.Rig("compressor", values=values).run(x)
    return check.db(y[0] / x[0])


def square(levels_db) -> np.ndarray:
    carrier = np.where(np.arange(len(levels_db)) % 12 < 6, 1.0, -1.0)
    return np.tile((carrier * 10.0 ** (np.asarray(levels_db) / 20.0)).astype(np.float32), (2, 1))


@pytest.mark.parametrize("rms", [0.0, 1.0])
@pytest.mark.parametrize("ratio", [1.5, 4.0, 20.0])
def test_static_curve(rms, ratio):
    knee_db, threshold_db = 6.0, -18.0
    for level_db in (-40.0, -22.0, -18.0, -16.0, -10.0, 0.0):
        over = level_db - threshold_db
        knee = min(max(over + knee_db / 2, 0.0), knee_db)
        wanted = -(1.0 - 1.0 / ratio) * (knee**2 / (2 * knee_db) + max(over - knee_db / 2, 0.0))
        values = {
            "threshold_db": threshold_db,
            "ratio": ratio,
            "knee_db": knee_db,
            "attack_s": 0.005,
            "release_s": 0.05,
            "rms": rms,
        }
        got = gain_db(square(np.full(RATE // 2, level_db)), **values)
        assert abs(got[-1] - wanted) < 0.02


def test_attack_and_release_are_time_constants_in_db():
    levels = np.full(RATE * 2, -40.0)
    levels[4800:RATE] = 0.0
    attack_s, release_s = 0.020, 0.200
    got = gain_db(square(levels), rms=0.0, knee_db=0.0, ratio=4.0, attack_s=attack_s, release_s=release_s)
    full = -18.0 * 0.75
    reached = np.flatnonzero(got[4800:] <= full * (1 - np.exp(-1)))[0] / RATE
    assert abs(reached - attack_s) < 0.0005
    back = np.flatnonzero(got[RATE:] >= full * np.exp(-1))[0] / RATE
    assert abs(back - release_s) < 0.002


def test_an_attack_slower_than_the_release_works_too():
    levels = np.full(RATE, 0.0)
    got = gain_db(square(levels), rms=0.0, knee_db=0.0, attack_s=0.25, release_s=0.005)
    assert abs(np.flatnonzero(got <= -13.5 * (1 - np.exp(-1)))[0] / RATE - 0.25) < 0.01


def test_sidechain_ducks_and_its_highpass_ignores_bass():
    music, bass, silence = check.sine(1000.0, 1.0, 0.1), check.sine(50.0, 1.0, 0.5), np.zeros((2, RATE), np.float32)
    tail = slice(RATE // 2, None)

    def level_db(key, **values):
        rig = check.Rig("compressor", values=dict(external=1, rms=1.0, **values))
        return float(check.db(rig.run(np.concatenate([music, key]))[:, tail].std() / music[:, tail].std()))

    assert abs(level_db(silence)) < 0.01
    assert level_db(bass) < -5.0
    assert level_db(bass, highpass_hz=500.0) > -0.1


def test_lookahead_catches_the_first_cycle():
    levels = np.full(RATE // 2, -60.0)
    levels[4800:] = 0.0
    values = {"attack_s": 0.0005, "rms": 0.0, "ratio": 20.0, "knee_db": 0.0}
    peaks = []
    for lookahead_ms in (0.0, 5.0):
        rig = check.Rig("compressor", values=values, options={"lookahead_ms": lookahead_ms})
        assert rig.instance.latency == round(lookahead_ms * RATE / 1000)
        peaks.append(np.abs(rig.run(square(levels))).max())
    assert peaks[0] > 0.9
    assert check.db(peaks[1]) < -16.0


def test_no_clicks():
    check.check_no_click("compressor", {"threshold_db": (0.0, -60.0), "ratio": (1.0, 20.0)})
    check.check_no_click("compressor", {"makeup_db": (0.0, 12.0), "mix": (0.0, 1.0)})
    check.check_no_click("compressor", {"external": (0, 1), "knee_db": (0.0, 24.0)})


@pytest.mark.parametrize("seed", range(5))
def test_survives_anything(seed):
    check.check_survives("compressor", seed)


def test_manners():
    check.check_survives("compressor", 7, rate=192000)
    check.check_silence_after("compressor")
    check.check_dry_at_mix_0("compressor")
    check.check_not_louder("compressor")
