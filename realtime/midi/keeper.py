"""The note keeper: what each MIDI source holds down, so that every NOTE_ON gets exactly one NOTE_OFF; [audio].

One KEEPER record per source (port), plain bytes without pointers of its own. The functions here work on the record
that `decode.py` feeds; the engine calls `decode`, `flush`, `release_all` and `panic` from there by address.

Room. Events go into the caller's array. When it is full nothing is forgotten: a note-off, a pedal, a bend or a
controller is *owed* and written by the next call, offs first; while anything is owed new notes are refused (and
counted), so that a flood costs note-ons, never a hanging note or a bent pitch. After the flood the listener's
controllers equal the sender's.
"""

from __future__ import annotations

import numpy as np

from realtime.contract import events
from realtime.contract.events import EVENT, EVENT_BYTES
from realtime.midi.mpe import bend_semitones, master_of, pressure_of, timbre_of
from realtime.native.jit import audio
from realtime.native.memory import aligned, load_i64, record_view, store_i64

# Numba compiles a function anew for every literal argument; np.int64 constants keep it to one version.
CLOCK, START, CONTINUE, STOP, SONG_POSITION = (np.int64(kind) for kind in range(32, 37))
"""Event kinds of the transport; SONG_POSITION: value = quarter notes, number = the raw 14 bits (sixteenths)."""

NOTE_ON, NOTE_OFF, NOTE_CHOKE = np.int64(events.NOTE_ON), np.int64(events.NOTE_OFF), np.int64(events.NOTE_CHOKE)
BEND, CHANNEL_PRESSURE, TIMBRE = np.int64(events.BEND), np.int64(events.CHANNEL_PRESSURE), np.int64(events.TIMBRE)
CC, PROGRAM = np.int64(events.CC), np.int64(events.PROGRAM)
NONE, ALL = np.int64(0), np.int64(-1)

WIDE = np.int64(16)
"""The row that stands for channel -1: an MPE zone that spans all channels."""
ROWS = 17
_SYSTEM = np.uint32(1 << 17)

DOWN, LATCHED, OWED = 1, 2, 4
"""Flags of a sounding key: finger on it, caught by sostenuto, note-off not yet written."""

OWE_CHOKE, OWE_NOTES, OWE_BEND, OWE_PRESSURE, OWE_TIMBRE, OWE_PROGRAM, OWE_CC = (np.int64(1 << n) for n in range(7))

SENSING_S = 0.33
"""A sender of Active Sensing speaks every 300 ms (MIDI 1.0, "Active Sensing"), with a tenth for the cable and its clock."""

RELEASE_VELOCITY = 64.0 / 127.0
"""MIDI's default release velocity, used when a pedal, a retrigger or a disconnection ends a note."""

KEEPER = np.dtype(
    [
        ("note_id", "i4", (16, 128)),  # 0 = silent
        ("flags", "u1", (16, 128)),
        ("cc", "u1", (ROWS, 128)),  # bits 0..6: value; bit 7: owed
        ("bend", "i2", (16,)),  # -8192..8191 as received
        ("pressure", "u1", (16,)),
        ("timbre", "u1", (16,)),
        ("program", "u1", (ROWS,)),
        ("sustain", "u1", (16,)),
        ("sostenuto", "u1", (16,)),
        ("bend_range", "f4", (16,)),  # semitones
        ("bank", "i4", (16,)),  # selected bank, MSB * 128 + LSB
        ("touched", "i8"),  # bit r: row r has ever said anything but notes and programs
        ("known", "i8", (ROWS, 2)),  # bit mask of the 128 controllers a row has ever received
        ("rpn", "i4", (16,)),  # selected registered parameter, -1 = none
        ("lower", "i4"),  # member channels of the MPE lower zone (master channel 1), 0 = no zone
        ("upper", "i4"),  # the same for the upper zone (master channel 16)
        ("sounding", "i4"),  # notes on and not yet off
        ("owed_rows", "u4"),  # bit r: row r owes something; bit 17: the transport does
        ("owed", "u1", (ROWS,)),
        ("owed_command", "i4"),
        ("owed_position", "i4"),  # sixteenths, -1 = none
        ("owed_clocks", "i4", (2,)),  # clock ticks before and after the owed command
        ("sensing", "i4"),  # 1 once the sender has sent Active Sensing: from then on its silence means that it has gone
        ("patience", "i8"),  # samples of that silence
        ("heard", "i8"),  # time of the newest message
        ("malformed", "i8"),  # messages ignored: wrong size, data byte out of range, undefined status
        ("refused_notes", "i8"),  # note-ons dropped for want of room
        ("refused_events", "i8"),  # key pressures dropped for want of room
        ("offset", "i8"),  # the call in progress
        ("time", "i8"),  # of its frame
        ("ids", "i8"),
        ("out", "i8"),
        ("capacity", "i8"),
        ("count", "i8"),
    ],
    align=True,
)
keeper_at = record_view(KEEPER)
_event_at = record_view(EVENT)


def new_keeper(sample_rate: float = 48000.0) -> np.ndarray:
    """A fresh KEEPER record, shape (1,), 64-byte aligned; its address is `.ctypes.data`. [main]"""
    keeper = aligned(1, KEEPER)
    prepare_keeper(keeper[0], sample_rate)
    return keeper


def prepare_keeper(record, sample_rate: float) -> None:
    """Fill a zeroed KEEPER record (np.void) with the state of a device just switched on. [main]"""
    record["patience"] = round(SENSING_S * sample_rate)
    record["bend_range"][:] = 2.0
    record["rpn"][:] = -1
    record["timbre"][:] = 64
    record["cc"][:, 7] = 100
    record["cc"][:, 11] = 127
    record["cc"][:, 74] = 64
    record["owed_position"] = -1


@audio
def open_call(k, offset, time, ids, out, capacity):
    """Start writing: events go to `out` (EVENT[capacity]); ids: address of the int64 note counter of all sources."""
    k.offset = offset
    k.time = time + max(0, offset)
    k.ids = ids
    k.out = out
    k.capacity = capacity
    k.count = 0


@audio
def emit(k, kind, channel, key, number, note_id, value):
    """Write one event; False when there is no room."""
    if k.count >= k.capacity:
        return False
    e = _event_at(k.out + EVENT_BYTES * k.count)
    e.offset = k.offset
    e.kind = kind
    e.channel = channel
    e.key = key
    e.number = number
    e.note_id = note_id
    e.value = value
    e.value2 = 0.0
    e.time = k.time
    k.count += 1
    return True


@audio
def _owe(k, row, what):
    k.owed[row] |= np.uint8(what)
    k.owed_rows |= np.uint32(1) << np.uint32(row)


@audio
def _next_id(k):
    """Note ids run from 1 and begin again after two thousand million notes (EVENT.note_id is 32 bits wide)."""
    number = load_i64(k.ids) + 1
    if number > 0x7FFFFFFF or number < 1:
        number = 1
    store_i64(k.ids, number)
    return number


@audio
def start_note(k, channel, key, velocity):
    """A key goes down; a note already sounding on it ends first. velocity: 0..1"""
    sounding = k.note_id[channel, key] != 0
    if k.owed_rows != 0 or k.capacity - k.count < (2 if sounding else 1):
        k.refused_notes += 1
        return
    if sounding:
        end_note(k, channel, key, RELEASE_VELOCITY)
    number = _next_id(k)
    emit(k, NOTE_ON, channel, key, NONE, number, velocity)
    k.note_id[channel, key] = number
    k.flags[channel, key] = DOWN
    k.sounding += 1


@audio
def end_note(k, channel, key, velocity):
    """The sounding note of a key ends, now or as soon as there is room."""
    number = np.int64(k.note_id[channel, key])
    if number == 0:
        return
    if emit(k, NOTE_OFF, channel, key, NONE, number, velocity):
        k.note_id[channel, key] = 0
        k.flags[channel, key] = 0
        k.sounding -= 1
    else:
        k.flags[channel, key] = OWED
        _owe(k, channel, OWE_NOTES)


@audio
def _pedalled(k, channel):
    master = master_of(k, channel)
    return k.sustain[channel] != 0 or (master >= 0 and k.sustain[master] != 0)


@audio
def release_key(k, channel, key, velocity):
    """A finger leaves a key: the note ends unless a pedal holds it."""
    flags = k.flags[channel, key]
    if k.note_id[channel, key] == 0 or flags & DOWN == 0:
        return
    k.flags[channel, key] = flags & np.uint8(0xFF - DOWN)
    if flags & LATCHED == 0 and not _pedalled(k, channel):
        end_note(k, channel, key, velocity)


@audio
def lift_keys(k, channel):
    """All fingers leave the keys of a channel; what the pedals hold goes on (All Notes Off)."""
    for key in range(128):
        if k.note_id[channel, key] != 0:
            release_key(k, channel, key, RELEASE_VELOCITY)


@audio
def _drop_unheld(k, channel):
    if _pedalled(k, channel):
        return
    for key in range(128):
        if k.note_id[channel, key] != 0 and k.flags[channel, key] & (DOWN | LATCHED | OWED) == 0:
            end_note(k, channel, key, RELEASE_VELOCITY)


@audio
def _governs(k, pedal_channel, channel):
    """Does a pedal on one channel act on another: itself, or a member of the zone it is the master of."""
    return channel == pedal_channel or master_of(k, channel) == pedal_channel


@audio
def set_sustain(k, channel, value):
    """Sustain pedal (CC 64); value: 0..127, down from 64."""
    down = value >= 64
    k.sustain[channel] = 1 if down else 0
    if not down:
        for c in range(16):
            if _governs(k, channel, c):
                _drop_unheld(k, c)


@audio
def set_sostenuto(k, channel, value):
    """Sostenuto pedal (CC 66): catches the keys that are down as it goes down; value: 0..127, down from 64."""
    down = value >= 64
    if (k.sostenuto[channel] != 0) == down:
        return
    k.sostenuto[channel] = 1 if down else 0
    for c in range(16):
        if not _governs(k, channel, c):
            continue
        for key in range(128):
            flags = k.flags[c, key]
            if down and flags & DOWN != 0:
                k.flags[c, key] = flags | np.uint8(LATCHED)
            elif not down:
                k.flags[c, key] = flags & np.uint8(0xFF - LATCHED)
        if not down:
            _drop_unheld(k, c)


@audio
def end_channel(k, channel):
    """Every sounding note of a channel ends, pedals or not."""
    for key in range(128):
        if k.note_id[channel, key] != 0 and k.flags[channel, key] & OWED == 0:
            end_note(k, channel, key, RELEASE_VELOCITY)


@audio
def choke(k, channel):
    """All Sound Off: silence now, then the note-offs that are due."""
    if not emit(k, NOTE_CHOKE, channel, ALL, NONE, NONE, 0.0):
        _owe(k, channel, OWE_CHOKE)
    end_channel(k, channel)


@audio
def _touch(k, row):
    k.touched |= np.int64(1) << np.int64(row)


@audio
def send_bend(k, row):
    """BEND of a row in semitones."""
    _touch(k, row)
    if not emit(k, BEND, row if row < WIDE else ALL, ALL, NONE, NONE, bend_semitones(k, row)):
        _owe(k, row, OWE_BEND)


@audio
def send_pressure(k, row):
    """CHANNEL_PRESSURE of a row."""
    _touch(k, row)
    if not emit(k, CHANNEL_PRESSURE, row if row < WIDE else ALL, ALL, NONE, NONE, pressure_of(k, row) / 127.0):
        _owe(k, row, OWE_PRESSURE)


@audio
def send_timbre(k, row):
    """TIMBRE of a row."""
    _touch(k, row)
    if not emit(k, TIMBRE, row if row < WIDE else ALL, ALL, np.int64(74), NONE, timbre_of(k, row) / 127.0):
        _owe(k, row, OWE_TIMBRE)


@audio
def send_program(k, row):
    """PROGRAM of a row."""
    if not emit(k, PROGRAM, row if row < WIDE else ALL, ALL, np.int64(k.program[row]), NONE, 0.0):
        _owe(k, row, OWE_PROGRAM)


@audio
def send_cc(k, row, number, value):
    """CC of a row; value: 0..127, kept."""
    k.cc[row, number] = value
    _touch(k, row)
    half, bit = np.int64(number) >> 6, np.int64(number) & 63
    k.known[row, half] |= np.int64(1) << bit
    if not emit(k, CC, row if row < WIDE else ALL, ALL, number, NONE, value / 127.0):
        k.cc[row, number] = value | 0x80
        _owe(k, row, OWE_CC)


@audio
def _flush_row(k, row):
    owed = k.owed[row]
    if owed & OWE_CHOKE and not emit(k, NOTE_CHOKE, row, ALL, NONE, NONE, 0.0):
        return
    k.owed[row] &= np.uint8(0xFF - OWE_CHOKE)
    if owed & OWE_NOTES:
        for key in range(128):
            if k.flags[row, key] & OWED:
                if k.count >= k.capacity:
                    return
                end_note(k, row, key, RELEASE_VELOCITY)
        k.owed[row] &= np.uint8(0xFF - OWE_NOTES)


@audio
def _flush_controls(k, row):
    owed = k.owed[row]
    k.owed[row] = 0
    if owed & OWE_CC:
        for number in range(128):
            value = k.cc[row, number]
            if value & 0x80:
                send_cc(k, row, np.int64(number), np.int64(value & 0x7F))
    if owed & OWE_BEND:
        send_bend(k, row)
    if owed & OWE_PRESSURE:
        send_pressure(k, row)
    if owed & OWE_TIMBRE:
        send_timbre(k, row)
    if owed & OWE_PROGRAM:
        send_program(k, row)


@audio
def flush_owed(k):
    """Write what is owed, as far as there is room: note-offs, controllers, transport. True if all is paid."""
    if k.owed_rows == 0:
        return True
    for row in range(16):
        if k.owed[row] & (OWE_CHOKE | OWE_NOTES):
            _flush_row(k, row)
    for row in range(ROWS):
        if k.owed[row] & (OWE_CHOKE | OWE_NOTES):
            return False
    k.owed_rows &= _SYSTEM
    for row in range(ROWS):
        if k.owed[row] != 0:
            _flush_controls(k, row)
    if k.owed_rows & _SYSTEM:
        _flush_transport(k)
    return k.owed_rows == 0


@audio
def _flush_transport(k):
    while k.owed_clocks[0] > 0:
        if not emit(k, CLOCK, ALL, ALL, NONE, NONE, 0.0):
            return
        k.owed_clocks[0] -= 1
    if k.owed_position >= 0:
        if not emit(k, SONG_POSITION, ALL, ALL, np.int64(k.owed_position), NONE, k.owed_position / 4.0):
            return
        k.owed_position = -1
    if k.owed_command != 0:
        if not emit(k, np.int64(k.owed_command), ALL, ALL, NONE, NONE, 0.0):
            return
        k.owed_command = 0
    while k.owed_clocks[1] > 0:
        if not emit(k, CLOCK, ALL, ALL, NONE, NONE, 0.0):
            return
        k.owed_clocks[1] -= 1
    k.owed_rows &= ~_SYSTEM


@audio
def send_transport(k, kind, position):
    """A CLOCK, START, CONTINUE, STOP, or a SONG_POSITION with its 14 bits."""
    if emit(k, kind, ALL, ALL, position, NONE, position / 4.0):
        return
    k.owed_rows |= _SYSTEM
    if kind == CLOCK:
        k.owed_clocks[1] += 1
        return
    # ticks before a start do not count; those before a stop or a new position still move the song
    k.owed_clocks[0] = 0 if kind == START else k.owed_clocks[0] + k.owed_clocks[1]
    k.owed_clocks[1] = 0
    if kind == SONG_POSITION:
        k.owed_position = position
    else:
        k.owed_command = kind
