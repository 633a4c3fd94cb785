"""The phaser's notches in Hz, its resonance and its beat."""

import effect_checks as check
import numpy as np
import pytest


@pytest.mark.parametrize(("label", "stages"), [("4", 4), ("6", 6), ("12", 12)])
def test_notches_stand_where_the_phase_turns_half(label, stages):
    hz = np.geomspace(30.0, 20000.0, 40000)
    centre_hz = 1000.0
    values = {"stages": label, "depth_octaves": 0.0, "centre_hz": centre_hz, "feedback": 0.0, "mix": 0.5}
    level = check.response_db("phaser", hz, **values)
    # One stage turns the phase by 2 atan(g_f / g_c), prewarped; the sum vanishes at odd half turns of the whole chain.
    for notch in range(stages // 2):
        turn = np.pi * (2 * notch + 1) / stages
        warped = np.tan(np.pi * centre_hz / check.RATE) * np.tan(turn / 2)
        notch_hz = check.RATE / np.pi * np.arctan(warped)
        near = np.abs(np.log2(hz / notch_hz)) < 0.03
        assert level[near].min() < -30.0, notch_hz
    assert level.max() < 0.01


def test_feedback_peaks_without_running_away():
    hz = np.geomspace(30.0, 20000.0, 4000)
    soft = check.response_db("phaser", hz, depth_octaves=0.0, feedback=0.0, mix=1.0)
    sharp = check.response_db("phaser", hz, depth_octaves=0.0, feedback=0.9, mix=1.0)
    assert np.abs(soft).max() < 0.05  # an allpass
    assert 19.0 < sharp.max() < 20.1  # 1 / (1 - 0.9)


def test_synced_sweep_repeats_with_the_bar():
    rig = check.Rig("phaser", values={"sync": "1/1"}, tempo_bpm=240.0)
    y = rig.run(np.tile(check.noise(1.0), 4))
    assert np.abs(y[:, 96000:144000] - y[:, 144000:]).max() < 1e-3


def test_no_clicks():
    check.check_no_click("phaser", {"centre_hz": (60.0, 8000.0), "feedback": (-0.9, 0.9)})
    check.check_no_click("phaser", {"stages": ("4", "12"), "stereo": (0.0, 0.5), "mix": (0.0, 1.0)})
    check.check_no_click("phaser", {"sync": ("free", "1/64"), "rate_hz": (0.02, 10.0), "depth_octaves": (0.0, 4.0)})


@pytest.mark.parametrize("seed", range(6))
def test_survives_anything(seed):
    check.check_survives("phaser", seed)


def test_manners():
    check.check_survives("phaser", 7, rate=192000)
    check.check_silence_after("phaser")
    check.check_dry_at_mix_0("phaser")
    check.check_not_louder("phaser")
