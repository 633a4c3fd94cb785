"""Planned notes of the players, turned from beats into sample offsets by the callback; [audio].

A player may plan, cancel and release at any time; a note that has begun always ends, whatever happens to its player.
"""

from __future__ import annotations

import numpy as np

from realtime.contract import player_wire as wire
from realtime.engine.events import put_midi_out_at, release_source, take_message
from realtime.engine.hold import HELD_SERIAL, allowed, count_held, hold_players
from realtime.engine.layout import MAX_PLAYERS, MAX_SCHEDULED, PLAYER_SOURCE, engine_at
from realtime.engine.planned import FREE, PLANNED, SOUNDING, forget_sounded, note_of, place, remember, shorten
from realtime.engine.told import lead_tempo, say_mood, take_led, take_said, take_tells, tell_due
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import record_view
from realtime.native.ring import ring_pop

_FIRST = PLAYER_SOURCE
_NEVER = 1.0e300
_plan_item_at = record_view(wire.PLAN)
_PLAN_NOTE, _PLAN_CANCEL, _PLAN_RELEASE = wire.PLAN_NOTE, wire.PLAN_CANCEL, wire.PLAN_RELEASE
_PLAN_DAMP, _CHORD = wire.PLAN_DAMP, wire.CHORD
_MOOD, _PLAN_TEMPO = wire.MOOD, wire.PLAN_TEMPO
_LATE_BEATS, _LONGEST_BEATS = wire.LATE_BEATS, wire.LONGEST_BEATS
_LATE_AT_ALL = 1e-6
_AT_ONCE = 1e-3
_MOST_PLANS = 256

_ALL = 0x7FFFFFFF


@audio
def _count_late(engine, player, behind_beats):
    engine.player_late[player] += 1
    behind_s = behind_beats * 60.0 / engine.transport.tempo_bpm
    engine.player_latest_s[player] = max(engine.player_latest_s[player], behind_s)


@audio
def _plan_note(engine, item, player):
    beat, duration = item.beat, item.duration_beats
    # comparisons with a player's NaN are false: such a note is none
    if not (abs(beat) < _NEVER and abs(duration) < _NEVER and item.velocity > 0.0):
        engine.dropped_events += 1
        return
    behind = engine.clock_beat - beat
    if behind > _LATE_AT_ALL:
        _count_late(engine, player, behind)
        if behind > _LATE_BEATS:
            return
    else:
        engine.player_hits[player] += 1
    on = max(beat, engine.clock_beat)
    place(engine, player, item.serial, on, beat + min(duration, _LONGEST_BEATS), item.lane, item.key, item.velocity)


@audio
def forget_notes(engine, source, serial, beat):
    """Drop the planned notes of a source, up to a serial, that start at or after a beat."""
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        if note.stage == PLANNED and note.source == source and note.serial <= serial and note.on_beat >= beat:
            note.stage = FREE


@audio
def release_player(engine, source, serial):
    """Drop everything planned up to a serial, and end what sounds."""
    forget_notes(engine, source, serial, -_NEVER)
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        if note.stage == SOUNDING and note.source == source:
            note.stage = FREE
    if serial == _ALL:
        forget_sounded(engine, source - _FIRST)
    release_source(engine, source, 0)


@audio
def damp_notes(engine, source, item):
    """Notes of a source that reach beyond a beat end there, but for those of some pitch classes."""
    if not abs(item.beat) < _NEVER:
        return
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        if note.stage == FREE or note.source != source or note.serial > item.serial:
            continue
        if note.on_beat >= item.beat or note.off_beat <= item.beat or (item.lane >= 0 and note.lane != item.lane):
            continue
        if (item.classes >> (note.key % 12)) & 1 == 0:
            note.off_beat = max(item.beat, engine.clock_beat)
            engine.next_due = min(engine.next_due, note.off_beat)
            if note.stage == SOUNDING:
                shorten(engine, source - _FIRST, note)


@audio
def _end(engine, note, offset, base):
    """A sounding note ends, on the channel on which it began."""
    note.stage = FREE
    take_message(engine, note.source, offset, 0x80 | note.channel, note.key, 64, 3)
    if note.sent != 0:
        put_midi_out_at(engine, np.int64(note.sent - 1), base + offset, 0x80 | note.channel, note.key, 64, 3)


@audio
def _joins(engine, note, offset, base):
    """A key that sounds already ends before it is struck again; struck twice at once it is one note, as long as the longer."""
    for index in range(MAX_SCHEDULED):
        other = note_of(engine, index)
        same = other.stage == SOUNDING and other.source == note.source and other.key == note.key
        if same and other.channel == note.channel:
            if note.on_beat - other.on_beat < _AT_ONCE:
                other.off_beat = max(other.off_beat, note.off_beat)
                return True
            _end(engine, other, offset, base)
    return False


@audio
def _begin(engine, note, offset, base):
    """A planned note's beat has come: it sounds, unless its player is muted."""
    player = note.source - _FIRST
    if engine.player_muted[player] != 0:
        note.stage = FREE
        return
    note.channel = (engine.player_channels[player] >> (4 * note.lane)) & 15
    if _joins(engine, note, offset, base):
        note.stage = FREE
        return
    if note.serial == HELD_SERIAL:
        count_held(engine, player)
    remember(engine, player, note)
    port = (engine.player_ports[player] >> (4 * note.lane)) & 15
    note.sent = 1 + port if (engine.player_sent[player] >> note.lane) & 1 != 0 else 0
    note.stage = SOUNDING
    velocity = int(note.velocity * 127.0 + 0.5)
    take_message(engine, note.source, offset, 0x90 | note.channel, note.key, velocity, 3)
    if note.sent != 0:
        engine.player_sent_to[player] |= np.int64(1) << note.channel
        put_midi_out_at(engine, np.int64(port), base + offset, 0x90 | note.channel, note.key, velocity, 3)


@audio
def _end_lanes(engine, source, lanes):
    """End what a player sounds on a set of lanes (bit mask); what it planned stays."""
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        if note.stage == SOUNDING and note.source == source and (lanes >> note.lane) & 1 != 0:
            _end(engine, note, 0, 0)


@audio
def mute_player(engine, player, muted):
    """A muted player's notes are planned as ever, and none begins."""
    engine.player_muted[player] = muted
    if muted != 0:
        _end_lanes(engine, _FIRST + player, 0xFFFF)


@audio
def set_lane(engine, player, lane, channel, sent, program, port):
    """Where a lane goes: channel 0..15, whether also to a MIDI output and to which, program 0..127 or -1. What sounds on it
    ends first, and what sounds on that channel, while it is known whose it is."""
    four = np.int64(15)
    at, back = np.int64(4 * lane), np.int64(4 * channel)
    holder = (engine.player_lanes[player] >> back) & four
    _end_lanes(engine, _FIRST + player, np.int64(1) << np.int64(lane) | np.int64(1) << holder)
    engine.player_channels[player] = engine.player_channels[player] & ~(four << at) | np.int64(channel) << at
    engine.player_lanes[player] = engine.player_lanes[player] & ~(four << back) | np.int64(lane) << back
    one = np.int64(1) << np.int64(lane)
    engine.player_sent[player] = engine.player_sent[player] & ~one | (one if sent != 0 else np.int64(0))
    engine.player_ports[player] = engine.player_ports[player] & ~(four << at) | np.int64(port) << at
    if program >= 0:
        take_message(engine, _FIRST + player, 0, 0xC0 | channel, program, 0, 2)
        if sent != 0:
            put_midi_out_at(engine, np.int64(port), 0, 0xC0 | channel, program, 0, 2)


@audio
def _take_plan(engine, item, player):
    if not allowed(engine, player, item):
        return
    if item.kind == _PLAN_NOTE:
        _plan_note(engine, item, player)
    elif item.kind == _PLAN_CANCEL:
        forget_notes(engine, _FIRST + player, item.serial, item.beat)
    elif item.kind == _PLAN_RELEASE:
        release_player(engine, _FIRST + player, item.serial)
    elif item.kind == _PLAN_DAMP:
        damp_notes(engine, _FIRST + player, item)
    elif item.kind == _CHORD:
        take_led(engine, engine.scratch)
    elif item.kind == _MOOD:
        say_mood(engine, engine.scratch)
    elif item.kind == _PLAN_TEMPO:
        lead_tempo(engine, item.value)


@audio
def take_plans(engine):
    """Read what the players sent."""
    for player in range(MAX_PLAYERS):
        ring = engine.player_out[player]
        if ring == 0:
            continue
        for _ in range(_MOST_PLANS):
            if not ring_pop(ring, engine.scratch):
                break
            _take_plan(engine, _plan_item_at(engine.scratch), player)


@audio_entry(void(int64))
def take_plans_stage(address):
    """What players planned, and what is said of the music."""
    engine = engine_at(address)
    take_plans(engine)
    hold_players(engine)
    take_said(engine)
    take_tells(engine)


@audio
def _next_due(engine):
    due = _NEVER
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        if note.stage == PLANNED:
            due = min(due, note.on_beat)
        elif note.stage == SOUNDING:
            due = min(due, note.off_beat)
    engine.next_due = due


@audio_entry(void(int64, int64, int64))
def play_due_stage(address, frames, base):
    """Start and end the notes that fall into this quantum. base: frames from the driver block's start."""
    engine = engine_at(address)
    if engine.next_told < _NEVER:
        tell_due(engine, frames)
    # a note belongs to the quantum of the sample nearest to its beat
    end = engine.clock_beat + (frames - 0.5) * engine.transport.beats_per_sample
    while engine.next_due < end:
        due = engine.next_due
        offset = int((due - engine.clock_beat) / engine.transport.beats_per_sample + 0.5)
        offset = min(frames - 1, max(0, offset))
        # ends before beginnings, so that a repeated key is struck again
        for stage in (SOUNDING, PLANNED):
            for index in range(MAX_SCHEDULED):
                note = note_of(engine, index)
                if note.stage != stage:
                    continue
                if stage == SOUNDING and note.off_beat <= due:
                    _end(engine, note, offset, base)
                elif stage == PLANNED and note.on_beat <= due:
                    _begin(engine, note, offset, base)
        _next_due(engine)
