"""FM as a musician hears it: pitch, sidebands, algorithms, envelopes, scaling, voices."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import jv

from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE, RESET, TIMBRE
from realtime.dsp.fm_algorithms import CARRIER, FEEDBACK, MODULATES
from realtime.engine.solo import Rig


def on(at, key, value=0.787, channel=0):
    return (at, NOTE_ON, dict(key=key, value=value, channel=channel))


def off(at, key, channel=0):
    return (at, NOTE_OFF, dict(key=key, channel=channel))


def hz(key):
    return 440.0 * 2.0 ** ((key - 69) / 12)


def patch(levels, algorithm=32, **more):
    """Organ-like envelopes, given levels for operators 1.., the rest silent."""
    values = dict(algorithm=algorithm, feedback=0.0, pan_spread=0.0)
    for n in range(1, 7):
        level = levels[n - 1] if n <= len(levels) else 0.0
        values |= {
            f"op{n}_ratio": 1.0, f"op{n}_detune_cents": 0.0, f"op{n}_level": level, f"op{n}_velocity": 0.0,
            f"op{n}_key_level": 0.0, f"op{n}_key_rate": 0.0, f"op{n}_attack_s": 0.001, f"op{n}_sustain": 1.0,
        }  # fmt: skip
    return values | more


def partial(x, frequency, rate=48000):
    """Amplitude of one partial, by a windowed projection."""
    window = np.kaiser(len(x), 14)
    return abs(np.sum(x * window * np.exp(-2j * np.pi * frequency * np.arange(len(x)) / rate))) / window.sum() * 2


def centroid(x, rate=48000):
    bins = np.abs(np.fft.rfft(x)) ** 2
    return (bins * np.arange(len(bins))).sum() / bins.sum() * rate / len(x)


def pitch(x, near, rate=48000):
    window = np.kaiser(len(x), 12)
    size = 1 << int(np.ceil(np.log2(len(x) * 4)))
    bins = np.abs(np.fft.rfft(x * window, size)) + 1e-12
    low, high = int(near * 0.9 * size / rate), int(near * 1.1 * size / rate)
    k = low + int(np.argmax(bins[low : high + 1]))
    a, b, c = np.log(bins[k - 1 : k + 2])
    return (k + 0.5 * (a - c) / (a - 2 * b + c)) * rate / size


@pytest.mark.parametrize("key", range(24, 109, 12))
def test_pitch_is_within_a_cent(key):
    x = Rig("fm", values=patch([99])).run(seconds=1.0, events=[on(0, key)])[0][4800:]
    assert abs(1200 * np.log2(pitch(x, hz(key)) / hz(key))) < 1.0


def test_sidebands_follow_bessel_functions():
    """Carrier 1, modulator 2 at ratio 3: amplitudes J_n(index), Chowning 1973."""
    level = 99 - 8 * 3  # an eighth of 4 pi
    x = Rig("fm", values=patch([99, level], algorithm=1, op2_ratio=3.0)).run(seconds=1.0, events=[on(0, 60)])[0][9600:]
    index = 4 * np.pi / 8
    carrier = partial(x, hz(60)) / abs(jv(0, index))
    for n in (1, 2):
        for side in (1 + 3 * n, abs(1 - 3 * n)):
            assert partial(x, hz(60) * side) == pytest.approx(carrier * abs(jv(n, index)), rel=0.002)


def test_the_table_has_the_shape_of_the_dx7():
    assert CARRIER.shape == (32, 6) and CARRIER[4].tolist() == [1, 0, 1, 0, 1, 0] and CARRIER[31].sum() == 6
    for row in range(32):
        heard = set(np.nonzero(CARRIER[row])[0])
        modulators = set(np.nonzero(MODULATES[row].any(axis=0))[0])
        assert heard | modulators == set(range(6)) and not heard & modulators
        assert not np.tril(MODULATES[row]).any()  # only upwards: one pass renders all
        assert FEEDBACK[row, 0] <= FEEDBACK[row, 1]


@pytest.mark.parametrize("algorithm", range(1, 33))
def test_every_algorithm_sounds_and_stays_in_bounds(algorithm):
    values = patch([99, 75, 80, 75, 80, 75], algorithm=algorithm, feedback=6.0, op2_ratio=2.0, op6_ratio=3.0)
    x = Rig("fm", values=values).run(seconds=0.3, events=[on(0, 60)])
    assert np.isfinite(x).all() and 0.02 < np.abs(x).max() < 1.0


def test_full_feedback_turns_a_sine_into_a_saw():
    x = Rig("fm", values=patch([0, 0, 0, 0, 0, 99], feedback=7.0)).run(seconds=0.6, events=[on(0, 48)])[0][9600:]
    y = Rig("fm", values=patch([0, 0, 0, 0, 0, 99])).run(seconds=0.6, events=[on(0, 48)])[0][9600:]
    assert partial(x, 3 * hz(48)) > 0.15 * partial(x, hz(48))
    assert partial(y, 3 * hz(48)) < 1e-4 * partial(y, hz(48))


def test_eight_steps_are_six_decibels():
    loud, soft = (
        np.abs(Rig("fm", values=patch([level])).run(seconds=0.3, events=[on(0, 60)])).max() for level in (99, 91)
    )
    assert loud / soft == pytest.approx(2.0, rel=0.01)


def test_velocity_brightens_the_electric_piano():
    def brightness(velocity):
        return centroid(Rig("fm").run(seconds=0.3, events=[on(0, 60, velocity)])[0])

    assert brightness(0.2) < brightness(0.6) < brightness(1.0)


def test_key_scaling_of_level_and_rate():
    def level_at(key):
        values = patch([90], op1_key_level=-0.5)
        return 20 * np.log10(np.abs(Rig("fm", values=values).run(seconds=0.2, events=[on(0, key)])).max())

    assert level_at(72) - level_at(60) == pytest.approx(-6 * 6.0206 / 8, abs=0.1)

    def decay_at(key):
        values = patch([99], op1_key_rate=1.0, op1_decay_s=0.8, op1_sustain=0.0)
        x = np.abs(Rig("fm", values=values).run(seconds=1.0, events=[on(0, key)])[0])
        return np.nonzero(x > x.max() * 0.03)[0][-1]

    assert decay_at(60) / decay_at(72) == pytest.approx(2.0, rel=0.05)


def test_fixed_operators_ignore_the_key():
    values = patch([99], op1_fixed=1, op1_fixed_hz=1000.0)
    for key in (40, 80):
        x = Rig("fm", values=values).run(seconds=0.6, events=[on(0, key)])[0][4800:]
        assert abs(pitch(x, 1000.0) - 1000.0) < 0.5


@pytest.mark.parametrize("at", [1, 50, 64, 127])
def test_a_note_starts_on_its_very_sample(at):
    x = Rig("fm").run(seconds=0.05, events=[on(at, 60)])
    assert np.abs(x[:, :at]).max() == 0.0 and np.nonzero(x[0])[0][0] - at <= 2


@pytest.mark.parametrize("rate", [44100, 96000, 192000])
def test_every_sample_rate_plays_the_same_note(rate):
    x = Rig("fm", sample_rate=rate, values=patch([99])).run(seconds=0.5, events=[on(0, 69)])[0][rate // 10 :]
    assert abs(1200 * np.log2(pitch(x, 440.0, rate) / 440.0)) < 1.0


def test_stealing_and_choke_do_not_click():
    values = patch([99], voices=4, op1_attack_s=0.02)
    events = [on(100 * i, 70 + i) for i in range(4)] + [on(24000 + 2400 * i, 50 + i) for i in range(6)]
    x = Rig("fm", values=values).run(seconds=1.0, events=[*events, (43000, NOTE_CHOKE, dict(key=-1, channel=-1))])[0]
    assert np.abs(np.diff(x[23900:])).max() < 1.1 * np.abs(np.diff(x[12000:23900])).max()
    assert np.abs(x[43000 + 300 :]).max() == 0.0


def test_24_voices_sound_and_all_end_in_silence():
    rig = Rig("fm")
    events = [on(10 * i, 40 + i) for i in range(24)] + [off(12000 + i, 40 + i) for i in range(24)]
    x = rig.run(seconds=3.0, events=events)
    state = rig.instance.state[: rig.device.state.itemsize].view(rig.device.state)[0]
    assert np.abs(x[:, :12000]).max() > 0.2 and state["count"] == 0 and np.abs(x[:, -9600:]).max() == 0.0


def test_mpe_bends_one_note_only():
    events = [on(0, 60, channel=1), on(0, 67, channel=2), (2400, BEND, dict(channel=2, value=2.0))]
    x = Rig("fm", values=patch([99])).run(seconds=1.0, events=events)[0][9600:]
    for key in (60, 69):
        assert abs(1200 * np.log2(pitch(x, hz(key)) / hz(key))) < 2


def test_default_note_peaks_at_a_proper_level():
    for key in (40, 60, 80):
        x = Rig("fm").run(seconds=1.0, events=[on(0, key, 100 / 127)])
        assert -16.5 < 20 * np.log10(np.abs(x).max()) < -11.0


EVENTS = st.tuples(
    st.integers(0, 9000),
    st.sampled_from([NOTE_ON, NOTE_ON, NOTE_OFF, NOTE_CHOKE, PRESSURE, BEND, CHANNEL_PRESSURE, CC, TIMBRE, RESET]),
    st.fixed_dictionaries(
        dict(key=st.integers(0, 127), channel=st.integers(0, 15), value=st.floats(0, 1), number=st.integers(0, 127))
    ),
)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data(), events=st.lists(EVENTS, max_size=60), rate=st.sampled_from([44100.0, 192000.0]))
def test_no_setting_breaks_it(data, events, rate):
    rig = Rig("fm", sample_rate=rate)
    for param in rig.params:
        fraction = data.draw(st.floats(0, 1))
        rig.set(param.id, param.clamp(param.minimum + fraction * (param.maximum - param.minimum)))
    x = rig.run(seconds=10000 / rate, events=events)
    assert np.isfinite(x).all() and np.abs(x).max() < 80.0
