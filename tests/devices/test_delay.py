"""Echoes: when they come (in samples), how loud, on which side, and that they never run away."""

import effect_checks as check
import numpy as np
import pytest

from realtime.dsp.tempo import SYNC_BEATS, SYNC_LABELS

RATE = check.RATE
OPEN = {"mix": 1.0, "lowcut_hz": 20.0, "highcut_hz": 20000.0}


@pytest.mark.parametrize("sync", SYNC_LABELS[1:12])
@pytest.mark.parametrize("tempo_bpm", [120.0, 97.0])
def test_echo_falls_on_the_note_length(sync, tempo_bpm):
    rig = check.Rig("delay", values=dict(sync=sync, feedback=0.0, **OPEN), tempo_bpm=tempo_bpm)
    y = rig.run(check.impulse(2.0, at=1000))
    wanted = SYNC_BEATS[SYNC_LABELS.index(sync)] * 60.0 / tempo_bpm * RATE
    peak = int(np.abs(y[0]).argmax())
    assert abs(peak - 1000 - wanted) <= 0.5
    assert y[0, peak] == 1.0


@pytest.mark.parametrize("rate", [44100, 48000, 192000])
def test_free_time_and_feedback(rate):
    rig = check.Rig("delay", rate, dict(sync="free", time_ms=100.0, feedback=0.5, **OPEN))
    y = rig.run(0.1 * check.impulse(0.5, rate=rate))[0]
    for echo in range(1, 4):
        assert abs(check.db(y[round(0.1 * rate) * echo] / (0.1 * 0.5 ** (echo - 1)))) < 0.02


def test_ping_pong_alternates():
    rig = check.Rig("delay", values=dict(sync="free", time_ms=100.0, feedback=0.6, pingpong=1.0, **OPEN))
    y = np.abs(rig.run(check.impulse(0.5)))
    assert y[0, 4800] > 0.9 and y[1, 4800] == 0.0
    assert y[1, 9600] > 0.5 and y[0, 9600] == 0.0
    assert y[0, 14400] > 0.25 and y[1, 14400] == 0.0


def test_full_feedback_stays_bounded():
    rig = check.Rig("delay", values=dict(sync="free", time_ms=20.0, feedback=1.1, **OPEN))
    rig.run(check.noise(2.0, rms=0.3))
    assert np.abs(rig.run(check.noise(8.0, rms=0.3))).max() < 4.0


@pytest.mark.parametrize("glide", ["fade", "tape"])
def test_time_changes_make_no_click_and_arrive(glide):
    x = check.sine(110.0, 4.0)
    x[:, :4800] *= np.linspace(0.0, 1.0, 4800, dtype=np.float32)
    values = dict(sync="free", time_ms=300.0, feedback=0.0, glide=glide, **OPEN)
    rig = check.Rig("delay", values=values)
    y = rig.run(x, automation=[(RATE, "time_ms", 120.0), (2 * RATE, "time_ms", 450.0)])
    assert check.roughness(y[:, RATE // 2 :]) < 3.5 * check.roughness(x[:, RATE // 2 :]) + 2e-4
    y = rig.run(check.impulse(1.0, at=10))
    assert int(np.abs(y[0]).argmax()) - 10 == round(0.45 * RATE)


def test_modulation_wavers_the_echo():
    x = check.sine(1000.0, 2.0)
    y = check.Rig("delay", values=dict(mod_ms=1.0, mod_hz=2.0, feedback=0.0, **OPEN)).run(x)[0, RATE:]
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y))))
    hz = np.fft.rfftfreq(len(y), 1 / RATE)
    around = spectrum[(np.abs(hz - 1000) > 5) & (np.abs(hz - 1000) < 20)].max()
    assert check.db(around / spectrum.max()) > -20.0


def test_ducking_makes_room():
    x = check.sine(500.0, 2.0, peak=0.5)
    x[:, RATE:] = 0.0
    values = dict(sync="free", time_ms=500.0, feedback=0.9, **OPEN)
    plain, ducked = (check.Rig("delay", values=dict(ducking=d, **values)).run(x) for d in (0.0, 1.0))
    during, after = slice(RATE * 3 // 4, RATE), slice(RATE + RATE * 9 // 10, 2 * RATE)
    assert check.db(ducked[:, during].std() / plain[:, during].std()) < -12.0
    assert check.db(ducked[:, after].std() / plain[:, after].std()) > -2.0


def test_no_clicks():
    check.check_no_click("delay", {"feedback": (0.0, 1.0), "pingpong": (0.0, 1.0), "mix": (0.0, 1.0)})
    check.check_no_click("delay", {"lowcut_hz": (20.0, 2000.0), "highcut_hz": (500.0, 20000.0), "ducking": (0.0, 1.0)})
    check.check_no_click("delay", {"mod_ms": (0.0, 5.0), "sync": ("1/4", "1/8T")}, {"mix": 1.0})


@pytest.mark.parametrize("seed", range(6))
def test_survives_anything(seed):
    check.check_survives("delay", seed)


def test_manners():
    check.check_survives("delay", 7, rate=192000)
    check.check_silence_after("delay", 8.0)
    check.check_dry_at_mix_0("delay")
    check.check_not_louder("delay")
