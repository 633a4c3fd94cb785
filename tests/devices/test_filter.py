"""The filter's cutoff in cents, slopes in dB, and its behaviour under the hand."""

import effect_checks as check
import numpy as np
import pytest


@pytest.mark.parametrize("mode", ["lowpass 12", "lowpass 24", "bandpass 12", "highpass 24"])
@pytest.mark.parametrize("cutoff_hz", [50.0, 440.0, 3000.0, 15000.0])
def test_resonance_stands_within_a_cent_of_the_cutoff(mode, cutoff_hz):
    rig = check.settled("filter", mode=mode, cutoff_hz=cutoff_hz, resonance=0.95)
    y = rig.run(check.impulse(4.0))[0].astype(np.float64)
    size = 1 << 20
    magnitude = np.abs(np.fft.rfft(y, size))
    k = int(magnitude.argmax())
    a, b, c = np.log(magnitude[k - 1 : k + 2])
    peak_hz = (k + 0.5 * (a - c) / (a - 2 * b + c)) * check.RATE / size
    assert abs(1200.0 * np.log2(peak_hz / cutoff_hz)) < 1.0


@pytest.mark.parametrize(("mode", "octave_db"), [("lowpass 12", 12.3), ("lowpass 24", 24.1)])
def test_flat_lowpass_is_butterworth(mode, octave_db):
    got = check.response_db("filter", np.array([100.0, 1000.0, 2000.0]), mode=mode, cutoff_hz=1000.0, resonance=0.0)
    assert abs(got[0]) < 0.02
    assert abs(got[1] + 3.01) < 0.02
    assert abs(got[2] + octave_db) < 0.3


def test_modes_keep_what_they_promise():
    hz = np.array([50.0, 1000.0, 15000.0])
    table = {
        "lowpass 24": (0.0, None, -60.0), "highpass 24": (-60.0, None, 0.0), "bandpass 12": (-20.0, 0.0, -20.0),
        "bandpass 24": (-40.0, 0.0, -40.0), "notch": (0.0, -50.0, 0.0), "peak": (0.0, 6.02, 0.0),
    }  # fmt: skip
    for mode, wanted in table.items():
        got = check.response_db("filter", hz, mode=mode, cutoff_hz=1000.0, resonance=0.0)
        for level, want in zip(got, wanted, strict=True):
            if want is not None and want <= -20.0:
                assert level < want, mode
            elif want is not None:
                assert abs(level - want) < 0.25, mode


def test_follower_opens_the_filter_by_the_octaves_asked():
    loud = np.full((2, check.RATE), 1.0, np.float32)
    rig = check.settled("filter", mode="bandpass 12", cutoff_hz=500.0, resonance=0.9, env_octaves=2.0)
    rig.run(loud)
    ping = loud.copy()
    ping[:, 100] += 0.01
    still = check.Rig("filter", values={"mode": "bandpass 12", "cutoff_hz": 2000.0, "resonance": 0.9})
    still.run(loud)
    moved, fixed = (np.abs(np.fft.rfft(r.run(ping)[0][100:9000], 1 << 16)) for r in (rig, still))
    ratio = moved[300:].argmax() + 300, fixed[300:].argmax() + 300
    assert abs(1200 * np.log2(ratio[0] / ratio[1])) < 10.0


def test_synced_lfo_repeats_with_the_beat():
    rig = check.Rig("filter", values={"lfo_octaves": 2.0, "lfo_sync": "1/4", "cutoff_hz": 500.0}, tempo_bpm=120.0)
    y = rig.run(np.tile(check.noise(0.5), 8))
    assert np.abs(y[:, 72000:96000] - y[:, 96000:120000]).max() < 1e-3


def test_drive_limits_resonance():
    clean = check.Rig("filter", values={"cutoff_hz": 440.0, "resonance": 1.0}).run(check.sine(440.0, 2.0))
    driven = check.Rig("filter", values={"cutoff_hz": 440.0, "resonance": 1.0, "drive_db": 18.0}).run(
        check.sine(440.0, 2.0)
    )
    assert np.abs(clean).max() > 5.0
    assert np.abs(driven).max() < 1.5


def test_no_clicks():
    check.check_no_click("filter", {"cutoff_hz": (20.0, 20000.0)})
    check.check_no_click("filter", {"cutoff_hz": (9000.0, 60.0), "resonance": (0.9, 0.1)})
    check.check_no_click("filter", {"mode": ("lowpass 24", "highpass 12"), "drive_db": (0.0, 24.0)})
    check.check_no_click("filter", {"mode": ("notch", "bandpass 24"), "mix": (1.0, 0.0)})


@pytest.mark.parametrize("seed", range(6))
def test_survives_anything(seed):
    check.check_survives("filter", seed)


def test_manners():
    check.check_survives("filter", 7, rate=192000)
    check.check_silence_after("filter")
    check.check_dry_at_mix_0("filter")
    check.check_not_louder("filter")
