"""Raw MIDI to clean events, and clean events to players, the panel and MIDI out; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.events import (
    BEND,
    CC,
    CHANNEL_PRESSURE,
    EVENT,
    EVENT_BYTES,
    NOTE_OFF,
    NOTE_ON,
    PRESSURE,
    PROGRAM,
)
from realtime.engine.layout import (
    ENGINE,
    GONE,
    INCOMING,
    MAX_CLOCK,
    MAX_EVENTS,
    MAX_INCOMING,
    MAX_MIDI_OUT,
    MAX_SOURCES,
    MIDI_OUT,
    MIDI_OUT_FOR_NOTES,
    PLAYER_SOURCE,
    SEATS,
    address_of,
    engine_at,
    heard_at,
    incoming_at,
    midi_out_at,
)
from realtime.engine.port_flow import (
    forget_keys,
    goes_through,
    look,
    mapped,
    next_outside,
    pedal_down,
    pedals_left_outside,
    pedals_to_lift,
    state_of,
    take_pedals_outside,
)
from realtime.engine.routing import LANE_SHIFT
from realtime.midi.decode import decode, flush, panic, release_all
from realtime.midi.keeper import CLOCK
from realtime.midi.port_map import DROPPED, pack, port_state_at
from realtime.native.call import caller
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import copy_memory, field_offset, load_i32, record_view, store_i32, store_i64, zero_memory
from realtime.native.ring import ring_push

event_at = record_view(EVENT)
call_1 = caller(void, int64)
call_2 = caller(void, int64, int64)
call_3 = caller(void, int64, int64, int64)
call_4 = caller(void, int64, int64, int64, int64)
call_5 = caller(void, int64, int64, int64, int64, int64)
ask_5 = caller(int64, int64, int64, int64, int64, int64)
_NOTE_COUNTER = field_offset(ENGINE, "note_counter")
listen_at = record_view(wire.LISTEN)

_INCOMING_BYTES = INCOMING.itemsize
_MIDI_OUT_BYTES = MIDI_OUT.itemsize
NO_ROOM = -1
_SUSTAIN, _SOSTENUTO, _NOW, _THREE = (np.int64(n) for n in (64, 66, 0, 3))
_FIRST_PLAYER = PLAYER_SOURCE
_LISTEN_BYTES = wire.LISTEN.itemsize
_LISTEN_ON, _LISTEN_OFF, _LISTEN_CONTROLLER, _LISTEN_BEND, _LISTEN_PRESSURE, _LISTEN_PROGRAM = wire.HEARD_KINDS


@audio
def add_incoming(engine, source, offset, b0, b1, b2, size):
    """Place one raw short message in the driver block, in the order of time."""
    if engine.n_incoming >= MAX_INCOMING:
        _take_without_room(engine)
    count = engine.n_incoming
    if size == GONE and count > 0:
        offset = max(offset, load_i32(engine.incoming + _INCOMING_BYTES * (count - 1)))
    at = count
    while at > 0 and load_i32(engine.incoming + _INCOMING_BYTES * (at - 1)) > offset:
        copy_memory(
            engine.incoming + _INCOMING_BYTES * at, engine.incoming + _INCOMING_BYTES * (at - 1), _INCOMING_BYTES
        )
        at -= 1
    message = incoming_at(engine.incoming + _INCOMING_BYTES * at)
    message.offset = offset
    message.source = source
    message.size = size
    message.data[0] = b0
    message.data[1] = b1
    message.data[2] = b2
    engine.n_incoming = count + 1


@audio
def _take_without_room(engine):
    """The block is full: the keepers take what it holds now and owe what that ends; only the notes it begins are lost."""
    for index in range(engine.n_incoming):
        message = incoming_at(engine.incoming + _INCOMING_BYTES * index)
        take_message(engine, message.source, NO_ROOM, message.data[0], message.data[1], message.data[2], message.size)
    engine.dropped_incoming += engine.n_incoming
    engine.n_incoming = 0


@audio
def _from(engine, source, record):
    """Source and lane in one word. The lane is looked up as the event is made: a lane that moves to another channel later
    in the block leaves the note-offs made before it with their notes."""
    if source < _FIRST_PLAYER:
        return source
    channel = event_at(record).channel & 15
    return source | ((engine.player_lanes[source - _FIRST_PLAYER] >> (4 * channel)) & 15) << LANE_SHIFT


@audio
def _insert(engine, source, record):
    """Insert a copy of the event at address `record`, stable in the order of offsets."""
    count = engine.n_events
    offset = load_i32(record)
    at = count
    while at > 0 and load_i32(engine.events + EVENT_BYTES * (at - 1)) > offset:
        copy_memory(engine.events + EVENT_BYTES * at, engine.events + EVENT_BYTES * (at - 1), EVENT_BYTES)
        store_i32(engine.event_sources + 4 * at, load_i32(engine.event_sources + 4 * (at - 1)))
        at -= 1
    copy_memory(engine.events + EVENT_BYTES * at, record, EVENT_BYTES)
    store_i32(engine.event_sources + 4 * at, np.int32(_from(engine, source, record)))
    engine.n_events = count + 1


@audio
def _room(engine):
    return MAX_EVENTS - engine.n_events


@audio
def _ids(engine):
    return address_of(engine) + _NOTE_COUNTER


@audio
def _queue(engine, source, made):
    """Queue a keeper's answer; messages of the transport go to the clock, not to devices."""
    for index in range(made):
        record = engine.spare + EVENT_BYTES * index
        event = event_at(record)
        if event.kind >= CLOCK:
            if event.kind == CLOCK and engine.n_clock >= MAX_CLOCK - 1:
                continue
            at = min(engine.n_clock, MAX_CLOCK - 1)  # of a flood of commands the last one counts
            copy_memory(engine.clock_events + EVENT_BYTES * at, record, EVENT_BYTES)
            store_i32(engine.clock_events + EVENT_BYTES * at + 8, np.int32(source))
            engine.n_clock = at + 1
        else:
            _insert(engine, source, record)


@audio
def put_midi_out(engine, offset, b0, b1, b2, size):
    """Queue a raw message for Antiphon's own MIDI out at a frame of the driver block, in the order of time."""
    put_midi_out_at(engine, np.int64(0), offset, b0, b1, b2, size)


@audio
def put_midi_out_at(engine, port, offset, b0, b1, b2, size):
    """As `put_midi_out`, for an output by its number."""
    count = engine.n_midi_out
    if count >= MAX_MIDI_OUT or (count >= MIDI_OUT_FOR_NOTES and b0 & 0xF0 == 0x90):
        engine.dropped_events += 1
        return
    at = count
    while at > 0 and load_i32(engine.midi_out + _MIDI_OUT_BYTES * (at - 1)) > offset:
        copy_memory(
            engine.midi_out + _MIDI_OUT_BYTES * at, engine.midi_out + _MIDI_OUT_BYTES * (at - 1), _MIDI_OUT_BYTES
        )
        at -= 1
    out = midi_out_at(engine.midi_out + _MIDI_OUT_BYTES * at)
    out.offset = offset
    out.port = port
    out.size = size
    out.data[0] = b0
    out.data[1] = b1
    out.data[2] = b2
    out.data_ptr = 0
    out.when_ns = 0
    engine.n_midi_out = count + 1


@audio
def _end_outside(engine, source, made):
    """What a player played on a channel that goes to MIDI out has its end there too."""
    for index in range(made):
        event = event_at(engine.spare + EVENT_BYTES * index)
        if source < _FIRST_PLAYER or event.kind != NOTE_OFF:
            continue
        player, channel = source - _FIRST_PLAYER, np.int64(event.channel & 15)
        if (engine.player_sent_to[player] >> channel) & 1 != 0:
            lane = (engine.player_lanes[player] >> (4 * channel)) & 15
            port = (engine.player_ports[player] >> (4 * lane)) & 15
            put_midi_out_at(engine, port, 0, 0x80 | channel, event.key, 64, 3)


@audio
def _pass_through(engine, source, offset, packed, size):
    """A port's message on to MIDI out, by choice."""
    if goes_through(engine, source, packed):
        at = engine.quantum_at + max(0, offset)
        put_midi_out(engine, at, packed & 0xFF, (packed >> 8) & 0xFF, (packed >> 16) & 0xFF, size)


@audio
def _give(engine, source, offset, packed, size):
    """Give one message to its source's keeper; queue what comes out for this quantum.

    offset: frame of the quantum, or NO_ROOM: nothing may come out now.
    """
    keeper = engine.keepers + engine.keeper_bytes * source
    store_i64(engine.raw, packed)
    room = _room(engine) if offset != NO_ROOM else 0
    made = decode(keeper, engine.raw, size, offset, engine.transport.sample, _ids(engine), engine.spare, room)
    _queue(engine, source, made)


@audio_entry(void(int64, int64, int64, int64, int64))
def take_message_stage(address, source, offset, packed, size):
    """One raw message (bytes packed from the lowest), as its port's map wants it; offset: as in `_give`."""
    engine = engine_at(address)
    packed = mapped(engine, source, packed, size)
    if packed == DROPPED:
        return
    if source < _FIRST_PLAYER:
        state = port_state_at(state_of(engine, source))
        before = state.before
        if before != 0:
            state.before = 0
            _pass_through(engine, source, offset, before, _THREE)
            _give(engine, source, offset, before, _THREE)
    _pass_through(engine, source, offset, packed, size)
    _give(engine, source, offset, packed, size)


@audio
def _lift_pedals(engine, source):
    """Sustain and sostenuto of a source go up where they are down."""
    keeper = engine.keepers + engine.keeper_bytes * source
    for channel in range(16):
        for number in (_SUSTAIN, _SOSTENUTO):
            if pedal_down(keeper, channel, number):
                _give(engine, source, _NOW, pack(0xB0 | channel, number, _NOW), _THREE)
    _lift_outside(engine, source)


@audio
def _lift_outside(engine, source):
    """The pedals that a source has sent down to MIDI out go up there."""
    pedals = take_pedals_outside(engine, source)
    for bit in range(32):
        if (pedals >> bit) & 1 != 0:
            put_midi_out(engine, 0, 0xB0 | bit & 15, _SUSTAIN if bit < 16 else _SOSTENUTO, 0, 3)


@audio_entry(void(int64))
def pay_owed_stage(address):
    """Let every keeper write what a full quantum left owed (note-offs first)."""
    engine = engine_at(address)
    for source in range(_FIRST_PLAYER):
        if pedals_to_lift(engine, source):
            _lift_pedals(engine, source)
        if pedals_left_outside(engine, source) != 0:
            _lift_outside(engine, source)
    for source in range(MAX_SOURCES):
        keeper = engine.keepers + engine.keeper_bytes * source
        made = flush(keeper, 0, engine.transport.sample, _ids(engine), engine.spare, _room(engine))
        _end_outside(engine, source, made)
        _queue(engine, source, made)


@audio
def _end_through(engine, source):
    """What a port sent on to MIDI out has its end there too, and its pedals go up."""
    at = next_outside(engine, source)
    while at >= 0:
        put_midi_out(engine, 0, 0x80 | at >> 7, at & 127, 64, 3)
        at = next_outside(engine, source)
    _lift_outside(engine, source)


@audio_entry(void(int64, int64, int64, int64))
def release_source_stage(address, source, at_once, offset):
    """End every note of a source: unplugged or cancelled; at_once: panic, without a release. offset: as `take_message`."""
    engine = engine_at(address)
    keeper = engine.keepers + engine.keeper_bytes * source
    sample, room = engine.transport.sample, _room(engine) if offset != NO_ROOM else 0
    if source < _FIRST_PLAYER:
        forget_keys(engine, source)
        _end_through(engine, source)
    if at_once != 0:
        made = panic(keeper, offset, sample, _ids(engine), engine.spare, room)
    else:
        made = release_all(keeper, offset, sample, _ids(engine), engine.spare, room)
    _end_outside(engine, source, made)
    _queue(engine, source, made)


@audio
def take_message(engine, source, offset, b0, b1, b2, size):
    """One raw message of up to three bytes, or the source's GONE, at a frame of this quantum."""
    if size != GONE:
        look(engine, source, offset, b0, b1, b2, size)
    if size == GONE:
        call_4(engine.release_source, address_of(engine), source, 0, offset)
        return
    packed = np.int64(b0) | np.int64(b1) << 8 | np.int64(b2) << 16
    if b0 < 0xF0 and source < _FIRST_PLAYER and ask_5(
        engine.take_control, address_of(engine), source, offset, packed, size
    ) != 0:  # fmt: skip
        return
    call_5(engine.take_message, address_of(engine), source, offset, packed, size)


@audio
def release_source(engine, source, at_once):
    """End every note of a source; at_once: 1 chokes."""
    call_4(engine.release_source, address_of(engine), source, at_once, 0)


@audio
def _tell_panel(engine, event, source, lane, beat):
    heard = heard_at(engine.scratch)
    heard.sample = engine.transport.sample + event.offset
    heard.beat = beat
    heard.kind = event.kind
    heard.source = source
    heard.channel = event.channel
    heard.key = event.key
    heard.number = 0
    heard.note_id = event.note_id
    heard.value = event.value
    heard.lane = lane
    ring_push(engine.heard, engine.scratch)


@audio
def _listen_kind(kind):
    """Kind of the LISTEN record of an event; 0: players are not told."""
    if kind == NOTE_ON:
        return _LISTEN_ON
    if kind == NOTE_OFF:
        return _LISTEN_OFF
    if kind == CC:
        return _LISTEN_CONTROLLER
    if kind == BEND:
        return _LISTEN_BEND
    if kind in (PRESSURE, CHANNEL_PRESSURE):
        return _LISTEN_PRESSURE
    if kind == PROGRAM:
        return _LISTEN_PROGRAM
    return 0


@audio
def _tell_players(engine, event, kind, source, lane, beat):
    zero_memory(engine.scratch, _LISTEN_BYTES)
    listen = listen_at(engine.scratch)
    listen.kind = kind
    listen.beat = beat
    listen.sample = engine.transport.sample + event.offset
    listen.source = source
    listen.lane = lane
    listen.channel = event.channel
    listen.key = event.key
    listen.number = event.number
    listen.note_id = event.note_id
    listen.velocity = event.value
    listen.value = event.value
    for player in range(SEATS):
        if engine.player_in[player] != 0 and (engine.player_sources[player] >> source) & 1 != 0:
            ring_push(engine.player_in[player], engine.scratch)


@audio
def tell_events(engine):
    """Tell the panel of the notes of this quantum, and the players of all they can hear."""
    for index in range(engine.n_events):
        event = event_at(engine.events + EVENT_BYTES * index)
        kind = _listen_kind(event.kind)
        if kind == 0:
            continue
        origin = load_i32(engine.event_sources + 4 * index)
        source, lane = origin % (1 << LANE_SHIFT), origin >> LANE_SHIFT
        beat = engine.clock_beat + event.offset * engine.transport.beats_per_sample
        if kind in (_LISTEN_ON, _LISTEN_OFF):
            _tell_panel(engine, event, source, lane, beat)
        _tell_players(engine, event, kind, source, lane, beat)
