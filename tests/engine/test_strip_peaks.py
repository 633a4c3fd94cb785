"""The peak of every strip, as a meter beside its fader shows it: in dB of what the strip adds to the mix."""

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.engine.rack import Bus, Rack, Slot, Track

RATE = 48000


@pytest.fixture
def played():
    """Two tracks that hear an input each, at half level and under a fader at -12 dB, and a bus that one sends to."""
    engine = Engine(RATE, inputs=2)
    tracks = [
        Track("loud", [Slot("eq")], audio_input=(1,), sends={"room": -6.0}),
        Track("soft", [Slot("eq")], audio_input=(2,), gain_db=-12.0),
    ]
    engine.swap(engine.compile(Rack(tracks, [Bus("room", [Slot("eq")])])), 0.0)
    tone = 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(RATE) / RATE)
    engine.process(np.stack([tone, tone]).astype(np.float32))
    return engine


def _db(engine, name):
    return 20 * np.log10(max(1e-9, engine.plan.strips[name].peak))


def test_the_peaks_are_those_of_what_each_strip_adds(played):
    assert _db(played, "loud") == pytest.approx(-6.0, abs=0.3)
    assert _db(played, "soft") == pytest.approx(-18.0, abs=0.3)
    assert _db(played, "room") == pytest.approx(-12.0, abs=0.4)


def test_a_peak_falls_by_29_decibels_a_second_and_a_mute_is_seen(played):
    before = _db(played, "loud")
    played.process(np.zeros((2, RATE // 2), np.float32))
    assert before - _db(played, "loud") == pytest.approx(14.5, abs=0.5)
    played.plan.strips["soft"].set("mute", 1.0)
    tone = np.full((2, RATE * 5), 0.5, np.float32)
    played.process(tone)
    assert _db(played, "soft") < -90.0


def test_any_block_size_finds_the_one_sample_that_peaks(played):
    played.process(np.zeros((2, 10 * RATE), np.float32))
    click = np.zeros((2, 63 * 4), np.float32)
    click[0, 62 + 63] = 0.8
    played.process(click, block=63)
    assert played.plan.strips["loud"].peak == pytest.approx(0.8, rel=0.05)
