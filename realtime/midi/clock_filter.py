"""The arrivals of MIDI clock ticks, smoothed: time, period and ramp of a clock whose ticks come late by chance; [audio].

A Kalman filter over (time of the newest tick, samples to the next one, change of that from tick to tick), a third-order
loop: a tempo that rises or falls steadily is followed without a lag. How long it remembers goes by the jitter that it
measures: the ticks of a sample-exact clock are taken at their word, those of a USB cable are averaged over four beats.
Source: Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation (2001), ch. 6 (constant
acceleration) and 11 (manoeuvres found by innovation).
"""

from __future__ import annotations

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import record_view

TICKS_PER_BEAT = 24
SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0

FOLLOWER = np.dtype(
    [
        ("sample_rate", "f8"),
        ("tempo_bpm", "f8"),  # the last good estimate; kept when the clock stops
        ("ticking", "i4"),  # 1 while ticks arrive
        ("locked", "i4"),  # 1 once the tempo is known well enough to play by (a quarter of a beat after the first tick)
        ("playing", "i4"),  # 1 between START/CONTINUE and STOP
        ("jump", "i4"),  # 1 when the song has begun or moved and steer() has not yet said so
        ("armed", "i4"),  # 1 after START/CONTINUE until the tick that begins the bar
        ("ticks", "i8"),  # song position of the newest tick, in ticks
        ("tick_time", "f8"),  # smoothed time of the newest tick
        ("period", "f8"),  # samples from it to the next one
        ("ramp", "f8"),  # samples by which the period after that is longer
        ("p_time", "f8"),  # covariance of (tick_time, period, ramp)
        ("p_cross", "f8"),  # of tick_time and period
        ("p_period", "f8"),
        ("p_time_ramp", "f8"),
        ("p_period_ramp", "f8"),
        ("p_ramp", "f8"),
        ("noise", "f8"),  # variance of the ticks' arrival, samples^2
        ("bias", "f8"),  # running mean of the ticks' distance from their prediction, in standard deviations
        ("recent", "f8", (3,)),  # newest arrivals, newest first
        ("in_a_row", "i8"),  # ticks since the clock began or some were lost
        ("seen", "i8"),  # ticks since the clock began
        ("doubts", "i4"),  # successive ticks off on the same side
        ("gaps", "i4"),  # successive ticks that seem to follow lost ones
        ("lost", "i8"),  # ticks counted as lost
        ("assumed", "i8"),  # of those, the ones that a slower tempo may still explain
    ],
    align=True,
)
follower_at = record_view(FOLLOWER)

STARTING_JITTER_S, MOST_JITTER_S = 0.5e-3, 3e-3
ROUNDING_SAMPLES = 0.3
"""Standard deviation of a time that was rounded to a sample: no clock is more exact."""
EXACT_SAMPLES = 1.0
"""A clock with less jitter than this is sample-exact: a tick is where it came."""
AVERAGED_JITTER_S = 0.25e-3
"""From this jitter on the memory is the longest."""
LONGEST_MEMORY = 4.0 * TICKS_PER_BEAT
RAMP = 0.002
"""Share of the period by which it changes from tick to tick as a ramp sets in (60 to 200 BPM in 16 bars: 0.0015)."""
_NEWEST_SHARE = 0.025
"""How much a tick counts in the measured jitter."""


@audio
def is_exact(f):
    """Whether the ticks come to the sample."""
    return f.noise < EXACT_SAMPLES * EXACT_SAMPLES


@audio
def begin(f, time):
    """The first tick. The period of an earlier clock is a good first guess: only its certainty is gone."""
    f.noise = (STARTING_JITTER_S * f.sample_rate) ** 2
    f.in_a_row = 0
    _restart(f, time, f.period, f.noise, 0.0, (0.25 * f.period) ** 2)


@audio
def _restart(f, time, period, p_time, p_cross, p_period):
    shortest = 60.0 * f.sample_rate / (TICKS_PER_BEAT * FASTEST_BPM)
    f.tick_time = time
    f.period = min(shortest * (FASTEST_BPM / SLOWEST_BPM), max(shortest, period))
    f.ramp = 0.0
    f.p_time = p_time
    f.p_cross = p_cross
    f.p_period = p_period
    f.p_time_ramp = 0.0
    f.p_period_ramp = 0.0
    f.p_ramp = 0.0
    f.bias = 0.0
    f.doubts = 0


@audio
def restart(f, time):
    """Another tempo: begin with the line through the newest three arrivals, as far as jitter does not explain it. The
    period of that line is the one of half a tick ago, and what now is may be on a ramp."""
    change = (time - f.recent[1]) / 2.0 - f.period
    trust = change * change / (change * change + 0.5 * f.noise)
    _restart(f, time, f.period + trust * change, f.noise, 0.5 * f.noise * trust, 0.5 * f.noise * trust)
    f.p_ramp = (RAMP * f.period) ** 2
    f.p_period_ramp = 1.5 * f.p_ramp
    f.p_period += 2.25 * f.p_ramp


@audio
def predict(f):
    """One tick on. A tempo that rises evenly bends the period: by 2 ramp²/period a tick where it rises by the beat, by 3
    where it rises by the second."""
    bend = f.ramp * f.ramp / f.period
    f.tick_time += f.period
    f.period += f.ramp
    f.ramp += 2.5 * bend
    f.p_time += 2.0 * f.p_cross + f.p_period
    f.p_cross += f.p_period + f.p_time_ramp + f.p_period_ramp
    f.p_time_ramp += f.p_period_ramp
    f.p_period += 2.0 * f.p_period_ramp + f.p_ramp
    f.p_period_ramp += f.p_ramp
    f.p_ramp += bend * bend


@audio
def correct(f, time):
    """A tick has come at `time`, where predict() expected it at tick_time."""
    error, spread = time - f.tick_time, f.p_time + f.noise
    _doubt(f, error, spread)
    if f.doubts >= 2 or f.doubts <= -2:
        restart(f, time)
        return
    if f.doubts != 0:
        bound = 3.0 * np.sqrt(spread)
        error = min(bound, max(-bound, error))  # one stray tick may be late as it likes
    f.bias += 0.2 * (error / np.sqrt(spread) - f.bias)
    if f.bias > 1.5 or f.bias < -1.5:
        # always a little late, or early: a ramp has set in
        f.p_ramp = max(f.p_ramp, (RAMP * f.period) ** 2)
        f.bias = 0.0
    _learn(f, error, spread)
    _forget(f)


@audio
def _doubt(f, error, spread):
    if error * error <= 9.0 * spread:
        f.doubts = 0
        return
    side = 1 if error > 0.0 else -1
    f.doubts = f.doubts + side if f.doubts * side >= 0 else side


@audio
def _learn(f, error, spread):
    time_gain, period_gain, ramp_gain = f.p_time / spread, f.p_cross / spread, f.p_time_ramp / spread
    f.tick_time += time_gain * error
    f.period += period_gain * error
    f.ramp += ramp_gain * error
    f.p_ramp -= ramp_gain * f.p_time_ramp
    f.p_period_ramp -= period_gain * f.p_time_ramp
    f.p_period -= period_gain * f.p_cross
    f.p_time_ramp -= time_gain * f.p_time_ramp
    f.p_cross -= time_gain * f.p_cross
    f.p_time -= time_gain * f.p_time


@audio
def _forget(f):
    """A clock wanders a little: what was learned counts for so many ticks as its jitter asks for."""
    full = AVERAGED_JITTER_S * f.sample_rate
    memory = LONGEST_MEMORY * min(1.0, (f.noise / (full * full)) ** 0.4)
    f.p_time += f.noise / memory**2
    f.p_period += 12.0 * f.noise / memory**4
    f.p_ramp += 2.0 * f.noise / memory**6


@audio
def measure_jitter(f, time):
    """Third differences of the arrivals (von Neumann, 1941) see the jitter alone, neither tempo nor ramp."""
    f.in_a_row += 1
    if f.in_a_row < 4:
        return
    swing = time - 3.0 * (f.recent[0] - f.recent[1]) - f.recent[2]
    newest = min(swing * swing / 20.0, 9.0 * f.noise)  # a leap of the tempo is no jitter
    f.noise += max(_NEWEST_SHARE, 1.0 / (f.in_a_row - 2.0)) * (newest - f.noise)
    most = MOST_JITTER_S * f.sample_rate
    f.noise = min(most * most, max(ROUNDING_SAMPLES * ROUNDING_SAMPLES, f.noise))
