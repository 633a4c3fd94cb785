"""The clock sent out: every tick once, on its sample, whatever the block size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.contract.events import EVENT
from realtime.midi.clock_out import GENERATOR, generate
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP

SR = 48000.0


class Sender:
    def __init__(self):
        self.state, self.out = np.zeros(1, GENERATOR), np.zeros(512, EVENT)
        self.sample, self.sent = 0, []

    def block(self, playing, beat, tempo_bpm, frames):
        pace = tempo_bpm / 60.0 / SR
        n = generate(
            self.state.ctypes.data, playing, beat, pace, frames, self.sample, self.out.ctypes.data, len(self.out)
        )
        offsets = [int(e["offset"]) for e in self.out[:n]]
        assert offsets == sorted(offsets) and all(0 <= o < frames for o in offsets)
        self.sent += [(self.sample + int(e["offset"]), int(e["kind"]), float(e["value"])) for e in self.out[:n]]
        self.sample += frames
        return beat + frames * pace

    def times(self, kind):
        return [time for time, k, _ in self.sent if k == kind]


def test_ticks_fall_every_thousand_samples_at_120():
    sender, beat = Sender(), 0.0
    for _ in range(3000):
        beat = sender.block(1, beat, 120, 64)
    assert sender.sent[0][:2] == (0, START) and sender.sent[1][:2] == (0, CLOCK)
    assert sender.times(CLOCK) == list(range(0, 3000 * 64, 1000))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(1, 2048), st.floats(20, 400)), min_size=1, max_size=60),
    st.integers(0, 400),
)
def test_no_tick_is_lost_or_doubled_across_blocks_and_tempi(blocks, sixteenth):
    sender, start = Sender(), sixteenth / 4
    beat, exact = start, []
    tick = sixteenth * 6
    former = begin = (start, 0, 1.0)  # beat, sample and pace of a block's first frame
    for frames, tempo in blocks:
        pace = tempo / 60 / SR
        former, begin = begin, (beat, sender.sample, pace)
        beat = sender.block(1, beat, tempo, frames)
        while tick / 24 < beat - 1e-4 * pace - pace:
            at, sample, its_pace = (
                begin if tick / 24 >= beat - frames * pace else former
            )  # it may lie in the last frame before
            exact.append(max(0.0, sample + (tick / 24 - at) / its_pace))
            tick += 1
    times = sender.times(CLOCK)
    assert 0 <= len(times) - len(exact) <= 1  # the last may lie within a sample of the end
    late = np.array(times[: len(exact)]) - np.array(exact)
    assert (late > -0.01).all() and (late < 1.0).all()


def test_stop_and_continue_tell_the_position():
    sender = Sender()
    beat = sender.block(1, 0.0, 120, 64)
    sender.block(0, beat, 120, 64)
    assert sender.times(STOP) == [64]
    sender.sent.clear()
    sender.block(1, 8.0, 120, 64)
    assert [(k, v) for _, k, v in sender.sent] == [(SONG_POSITION, 8.0), (CONTINUE, 0.0), (CLOCK, 0.0)]


def test_between_sixteenths_continue_waits_for_the_next():
    sender, beat = Sender(), 8.1
    for _ in range(200):
        beat = sender.block(1, beat, 120, 64)
    assert [(t, k) for t, k, _ in sender.sent[:2]] == [(0, SONG_POSITION), (int(0.15 * 24000), CONTINUE)]
    assert sender.sent[0][2] == 8.25 and sender.times(CLOCK)[0] == 3600


def test_a_loop_is_told_as_stop_position_continue():
    sender = Sender()
    beat = sender.block(1, 0.0, 120, 64)
    beat = sender.block(1, beat, 120, 64)
    sender.sent.clear()
    sender.block(1, 4.0, 120, 64)
    assert [k for _, k, _ in sender.sent] == [STOP, SONG_POSITION, CONTINUE, CLOCK]


@pytest.mark.parametrize("frames", [16, 64, 1024])
def test_a_standing_transport_goes_on_ticking_evenly(frames):
    sender, beat = Sender(), 0.0
    while sender.sample < SR:
        beat = sender.block(1, beat, 120, frames)
    while sender.sample < 2 * SR:
        sender.block(0, beat, 120, frames)
    assert set(np.diff(sender.times(CLOCK))) == {1000}


def test_the_sender_is_followed_by_the_follower():
    from realtime.midi.clock import follow, new_follower, position

    sender, beat, follower = Sender(), 12.0, new_follower(SR)
    for _ in range(3000):
        beat = sender.block(1, beat, 133, 64)
    for time, kind, value in sender.sent:
        follow(follower.ctypes.data, kind, float(time), value)
    assert follower["tempo_bpm"][0] == pytest.approx(133, rel=1e-4)
    assert position(follower.ctypes.data, float(sender.sample)) == pytest.approx(beat, abs=0.001)
