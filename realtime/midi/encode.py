"""EVENT records to raw MIDI 1.0 messages, for `Antiphon out`; [audio]. Source: MIDI 1.0 Detailed Specification (4.2.1).

    size = encode(event, data, bend_range)     event: address of an EVENT; data: address of at least 3 bytes to fill

returns 1..3 bytes, or 0 for what has no message (RESET). A channel of -1 goes out on channel 1, MPE's lower master.
"""

from __future__ import annotations

import numpy as np

from realtime.contract import events
from realtime.contract.events import EVENT
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from realtime.native.jit import audio
from realtime.native.memory import record_view, store_u8

_event_at = record_view(EVENT)
ALL_SOUND_OFF, TIMBRE_CC = 120, 74


@audio
def _seven_bits(value):
    """0..1 to 0..127, to the nearest; NaN becomes 0."""
    scaled = np.float64(value) * 127.0
    return np.int64(min(127.0, scaled) + 0.5) if scaled > 0.0 else np.int64(0)


@audio
def _fill(data, status, a, b, size):
    store_u8(data, np.uint8(status))
    if size > 1:
        store_u8(data + 1, np.uint8(a & 127))
    if size > 2:
        store_u8(data + 2, np.uint8(b & 127))
    return size


@audio
def _fourteen_bits(value, bend_range):
    """Semitones to 0..16383, centre 8192; the inverse of the decoder's scaling; NaN becomes the centre."""
    share = np.float64(value) / bend_range
    if share > 0.0:
        return 8192 + np.int64(min(1.0, share) * 8191.0 + 0.5)
    if share < 0.0:
        return 8192 - np.int64(min(1.0, -share) * 8192.0 + 0.5)
    return np.int64(8192)


@audio
def encode(event, data, bend_range):
    """One event as a message; bend_range: semitones of the receiver's pitch wheel, 2 unless told otherwise."""
    e = _event_at(event)
    kind = np.int64(e.kind)
    channel = np.int64(max(0, min(15, e.channel)))
    key = np.int64(e.key)
    number = np.int64(e.number)
    value = _seven_bits(e.value)
    if kind == events.NOTE_ON:
        return _fill(data, 0x90 | channel, key, max(1, value), np.int64(3))
    if kind == events.NOTE_OFF:
        return _fill(data, 0x80 | channel, key, value, np.int64(3))
    if kind == events.NOTE_CHOKE:
        if key >= 0:
            return _fill(data, 0x80 | channel, key, np.int64(64), np.int64(3))
        return _fill(data, 0xB0 | channel, np.int64(ALL_SOUND_OFF), np.int64(0), np.int64(3))
    if kind == events.PRESSURE:
        return _fill(data, 0xA0 | channel, key, value, np.int64(3))
    if kind == events.CHANNEL_PRESSURE:
        return _fill(data, 0xD0 | channel, value, np.int64(0), np.int64(2))
    if kind == events.PROGRAM:
        return _fill(data, 0xC0 | channel, number, np.int64(0), np.int64(2))
    if kind == events.CC:
        return _fill(data, 0xB0 | channel, number, value, np.int64(3))
    if kind == events.TIMBRE:
        return _fill(data, 0xB0 | channel, np.int64(TIMBRE_CC), value, np.int64(3))
    if kind == events.BEND:
        wheel = _fourteen_bits(e.value, bend_range)
        return _fill(data, 0xE0 | channel, wheel, wheel >> 7, np.int64(3))
    if kind == SONG_POSITION:
        return _fill(data, np.int64(0xF2), number, number >> 7, np.int64(3))
    status = np.int64(0)
    if kind == CLOCK:
        status = np.int64(0xF8)
    elif kind == START:
        status = np.int64(0xFA)
    elif kind == CONTINUE:
        status = np.int64(0xFB)
    elif kind == STOP:
        status = np.int64(0xFC)
    return _fill(data, status, np.int64(0), np.int64(0), np.int64(1)) if status else np.int64(0)
