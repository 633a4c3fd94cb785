"""Pluck as a musician hears it: tuning, decay, brightness, pick position, damping, voices."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.contract.events import BEND, CC, NOTE_CHOKE, NOTE_OFF, NOTE_ON, RESET, TIMBRE
from realtime.engine.solo import Rig


def on(at, key, value=0.787, channel=0):
    return (at, NOTE_ON, dict(key=key, value=value, channel=channel))


def off(at, key, channel=0):
    return (at, NOTE_OFF, dict(key=key, channel=channel))


def hz(key):
    return 440.0 * 2.0 ** ((key - 69) / 12)


def pitch(x, near, rate=48000):
    """Frequency of the fundamental, by a parabola through the log spectrum."""
    window = np.kaiser(len(x), 10)
    size = 1 << int(np.ceil(np.log2(len(x) * 4)))
    bins = np.abs(np.fft.rfft(x * window, size)) + 1e-12
    low, high = int(near * 0.92 * size / rate), int(near * 1.09 * size / rate)
    k = low + int(np.argmax(bins[low : high + 1]))
    a, b, c = np.log(bins[k - 1 : k + 2])
    return (k + 0.5 * (a - c) / (a - 2 * b + c)) * rate / size


def cents(measured, wanted):
    return 1200 * np.log2(measured / wanted)


def level_of(x, frequency, rate=48000):
    """Amplitude of one partial, by a windowed projection."""
    time = np.arange(len(x)) / rate
    window = np.hanning(len(x))
    return abs(np.sum(x * window * np.exp(-2j * np.pi * frequency * time))) / window.sum() * 2


@pytest.mark.parametrize("stiffness", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("key", [28, 36, 43, 52, 60, 67, 76, 84, 91, 96])
def test_the_fundamental_is_within_3_cents_up_to_c7(key, stiffness):
    values = dict(decay_s=30.0, body=0.0, stiffness=stiffness, brightness=0.6)
    x = Rig("pluck", values=values).run(seconds=2.5, events=[on(0, key)])[0][2400:]
    assert abs(cents(pitch(x, hz(key)), hz(key))) < 3.0


@pytest.mark.parametrize("rate", [44100, 96000, 192000])
def test_every_sample_rate_is_in_tune(rate):
    for key in (40, 81):
        x = Rig("pluck", sample_rate=rate, values=dict(decay_s=20.0)).run(seconds=1.5, events=[on(0, key)])[0]
        assert abs(cents(pitch(x[rate // 10 :], hz(key), rate), hz(key))) < 3.0


@pytest.mark.parametrize("decay", [1.0, 4.0])
def test_the_fundamental_decays_in_the_time_asked_for(decay):
    x = Rig("pluck", values=dict(decay_s=decay, body=0.0, brightness=0.4)).run(seconds=2.0, events=[on(0, 60)])[0]
    early, late = level_of(x[4800:14400], hz(60)), level_of(x[19200:28800], hz(60))
    assert -60.0 * 0.3 / (20 * np.log10(late / early)) == pytest.approx(decay, rel=0.08)


def test_velocity_and_brightness_shape_the_tone():
    def centroid(velocity=0.787, **values):
        bins = np.abs(np.fft.rfft(Rig("pluck", values=values).run(seconds=0.5, events=[on(0, 48, velocity)])[0])) ** 2
        return (bins * np.arange(len(bins))).sum() / bins.sum()

    assert centroid(0.2) < centroid(0.6) < centroid(1.0)
    assert centroid(brightness=0.1) < centroid(brightness=0.9)


def test_the_pick_position_silences_its_harmonic():
    values = dict(pick_position=0.25, body=0.0, noise=0.0, stiffness=0.0, pluck_hz=20000.0, decay_s=20.0)
    x = Rig("pluck", values=values).run(seconds=0.6, events=[on(0, 45)])[0][480:]
    assert level_of(x, 4 * hz(45)) < 0.1 * min(level_of(x, 3 * hz(45)), level_of(x, 5 * hz(45)))


def test_stiffness_stretches_the_partials():
    values = dict(body=0.0, decay_s=20.0, brightness=1.0)
    stretched = []
    for stiffness in (0.0, 1.0):
        x = Rig("pluck", values=values | dict(stiffness=stiffness)).run(seconds=1.0, events=[on(0, 40)])[0][2400:]
        stretched.append(cents(pitch(x, 8 * hz(40)), 8 * hz(40)))
    assert abs(stretched[0]) < 3.0 < stretched[1]


def test_release_damps_the_string():
    events = [on(0, 52), off(24000, 52)]
    rig = Rig("pluck", values=dict(release_s=0.2, body=0.0))
    x = rig.run(seconds=1.5, events=events)[0]
    before, after = np.abs(x[19200:24000]).max(), np.abs(x[24000 + 9600 : 24000 + 14400]).max()
    assert after < 0.01 * before


@pytest.mark.parametrize("at", [0, 1, 50, 64, 127])
def test_a_note_starts_on_its_very_sample(at):
    x = Rig("pluck", values=dict(noise=1.0)).run(seconds=0.05, events=[on(at, 60)])
    assert np.abs(x[:, :at]).max(initial=0.0) == 0.0 and np.nonzero(x[0])[0][0] - at <= 2


def test_stealing_and_choke_do_not_click():
    values = dict(voices=3, body=0.0, pluck_hz=800.0, noise=0.0, velocity_tone_oct=0.0)
    events = [on(100 * i, 70 + i) for i in range(3)] + [on(24000 + 4800 * i, 70 + i) for i in range(4)]
    x = Rig("pluck", values=values).run(seconds=1.0, events=[*events, (45000, NOTE_CHOKE, dict(key=-1, channel=-1))])[0]
    onset = np.abs(np.diff(x[:4800])).max()
    assert np.abs(np.diff(x[23000:])).max() < 1.2 * onset
    assert np.abs(x[45000 + 300 :]).max() == 0.0


def test_24_strings_sound_and_all_end_in_silence():
    rig = Rig("pluck")
    events = [on(10 * i, 40 + i) for i in range(24)] + [off(12000 + i, 40 + i) for i in range(24)]
    x = rig.run(seconds=3.0, events=events)
    state = rig.instance.state[: rig.device.state.itemsize].view(rig.device.state)[0]
    assert np.abs(x[:, :12000]).max() > 0.2 and state["count"] == 0 and np.abs(x[:, -4800:]).max() == 0.0


def test_mpe_bends_one_string_smoothly():
    values = dict(decay_s=20.0, noise=0.0, body=0.0)
    events = [on(0, 60, channel=1), on(0, 67, channel=2), (9600, BEND, dict(channel=2, value=2.0))]
    x = Rig("pluck", values=values).run(seconds=1.5, events=events)[0][14400:]
    for key in (60, 69):
        assert abs(cents(pitch(x, hz(key)), hz(key))) < 4


def test_wheel_brings_vibrato():
    values = dict(decay_s=20.0, noise=0.0, body=0.0, wheel_vibrato_cents=50.0)
    x = Rig("pluck", values=values).run(seconds=1.0, events=[(0, CC, dict(number=1, value=1.0)), on(0, 69)])[0]
    found = [cents(pitch(x[i : i + 2400], 440.0), 440.0) for i in range(4800, 44000, 600)]
    assert max(found) > 20 and min(found) < -20


def test_default_note_peaks_at_a_proper_level():
    for key in (40, 50, 60, 70, 80):
        x = Rig("pluck").run(seconds=1.0, events=[on(0, key, 100 / 127)])
        assert -18.0 < 20 * np.log10(np.abs(x).max()) < -10.0


EVENTS = st.tuples(
    st.integers(0, 9000),
    st.sampled_from([NOTE_ON, NOTE_ON, NOTE_OFF, NOTE_CHOKE, BEND, CC, TIMBRE, RESET]),
    st.fixed_dictionaries(
        dict(key=st.integers(0, 127), channel=st.integers(0, 15), value=st.floats(0, 1), number=st.integers(0, 127))
    ),
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data(), events=st.lists(EVENTS, max_size=60), rate=st.sampled_from([44100.0, 48000.0, 192000.0]))
def test_no_setting_breaks_it(data, events, rate):
    rig = Rig("pluck", sample_rate=rate)
    for param in rig.params:
        fraction = data.draw(st.floats(0, 1))
        rig.set(param.id, param.clamp(param.minimum + fraction * (param.maximum - param.minimum)))
    x = rig.run(seconds=10000 / rate, events=events)
    assert np.isfinite(x).all() and np.abs(x).max() < 60.0
