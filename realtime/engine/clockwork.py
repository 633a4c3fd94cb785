"""Transport: position, bars, loop, commands from the main thread, MIDI clock in and out; [audio]."""

from __future__ import annotations

import math

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.limits import TEMPO_BPM
from realtime.engine.events import listen_at, put_midi_out, release_source
from realtime.engine.layout import (
    CLOCK_LEADS,
    CLOCK_SILENT,
    FOLLOW_CLOCK,
    FORGET_TOLD,
    LANE_PORT,
    LANE_PROGRAM,
    LANE_SENT,
    LOCATE,
    MASTER_GAIN,
    MAX_PLAYERS,
    MAX_SOURCES,
    PANIC,
    PLAY,
    PLAYER_FORGET,
    PLAYER_LANE,
    PLAYER_MUTE,
    PLAYER_PARAM,
    PLAYER_ROW,
    PLAYER_SOURCE,
    PLAYER_TOLD,
    RELEASE_SOURCE,
    SEATS,
    SEND_CLOCK,
    SET_LOOP,
    SET_SIGNATURE,
    SET_TEMPO,
    STOP,
    TAP,
    command_at,
    engine_at,
)
from realtime.engine.schedule import mute_player, release_player, set_lane, take_plans
from realtime.engine.tap import begin_glide, glide, glide_edge, tapped_tempo
from realtime.engine.told import forget_announced, forget_told, tell_newcomer
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import zero_memory
from realtime.native.ring import ring_pop, ring_push

_LISTEN_TRANSPORT, _LISTEN_LOCATE, _LISTEN_PANIC, _LISTEN_PARAMETER = (
    wire.TRANSPORT,
    wire.LOCATE,
    wire.PANIC,
    wire.PARAMETER,
)
_COUNTING = wire.COUNTING
_FIRST_PLAYER = PLAYER_SOURCE
_SLOWEST, _FASTEST = TEMPO_BPM
_LISTEN_BYTES = wire.LISTEN.itemsize
_ALL = 0x7FFFFFFF
_NEVER, _ON_THE_LINE = 1.0e300, 1.0e-6
_SILENCING = (64, 66, 69, 121, 123, 120)
"""What a panic sends on each channel: sustain, sostenuto and hold pedals up, Reset All Controllers, All Notes Off, All
Sound Off."""


@audio
def bar_beats(transport):
    """Quarter notes a bar."""
    return transport.numerator * 4.0 / transport.denominator


@audio
def set_tempo(engine, tempo_bpm):
    """Tempo in quarter notes a minute, within TEMPO_BPM."""
    tempo_bpm = min(_FASTEST, max(_SLOWEST, tempo_bpm))
    engine.transport.tempo_bpm = tempo_bpm
    engine.transport.beats_per_sample = tempo_bpm / 60.0 / engine.sample_rate
    engine.glide_frames = 0.0


@audio
def _find_bar(engine):
    """Number and beginning of the bar at the present beat: bars are counted from where the metre last changed, so that a
    change moves no number; in front of that place the metre in force counts from the song's beginning."""
    t = engine.transport
    if t.beat < engine.metre_beat - 1e-9:
        engine.metre_beat, engine.metre_bar = 0.0, 0
    length = bar_beats(t)
    bars = int(math.floor((t.beat - engine.metre_beat) / length + 1e-9))
    t.bar = engine.metre_bar + bars
    t.bar_start_beat = engine.metre_beat + bars * length


@audio
def locate(engine, beat):
    """Jump to a position in quarter notes; what the players planned is dropped."""
    t = engine.transport
    t.beat = max(0.0, beat)
    _find_bar(engine)
    engine.clock_bar_start = engine.clock_beat - (t.beat - t.bar_start_beat)
    forget_announced(engine)
    tell_players(engine, _LISTEN_LOCATE)
    for player in range(MAX_PLAYERS):
        if engine.player_out[player] != 0:
            release_player(engine, _FIRST_PLAYER + player, _ALL)


@audio
def set_metre(engine, numerator, denominator):
    """Another metre: the bar that runs takes its length, and the count goes on from it."""
    t = engine.transport
    engine.metre_beat, engine.metre_bar = t.bar_start_beat, t.bar
    t.numerator, t.denominator = min(32, max(1, numerator)), min(32, max(1, denominator))
    locate(engine, t.beat)


@audio
def take_due_metre(engine):
    """The metre that the chart has from here on: on the bar line, to which `frames_to_edge` has cut the quantum."""
    t = engine.transport
    if engine.metre_due > engine.clock_beat + _ON_THE_LINE:
        return
    engine.metre_due = _NEVER
    if t.numerator == engine.due_numerator and t.denominator == engine.due_denominator:
        return
    begun, bar = t.bar_start_beat, t.bar
    if t.beat > begun + bar_beats(t) - _ON_THE_LINE:
        begun, bar = begun + bar_beats(t), bar + 1
    engine.metre_beat, engine.metre_bar = begun, bar
    t.numerator, t.denominator = np.int32(engine.due_numerator), np.int32(engine.due_denominator)
    engine.led_metres += 1
    locate(engine, max(t.beat, begun))


@audio
def set_playing(engine, playing):
    """Start or stop the song; the running beat goes on."""
    t = engine.transport
    if playing and t.playing == 0:
        t.playing = 1
        engine.clock_bar_start = engine.clock_beat - (t.beat - t.bar_start_beat)
        forget_announced(engine)
        tell_players(engine, _LISTEN_LOCATE)
    elif not playing:
        t.playing = 0


@audio
def start(engine):
    """Start the song, behind as many bars of clicks as are wanted."""
    t = engine.transport
    if engine.counting != 0:
        return
    if engine.count_in > 0 and t.playing == 0:
        engine.counting = 1
        engine.count_beat = 0.0
        engine.count_beats = engine.count_in * bar_beats(t)
    else:
        set_playing(engine, True)


@audio
def _count(engine, beats):
    """The count-in moves on; at its end the song starts."""
    engine.count_beat += beats
    if engine.count_beat >= engine.count_beats - 1e-9:
        engine.counting = 0
        set_playing(engine, True)


@audio
def tell_player(engine, player, kind):
    """A TRANSPORT, LOCATE or PANIC record to one player."""
    if engine.player_in[player] == 0:
        return
    zero_memory(engine.scratch, _LISTEN_BYTES)
    listen = listen_at(engine.scratch)
    t = engine.transport
    listen.kind = kind
    listen.beat = engine.clock_beat
    listen.tempo_bpm = t.tempo_bpm
    listen.bar_start_beat = engine.clock_bar_start
    listen.sample = t.sample
    listen.numerator = t.numerator
    listen.denominator = t.denominator
    listen.playing = t.playing | (_COUNTING if engine.counting != 0 else 0)
    listen.song_beat = t.beat
    listen.number = np.int32(t.bar)
    listen.note_id = np.int32(engine.jumps)
    if t.looping != 0:
        listen.loop_start = t.loop_start
        listen.loop_end = t.loop_end
    ring_push(engine.player_in[player], engine.scratch)


@audio
def tell_players(engine, kind):
    """A TRANSPORT, LOCATE or PANIC record to every player, and to the follower."""
    for player in range(SEATS):
        tell_player(engine, player, kind)


@audio
def _tap(engine):
    """A tap of the performer's; while another clock leads it is nobody's."""
    if engine.clock_state == CLOCK_LEADS:
        return
    tempo_bpm = tapped_tempo(engine)
    if tempo_bpm > 0.0:
        set_tempo(engine, tempo_bpm)
        begin_glide(engine)
        tell_players(engine, _LISTEN_TRANSPORT)


@audio
def tell_parameter(engine, player, row, value):
    """A parameter of a player has moved."""
    if not (0 <= player < SEATS) or engine.player_in[player] == 0:
        return
    zero_memory(engine.scratch, _LISTEN_BYTES)
    listen = listen_at(engine.scratch)
    listen.kind = _LISTEN_PARAMETER
    listen.beat = engine.clock_beat
    listen.number = row
    listen.value = value
    ring_push(engine.player_in[player], engine.scratch)


@audio
def _set_lane(engine, player, lane, packed):
    program, port = packed // LANE_PROGRAM % (LANE_PORT // LANE_PROGRAM) - 1, packed // LANE_PORT
    set_lane(engine, player, lane, packed % LANE_SENT, packed // LANE_SENT % 2, program, port)


@audio
def panic(engine):
    """End every note of every source, and tell the other side of MIDI out."""
    for player in range(MAX_PLAYERS):
        if engine.player_out[player] != 0:
            release_player(engine, _FIRST_PLAYER + player, _ALL)
    for source in range(MAX_SOURCES):
        release_source(engine, source, 1)
    for channel in range(16):
        for number in _SILENCING:
            put_midi_out(engine, 0, 0xB0 | channel, number, 0, 3)
    tell_players(engine, _LISTEN_PANIC)
    engine.panic = 1


@audio_entry(void(int64))
def take_commands_stage(address):
    """Carry out what [main] asked for since the last block."""
    engine = engine_at(address)
    for _ in range(64):
        if not ring_pop(engine.commands, engine.scratch):
            return
        command = command_at(engine.scratch)
        kind, number, value, value2 = command.kind, command.number, command.value, command.value2
        t = engine.transport
        if kind == SET_TEMPO:
            set_tempo(engine, value)
            tell_players(engine, _LISTEN_TRANSPORT)
        elif kind == TAP:
            _tap(engine)
        elif kind == PLAY:
            start(engine)
        elif kind == STOP:
            engine.counting = 0
            set_playing(engine, False)
        elif kind == LOCATE:
            locate(engine, value)
        elif kind == SET_SIGNATURE:
            set_metre(engine, int(value), int(value2))
        elif kind == SET_LOOP:
            t.looping = 1 if number != 0 and value2 > value + 0.01 else 0
            t.loop_start = value
            t.loop_end = value2
        elif kind == PANIC:
            panic(engine)
        elif kind == RELEASE_SOURCE:
            if _FIRST_PLAYER <= number < MAX_SOURCES:
                take_plans(engine)  # what its process still sent is forgotten too
                release_player(engine, number, _ALL)
            elif 0 <= number < MAX_SOURCES:
                release_source(engine, number, 0)
        elif kind == MASTER_GAIN:
            engine.master_target = value
        elif kind == PLAYER_PARAM:
            tell_parameter(engine, number // PLAYER_ROW, number % PLAYER_ROW, value)
        elif kind == PLAYER_LANE:
            _set_lane(engine, number // PLAYER_ROW, number % PLAYER_ROW, int(value))
        elif kind == PLAYER_MUTE:
            mute_player(engine, number, np.int64(value))
        elif kind == PLAYER_FORGET:
            release_player(engine, _FIRST_PLAYER + number, _ALL)
            tell_player(engine, number, _LISTEN_LOCATE)
        elif kind == PLAYER_TOLD:
            tell_newcomer(engine, number)
        elif kind == FORGET_TOLD:
            forget_told(engine)
        elif kind == FOLLOW_CLOCK:
            if number != engine.clock_follow:
                engine.clock_leader = np.int64(0)
            if number == 0:
                engine.clock_state = CLOCK_SILENT  # what plays plays on, at the tempo that it has
            engine.clock_follow = number
        elif kind == SEND_CLOCK:
            engine.clock_send = number


@audio
def frames_to_edge(engine, frames):
    """The longest quantum up to `frames` that does not run over a change of metre, the loop's end, or that of the
    count-in."""
    t = engine.transport
    frames = np.int64(glide_edge(engine, frames))
    if engine.metre_due < engine.clock_beat + frames * t.beats_per_sample:
        due = int(math.ceil((engine.metre_due - engine.clock_beat) / t.beats_per_sample - 1e-6))
        frames = due if 0 < due < frames else frames
    if engine.counting != 0:
        left = int(math.ceil((engine.count_beats - engine.count_beat) / t.beats_per_sample - 1e-6))
        return left if 0 < left < frames else frames
    if t.playing != 0 and t.looping != 0 and t.beat < t.loop_end:
        left = int(math.ceil((t.loop_end - t.beat) / t.beats_per_sample - 1e-6))
        if 0 < left < frames:
            return left
    return frames


@audio
def advance(engine, frames):
    """Move song and running beat on by a quantum."""
    t = engine.transport
    beats = frames * t.beats_per_sample
    length = bar_beats(t)
    t.sample += frames
    glide(engine, frames)
    engine.clock_beat += beats
    while engine.clock_beat >= engine.clock_bar_start + length - 1e-9:
        engine.clock_bar_start += length
    if engine.counting != 0:
        _count(engine, beats)
        return
    if t.playing == 0:
        return
    t.beat += beats
    if t.looping != 0 and t.beat >= t.loop_end - 1e-9 and t.beat - beats < t.loop_end:
        t.beat = t.loop_start + max(0.0, t.beat - t.loop_end)
        _find_bar(engine)
        return
    while t.beat >= t.bar_start_beat + length - 1e-9:
        t.bar_start_beat += length
        t.bar += 1
