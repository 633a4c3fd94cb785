"""MIDI clock in and out: the transport follows a chosen source, and tells the others, sample by sample; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.events import EVENT_BYTES
from realtime.engine.clockwork import locate, set_playing, set_tempo, take_due_metre
from realtime.engine.events import event_at, put_midi_out
from realtime.engine.layout import ANY_CLOCK, CLOCK_LEADS, CLOCK_SILENT, CLOCK_TICKS, MAX_CLOCK, engine_at
from realtime.midi.clock import expire, follow, follower_at, position, steer
from realtime.midi.clock_out import generate
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import load_i32

HOLD_S = 0.5
"""A clock that was heard so lately keeps the lead, though its ticks have not begun or have stopped."""


@audio
def _hear(engine):
    """Give the follower what the leading clock sends. Where any may lead, the first does, until it has been silent."""
    follower = follower_at(engine.follower)
    now = engine.transport.sample
    for index in range(engine.n_clock):
        record = engine.clock_events + EVENT_BYTES * index
        event = event_at(record)
        source = np.int64(load_i32(record + 8)) + 1
        if engine.clock_follow != ANY_CLOCK and source != engine.clock_follow:
            continue
        if source != engine.clock_leader:
            silent = follower.ticking == 0 and now - engine.clock_heard > HOLD_S * engine.sample_rate
            if event.kind == STOP or (engine.clock_leader != 0 and not silent and engine.clock_follow == ANY_CLOCK):
                continue
            if follower.armed == 0:
                follower.playing = 0  # where its predecessor stood in the song is nothing to it
            engine.clock_leader = source
        engine.clock_heard = now
        follow(engine.follower, event.kind, now + event.offset, np.float64(event.value))


@audio
def _follow(engine, frames):
    """The transport does what the clock does when it does it; between its words it is the performer's."""
    _hear(engine)
    t = engine.transport
    follower = follower_at(engine.follower)
    state = CLOCK_TICKS if expire(engine.follower, np.float64(t.sample)) != 0 else CLOCK_SILENT
    if state == CLOCK_TICKS and follower.playing != 0:
        state = CLOCK_LEADS
    former = engine.clock_state
    engine.clock_state = state
    if state != CLOCK_LEADS:
        if former == CLOCK_LEADS or (former == CLOCK_SILENT and state == CLOCK_TICKS):
            set_playing(engine, False)
        if former == CLOCK_LEADS or follower.locked != 0:
            set_tempo(engine, follower.tempo_bpm)
        if state == CLOCK_SILENT and t.playing != 0 and follower.armed == 0:
            follower.playing = 0  # started by hand: a clock that comes back gives the tempo and moves nothing
        return
    pace = steer(engine.follower, t.beat, np.float64(t.sample), frames)
    if pace < 0.0:
        locate(engine, position(engine.follower, np.float64(t.sample)))
        set_playing(engine, True)
        pace = steer(engine.follower, t.beat, np.float64(t.sample), frames)
    if pace > 0.0:
        set_playing(engine, True)
        t.beats_per_sample = pace
        t.tempo_bpm = follower.tempo_bpm


@audio
def _send(engine, frames, base):
    t = engine.transport
    room = np.int64(MAX_CLOCK)
    made = generate(
        engine.generator, np.int64(t.playing), t.beat, t.beats_per_sample, frames, t.sample, engine.clock_out, room
    )
    for index in range(made):
        event = event_at(engine.clock_out + EVENT_BYTES * index)
        offset = base + event.offset
        if event.kind == CLOCK:
            put_midi_out(engine, offset, 0xF8, 0, 0, 1)
        elif event.kind == START:
            put_midi_out(engine, offset, 0xFA, 0, 0, 1)
        elif event.kind == CONTINUE:
            put_midi_out(engine, offset, 0xFB, 0, 0, 1)
        elif event.kind == SONG_POSITION:
            put_midi_out(engine, offset, 0xF2, event.number & 127, (event.number >> 7) & 127, 3)
        else:
            put_midi_out(engine, offset, 0xFC, 0, 0, 1)


@audio_entry(void(int64, int64, int64))
def clock_stage(address, frames, base):
    """Before a quantum's events are played: the metre that is due, the clock that came in, the one that goes out."""
    engine = engine_at(address)
    take_due_metre(engine)
    if engine.clock_follow != 0:
        _follow(engine, frames)
    if engine.clock_send != 0:
        _send(engine, frames, base)
