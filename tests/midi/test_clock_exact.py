"""A clock that comes to the sample: what is played on its beats lies on its ticks, through ramps and leaps of the tempo."""

import numpy as np
import pytest

from realtime.midi.clock import follow, new_follower, position, steer
from realtime.midi.clock_filter import EXACT_SAMPLES
from realtime.midi.keeper import CLOCK, START
from realtime.native.jit import audio

SR, QUANTUM = 48000.0, 64
READY = 24 * 8


@audio
def _play(follower, times, heard, ends):
    """The engine's counter in quanta: the sample at which each beat is played, and the counter at the quanta's ends."""
    beat, tick, due = 0.0, 0, 0
    for number in range(len(ends)):
        now = number * QUANTUM
        while tick < len(times) and times[tick] < now + QUANTUM:
            if tick == READY:
                follow(follower, START, times[tick], 0.0)
            follow(follower, CLOCK, times[tick], 0.0)
            tick += 1
        pace = steer(follower, beat, float(now), QUANTUM)
        if pace < 0.0:
            beat = position(follower, float(now))
            pace = steer(follower, beat, float(now), QUANTUM)
        while due < len(heard) and pace > 0.0 and due < beat + (QUANTUM - 0.5) * pace:
            heard[due] = now + min(QUANTUM - 1, max(0, int((due - beat) / pace + 0.5)))
            due += 1
        beat += QUANTUM * pace
        ends[number] = beat


def played(tempi, spread_ms=0.0, seed=1):
    """(samples by which each beat is off its tick, or off the mean of where ticks come; the counter; the follower) for a
    clock that goes on at tempi[0] for eight beats before it starts."""
    tempi = np.r_[np.full(READY, tempi[0]), tempi]
    ideal = SR * (1.0 + np.r_[0.0, np.cumsum(60.0 / (24 * tempi))])
    late = np.random.default_rng(seed).uniform(0.0, spread_ms * SR / 1000, len(ideal))
    times = np.round(ideal + late)
    follower = new_follower(SR)
    heard = np.zeros((len(tempi) - READY) // 24)
    ends = np.zeros(int(ideal[-1]) // QUANTUM)
    _play(follower.ctypes.data, times, heard, ends)
    beats = np.arange(len(heard)) * 24 + READY
    truth = ideal[beats] + spread_ms * SR / 2000 if spread_ms else times[beats]
    return (heard - truth)[1:-1], ends, follower


@pytest.mark.parametrize("bpm", [20.0, 60.0, 119.7, 174.3, 200.0, 400.0])
def test_a_steady_clock_is_played_to_the_sample(bpm):
    off, _, follower = played(np.full(24 * 24, bpm))
    assert np.abs(off).max() <= 1
    assert follower["noise"][0] < EXACT_SAMPLES**2


@pytest.mark.parametrize("first,last", [(60, 200), (200, 60), (90, 110)])
def test_a_ramp_of_sixteen_bars_is_played_to_the_sample(first, last):
    off, ends, _ = played(np.linspace(first, last, 24 * 64))
    assert np.abs(off).max() <= 1
    assert np.diff(ends[ends > 0]).min() > 0  # and the counter never goes back


@pytest.mark.parametrize("first,last,beats", [(120, 70, 8), (80, 150, 5), (60, 90, 10)])
def test_a_ramp_that_sets_in_and_ends_is_played_to_the_sample(first, last, beats):
    ramp = np.linspace(first, last, 24 * beats)
    off, _, _ = played(np.r_[np.full(24 * 8, first), ramp, np.full(24 * 8, last)])
    assert np.abs(off).max() <= 1


@pytest.mark.parametrize("first,second", [(120, 140), (60, 120), (174, 172)])
def test_a_leap_of_the_tempo_moves_no_beat(first, second):
    off, _, _ = played(np.r_[np.full(24 * 16, float(first)), np.full(24 * 16, float(second))])
    assert np.abs(off).max() <= 1


@pytest.mark.parametrize("seed", range(3))
def test_a_jittery_clock_is_averaged_not_chased(seed):
    off, ends, follower = played(np.full(24 * 64, 120.0), spread_ms=1.0, seed=seed)
    assert follower["noise"][0] > EXACT_SAMPLES**2
    assert off[8:].std() < 0.2 * SR / 1000 / np.sqrt(12)  # a fifth of the ticks' own
    pace = np.diff(ends[len(ends) // 2 : -1]) / QUANTUM * SR * 60
    assert np.abs(pace / 120 - 1).max() < 0.005


def test_a_jittery_ramp_is_followed_without_a_lag():
    off = np.concatenate([played(np.linspace(60, 200, 24 * 64), 1.0, seed)[0][8:] for seed in range(4)])
    assert abs(off.mean()) < 0.4 * SR / 1000 and np.abs(off).max() < 1.5 * SR / 1000
