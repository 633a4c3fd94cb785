"""What happens to a port's messages before notes reach anybody: filter, channel, velocity, transpose, pedals; [audio].

One PORT_MAP per source, built aside and published by address; one PORT_STATE per source, the callback's own: where each
key that is down went, so that its end follows it there, whatever the map says by then.
"""

from __future__ import annotations

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import record_view

PORT_MAP = np.dtype(
    [
        ("channel", "i4", (16,)),  # where a channel goes, -1 = nowhere
        ("shift", "i4", (16,)),  # semitones, by the channel it comes on
        ("velocity", "u1", (128,)),
        ("inverted", "u1", (128,)),  # 1: this controller's pedal is wired the other way round
        ("drops", "i8"),  # bit 8..14: status 0x80..0xE0; bit 16..31: status 0xF0..0xFF
        ("thru", "i8"),  # 1: what is let through also goes to MIDI out
        ("serial", "i8"),  # another one lifts the pedals that are down: nobody knows where their ends would go
    ],
    align=True,
)
PORT_STATE = np.dtype(
    [
        ("target", "i2", (2048,)),  # by channel * 128 + key as it came: 1 + the same as it went, 0 = not down
        ("owner", "i2", (2048,)),  # by where it went: 1 + where it came from
        ("outside", "u1", (2048,)),  # by where it went: 1 = it sounds at MIDI out too
        ("n_outside", "i8"),
        ("pedals_outside", "i8"),  # bit 0..15: sustain of a channel is down at MIDI out, 16..31: sostenuto
        ("serial", "i8"),
        ("before", "i8"),  # a message that must come first, packed; 0 = none
        ("count", "i8"),  # messages ever
        ("last", "i8"),  # the newest: bytes packed from the lowest, its size above them
        ("last_sample", "i8"),
        ("thru_from", "i8"),  # sample at which the count of what went through began
        ("thru_count", "i8"),
        ("thru_cut", "i8"),  # 1: so much went through that it can only be a loop
    ],
    align=True,
)
port_map_at = record_view(PORT_MAP)
port_state_at = record_view(PORT_STATE)
DROPPED = np.int64(-1)
PEDALS = (64, 66, 67, 69)
"""Sustain, sostenuto, soft, hold 2."""


@audio
def pack(status, a, b):
    """Three bytes in one word, the status lowest."""
    return np.int64(status) | np.int64(a) << 8 | np.int64(b) << 16


@audio
def _begin(state, at, target):
    """A key that goes down where another one's note already sounds takes it over; its own former note ends first."""
    former = np.int64(state.target[at])
    if former != 0 and former != target + 1:
        state.before = pack(0x80 | (former - 1) >> 7, (former - 1) & 127, 64)
        state.owner[former - 1] = 0
    holder = np.int64(state.owner[target])
    if holder != 0 and holder != at + 1:
        state.target[holder - 1] = 0
    state.target[at] = target + 1
    state.owner[target] = at + 1


@audio
def _note(state, address, status, key, velocity):
    channel = np.int64(status & 0x0F)
    at = channel << 7 | key
    if status & 0xF0 == 0x90 and velocity > 0:
        if address != 0:
            table = port_map_at(address)
            if (table.drops >> 9) & 1 != 0:
                return DROPPED
            key += np.int64(table.shift[channel])
            channel = np.int64(table.channel[channel])
            velocity = np.int64(table.velocity[velocity])
            if channel < 0 or key < 0 or key > 127:
                return DROPPED
        _begin(state, at, channel << 7 | key)
        return pack(0x90 | channel, key, velocity)
    target = np.int64(state.target[at])
    if target == 0:
        return DROPPED
    if status & 0xF0 != 0xA0:
        state.target[at] = 0
        state.owner[target - 1] = 0
    elif address != 0 and (port_map_at(address).drops >> 10) & 1 != 0:
        return DROPPED
    return pack((status & 0xF0) | (target - 1) >> 7, (target - 1) & 127, velocity)


@audio
def map_message(state_address, address, packed, size):
    """A message as it goes on, packed, or DROPPED. address: of a PORT_MAP, 0 = as it came. `before` may hold another."""
    state = port_state_at(state_address)
    status, a, b = packed & 0xFF, (packed >> 8) & 0xFF, (packed >> 16) & 0xFF
    if status >= 0xF0:
        dropped = address != 0 and (port_map_at(address).drops >> (16 + (status & 0x0F))) & 1 != 0
        return DROPPED if dropped else packed
    if status < 0x80 or size != (2 if status & 0xE0 == 0xC0 else 3) or a > 127 or b > 127:
        return packed  # the keeper counts it
    if status < 0xB0:
        return _note(state, address, status, a, b)
    if address == 0:
        return packed
    table = port_map_at(address)
    channel = np.int64(table.channel[status & 0x0F])
    if channel < 0 or (table.drops >> (status >> 4)) & 1 != 0:
        return DROPPED
    if status & 0xF0 == 0xB0 and table.inverted[a] != 0:
        b = 127 - b
    return pack((status & 0xF0) | channel, a, b)
