"""Tapped tempo in the callback's own time: the tempo from the last taps, and the beat itself pulled to where the foot is,
over one beat, so that nothing jumps; [audio]."""

from __future__ import annotations

import math

from realtime.native.jit import audio

LONGEST_S = 3.2
"""A longer pause between taps begins anew; a beat at the slowest tempo lasts 3 s."""
SHORTEST_S = 0.1
"""What follows sooner is the same tap: a switch that bounces."""
ANOTHER_TEMPO = 0.3
"""A tap that misses the tempo by this share means another one."""
MOST_TAPS = 4.0
"""Intervals over which a tempo is averaged."""


@audio
def tap_unit(transport):
    """Quarter notes a tap: a dotted one in 6/8, 9/8, 12/8."""
    compound = transport.denominator >= 8 and transport.numerator > 3 and transport.numerator % 3 == 0
    return 1.5 if compound else 1.0


@audio
def tapped_tempo(engine):
    """The tempo in quarter notes a minute as of this tap; 0 before there are two."""
    now = engine.transport.sample
    since = (now - engine.tap_at) / engine.sample_rate
    if engine.tap_count > 0.0 and since < SHORTEST_S:
        return 0.0
    engine.tap_at = now
    if engine.tap_count <= 0.0 or since > LONGEST_S:
        engine.tap_count = 1.0
        return 0.0
    if engine.tap_count < 2.0 or abs(since - engine.tap_s) > ANOTHER_TEMPO * engine.tap_s:
        engine.tap_count, engine.tap_s = 2.0, since
    else:
        engine.tap_s += (since - engine.tap_s) / min(MOST_TAPS, engine.tap_count)
        engine.tap_count += 1.0
    return tap_unit(engine.transport) * 60.0 / engine.tap_s


@audio
def begin_glide(engine):
    """The tap was on the beat nearest to it: the next one comes a tap from now, however far it is."""
    t = engine.transport
    place = t.beat - t.bar_start_beat if t.playing != 0 else engine.clock_beat - engine.clock_bar_start
    unit = tap_unit(t)
    frames = unit / t.beats_per_sample
    left = (math.floor(place / unit + 0.5) + 1.0) * unit - place
    engine.glide_frames = frames
    t.beats_per_sample = left / frames


@audio
def glide_edge(engine, frames):
    """The longest quantum up to `frames` in which the pace does not change."""
    if engine.glide_frames > 0.0:
        return min(frames, max(1, int(engine.glide_frames + 0.5)))
    return frames


@audio
def glide(engine, frames):
    """A quantum has passed; at the glide's end the tempo is the tapped one."""
    if engine.glide_frames <= 0.0:
        return
    engine.glide_frames -= frames
    if engine.glide_frames < 0.5:
        engine.glide_frames = 0.0
        engine.transport.beats_per_sample = engine.transport.tempo_bpm / 60.0 / engine.sample_rate
