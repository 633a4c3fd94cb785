"""Drums as a musician hears them: the map, pitches, velocities, chokes, levels."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.contract.events import BEND, NOTE_CHOKE, NOTE_OFF, NOTE_ON, RESET
from realtime.dsp.drum_kit import COLUMNS, FIRST_KEY, GROUPS, KIT, LAST_KEY
from realtime.engine.solo import Rig


def on(at, key, value=0.787, channel=9):
    return (at, NOTE_ON, dict(key=key, value=value, channel=channel))


def hit(key, seconds=1.0, velocity=0.787, **values):
    return Rig("drums", values=dict(vary=0.0) | values).run(seconds=seconds, events=[on(0, key, velocity)])


def centroid(x, rate=48000):
    bins = np.abs(np.fft.rfft(x[0])) ** 2
    return (bins * np.arange(len(bins))).sum() / bins.sum() * rate / 2 / len(bins)


def count(rig):
    return rig.instance.state[: rig.device.state.itemsize].view(rig.device.state)[0]["count"]


@pytest.mark.parametrize("key", range(FIRST_KEY, LAST_KEY + 1))
def test_every_drum_of_the_map_sounds_at_a_proper_level_and_ends(key):
    rig = Rig("drums")
    x = rig.run(seconds=6.0, events=[on(0, key, 100 / 127)])
    assert -25.0 < rig.peak_db(x) < -9.0
    assert count(rig) == 0 and np.abs(x[:, -2400:]).max() == 0.0


def test_keys_outside_the_map_are_silent():
    for key in (0, 34, 82, 127):
        assert np.abs(hit(key, 0.1)).max() == 0.0


def test_the_table_is_complete():
    assert KIT.shape == (47, len(COLUMNS)) and set(KIT[:, 0]) == set(range(len(GROUPS)))


def test_drums_lie_where_ears_expect_them():
    kick, snare, hat = (centroid(hit(key)) for key in (36, 38, 42))
    assert kick < 200 < snare < hat
    toms = [centroid(hit(key)[:, 4800:]) for key in (41, 43, 45, 47, 48, 50)]
    assert toms == sorted(toms) and toms[-1] / toms[0] > 2.0


def test_an_open_hat_rings_until_the_closed_one_chokes_it():
    def tail(x, at):
        return np.abs(x[:, at : at + 2400]).max()

    alone = Rig("drums").run(seconds=0.6, events=[on(0, 46)])
    for closing in (42, 44):
        x = Rig("drums").run(seconds=0.6, events=[on(0, 46), on(7200, closing)])
        only = Rig("drums").run(seconds=0.6, events=[on(7200, closing)])
        assert tail(x, 16800) < 0.2 * tail(alone, 16800) + 2 * tail(only, 16800)


def test_harder_is_louder_and_brighter():
    for key in (38, 42, 45):
        soft, hard = hit(key, velocity=0.3), hit(key, velocity=1.0)
        assert np.abs(hard).max() > 2.0 * np.abs(soft).max()
    assert centroid(hit(38, velocity=1.0)) > centroid(hit(38, velocity=0.3))


def test_the_kick_falls_to_its_note():
    x = hit(36, decay=2.0)[0][12000:36000]
    bins = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 18))
    assert bins.argmax() * 48000 / (1 << 18) == pytest.approx(49.0, abs=0.5)
    x = hit(36, decay=2.0, tune_semitones=12.0)[0][12000:36000]
    bins = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 18))
    assert bins.argmax() * 48000 / (1 << 18) == pytest.approx(98.0, abs=0.5)


def test_decay_scales_the_time():
    def length(x):
        level = np.abs(x[0])
        return np.nonzero(level > level.max() * 0.01)[0][-1]

    assert length(hit(49, 6.0, decay=2.0)) > 1.7 * length(hit(49, 6.0))


def test_pan_width_places_the_kit():
    def balance(key, width):
        left, right = np.sqrt((hit(key, pan_width=width) ** 2).mean(axis=1))
        return 20 * np.log10(right / left)

    assert abs(balance(36, 1.0)) < 0.1 and abs(balance(42, 0.0)) < 0.1
    assert balance(42, 1.0) > 2.0 and balance(41, 1.0) < -3.0


def test_group_levels():
    assert np.abs(hit(38, snare_db=-60.0)).max() < 0.002 < np.abs(hit(36, snare_db=-60.0)).max()


@pytest.mark.parametrize("at", [0, 1, 50, 64, 127])
def test_a_hit_starts_on_its_very_sample(at):
    x = Rig("drums").run(seconds=0.05, events=[on(at, 38)])
    assert np.abs(x[:, :at]).max(initial=0.0) == 0.0 and np.nonzero(x[0])[0][0] - at <= 1


def test_choke_is_quick_and_smooth():
    x = Rig("drums").run(seconds=0.5, events=[on(0, 41), (6000, NOTE_CHOKE, dict(key=-1, channel=-1))])[0]
    assert np.abs(x[6300:]).max() == 0.0
    assert np.abs(np.diff(x[5990:])).max() < 1.6 * np.abs(np.diff(x[3000:5990])).max()


def test_renders_are_repeatable_and_hits_vary():
    events = [on(0, 38), on(12000, 38)]
    x, y = (Rig("drums", values=dict(vary=1.0)).run(seconds=0.5, events=events) for _ in range(2))
    assert np.array_equal(x, y)
    assert not np.allclose(x[:, :6000], x[:, 12000:18000], atol=1e-3)


@pytest.mark.parametrize("rate", [44100, 96000, 192000])
def test_every_sample_rate_sounds_alike(rate):
    x = Rig("drums", sample_rate=rate, values=dict(vary=0.0)).run(seconds=1.0, events=[on(0, 45)])
    assert 20 * np.log10(np.abs(x).max() / np.abs(hit(45)).max()) == pytest.approx(0.0, abs=1.0)


EVENTS = st.tuples(
    st.integers(0, 9000),
    st.sampled_from([NOTE_ON, NOTE_ON, NOTE_ON, NOTE_OFF, NOTE_CHOKE, BEND, RESET]),
    st.fixed_dictionaries(dict(key=st.integers(0, 127), channel=st.integers(0, 15), value=st.floats(0, 1))),
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data(), events=st.lists(EVENTS, max_size=80), rate=st.sampled_from([44100.0, 48000.0, 192000.0]))
def test_no_setting_breaks_it(data, events, rate):
    rig = Rig("drums", sample_rate=rate)
    for param in rig.params:
        fraction = data.draw(st.floats(0, 1))
        rig.set(param.id, param.clamp(param.minimum + fraction * (param.maximum - param.minimum)))
    x = rig.run(seconds=10000 / rate, events=events)
    assert np.isfinite(x).all() and np.abs(x).max() < 80.0
