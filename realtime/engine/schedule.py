"""Planned notes of the players, turned from beats into sample offsets by the callback; [audio].

A player may plan, cancel and release at any time; a note that has begun always ends, whatever happens to its player.
"""

from __future__ import annotations

import numpy as np

from realtime.contract import player_wire as wire
from realtime.engine.events import put_midi_out, release_source, take_message
from realtime.engine.layout import MAX_SCHEDULED, NOTE, PLAYER_SOURCE, engine_at, heard_at, note_at
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import record_view
from realtime.native.ring import ring_pop, ring_push

_NOTE_BYTES = NOTE.itemsize
_FIRST = PLAYER_SOURCE
_NEVER = 1.0e300
_plan_item_at = record_view(wire.PLAN)
_PLAN_NOTE, _PLAN_CANCEL, _PLAN_RELEASE, _PLAN_STATUS = (
    wire.PLAN_NOTE,
    wire.PLAN_CANCEL,
    wire.PLAN_RELEASE,
    wire.PLAN_STATUS,
)
_LATE_BEATS = wire.LATE_BEATS
STATUS_HEARD = 100
"""Kind of a HEARD record that carries a player's status."""

FREE, PLANNED, SOUNDING = range(3)


@audio
def _plan_note(engine, item, source):
    beat = item.beat
    if beat < engine.clock_beat - _LATE_BEATS:
        return
    for index in range(MAX_SCHEDULED):
        note = note_at(engine.notes + _NOTE_BYTES * index)
        if note.stage == FREE:
            note.on_beat = max(beat, engine.clock_beat)
            note.off_beat = max(beat + item.duration_beats, note.on_beat + 1e-3)
            note.stage = PLANNED
            note.source = source
            note.serial = item.serial
            note.channel = min(15, max(0, item.channel))
            note.key = min(127, max(0, item.key))
            note.velocity = min(np.float32(1.0), max(np.float32(1.0 / 127.0), item.velocity))
            engine.next_due = min(engine.next_due, note.on_beat)
            return
    engine.dropped_events += 1


@audio
def forget_notes(engine, source, serial, beat):
    """Drop the planned notes of a source, up to a serial, that start at or after a beat."""
    for index in range(MAX_SCHEDULED):
        note = note_at(engine.notes + _NOTE_BYTES * index)
        if note.stage == PLANNED and note.source == source and note.serial <= serial and note.on_beat >= beat:
            note.stage = FREE


@audio
def release_player(engine, source, serial):
    """Drop everything planned and end what sounds."""
    forget_notes(engine, source, serial, -_NEVER)
    for index in range(MAX_SCHEDULED):
        note = note_at(engine.notes + _NOTE_BYTES * index)
        if note.stage == SOUNDING and note.source == source:
            note.stage = FREE
    release_source(engine, source, 0)


@audio
def take_plans(engine):
    """Read what the players sent."""
    for player in range(4):
        ring = engine.player_out[player]
        if ring == 0:
            continue
        source = _FIRST + player
        for _ in range(256):
            if not ring_pop(ring, engine.scratch):
                break
            item = _plan_item_at(engine.scratch)
            if item.kind == _PLAN_NOTE:
                _plan_note(engine, item, source)
            elif item.kind == _PLAN_CANCEL:
                forget_notes(engine, source, item.serial, item.beat)
            elif item.kind == _PLAN_RELEASE:
                release_player(engine, source, item.serial)
            elif item.kind == _PLAN_STATUS:
                number, seconds = item.number, item.value
                heard = heard_at(engine.scratch)
                heard.sample = engine.transport.sample
                heard.beat = engine.clock_beat
                heard.kind = STATUS_HEARD
                heard.source = source
                heard.number = number
                heard.value = seconds
                ring_push(engine.heard, engine.scratch)


@audio_entry(void(int64))
def take_plans_stage(address):
    """See `take_plans`."""
    take_plans(engine_at(address))


@audio
def _next_due(engine):
    due = _NEVER
    for index in range(MAX_SCHEDULED):
        note = note_at(engine.notes + _NOTE_BYTES * index)
        if note.stage == PLANNED:
            due = min(due, note.on_beat)
        elif note.stage == SOUNDING:
            due = min(due, note.off_beat)
    engine.next_due = due


@audio_entry(void(int64, int64, int64))
def play_due_stage(address, frames, base):
    """Start and end the notes that fall into this quantum. base: frames from the driver block's start."""
    engine = engine_at(address)
    # a note belongs to the quantum of the sample nearest to its beat
    end = engine.clock_beat + (frames - 0.5) * engine.transport.beats_per_sample
    while engine.next_due < end:
        due = engine.next_due
        offset = int((due - engine.clock_beat) / engine.transport.beats_per_sample + 0.5)
        offset = min(frames - 1, max(0, offset))
        # ends before beginnings, so that a repeated key is struck again
        for stage in (SOUNDING, PLANNED):
            for index in range(MAX_SCHEDULED):
                note = note_at(engine.notes + _NOTE_BYTES * index)
                if note.stage != stage:
                    continue
                if stage == SOUNDING and note.off_beat <= due:
                    take_message(engine, note.source, offset, 0x80 | note.channel, note.key, 64, 3)
                    put_midi_out(engine, base + offset, 0x80 | note.channel, note.key, 64, 3)
                    note.stage = FREE
                elif stage == PLANNED and note.on_beat <= due:
                    velocity = int(note.velocity * 127.0 + 0.5)
                    take_message(engine, note.source, offset, 0x90 | note.channel, note.key, velocity, 3)
                    put_midi_out(engine, base + offset, 0x90 | note.channel, note.key, velocity, 3)
                    note.stage = SOUNDING
        _next_due(engine)
