"""MIDI clock in: tempo and song position from jittery ticks, 24 a quarter note; [audio].

The ticks drive a Kalman filter over (time of the tick, ticks' period), the optimal second-order loop: after a tempo
change it starts as a least-squares line through the newest ticks and grows steadier as they agree. Source: Bar-
Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and Navigation (2001), ch. 6 (filter) and 11
(manoeuvre detection by innovation); the tick grammar is the MIDI 1.0 Detailed Specification's (System Real Time).

A FOLLOWER record is plain bytes. All times are samples of the engine clock, positions are quarter notes.

    follow(follower, kind, time, beat)   each CLOCK, START, CONTINUE, STOP, SONG_POSITION event, as decode() makes them
    position(follower, time)             song position at a time
    steer(follower, beat, time)          once a block: beats_per_sample that glides the engine's own beat to this one
"""

from __future__ import annotations

import numpy as np

from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from realtime.native.jit import audio
from realtime.native.memory import aligned, record_view

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
        ("period", "f8"),  # samples a tick
        ("p_time", "f8"),  # covariance of (tick_time, period)
        ("p_cross", "f8"),
        ("p_period", "f8"),
        ("noise", "f8"),  # variance of the ticks' arrival
        ("error", "f8"),  # the newest tick's distance from its prediction
        ("bias", "f8"),  # running mean of that distance, in standard deviations
        ("recent", "f8", (3,)),  # newest arrivals, newest first
        ("seen", "i8"),  # ticks since the clock began
        ("since_change", "i8"),  # ticks since the period was taken anew
        ("doubts", "i4"),  # successive ticks off on the same side
        ("gaps", "i4"),  # successive ticks that seem to follow lost ones
        ("lost", "i8"),  # ticks counted as lost
        ("assumed", "i8"),  # of those, the ones that a slower tempo may still explain
    ],
    align=True,
)
follower_at = record_view(FOLLOWER)

LOOP_BEATS = 0.5
"""steer() closes a position error with this time constant, in beats."""
MAX_SLEW = 0.1
"""and never by playing faster or slower than this share of the tempo."""
JUMP_BEATS = 0.5
"""Errors above this are a new position, not a drift."""
STARTING_JITTER_S, LEAST_JITTER_S, MOST_JITTER_S = 0.5e-3, 0.05e-3, 3e-3
DRIFT = 0.005
"""Share of the period that a drifting tempo is allowed to be wrong by."""
LOCK_TICKS = 6
TIMEOUT_TICKS = 12
"""The clock counts as stopped after this many ticks' time of silence."""


def new_follower(sample_rate: float, tempo_bpm: float = 120.0) -> np.ndarray:
    """A FOLLOWER record, shape (1,), 64-byte aligned. [main]"""
    follower = aligned(1, FOLLOWER)
    prepare_follower(follower[0], sample_rate, tempo_bpm)
    return follower


def prepare_follower(record, sample_rate: float, tempo_bpm: float = 120.0) -> None:
    """Fill a zeroed FOLLOWER record (np.void). [main]"""
    record["sample_rate"] = sample_rate
    record["tempo_bpm"] = tempo_bpm
    record["period"] = sample_rate * 60.0 / tempo_bpm / TICKS_PER_BEAT
    record["noise"] = (STARTING_JITTER_S * sample_rate) ** 2


@audio
def follow(follower, kind, time, beat):
    """One transport event at `time` samples; beat: the position a SONG_POSITION names, in quarter notes."""
    f = follower_at(follower)
    if kind == CLOCK:
        _tick(f, np.float64(time))
    elif kind == START:
        f.ticks = 0
        f.armed = 1
        f.playing = 1
    elif kind == CONTINUE:
        f.armed = 1
        f.playing = 1
    elif kind == STOP:
        if f.playing != 0 and f.armed == 0:
            f.ticks += 1  # CONTINUE goes on with the tick that would have come next
        f.playing = 0
        f.armed = 0
    elif kind == SONG_POSITION:
        f.ticks = np.int64(np.floor(np.float64(beat) * TICKS_PER_BEAT + 0.5))
        f.armed = f.playing


@audio
def _tick(f, time):
    if f.ticking == 0 or time - f.recent[0] > TIMEOUT_TICKS * f.period:
        _first_tick(f, time)
    else:
        _next_tick(f, time)
    f.recent[2] = f.recent[1]
    f.recent[1] = f.recent[0]
    f.recent[0] = time
    f.seen += 1
    f.since_change += 1
    f.locked = 1 if f.seen > LOCK_TICKS else f.locked
    if f.seen > 2:
        f.tempo_bpm = min(FASTEST_BPM, max(SLOWEST_BPM, 60.0 * f.sample_rate / (TICKS_PER_BEAT * f.period)))


@audio
def _count(f, ticks):
    if f.armed != 0:
        f.armed = 0  # the first tick after START or CONTINUE is the position itself
        f.jump = 1
    elif f.playing != 0:
        f.ticks += ticks


@audio
def _first_tick(f, time):
    """The period of an earlier clock is a good first guess: only its certainty is gone."""
    _count(f, np.int64(1))
    f.ticking = 1
    f.locked = 0
    f.seen = 0
    f.gaps = 0
    f.assumed = 0
    f.doubts = 0
    f.noise = (STARTING_JITTER_S * f.sample_rate) ** 2
    _restart(f, time, f.period, f.noise, 0.0, (0.25 * f.period) ** 2)


@audio
def _restart(f, time, period, p_time, p_cross, p_period):
    shortest = 60.0 * f.sample_rate / (TICKS_PER_BEAT * FASTEST_BPM)
    f.tick_time = time
    f.period = min(shortest * (FASTEST_BPM / SLOWEST_BPM), max(shortest, period))
    f.p_time = p_time
    f.p_cross = p_cross
    f.p_period = p_period
    f.since_change = 0
    f.error = 0.0
    f.bias = 0.0


@audio
def _next_tick(f, time):
    error = time - (f.tick_time + f.period)
    spread = f.p_time + 2.0 * f.p_cross + f.p_period + f.noise
    skipped = np.int64(np.floor(error / f.period + 0.5))
    if skipped >= 1 and f.seen > 2 and f.doubts == 0 and abs(error - skipped * f.period) < 0.3 * f.period:
        f.gaps += 1
        if f.gaps < 4:
            _bridge(f, skipped)
            error = time - (f.tick_time + f.period)
            spread = f.p_time + 2.0 * f.p_cross + f.p_period + f.noise
        else:
            _slower(f, time)
            return
    elif error < 0.5 * f.period:
        f.gaps = 0
        f.assumed = 0
    _count(f, np.int64(1))
    if error * error > 9.0 * spread:
        side = 1 if error > 0.0 else -1
        f.doubts = f.doubts + side if f.doubts * side >= 0 else side
    else:
        f.doubts = 0
    _correct(f, time, error, spread)


@audio
def _bridge(f, skipped):
    """Ticks were lost on the way: count them, and let the prediction run over them."""
    f.lost += skipped
    f.assumed += skipped
    _count(f, skipped)
    for _ in range(skipped):
        f.tick_time += f.period
        f.p_time += 2.0 * f.p_cross + f.p_period
        f.p_cross += f.p_period


@audio
def _slower(f, time):
    """Every tick seems to follow lost ones: the clock has simply become slower."""
    if f.playing != 0:
        f.ticks -= f.assumed
    f.lost -= f.assumed
    f.assumed = 0
    f.gaps = 0
    f.doubts = 0
    _count(f, np.int64(1))
    _new_line(f, time)


@audio
def _new_line(f, time):
    """Begin again with the line through the newest three arrivals, as far as jitter does not explain it."""
    change = (time - f.recent[1]) / 2.0 - f.period
    trust = change * change / (change * change + 0.5 * f.noise)
    _restart(f, time, f.period + trust * change, f.noise, 0.5 * f.noise * trust, 0.5 * f.noise * trust)


@audio
def _correct(f, time, error, spread):
    f.p_time += 2.0 * f.p_cross + f.p_period
    f.p_cross += f.p_period
    predicted = f.tick_time + f.period
    if f.doubts >= 2 or f.doubts <= -2:
        # two ticks off on the same side: a new tempo
        f.doubts = 0
        _new_line(f, time)
        return
    if f.doubts != 0:
        bound = 3.0 * np.sqrt(spread)
        error = min(bound, max(-bound, error))  # one stray tick may be late as it likes
    f.bias += 0.2 * (error / np.sqrt(spread) - f.bias)
    if f.bias > 1.5 or f.bias < -1.5:
        # always a little late, or early: the tempo drifts; let the newest ticks weigh more
        drift = DRIFT * f.period
        f.p_period = max(f.p_period, drift * drift)
        f.bias = 0.0
    time_gain = f.p_time / spread
    period_gain = f.p_cross / spread
    f.tick_time = predicted + time_gain * error
    f.period += period_gain * error
    f.p_period -= period_gain * f.p_cross
    f.p_cross -= time_gain * f.p_cross
    f.p_time -= time_gain * f.p_time
    # a clock wanders a little: keep the memory at about four beats
    f.p_period += 12.0 * f.noise / np.float64((4 * TICKS_PER_BEAT) ** 4)
    f.p_time += f.noise / np.float64((4 * TICKS_PER_BEAT) ** 2)
    if f.since_change > 12:
        least, most = LEAST_JITTER_S * f.sample_rate, MOST_JITTER_S * f.sample_rate
        swing = error - f.error  # differences (von Neumann, 1941) see the jitter and not the lag behind a ritardando
        f.noise += 0.02 * (0.5 * swing * swing * (f.noise / spread) - f.noise)
        f.noise = min(most * most, max(least * least, f.noise))
    f.error = error


@audio
def expire(follower, time):
    """Notice that the clock has fallen silent; call once a block, before position(). Returns 1 while it ticks."""
    f = follower_at(follower)
    if f.ticking != 0 and time - f.recent[0] > TIMEOUT_TICKS * f.period:
        f.ticking = 0
        f.locked = 0
    return f.ticking


@audio
def position(follower, time):
    """Song position at `time`, quarter notes; runs on over lost ticks, stands while stopped."""
    f = follower_at(follower)
    if f.playing == 0 or f.armed != 0 or f.ticking == 0:
        return np.float64(f.ticks) / TICKS_PER_BEAT
    return max(0.0, (f.ticks + (time - f.tick_time) / f.period) / TICKS_PER_BEAT)


@audio
def steer(follower, beat, time):
    """The beats_per_sample by which a beat counter at `beat` at `time` glides to the follower's position.

    Returns 0 while the follower does not play. When the counter must jump instead (start, locate) the result is
    negative: set it to position(follower, time) and ask again.
    """
    f = follower_at(follower)
    if f.playing == 0 or f.armed != 0 or f.ticking == 0:
        return 0.0
    pace = 1.0 / (f.period * TICKS_PER_BEAT)
    error = position(follower, time) - beat
    if f.jump != 0 or error > JUMP_BEATS or error < -JUMP_BEATS:
        f.jump = 0
        return -1.0
    share = min(MAX_SLEW, max(-MAX_SLEW, error / LOOP_BEATS))
    return pace * (1.0 + share)
