"""Plays on for a player whose process is silent: its last bars, bar for bar, until it is back; [audio].

The lowest rung of the ladder, and the only one that needs nobody: a process that was killed, stopped or hangs counts no
turns. What it had planned still sounds; behind that every note that it sounded one loop ago sounds again. Once it is back
the loop goes on to the next bar line, and there the player takes over: what it plans before that line is not played.
"""

from __future__ import annotations

from realtime.contract import player_wire as wire
from realtime.engine.layout import MAX_PLAYERS, MAX_SCHEDULED, MAX_SOUNDED, PLAYER_SOURCE
from realtime.engine.planned import FREE, PLANNED, hold_of, note_of, place, sounded_of
from realtime.native.atomics import load_acquire
from realtime.native.jit import audio

ALIVE, SILENT, HOLDING, RETURNING = range(4)
HELD_SERIAL = -(2**31) + 1
"""Serial of the notes that the hold plays: below any of a player's."""
SILENT_S = 0.25
"""Without a turn for so long a process counts as silent; it makes some hundred a second."""
READY_S = 0.1
"""A player that is back has at least so long until it takes over."""
AHEAD_BEATS = 1.0
MOST_BARS = 2
_JUST_BEFORE = 1e-6
_FIRST = PLAYER_SOURCE
_PLAN_RELEASE = wire.PLAN_RELEASE
_PLAN_CANCEL, _PLAN_NOTE = wire.PLAN_CANCEL, wire.PLAN_NOTE


@audio
def _bar(engine):
    t = engine.transport
    return t.numerator * 4.0 / t.denominator


@audio
def _forget_held(engine, player, beat):
    """Drop what the hold planned from a beat on."""
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        held = note.stage == PLANNED and note.source == _FIRST + player and note.serial == HELD_SERIAL
        if held and note.on_beat >= beat - _JUST_BEFORE:
            note.stage = FREE


@audio
def _sounded_since(engine, player, beat, until):
    """How many notes it sounded in a span of beats."""
    hold = hold_of(engine, player)
    count = 0
    for number in range(max(hold.first, hold.count - MAX_SOUNDED), hold.count):
        sounded = sounded_of(engine, player, number)
        count += 1 if beat - _JUST_BEFORE <= sounded.beat < until - _JUST_BEFORE else 0
    return count


@audio
def _fall_silent(engine, player):
    """From the end of what it has planned on its last bars are its to be played."""
    hold = hold_of(engine, player)
    until = engine.clock_beat
    for index in range(MAX_SCHEDULED):
        note = note_of(engine, index)
        if note.stage == PLANNED and note.source == _FIRST + player:
            until = max(until, note.on_beat + 2.0 * _JUST_BEFORE)
    bar = _bar(engine)
    while bar < 1.0:
        bar *= 2.0
    hold.length = bar
    if _sounded_since(engine, player, until - MOST_BARS * bar, until - bar) > 0:
        hold.length = MOST_BARS * bar
    hold.until = until
    hold.state = SILENT
    for index in range(MAX_SCHEDULED):  # nobody is there to end what it began
        note = note_of(engine, index)
        if note.stage != FREE and note.source == _FIRST + player:
            note.off_beat = min(note.off_beat, max(note.on_beat, engine.clock_beat) + hold.length)
            engine.next_due = min(engine.next_due, note.off_beat)


@audio
def _repeat(engine, player, until):
    """Plan again what sounded one loop before the beats up to `until`."""
    hold = hold_of(engine, player)
    if until <= hold.until:
        return
    for number in range(max(hold.first, hold.count - MAX_SOUNDED), hold.count):
        sounded = sounded_of(engine, player, number)
        beat = sounded.beat + hold.length
        if hold.until - _JUST_BEFORE <= beat < until - _JUST_BEFORE:
            off = beat + min(sounded.duration_beats, hold.length)
            place(engine, player, HELD_SERIAL, beat, off, sounded.lane, sounded.key, sounded.velocity)
    hold.until = until


@audio
def _look(engine, player):
    """Whether its process has made a turn since the last look."""
    hold = hold_of(engine, player)
    turns = load_acquire(engine.player_turns[player])
    moved = turns != hold.turns and turns != 0
    if moved:
        hold.moved_at = engine.transport.sample
    hold.turns = turns
    return moved


@audio
def _return(engine, player):
    """It is back: it takes over on a bar line, at once where nothing was played in its place."""
    hold = hold_of(engine, player)
    if hold.state == SILENT:
        _forget_held(engine, player, engine.clock_beat)
        hold.state = ALIVE
        return
    ready = READY_S * engine.sample_rate * engine.transport.beats_per_sample
    bar = _bar(engine)
    hold.back = engine.clock_bar_start
    while hold.back < engine.clock_beat + ready:
        hold.back += bar
    _forget_held(engine, player, hold.back)
    hold.state = RETURNING


@audio
def _hold_player(engine, player):
    hold = hold_of(engine, player)
    moved = _look(engine, player)
    t = engine.transport
    if t.playing == 0 or engine.player_hold[player] == 0:
        if hold.state != ALIVE:
            _forget_held(engine, player, engine.clock_beat)
            hold.state = ALIVE
        return
    if moved and (hold.state == SILENT or hold.state == HOLDING):
        _return(engine, player)
    elif hold.state == ALIVE and t.sample - hold.moved_at > SILENT_S * engine.sample_rate:
        _fall_silent(engine, player)
    if hold.state == SILENT or hold.state == HOLDING:
        _repeat(engine, player, engine.clock_beat + AHEAD_BEATS)
    elif hold.state == RETURNING:
        _repeat(engine, player, min(hold.back, engine.clock_beat + AHEAD_BEATS))
        if engine.clock_beat >= hold.back:
            hold.state = ALIVE


@audio
def hold_players(engine):
    """Once a block, behind what the players sent."""
    for player in range(MAX_PLAYERS):
        if engine.player_turns[player] != 0:
            _hold_player(engine, player)


@audio
def count_held(engine, player):
    """A note of the hold begins."""
    hold = hold_of(engine, player)
    engine.player_held[player] += 1
    if hold.state == SILENT:
        hold.state = HOLDING


@audio
def allowed(engine, player, item):
    """Whether a plan counts now: while the hold plays, none reaches behind the bar line of the hand-over, and a release
    takes back what begins there."""
    hold = hold_of(engine, player)
    if hold.state != HOLDING and hold.state != RETURNING:
        return True
    if hold.state == HOLDING:
        _return(engine, player)
    if item.kind == _PLAN_NOTE:
        return not item.beat < hold.back - _JUST_BEFORE
    if item.kind == _PLAN_RELEASE:
        item.kind = _PLAN_CANCEL
        item.beat = hold.back - _JUST_BEFORE
    elif item.kind == _PLAN_CANCEL:
        item.beat = max(item.beat, hold.back - _JUST_BEFORE)
    return True
