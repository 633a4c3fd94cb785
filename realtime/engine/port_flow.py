"""A port's messages on their way into the engine: looked at, mapped, sent through to MIDI out, watched; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.engine.layout import ENGINE, MIDI_OUT, MONITORED, PLAYER_SOURCE, address_of, midi_out_at, monitored_at
from realtime.midi.keeper import keeper_at
from realtime.midi.port_map import PORT_STATE, map_message, pack, port_map_at, port_state_at
from realtime.native.atomics import load_acquire
from realtime.native.jit import audio
from realtime.native.memory import field_offset, load_u8
from realtime.native.ring import ring_push

STATE_BYTES = PORT_STATE.itemsize
_MAPS, _MONITOR = field_offset(ENGINE, "port_maps"), field_offset(ENGINE, "monitor")
_MIDI_OUT_BYTES = MIDI_OUT.itemsize
_DATA, _OUT_DATA = field_offset(MONITORED, "data"), field_offset(MIDI_OUT, "data")
_PORTS = PLAYER_SOURCE
_NOT_A_PORT = -1
THRU_A_SECOND = 2000
"""Twice what a MIDI cable can carry: more than that from one port is a loop."""
_SHOWN = MONITORED["data"].itemsize
_SUSTAIN, _SOSTENUTO = 64, 66


@audio
def state_of(engine, source):
    """Address of a source's PORT_STATE."""
    return engine.port_states + STATE_BYTES * source


@audio
def map_of(engine, source):
    """Address of the PORT_MAP that a source has now, 0 = none."""
    return load_acquire(address_of(engine) + _MAPS + 8 * source)


@audio
def look(engine, source, offset, b0, b1, b2, size):
    """Count a raw message of a port, and show it to whoever watches."""
    if source >= _PORTS:
        return
    state = port_state_at(state_of(engine, source))
    state.count += 1
    state.last = pack(b0, b1, b2) | np.int64(size) << 24
    state.last_sample = engine.transport.sample
    ring = load_acquire(address_of(engine) + _MONITOR)
    if ring == 0:
        return
    seen = monitored_at(engine.scratch)
    seen.sample = engine.transport.sample + max(0, offset)
    seen.source = source
    seen.size = size
    seen.data[0] = b0
    seen.data[1] = b1
    seen.data[2] = b2
    ring_push(ring, engine.scratch)


@audio
def show_long(engine, source, offset, data, size):
    """A system exclusive message that comes by: its first bytes. source: -1 = it goes out."""
    ring = load_acquire(address_of(engine) + _MONITOR)
    if ring == 0:
        return
    seen = monitored_at(engine.scratch)
    seen.sample = engine.transport.sample + offset
    seen.source = source
    seen.size = size
    for index in range(min(size, _SHOWN)):
        seen.data[index] = load_u8(data + index)
    ring_push(ring, engine.scratch)


@audio
def show_out(engine, first):
    """What leaves at MIDI out in this block, from an index on."""
    if engine.n_midi_out > first:
        newest = midi_out_at(engine.midi_out + _MIDI_OUT_BYTES * (engine.n_midi_out - 1))
        engine.out_count += engine.n_midi_out - first
        size = np.int64(min(newest.size, 3))
        engine.out_last = pack(newest.data[0], newest.data[1], newest.data[2]) | size << 24
    if load_acquire(address_of(engine) + _MONITOR) == 0:
        return
    for index in range(first, engine.n_midi_out):
        address = engine.midi_out + _MIDI_OUT_BYTES * index
        out = midi_out_at(address)
        data = out.data_ptr if out.data_ptr != 0 else address + _OUT_DATA
        show_long(engine, _NOT_A_PORT, np.int64(out.offset), data, np.int64(out.size))


@audio
def mapped(engine, source, packed, size):
    """A port's message as its map wants it, or DROPPED."""
    if source >= _PORTS:
        return packed
    return map_message(state_of(engine, source), map_of(engine, source), packed, size)


@audio
def _is_thru(engine, source):
    address = map_of(engine, source)
    return address != 0 and port_state_at(state_of(engine, source)).thru_cut == 0 and port_map_at(address).thru != 0


@audio
def _note_pedal(state, channel, number, value):
    if number in (_SUSTAIN, _SOSTENUTO):
        bit = np.int64(1) << (channel if number == _SUSTAIN else channel + 16)
        state.pedals_outside = state.pedals_outside | bit if value >= 64 else state.pedals_outside & ~bit


@audio
def pedals_left_outside(engine, source):
    """Pedals that were sent down to MIDI out and will not be sent up, for nothing goes through any more: bit mask."""
    state = port_state_at(state_of(engine, source))
    return state.pedals_outside if state.pedals_outside != 0 and not _is_thru(engine, source) else np.int64(0)


@audio
def take_pedals_outside(engine, source):
    """All pedals that are down at MIDI out, taken off the list: bit mask."""
    state = port_state_at(state_of(engine, source))
    pedals = state.pedals_outside
    state.pedals_outside = 0
    return pedals


@audio
def goes_through(engine, source, packed):
    """Whether a mapped message also goes to MIDI out. A note's end goes where its beginning went."""
    if source >= _PORTS:
        return False
    state = port_state_at(state_of(engine, source))
    status = packed & 0xFF
    at = (status & 0x0F) << 7 | (packed >> 8) & 0x7F
    starts = status & 0xF0 == 0x90 and (packed >> 16) & 0xFF > 0
    if status < 0xA0 and not starts:
        was = state.outside[at] != 0
        if was:
            state.outside[at] = 0
            state.n_outside -= 1
        return was
    if status >= 0xF0 or not _is_thru(engine, source):
        return False
    if engine.transport.sample - state.thru_from > engine.sample_rate:
        state.thru_from = engine.transport.sample
        state.thru_count = 0
    state.thru_count += 1
    if state.thru_count > THRU_A_SECOND:
        state.thru_cut = 1
        return False
    if starts and state.outside[at] == 0:
        state.outside[at] = 1
        state.n_outside += 1
    elif status & 0xF0 == 0xB0:
        _note_pedal(state, status & 0x0F, (packed >> 8) & 0x7F, (packed >> 16) & 0x7F)
    return True


@audio
def next_outside(engine, source):
    """A note of a source that sounds at MIDI out, taken off the list: channel * 128 + key, or -1 if there is none."""
    state = port_state_at(state_of(engine, source))
    if state.n_outside == 0:
        return np.int64(-1)
    for at in range(2048):
        if state.outside[at] != 0:
            state.outside[at] = 0
            state.n_outside -= 1
            return np.int64(at)
    state.n_outside = 0
    return np.int64(-1)


@audio
def forget_keys(engine, source):
    """The source has gone: none of its keys is down any more."""
    state = port_state_at(state_of(engine, source))
    for at in range(2048):
        state.target[at] = 0
        state.owner[at] = 0


@audio
def pedals_to_lift(engine, source):
    """Whether the map of a source has changed so that its pedals must come up; says so once."""
    address = map_of(engine, source)
    serial = port_map_at(address).serial if address != 0 else np.int64(0)
    state = port_state_at(state_of(engine, source))
    changed = serial != state.serial
    state.serial = serial
    return changed


@audio
def pedal_down(keeper, channel, number):
    """Whether a keeper holds the sustain or the sostenuto pedal of a channel down."""
    k = keeper_at(keeper)
    return (k.sustain[channel] if number == _SUSTAIN else k.sostenuto[channel]) != 0


@audio
def wants_long(engine, source):
    """Whether a port's system exclusive messages are let through."""
    address = map_of(engine, source)
    return address == 0 or (port_map_at(address).drops >> 16) & 1 == 0
