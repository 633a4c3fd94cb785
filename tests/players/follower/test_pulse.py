"""The clock goes with the hands: tempo and beat are met within bars, gently, and a wrong note moves nothing."""

from random import Random

import pytest

from realtime.players.follower.pulse import MOST_CHANGE, Pulse

TICK_S = 0.01


class Clock:
    """A clock that is led; `errors`: how far from a beat each stroke on the beat fell."""

    def __init__(self, tempo_bpm: float):
        self.pulse, self.tempo_bpm, self.beat, self.seconds = Pulse(), tempo_bpm, 0.0, 0.0
        self.errors: list[float] = []
        self.tempi: list[float] = []

    def play(self, times: list[float]) -> None:
        todo = sorted(times)
        end = todo[-1] + 0.5
        while self.seconds < end:
            self.seconds += TICK_S
            self.beat += TICK_S * self.tempo_bpm / 60.0
            self.pulse.tick(self.beat, self.tempo_bpm)
            while todo and todo[0] <= self.seconds:
                at = self.beat - (self.seconds - todo.pop(0)) * self.tempo_bpm / 60.0
                self.errors.append(at - round(at))
                told = self.pulse.stroke(at, self.tempo_bpm)
                if told is not None:
                    self.tempi.append(told / self.tempo_bpm)
                    self.tempo_bpm = told


@pytest.mark.parametrize("tempo_bpm", [84.0, 100.0, 112.0, 132.0])
@pytest.mark.parametrize("late_s", [0.0, 0.12])
def test_tempo_and_beat_are_met(tempo_bpm, late_s):
    random, clock = Random(1), Clock(110.0)
    beat = 60.0 / tempo_bpm
    clock.play([1.0 + late_s + n * beat + random.gauss(0.0, 0.008) for n in range(48)])
    assert clock.tempo_bpm == pytest.approx(tempo_bpm, rel=0.03)
    assert max(abs(e) for e in clock.errors[-12:]) < 0.12
    assert all(abs(t - 1.0) < 0.35 for t in clock.tempi)


def test_a_ramp_is_followed():
    times, at = [], 1.0
    for n in range(64):
        times.append(at)
        at += 60.0 / (100.0 + 0.4 * n)
    clock = Clock(100.0)
    clock.play(times)
    assert clock.tempo_bpm == pytest.approx(125.0, rel=0.05)


def test_eighths_and_chords_do_not_double_the_tempo():
    clock, half = Clock(100.0), 0.3
    clock.play([1.0 + n * half + m * 0.006 for n in range(80) if n % 4 != 3 for m in range(3)])
    assert clock.tempo_bpm == pytest.approx(100.0, rel=0.05)


def test_few_strokes_lead_nobody():
    pulse = Pulse()
    assert [pulse.stroke(float(n), 120.0) for n in range(4)] == [None] * 4
    assert 0.0 < MOST_CHANGE < 0.2
