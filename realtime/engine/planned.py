"""The planned notes of the players as the callback keeps them, and a memory of what each has sounded; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.engine.layout import MAX_SCHEDULED, MAX_SOUNDED, NOTE, PLAYER_SOURCE, SOUNDED, STAND_IN, note_at
from realtime.native.jit import audio
from realtime.native.memory import record_view

NOTE_BYTES, SOUNDED_BYTES, STAND_IN_BYTES = NOTE.itemsize, SOUNDED.itemsize, STAND_IN.itemsize
FREE, PLANNED, SOUNDING = range(3)
sounded_at = record_view(SOUNDED)
stand_in_at = record_view(STAND_IN)
_FIRST = PLAYER_SOURCE
_SHORTEST_BEATS = 1e-3


@audio
def note_of(engine, index):
    """One of MAX_SCHEDULED."""
    return note_at(engine.notes + NOTE_BYTES * index)


@audio
def hold_of(engine, player):
    """The STAND_IN record of a player."""
    return stand_in_at(engine.stand_ins + STAND_IN_BYTES * player)


@audio
def sounded_of(engine, player, number):
    """The note that a player sounded as its `number`-th, kept until MAX_SOUNDED more have sounded."""
    return sounded_at(engine.sounded + SOUNDED_BYTES * (player * MAX_SOUNDED + number % MAX_SOUNDED))


@audio
def place(engine, player, serial, beat, off_beat, lane, key, velocity):
    """Plan a note; returns whether there was room."""
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        if note.stage == FREE:
            note.on_beat = beat
            note.off_beat = max(off_beat, beat + _SHORTEST_BEATS)
            note.stage = PLANNED
            note.source = _FIRST + player
            note.serial = serial
            note.lane = lane & 15
            note.key = min(127, max(0, key))
            note.velocity = min(np.float32(1.0), max(np.float32(1.0 / 127.0), velocity))
            engine.next_due = min(engine.next_due, beat)
            return True
    engine.dropped_events += 1
    return False


@audio
def remember(engine, player, note):
    """A note has begun."""
    hold = hold_of(engine, player)
    sounded = sounded_of(engine, player, hold.count)
    sounded.beat, sounded.duration_beats = note.on_beat, note.off_beat - note.on_beat
    sounded.lane, sounded.key, sounded.velocity = note.lane, note.key, note.velocity
    hold.count += 1


@audio
def shorten(engine, player, note):
    """A note that sounds will end earlier than it was begun for."""
    hold = hold_of(engine, player)
    for number in range(max(hold.first, hold.count - MAX_SOUNDED), hold.count):
        sounded = sounded_of(engine, player, number)
        if sounded.beat == note.on_beat and sounded.key == note.key and sounded.lane == note.lane:
            sounded.duration_beats = note.off_beat - note.on_beat


@audio
def forget_sounded(engine, player):
    """What it has sounded belongs to another time."""
    hold = hold_of(engine, player)
    hold.first = hold.count
    hold.state = 0
