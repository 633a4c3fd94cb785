"""MIDI clock in: tempo and song position from ticks, 24 a quarter note, jittery or exact; [audio].

What a FOLLOWER hears it smooths (clock_filter.py); the grammar of ticks, START, CONTINUE, STOP and song position is the
MIDI 1.0 Detailed Specification's (System Real Time). A FOLLOWER record is plain bytes. All times are samples of the
engine clock, positions are quarter notes.

    follow(follower, kind, time, beat)   each CLOCK, START, CONTINUE, STOP, SONG_POSITION event, as decode() makes them
    position(follower, time)             song position at a time
    steer(follower, beat, time, frames)  each quantum: beats_per_sample that leads the engine's own beat to this one
"""

from __future__ import annotations

import numpy as np

from realtime.midi.clock_filter import (
    FASTEST_BPM,
    FOLLOWER,
    SLOWEST_BPM,
    STARTING_JITTER_S,
    TICKS_PER_BEAT,
    begin,
    correct,
    follower_at,
    is_exact,
    measure_jitter,
    predict,
    restart,
)
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from realtime.native.jit import audio
from realtime.native.memory import aligned

LOOP_BEATS = 0.5
"""steer() closes a position error of a jittery clock with this time constant, in beats; of an exact one by the next tick."""
SMOOTH_JITTER_S = 0.1e-3
"""From this jitter on the time constant is the full one,"""
MAX_SLEW = 0.1
"""and never by playing faster or slower than this share of the tempo."""
JUMP_BEATS = 0.5
"""Errors above this are a new position, not a drift."""
LOCK_TICKS = 6
TIMEOUT_TICKS = 12
"""The clock counts as stopped after this many ticks' time of silence."""
_NEAR_SAMPLES = 8.0
"""A tick so near the beginning of a quantum is past: to aim at it would bend the pace too much."""


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
        measure_jitter(f, time)
        _next_tick(f, time)
    f.recent[2] = f.recent[1]
    f.recent[1] = f.recent[0]
    f.recent[0] = time
    f.seen += 1
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
    _count(f, np.int64(1))
    f.ticking = 1
    f.locked = 0
    f.seen = 0
    f.gaps = 0
    f.assumed = 0
    begin(f, time)


@audio
def _next_tick(f, time):
    error = time - (f.tick_time + f.period)
    skipped = np.int64(np.floor(error / f.period + 0.5))
    if skipped >= 1 and f.seen > 2 and f.doubts == 0 and abs(error - skipped * f.period) < 0.3 * f.period:
        f.gaps += 1
        if f.gaps >= 4:
            _slower(f, time)
            return
        _bridge(f, skipped)
    elif error < 0.5 * f.period:
        f.gaps = 0
        f.assumed = 0
    _count(f, np.int64(1))
    predict(f)
    correct(f, time)


@audio
def _bridge(f, skipped):
    """Ticks were lost on the way: count them, and let the prediction run over them."""
    f.lost += skipped
    f.assumed += skipped
    f.in_a_row = 0
    _count(f, skipped)
    for _ in range(skipped):
        predict(f)


@audio
def _slower(f, time):
    """Every tick seems to follow lost ones: the clock has simply become slower."""
    if f.playing != 0:
        f.ticks -= f.assumed
    f.lost -= f.assumed
    f.assumed = 0
    f.gaps = 0
    _count(f, np.int64(1))
    restart(f, time)


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
def steer(follower, beat, time, frames):
    """The beats_per_sample by which a beat counter at `beat` at `time` goes through the next `frames` samples.

    It aims at the newest tick, where that falls into these frames, or at the next one, so that an event on the beat of a
    tick is where the tick is. Returns 0 while the follower does not play. When the counter must jump instead (start,
    locate) the result is negative: set it to position(follower, time) and ask again.
    """
    f = follower_at(follower)
    if f.playing == 0 or f.armed != 0 or f.ticking == 0:
        return 0.0
    error = position(follower, time) - beat
    if f.jump != 0 or error > JUMP_BEATS or error < -JUMP_BEATS:
        f.jump = 0
        return -1.0
    pace = 1.0 / (f.period * TICKS_PER_BEAT)
    aim = np.float64(f.ticks)
    ahead = (f.recent[0] if is_exact(f) else f.tick_time) - time
    if ahead < _NEAR_SAMPLES:
        ahead += f.period
        aim += 1.0
        if ahead < frames:  # it is overdue, for nothing is in these frames
            ahead += f.period + f.ramp
            aim += 1.0
    slew = (aim / TICKS_PER_BEAT - beat) / (ahead * pace) - 1.0
    smooth = SMOOTH_JITTER_S * f.sample_rate
    slew *= ahead / max(ahead, LOOP_BEATS / pace * min(1.0, f.noise / (smooth * smooth)))
    return pace * (1.0 + min(MAX_SLEW, max(-MAX_SLEW, slew)))
