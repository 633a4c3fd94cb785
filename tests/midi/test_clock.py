"""Following a MIDI clock: tempo in per cent, position in milliseconds, under the jitter of real cables."""

import numpy as np
import pytest

from realtime.midi.clock import expire, follow, follower_at, new_follower, position, steer
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from realtime.native.jit import audio

SR = 48000.0


@audio
def _run(follower, times, count, tempos, positions):
    """Ticks at float64 `times`; writes tempo and position (beats, at each tick's time) after each tick."""
    for i in range(count):
        follow(follower, CLOCK, times[i], 0.0)
        tempos[i] = follower_at(follower).tempo_bpm
        positions[i] = position(follower, times[i])


class Follower:
    def __init__(self):
        self.record = new_follower(SR)
        self.address = self.record.ctypes.data

    def __getattr__(self, name):
        return self.record[name][0]

    def send(self, kind, time=0.0, beat=0.0):
        follow(self.address, kind, float(time), float(beat))

    def ticks(self, times):
        times = np.ascontiguousarray(times, np.float64)
        tempos, positions = np.zeros_like(times), np.zeros_like(times)
        _run(self.address, times, len(times), tempos, positions)
        return tempos, positions


def tick_times(tempos_bpm, start=0.0):
    """Ideal tick times in samples, one tempo per tick interval."""
    return start + np.concatenate([[0.0], np.cumsum(SR * 60.0 / 24 / np.asarray(tempos_bpm, float))])


def usb(times, seed=1, spread_ms=1.0):
    """USB polls once a millisecond: each tick arrives up to that much late."""
    return times + np.random.default_rng(seed).uniform(0, spread_ms * SR / 1000, len(times))


@pytest.mark.parametrize("bpm", [40, 90, 120, 174, 300])
def test_a_jittery_clock_gives_a_steady_tempo(bpm):
    follower = Follower()
    follower.send(START)
    ideal = tick_times([bpm] * 24 * 16)
    tempos, positions = follower.ticks(usb(ideal))
    settled = slice(24 * 4, None)
    assert np.abs(tempos[settled] / bpm - 1).max() < 0.002  # a fifth of a per cent with 1 ms of jitter
    line = np.array([position(follower.address, ideal[-1] + n) for n in (0.0, 1000.0)])
    assert np.abs(line[0] - 16.0) * 60 / bpm < 0.002  # seconds
    assert follower.locked and follower.playing and follower.lost == 0
    assert positions[0] == 0.0


def test_the_position_does_not_shake_with_the_ticks():
    follower = Follower()
    follower.send(START)
    ideal = tick_times([120] * 24 * 16)
    arrivals = usb(ideal, seed=5)
    smooth = []
    for n, time in enumerate(arrivals):
        follower.send(CLOCK, time)
        smooth.append(position(follower.address, ideal[n]) * 0.5 - n / 48)  # seconds off
    settled = np.array(smooth[24 * 4 :])
    assert settled.std() < 0.06e-3 and np.std(arrivals - ideal) / SR > 0.27e-3
    assert abs(settled.mean()) < 0.6e-3  # the ticks' own mean delay


def test_tempo_change_settles_within_a_beat_without_overshoot():
    for seed in range(20):
        follower = Follower()
        tempos, _ = follower.ticks(usb(tick_times([120] * 96 + [140] * 96), seed=seed))
        after = tempos[97:]
        assert np.abs(after[24:] / 140 - 1).max() < 0.01  # one beat later: within a per cent
        assert after.max() < 140 * 1.03 and after[8:].max() < 140 * 1.02
        assert np.abs(after[48:] / 140 - 1).max() < 0.004


@pytest.mark.parametrize("first,second", [(120, 60), (60, 120), (100, 66), (90, 85), (174, 172), (120, 80), (40, 160)])
def test_any_tempo_change_is_found_and_the_bar_stays_in_place(first, second):
    follower = Follower()
    follower.send(START)
    tempos, positions = follower.ticks(usb(tick_times([first] * 96 + [second] * 144), spread_ms=0.5))
    assert tempos[-1] == pytest.approx(second, rel=0.003)
    assert follower.record["ticks"][0] == 240
    assert positions[-1] == pytest.approx(10.0, abs=0.02)


def test_a_ritardando_is_followed():
    follower = Follower()
    tempos = np.concatenate([np.full(96, 120.0), np.linspace(120, 70, 24 * 8), np.full(48, 70.0)])
    found, _ = follower.ticks(usb(tick_times(tempos)))
    assert np.abs(found[30:-1] / tempos[30:] - 1).max() < 0.03
    assert found[-1] == pytest.approx(70, rel=0.003)


def test_lost_ticks_do_not_move_the_bar():
    follower = Follower()
    follower.send(START)
    ideal = usb(tick_times([120] * 24 * 12), spread_ms=0.5)
    gone = np.array([60, 61, 100, 150, 200, 201, 202, 240])
    tempos, _ = follower.ticks(np.delete(ideal, gone))
    assert follower.record["ticks"][0] == 24 * 12 and follower.lost == len(gone)
    assert np.abs(tempos[48:] / 120 - 1).max() < 0.004


def test_one_late_tick_hardly_shows():
    follower = Follower()
    times = usb(tick_times([120] * 192), spread_ms=0.3)
    times[150] += 0.008 * SR  # 8 ms late, and its neighbour in time
    tempos, _ = follower.ticks(times)
    assert np.abs(tempos[149:] / 120 - 1).max() < 0.01


def test_start_counts_from_the_next_tick():
    follower = Follower()
    ideal = tick_times([120] * 48)
    follower.ticks(ideal[:24])
    assert follower.playing == 0 and position(follower.address, ideal[24]) == 0.0
    follower.send(START, ideal[23] + 10)
    assert position(follower.address, ideal[24] - 1) == 0.0
    follower.send(CLOCK, ideal[24])
    assert position(follower.address, ideal[24]) == pytest.approx(0.0, abs=1e-6)
    follower.send(CLOCK, ideal[25])
    assert position(follower.address, ideal[25] + 500) == pytest.approx(1.5 / 24, abs=1e-3)


def test_song_position_then_continue():
    follower = Follower()
    follower.send(SONG_POSITION, 0, 36.0)
    follower.send(CONTINUE)
    assert position(follower.address, 0.0) == 36.0
    _, positions = follower.ticks(tick_times([120] * 24))
    assert positions[0] == pytest.approx(36.0) and positions[-1] == pytest.approx(37.0, abs=1e-3)


def test_stop_holds_and_continue_goes_on_with_the_next_tick():
    follower = Follower()
    follower.send(START)
    ideal = tick_times([120] * 96)
    follower.ticks(ideal[:25])  # the tick of beat 1 is the last
    follower.send(STOP)
    held = position(follower.address, ideal[40])
    follower.ticks(ideal[25:49])
    assert position(follower.address, ideal[50]) == held == pytest.approx(25 / 24)
    follower.send(CONTINUE)
    _, positions = follower.ticks(ideal[49:50])
    assert positions[0] == pytest.approx(25 / 24)


def test_a_clock_that_falls_silent_is_noticed_and_found_again():
    follower = Follower()
    follower.send(START)
    ideal = tick_times([120] * 48)
    follower.ticks(ideal)
    assert expire(follower.address, ideal[-1] + 11 * 1000) == 1
    assert expire(follower.address, ideal[-1] + 13 * 1000) == 0
    assert steer(follower.address, 2.0, ideal[-1] + 13 * 1000, 64) == 0.0
    assert follower.tempo_bpm == pytest.approx(120)
    tempos, _ = follower.ticks(tick_times([90] * 24, start=ideal[-1] + 5 * SR))
    assert tempos[-1] == pytest.approx(90, rel=1e-3) and follower.ticking == 1


def test_the_engines_beat_glides_without_a_jump():
    """A counter led by steer(), in blocks of 64: it jumps once, at the start, then never runs backwards or unevenly."""
    follower = Follower()
    follower.send(START)
    ideal = tick_times([120] * 24 * 12)
    arrivals, n, beat, jumps, errors, paces = usb(ideal, seed=9), 0, 0.7, 0, [], []
    for block in range(int(ideal[-1] // 64)):
        now = block * 64.0
        while n < len(arrivals) and arrivals[n] < now:
            follower.send(CLOCK, arrivals[n])
            n += 1
        pace = steer(follower.address, beat, now, 64)
        if pace < 0:
            beat, jumps = position(follower.address, now), jumps + 1
            pace = steer(follower.address, beat, now, 64)
        beat += 64 * pace
        if now > 4 * SR / 2:
            errors.append(beat - (now + 64) / SR * 2)
            paces.append(pace * SR / 2)
    assert jumps == 1
    assert np.abs(errors).max() * 0.5 < 0.002 and np.std(errors) * 0.5 < 0.1e-3  # seconds
    assert np.abs(np.array(paces) - 1).max() < 0.01


def test_nonsense_times_leave_numbers():
    follower = Follower()
    random = np.random.default_rng(0)
    follower.send(START)
    tempos, positions = follower.ticks(np.cumsum(random.choice([0.0, 1.0, 50.0, 1e3, 1e5, 1e7], 500)))
    assert np.isfinite(tempos).all() and np.isfinite(positions).all()
    assert (tempos >= 20).all() and (tempos <= 400).all()
