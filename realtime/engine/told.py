"""What the follower, or a person, says of the music: kept for the devices, announced ahead, passed on to players; [audio].

For each kind there is one row that holds now; behind these, in any order, what is announced for a later beat. A
record takes the place of all of its kind that was announced for its beat or later.
"""

from __future__ import annotations

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.limits import TEMPO_BPM
from realtime.engine.events import listen_at
from realtime.engine.layout import FOLLOWER, MAX_TOLD, SEATS
from realtime.native.jit import audio
from realtime.native.memory import copy_memory, record_view, zero_memory
from realtime.native.ring import ring_pop, ring_push

KINDS = len(wire.TOLD_KINDS)
_BYTES = wire.LISTEN.itemsize
_NEVER = 1.0e300
_SAME_BEAT = 1e-6
_MOST_TELLS, _MOST_SAYS = 64, 256
_CHORD, _KEY, _SECTION, _INTENSITY, _MOOD = wire.TOLD_KINDS
_FIRST, _LAST = min(wire.TOLD_KINDS), max(wire.TOLD_KINDS)
_TEMPO, _METRE = wire.PLAN_TEMPO, wire.PLAN_METRE
_SLOWEST, _FASTEST = TEMPO_BPM
_SECTIONS, _MODES = len(wire.SECTIONS), len(wire.MODES)
_said_at = record_view(wire.PLAN)
_SAID_BYTES = wire.PLAN.itemsize


@audio
def _row(engine, index):
    return listen_at(engine.told + _BYTES * index)


@audio
def _holds(engine, told):
    """A record holds from now on: the transport of every device has it."""
    t = engine.transport
    if told.kind == _CHORD:
        none = told.key < 0
        t.chord_root = 0 if none else told.key % 12
        t.chord_bass = 0 if none else told.bass % 12
        t.chord_quality = 0 if none else max(0, told.number)
        t.chord_classes = 0 if none else told.classes & 0xFFF
    elif told.kind == _KEY:
        none = told.key < 0 or told.number < 0 or told.number >= _MODES
        t.key_tonic = 0 if none else told.key % 12
        t.key_mode = 0 if none else told.number
        t.key_classes = 0 if none else told.classes & 0xFFF
    elif told.kind == _SECTION:
        t.section = told.number + 1 if 0 <= told.number < _SECTIONS else 0
    elif told.kind == _INTENSITY:
        t.intensity = min(np.float32(1.0), max(np.float32(0.0), np.float32(told.value)))


@audio
def _find_next(engine):
    engine.next_told = _NEVER
    for index in range(KINDS, KINDS + MAX_TOLD):
        row = _row(engine, index)
        if row.kind != 0:
            engine.next_told = min(engine.next_told, row.beat)


@audio
def _keep(engine, address):
    """Puts the LISTEN record at an address where it belongs; False if there is no room for what it announces."""
    told = listen_at(address)
    place = 0
    for index in range(KINDS, KINDS + MAX_TOLD):
        row = _row(engine, index)
        if row.kind == told.kind and row.beat >= told.beat - _SAME_BEAT:
            row.kind = 0
        if row.kind == 0 and place == 0:
            place = index
    now = told.beat <= engine.clock_beat
    if now:
        place = told.kind - _FIRST
        _holds(engine, told)
    if place != 0 or now:
        copy_memory(engine.told + _BYTES * place, address, _BYTES)
    _find_next(engine)
    return place != 0 or now


@audio
def pass_on(engine, address):
    """The LISTEN record at an address is kept, and told to all players and to the follower; a beat that is not a number
    is now."""
    told = listen_at(address)
    if not _FIRST <= told.kind <= _LAST:
        return
    if not abs(told.beat) < _NEVER:
        told.beat = engine.clock_beat
    if not (abs(told.value) < _NEVER and abs(told.value2) < _NEVER):
        return
    told.sample = engine.transport.sample
    if not _keep(engine, address):
        engine.dropped_events += 1
        return
    for seat in range(SEATS):
        if engine.player_in[seat] != 0:
            ring_push(engine.player_in[seat], address)


@audio
def take_tells(engine):
    """Read what is told by hand."""
    for _ in range(_MOST_TELLS):
        if not ring_pop(engine.tells, engine.scratch):
            break
        pass_on(engine, engine.scratch)


@audio
def lead_tempo(engine, tempo_bpm):
    """The hands, or a mood, lead where no clock does."""
    if engine.clock_follow == 0 and _SLOWEST <= tempo_bpm <= _FASTEST:
        engine.transport.tempo_bpm = tempo_bpm
        engine.transport.beats_per_sample = tempo_bpm / 60.0 / engine.sample_rate


@audio
def _lead_metre(engine, said):
    """The next change of metre; what lies behind it is told again once it has come."""
    if 1 <= said.key <= 32 and 1 <= said.number <= 32 and said.beat < engine.metre_due:
        engine.metre_due = said.beat
        engine.due_numerator, engine.due_denominator = said.key, said.number


@audio
def _pass_said(engine, said):
    zero_memory(engine.scratch, _BYTES)
    told = listen_at(engine.scratch)
    told.kind = said.kind
    told.beat = said.beat
    told.key = said.key
    told.number = said.number
    told.bass = said.bass
    told.classes = said.classes
    told.value = said.value
    told.value2 = said.value2
    pass_on(engine, engine.scratch)


@audio
def take_led(engine, address):
    """A chord that a player leads the band by; its value: jumps of the song that the player had heard of."""
    copy_memory(engine.spoken, address, _SAID_BYTES)
    said = _said_at(engine.spoken)
    if said.value == engine.jumps or said.beat <= engine.clock_beat:
        said.value = 0.0
        _pass_said(engine, said)


@audio
def say_mood(engine, address):
    """A player leads the mood, as of now."""
    copy_memory(engine.spoken, address, _SAID_BYTES)
    said = _said_at(engine.spoken)
    said.beat = engine.clock_beat
    _pass_said(engine, said)


@audio
def take_said(engine):
    """Read what the follower says; what it announced before it heard of the last jump is void."""
    ring = engine.player_out[FOLLOWER]
    if ring == 0:
        return
    for _ in range(_MOST_SAYS):
        if not ring_pop(ring, engine.spoken):
            break
        said = _said_at(engine.spoken)
        if said.kind == _TEMPO:
            lead_tempo(engine, said.value)
            continue
        if said.serial != engine.jumps and not said.beat <= engine.clock_beat:
            continue
        if said.kind == _METRE:
            _lead_metre(engine, said)
            continue
        _pass_said(engine, said)


@audio
def tell_due(engine, frames):
    """What is announced for this quantum holds from its first sample on, so that a note on the beat meets it."""
    end = engine.clock_beat + frames * engine.transport.beats_per_sample
    while engine.next_told < end:
        due = engine.next_told
        for index in range(KINDS, KINDS + MAX_TOLD):
            row = _row(engine, index)
            if row.kind != 0 and row.beat <= due:
                _holds(engine, row)
                copy_memory(engine.told + _BYTES * (row.kind - _FIRST), engine.told + _BYTES * index, _BYTES)
                row.kind = 0
        _find_next(engine)


@audio
def tell_newcomer(engine, seat):
    """One who has just come is told all that is known: what holds, then what is announced, in order of time."""
    if engine.player_in[seat] == 0:
        return
    for index in range(KINDS):
        if _row(engine, index).kind != 0:
            ring_push(engine.player_in[seat], engine.told + _BYTES * index)
    beat = -_NEVER
    while True:
        due = _NEVER
        for index in range(KINDS, KINDS + MAX_TOLD):
            row = _row(engine, index)
            if row.kind != 0 and row.beat > beat:
                due = min(due, row.beat)
        if due == _NEVER:
            break
        for index in range(KINDS, KINDS + MAX_TOLD):
            row = _row(engine, index)
            if row.kind != 0 and row.beat == due:
                ring_push(engine.player_in[seat], engine.told + _BYTES * index)
        beat = due


@audio
def forget_announced(engine):
    """The song has jumped: what was announced will not come."""
    engine.jumps += 1
    for index in range(KINDS, KINDS + MAX_TOLD):
        _row(engine, index).kind = 0
    engine.next_told = engine.metre_due = _NEVER


@audio
def forget_told(engine):
    """Nothing is known of the music any more, and everybody is told so."""
    forget_announced(engine)
    for kind in range(_FIRST, _MOOD):
        row = _row(engine, kind - _FIRST)
        if row.kind != 0 and kind != _INTENSITY:
            zero_memory(engine.scratch, _BYTES)
            told = listen_at(engine.scratch)
            told.kind = kind
            told.beat = engine.clock_beat
            told.key = -1
            told.number = 0 if kind == _KEY else -1
            pass_on(engine, engine.scratch)
        row.kind = 0
    _row(engine, _MOOD - _FIRST).kind = 0
    engine.transport.intensity = np.float32(0.0)


assert tuple(range(_FIRST, _LAST + 1)) == wire.TOLD_KINDS
