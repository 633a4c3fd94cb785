"""The level of every device's main output, as its cell in the rack shows it."""

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.engine.rack import Rack, Slot, Track

RATE = 48000
TONE = (0.5 * np.sin(2 * np.pi * 440.0 * np.arange(RATE) / RATE)).astype(np.float32)


@pytest.fixture
def engine():
    """A tone at half level, an equaliser that leaves it alone, and a fader device 12 dB down."""
    made = Engine(RATE, inputs=1)
    slots = [Slot("eq"), Slot("eq", {"output_db": -12.0})]
    made.swap(made.compile(Rack([Track("t", slots, audio_input=(1,))])), 0.0)
    made.process(TONE[None])
    return made


def levels_db(engine):
    return [20 * np.log10(max(1e-9, node.peak)) for node in engine.plan.ordered()]


def test_each_device_shows_what_comes_out_of_it(engine):
    assert levels_db(engine) == [pytest.approx(-6.0, abs=0.3), pytest.approx(-18.0, abs=0.3)]


def test_a_peak_falls_as_a_strip_s_does(engine):
    before = levels_db(engine)[0]
    engine.process(np.zeros((1, RATE // 2), np.float32))
    assert before - levels_db(engine)[0] == pytest.approx(14.5, abs=0.5)


def test_a_bypassed_device_shows_what_passes_by_it(engine):
    engine.plan.ordered()[1].bypass(True)
    for _ in range(3):
        engine.process(TONE[None])
    assert levels_db(engine)[1] == pytest.approx(-6.0, abs=0.3)


def test_one_sample_is_seen_whatever_the_block(engine):
    engine.process(np.zeros((1, 10 * RATE), np.float32))
    click = np.zeros((1, 63 * 4), np.float32)
    click[0, 62 + 63] = 0.8
    engine.process(click, block=63)
    assert engine.plan.ordered()[0].peak == pytest.approx(0.8, rel=0.05)
