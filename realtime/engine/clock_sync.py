"""MIDI clock in and out: the transport follows a chosen source, and tells the others, sample by sample; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.events import EVENT_BYTES
from realtime.engine.clockwork import locate, set_playing, set_tempo
from realtime.engine.events import event_at, put_midi_out
from realtime.engine.layout import MAX_CLOCK, engine_at
from realtime.midi.clock import expire, follow, follower_at, position, steer
from realtime.midi.clock_out import generate
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import load_i32


@audio
def _follow(engine):
    wanted = np.int32(engine.clock_follow - 1)
    for index in range(engine.n_clock):
        record = engine.clock_events + EVENT_BYTES * index
        if load_i32(record + 8) == wanted:
            event = event_at(record)
            follow(engine.follower, event.kind, engine.transport.sample + event.offset, np.float64(event.value))
    t = engine.transport
    ticking = expire(engine.follower, np.float64(t.sample))
    follower = follower_at(engine.follower)
    if follower.locked != 0 and t.playing == 0:
        set_tempo(engine, follower.tempo_bpm)
    if follower.playing == 0 or ticking == 0:
        if t.playing != 0 and follower.seen > 0:
            set_playing(engine, False)
        return
    pace = steer(engine.follower, t.beat, np.float64(t.sample))
    if pace < 0.0:
        locate(engine, position(engine.follower, np.float64(t.sample)))
        set_playing(engine, True)
        pace = steer(engine.follower, t.beat, np.float64(t.sample))
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
    """Before a quantum's events are played: take the clock that came in, send the one that goes out."""
    engine = engine_at(address)
    if engine.clock_follow != 0:
        _follow(engine)
    if engine.clock_send != 0:
        _send(engine, frames, base)
