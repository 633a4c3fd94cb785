"""MIDI clock out: 24 ticks a quarter note at exact sample offsets, start, stop and song position; [audio].

Source: MIDI 1.0 Detailed Specification (System Real Time, Song Position Pointer). Ticks are counted, not timed: tick
n falls on the first sample at or after beat n/24, and each is sent once whatever the block size. A new position while
playing is sent as STOP, SONG_POSITION, CONTINUE, since receivers may locate only while stopped; positions count in
sixteenths, so CONTINUE waits for the next sixteenth.

    n = generate(generator, playing, beat, beats_per_sample, frames, time, out, capacity)

writes EVENT records (kinds CLOCK, START, CONTINUE, STOP, SONG_POSITION, sorted by offset) for one block; the engine
makes bytes of them. beat: song position at the block's first sample. While the transport stands the ticks go on at
its tempo, so that receivers know it before the start.
"""

from __future__ import annotations

import numpy as np

from realtime.contract.events import EVENT, EVENT_BYTES
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from realtime.native.jit import audio
from realtime.native.memory import record_view

TICKS_PER_BEAT, TICKS_PER_SIXTEENTH = 24, 6
ROUNDING_SAMPLES = 1e-4
"""A tick this little before a sample belongs to that sample: positions are sums of floating-point steps."""
JUMP_TICKS = 0.01

GENERATOR = np.dtype(
    [
        ("running", "i4"),  # START or CONTINUE has been sent
        ("waiting", "i4"),  # CONTINUE goes out with tick `next_tick`
        ("next_tick", "i8"),
        ("expected_beat", "f8"),  # where the next block should begin
        ("idle_ticks", "f8"),  # phase of the ticks while stopped, 0..1
        ("count", "i8"),
        ("lost", "i8"),  # messages for which the caller's array had no room
    ],
    align=True,
)
_generator_at = record_view(GENERATOR)
_event_at = record_view(EVENT)


@audio
def generate(generator, playing, beat, beats_per_sample, frames, time, out, capacity):
    """The transport messages of one block (see the top of this file); returns the number of events written."""
    g = _generator_at(generator)
    g.count = 0
    step = np.float64(beats_per_sample) * TICKS_PER_BEAT
    at = np.float64(beat) * TICKS_PER_BEAT
    if playing == 0:
        if g.running != 0:
            _send(g, STOP, np.int64(0), np.int64(0), time, out, capacity)
            g.running = 0
        _idle(g, step, frames, time, out, capacity)
        return g.count
    moved = abs(at - g.expected_beat * TICKS_PER_BEAT) > JUMP_TICKS
    if g.running == 0 or moved:
        _locate(g, at, step, time, out, capacity)
    while step > 0.0:
        exact = (g.next_tick - at) / step
        offset = np.int64(max(0.0, np.ceil(exact - ROUNDING_SAMPLES)))
        if offset >= frames:
            break
        if g.waiting != 0:
            _send(g, CONTINUE, offset, np.int64(0), time, out, capacity)
            g.waiting = 0
        _send(g, CLOCK, offset, np.int64(0), time, out, capacity)
        g.next_tick += 1
    g.expected_beat = beat + frames * beats_per_sample
    g.idle_ticks = 1.0 - (g.next_tick - g.expected_beat * TICKS_PER_BEAT)
    return g.count


@audio
def _locate(g, at, step, time, out, capacity):
    """Begin at a position: START at 0, elsewhere the song position and a CONTINUE at the next sixteenth."""
    if g.running != 0:
        _send(g, STOP, np.int64(0), np.int64(0), time, out, capacity)
    g.running = 1
    g.waiting = 0
    if abs(at) < JUMP_TICKS:
        g.next_tick = 0
        _send(g, START, np.int64(0), np.int64(0), time, out, capacity)
        return
    sixteenth = np.int64(np.ceil((at - ROUNDING_SAMPLES * step) / TICKS_PER_SIXTEENTH))
    sixteenth = min(16383, max(0, sixteenth))
    g.next_tick = sixteenth * TICKS_PER_SIXTEENTH
    if g.next_tick < at - JUMP_TICKS:
        g.next_tick = np.int64(np.ceil(at))  # beyond the pointer's 14 bits: go on from its end
    g.waiting = 1
    _send(g, SONG_POSITION, np.int64(0), sixteenth, time, out, capacity)


@audio
def _idle(g, step, frames, time, out, capacity):
    """Ticks of a standing transport, in phase with those that went before."""
    if step <= 0.0:
        return
    offset = np.int64(max(0.0, np.ceil((1.0 - g.idle_ticks) / step - ROUNDING_SAMPLES)))
    while offset < frames:
        _send(g, CLOCK, offset, np.int64(0), time, out, capacity)
        g.idle_ticks -= 1.0
        offset = np.int64(max(0.0, np.ceil((1.0 - g.idle_ticks) / step - ROUNDING_SAMPLES)))
    g.idle_ticks += frames * step


@audio
def _send(g, kind, offset, number, time, out, capacity):
    if g.count >= capacity:
        g.lost += 1
        return
    e = _event_at(out + EVENT_BYTES * g.count)
    e.offset = offset
    e.kind = kind
    e.channel = -1
    e.key = -1
    e.number = number
    e.note_id = 0
    e.value = number / 4.0
    e.value2 = 0.0
    e.time = time + offset
    g.count += 1
