"""Poly as a musician hears it: pitch, aliasing, filter tracking, envelope times, voices, MPE."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE, RESET, TIMBRE
from realtime.engine.solo import Rig

FLAT = dict(
    cutoff_hz=20000.0, resonance=0.0, cutoff_env_oct=0.0, cutoff_velocity_oct=0.0, key_track=0.0, osc2_level=0.0,
    osc1_level=1.0, amp_attack_s=0.001, amp_sustain=1.0, pan_spread=0.0,
)  # fmt: skip
"""One oscillator, open filter, square envelope."""


def on(at, key, value=0.8, channel=0, **more):
    return (at, NOTE_ON, dict(key=key, value=value, channel=channel, **more))


def off(at, key, channel=0, **more):
    return (at, NOTE_OFF, dict(key=key, channel=channel, **more))


def hz(key):
    return 440.0 * 2.0 ** ((key - 69) / 12)


def frequency(x, rate, near):
    """Frequency of the strongest partial within a tone of `near`, by a parabola through the log spectrum."""
    x = x * np.kaiser(len(x), 12)
    size = 1 << int(np.ceil(np.log2(len(x) * 4)))
    spectrum = np.abs(np.fft.rfft(x, size)) + 1e-12
    low, high = (int(near * factor * size / rate) for factor in (0.87, 1.15))
    k = low + int(np.argmax(spectrum[low : high + 1]))
    a, b, c = np.log(spectrum[k - 1 : k + 2])
    return (k + 0.5 * (a - c) / (a - 2 * b + c)) * rate / size


def cents(measured, wanted):
    return 1200 * np.log2(measured / wanted)


def aliasing_db(x, rate, fundamental, partial=1):
    """Strongest spectral line that is no harmonic, against the fundamental (or another partial)."""
    x = x * np.kaiser(len(x), 22)
    spectrum = np.abs(np.fft.rfft(x))
    at = np.arange(len(spectrum)) * rate / len(x)
    width = 16 * rate / len(x)
    order = np.maximum(1, np.round(at / fundamental))
    stray = (np.abs(at - order * fundamental) > width) & (at > width)
    return 20 * np.log10(spectrum[stray].max() / spectrum[np.abs(at - partial * fundamental) < width].max())


@pytest.mark.parametrize("key", range(24, 109, 7))
def test_pitch_is_within_a_cent_over_the_keyboard(key):
    x = Rig("poly", values=FLAT).run(seconds=1.0, events=[on(0, key)])[0]
    assert abs(cents(frequency(x[4800:], 48000, hz(key)), hz(key))) < 1.0


@pytest.mark.parametrize("shape", [1, 2, 3])
@pytest.mark.parametrize("key", [36, 48, 60, 72, 84, 91, 96])
def test_aliasing_stays_80_db_under_the_fundamental(shape, key):
    rig = Rig("poly", values=FLAT | dict(osc1_shape=shape, osc1_width=0.4, filter_mode="lp12"))
    x = rig.run(seconds=1.6, events=[on(0, key)])[0][9600:]
    assert aliasing_db(x[:65536], 48000, hz(key)) < -80.0


def test_hard_sync_does_not_alias():
    values = FLAT | dict(
        osc1_level=0.0, osc2_level=1.0, osc2_sync=1, osc2_tune_semitones=7, osc2_octave=1, osc2_fine_cents=0
    )
    x = Rig("poly", values=values).run(seconds=1.6, events=[on(0, 72)])[0][9600:]
    assert aliasing_db(x[:65536], 48000, hz(72), partial=3) < -75.0


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 192000])
def test_every_sample_rate_plays_the_same_note(rate):
    x = Rig("poly", sample_rate=rate, values=FLAT).run(seconds=0.6, events=[on(0, 81)])[0]
    assert abs(cents(frequency(x[rate // 10 :], rate, 880.0), 880.0)) < 1.0
    assert 0.05 < np.abs(x).max() < 0.5


@pytest.mark.parametrize("cutoff", [50, 100, 200, 440, 1000, 2500, 5000, 10000])
def test_self_oscillation_sounds_at_the_cutoff(cutoff):
    values = FLAT | dict(cutoff_hz=cutoff, resonance=1.0, osc1_level=0.0, noise_level=0.02)
    x = Rig("poly", values=values).run(seconds=4.0, events=[on(0, 60)])[0][96000:]
    assert np.abs(x).max() > 0.01
    assert abs(cents(frequency(x, 48000, cutoff), cutoff)) < 3.0


def test_filter_follows_the_keyboard():
    values = FLAT | dict(cutoff_hz=hz(60), resonance=1.0, osc1_level=0.0, noise_level=0.02, key_track=1.0)
    for key in (48, 60, 76):
        x = Rig("poly", values=values).run(seconds=2.0, events=[on(0, key)])[0][24000:]
        assert abs(cents(frequency(x, 48000, hz(key)), hz(key))) < 3.0


def envelope_of(values, seconds, events, rate=48000):
    """Peaks of a sine three octaves up, every half millisecond: the level over time."""
    carrier = dict(osc1_shape=0.0, osc1_octave=3)
    x = Rig("poly", sample_rate=rate, values=FLAT | carrier | values).run(seconds=seconds, events=events)[0]
    window = 24 * rate // 48000
    peaks = np.abs(x[: len(x) // window * window]).reshape(-1, window).max(axis=1)
    return peaks, window


@pytest.mark.parametrize("attack", [0.01, 0.1, 0.5])
def test_attack_reaches_the_top_in_time(attack):
    level, step = envelope_of(dict(amp_attack_s=attack, amp_decay_s=0.2, amp_sustain=0.2), attack + 0.2, [on(0, 72)])
    top = int(np.argmax(level)) * step
    assert abs(top - attack * 48000) <= 64


@pytest.mark.parametrize("decay", [0.1, 0.8])
def test_decay_comes_within_60_db_of_sustain_in_time(decay):
    values = dict(amp_attack_s=0.001, amp_decay_s=decay, amp_sustain=0.0)
    level, step = envelope_of(values, decay * 1.1 + 0.1, [on(0, 72)])
    top = int(level.argmax())
    below = top + int(np.argmax(level[top:] < level[top] * 1e-3))
    assert abs(below * step - (0.001 + decay) * 48000) <= 64 + step


@pytest.mark.parametrize("release", [0.05, 0.4])
def test_release_falls_60_db_in_time(release):
    values = dict(amp_attack_s=0.001, amp_release_s=release)
    level, step = envelope_of(values, release + 0.4, [on(0, 72), off(9600, 72)])
    first = 9600 // step
    below = first + int(np.argmax(level[first:] < level[first - 2] * 1e-3))
    assert abs(below * step - 9600 - release * 48000) <= 64 + step


@pytest.mark.parametrize("at", [0, 1, 37, 63, 64, 101])
def test_a_note_starts_on_its_very_sample(at):
    x = Rig("poly", values=FLAT).run(seconds=0.05, events=[on(at, 60)])[0]
    assert np.abs(x[:at]).max(initial=0.0) == 0.0
    assert np.nonzero(x)[0][0] - at <= 1


@pytest.mark.parametrize("frames", [32, 16, 37, 1])
def test_the_block_size_does_not_change_the_sound(frames):
    """What glides by the quantum keeps within -60 dB of the peak; a filter that its envelope moves, within -46 dB."""
    events = [on(100, 60), on(1000, 67), off(9000, 60)]
    for values, share in ((FLAT | dict(osc1_shape=0.0), 1e-3), (FLAT, 1e-3), ({}, 5e-3)):
        x = Rig("poly", values=values, block=64).run(seconds=0.3, events=events)
        y = Rig("poly", values=values, block=frames).run(seconds=0.3, events=events)
        assert np.abs(x - y).max() < share * np.abs(x).max()


def test_glide_takes_its_time_in_a_straight_line():
    values = FLAT | dict(mode="legato", glide_s=0.4, osc1_shape=0.0)
    x = Rig("poly", values=values).run(seconds=1.2, events=[on(0, 60), on(9600, 72)])[0]
    halfway = frequency(x[9600 + 9600 - 1200 : 9600 + 9600 + 1200], 48000, hz(66))
    assert abs(cents(halfway, hz(66))) < 12
    assert abs(cents(frequency(x[9600 + 19300 :], 48000, hz(72)), hz(72))) < 2


def test_legato_returns_to_the_key_still_held():
    values = FLAT | dict(mode="legato")
    x = Rig("poly", values=values).run(seconds=1.5, events=[on(0, 60), on(14400, 67), off(28800, 67)])[0]
    for start, key in ((2400, 60), (16800, 67), (33600, 60)):
        assert abs(cents(frequency(x[start : start + 9600], 48000, hz(key)), hz(key))) < 3


def test_stealing_does_not_click():
    values = FLAT | dict(voices=4, osc1_shape=0.0, amp_release_s=0.5, amp_attack_s=0.02)
    held = [on(200 * i, 70 + i) for i in range(4)]
    steals = [on(24000 + 2400 * i, 50 + i) for i in range(6)]
    x = Rig("poly", values=values).run(seconds=1.0, events=held + steals)[0]
    steady = np.abs(np.diff(x[12000:23900])).max()
    assert np.abs(np.diff(x[23900:])).max() < 1.1 * steady  # the new notes are lower


def test_choke_and_reset_are_quick_and_smooth():
    for kind, fields in ((NOTE_CHOKE, dict(key=-1, channel=-1)), (RESET, dict())):
        events = [on(0, 45), on(0, 52), (24001, kind, fields)]
        x = Rig("poly", values=FLAT | dict(osc1_shape=0.0)).run(seconds=0.7, events=events)[0]
        assert np.abs(np.diff(x[23990:])).max() < 1.5 * np.abs(np.diff(x[12000:23990])).max()
        assert np.abs(x[24001 + 300 :]).max() == 0.0


def test_32_voices_sound_and_all_end_in_silence():
    rig = Rig("poly", values=dict(amp_release_s=0.2))
    notes = [on(10 * i, 36 + i) for i in range(32)] + [off(24000 + i, 36 + i) for i in range(32)]
    x = rig.run(seconds=1.5, events=notes)
    state = rig.instance.state[: rig.device.state.itemsize].view(rig.device.state)[0]
    assert np.abs(x[:, 20000:24000]).max() > 0.1
    assert state["count"] == 0 and np.abs(x[:, -4800:]).max() == 0.0


def test_mpe_bends_one_note_only():
    values = FLAT | dict(osc1_shape=0.0)
    events = [on(0, 60, channel=1), on(0, 67, channel=2), (4800, BEND, dict(channel=2, value=2.0))]
    x = Rig("poly", values=values).run(seconds=1.2, events=events)[0][9600:]
    assert abs(cents(frequency(x, 48000, hz(60)), hz(60))) < 2
    assert abs(cents(frequency(x, 48000, hz(69)), hz(69))) < 2
    master = [*events, (4801, BEND, dict(channel=-1, value=-12.0))]
    y = Rig("poly", values=values).run(seconds=1.2, events=master)[0][9600:]
    assert abs(cents(frequency(y, 48000, hz(57)), hz(57))) < 2


def test_velocity_pressure_and_timbre_change_the_sound():
    def loudness(value, *more):
        return np.abs(Rig("poly").run(seconds=0.5, events=[on(0, 60, value), *more])).max()

    assert loudness(0.2) < 0.7 * loudness(0.8) < loudness(1.0)

    def brightness(*more):
        x = Rig("poly").run(seconds=0.5, events=[on(0, 48), *more])[0]
        spectrum = np.abs(np.fft.rfft(x)) ** 2
        return (spectrum * np.arange(len(spectrum))).sum() / spectrum.sum()

    plain = brightness()
    assert brightness((100, TIMBRE, dict(channel=0, value=1.0))) > 1.2 * plain
    assert brightness((100, CHANNEL_PRESSURE, dict(channel=0, value=1.0))) > 1.1 * plain
    assert brightness((100, PRESSURE, dict(channel=0, key=48, value=1.0))) > 1.1 * plain


def test_wheel_brings_vibrato():
    x = Rig("poly", values=FLAT | dict(osc1_shape=0.0, lfo1_fade_s=0.0)).run(
        seconds=1.0, events=[on(0, 69), (0, CC, dict(number=1, value=1.0))]
    )[0]
    found = [frequency(x[i : i + 2400], 48000, 440.0) for i in range(4800, 45000, 600)]
    assert 20 < cents(max(found), 440.0) < 40 and -40 < cents(min(found), 440.0) < -20


def test_default_note_peaks_at_a_proper_level():
    x = Rig("poly").run(seconds=1.0, events=[on(0, 60, 100 / 127)])
    assert -16.0 < 20 * np.log10(np.abs(x).max()) < -11.0


def test_unison_is_wide_and_centred():
    x = Rig("poly", values=dict(unison=7)).run(seconds=2.0, events=[on(0, 48)])
    left, right = (np.sqrt(np.mean(channel[9600:] ** 2)) for channel in x)
    assert abs(20 * np.log10(left / right)) < 2.0
    assert np.corrcoef(x[:, 9600:])[0, 1] < 0.95


def test_renders_are_repeatable():
    events = [on(0, 60), on(500, 64), off(9000, 60)]
    values = dict(unison=5, noise_level=0.3, lfo1_shape="random", lfo1_cutoff_oct=1.0)
    x, y = (Rig("poly", values=values).run(seconds=0.4, events=events) for _ in range(2))
    assert np.array_equal(x, y)


EVENTS = st.tuples(
    st.integers(0, 9000),
    st.sampled_from([NOTE_ON, NOTE_ON, NOTE_OFF, NOTE_CHOKE, PRESSURE, BEND, CHANNEL_PRESSURE, CC, TIMBRE, RESET]),
    st.fixed_dictionaries(
        dict(key=st.integers(0, 127), channel=st.integers(0, 15), value=st.floats(0, 1), number=st.integers(0, 127))
    ),
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data(), events=st.lists(EVENTS, max_size=80), rate=st.sampled_from([44100.0, 48000.0, 192000.0]))
def test_no_setting_breaks_it(data, events, rate):
    rig = Rig("poly", sample_rate=rate)
    for param in rig.params:
        fraction = data.draw(st.floats(0, 1))
        rig.set(param.id, param.clamp(param.minimum + fraction * (param.maximum - param.minimum)))
    x = rig.run(seconds=10000 / rate, events=events)
    assert np.isfinite(x).all() and np.abs(x).max() < 16.0  # +24 dBFS: 32 voices at +12 dB; the engine mutes at +36
