"""Raw MIDI 1.0 messages to EVENT records, in the callback; [audio].

Source: MIDI 1.0 Detailed Specification (4.2.1), RP-015 (Reset All Controllers), MPE 1.0.

The engine keeps one KEEPER record per source and calls, by address:

    n = decode(keeper, data, size, offset, time, ids, out, capacity)

    keeper    address of the source's KEEPER record
    data      address of one complete message of `size` bytes (status first; running status is the port's matter)
    offset    frame within the block, copied into the events
    time      engine clock at the start of the quantum, in samples; the events get that of their frame
    ids       address of one int64 counter that all sources share: note ids are unique in the engine
    out       address of EVENT[capacity]; returns the number of events written there

`flush` once a block pays what a full array left owed and notices a sender that has fallen silent (cheap when there is
nothing to do). `release_all` when the port goes away, `panic` when the player asks. Nothing here trusts the bytes: what
is not a message is counted in `malformed` and ignored.
"""

from __future__ import annotations

import numpy as np

from realtime.contract import events
from realtime.midi.keeper import (
    CLOCK,
    CONTINUE,
    NONE,
    OWE_BEND,
    OWE_PRESSURE,
    OWE_TIMBRE,
    OWED,
    SONG_POSITION,
    START,
    STOP,
    WIDE,
    choke,
    emit,
    end_channel,
    flush_owed,
    keeper_at,
    lift_keys,
    open_call,
    release_key,
    send_bend,
    send_cc,
    send_pressure,
    send_program,
    send_timbre,
    send_transport,
    set_sostenuto,
    set_sustain,
    start_note,
)
from realtime.midi.mpe import master_of, set_bend_range, set_zone, spans_all
from realtime.native.jit import audio
from realtime.native.memory import load_u8

PRESSURE = np.int64(events.PRESSURE)
MODULATION, EXPRESSION, SUSTAIN, SOSTENUTO, HOLD, TIMBRE_CC = (np.int64(n) for n in (1, 11, 64, 66, 69, 74))
UP, FULL = np.int64(0), np.int64(127)
BANK_MSB, BANK_LSB = 0, 32
ALL_SOUND_OFF, RESET_CONTROLLERS, LOCAL_CONTROL, ALL_NOTES_OFF = 120, 121, 122, 123


@audio
def decode(keeper, data, size, offset, time, ids, out, capacity):
    """One message in, events out (see the top of this file for the arguments); returns the number of events written."""
    k = keeper_at(keeper)
    open_call(k, offset, time, ids, out, capacity)
    flush_owed(k)
    k.heard = time + max(0, offset)
    status = np.int64(load_u8(data)) if size > 0 else 0
    a = np.int64(load_u8(data + 1)) if size > 1 else 0
    b = np.int64(load_u8(data + 2)) if size > 2 else 0
    if status >= 0xF0:
        _system(k, status, a, b, size)
    elif status < 0x80 or size != (2 if status & 0xE0 == 0xC0 else 3) or a > 127 or b > 127:
        k.malformed += 1
    else:
        _channel_message(k, status & 0xF0, status & 0x0F, a, b)
    return k.count


@audio
def flush(keeper, offset, time, ids, out, capacity):
    """Write what earlier calls owe, and what a sender that has gone holds down; returns the number of events written."""
    k = keeper_at(keeper)
    open_call(k, offset, time, ids, out, capacity)
    flush_owed(k)
    if k.sensing != 0 and time + offset - k.heard > k.patience:
        k.sensing = 0
        _release(k)
    return k.count


@audio
def release_all(keeper, offset, time, ids, out, capacity):
    """The source is gone: one NOTE_OFF per sounding note, pedals up, wheels home; returns the events written."""
    k = keeper_at(keeper)
    open_call(k, offset, time, ids, out, capacity)
    flush_owed(k)
    _release(k)
    return k.count


@audio
def panic(keeper, offset, time, ids, out, capacity):
    """Silence now: NOTE_CHOKE on every channel that sounds, then as `release_all`; returns the events written."""
    k = keeper_at(keeper)
    open_call(k, offset, time, ids, out, capacity)
    flush_owed(k)
    _silence(k)
    return k.count


@audio
def _release(k):
    for channel in range(16):
        end_channel(k, channel)
    for channel in range(16):
        _reset_controllers(k, channel)


@audio
def _silence(k):
    for channel in range(16):
        if _sounds(k, channel):
            choke(k, channel)
    _release(k)


@audio
def _sounds(k, channel):
    for key in range(128):  # noqa: SIM110 (a generator allocates)
        if k.note_id[channel, key] != 0 and k.flags[channel, key] & OWED == 0:
            return True
    return False


@audio
def _channel_message(k, kind, channel, a, b):
    if kind == 0x90 and b > 0:
        start_note(k, channel, a, b / 127.0)
    elif kind == 0x80 or kind == 0x90:
        release_key(k, channel, a, (b if kind == 0x80 else 64) / 127.0)
    elif kind == 0xA0:
        number = np.int64(k.note_id[channel, a])
        if number != 0 and not emit(k, PRESSURE, channel, a, NONE, number, b / 127.0):
            k.refused_events += 1
    elif kind == 0xB0:
        _control_change(k, channel, a, b)
    elif kind == 0xC0:
        _program(k, channel, a)
    elif kind == 0xD0:
        k.pressure[channel] = a
        _send(k, channel, OWE_PRESSURE)
    else:
        k.bend[channel] = (b << 7 | a) - 8192
        _send(k, channel, OWE_BEND)


@audio
def _send(k, channel, what):
    """Report a channel's pressure, bend or timbre (what: OWE_*): on its own row, or for the whole zone of a master."""
    master = master_of(k, channel)
    if master != channel:
        _send_row(k, channel, what)
    elif spans_all(k, master):
        _send_row(k, WIDE, what)
    else:
        for c in range(16):
            if master_of(k, c) == master:
                _send_row(k, c, what)


@audio
def _send_row(k, row, what):
    if what == OWE_PRESSURE:
        send_pressure(k, row)
    elif what == OWE_BEND:
        send_bend(k, row)
    else:
        send_timbre(k, row)


@audio
def _send_cc(k, channel, number, value):
    master = master_of(k, channel)
    if master != channel:
        send_cc(k, channel, number, value)
    elif spans_all(k, master):
        send_cc(k, WIDE, number, value)
    else:
        for c in range(16):
            if master_of(k, c) == master:
                send_cc(k, c, number, value)


@audio
def _program(k, channel, number):
    master = master_of(k, channel)
    if master == channel and spans_all(k, master):
        k.program[WIDE] = number
        send_program(k, WIDE)
        return
    for c in range(16):
        if c == channel or (master == channel and master_of(k, c) == master):
            k.program[c] = number
            send_program(k, c)


@audio
def _control_change(k, channel, number, value):
    if number == TIMBRE_CC:
        k.timbre[channel] = value
        _send(k, channel, OWE_TIMBRE)
        master = master_of(k, channel)
        if master >= 0 and master != channel:
            return  # a finger's slide is no knob: MIDI learn must not see fifteen of them
    if number >= ALL_SOUND_OFF and number != LOCAL_CONTROL:
        _channel_mode(k, channel, number)
        return
    _send_cc(k, channel, number, value)
    if number == BANK_MSB:
        k.bank[channel] = value << 7 | (k.bank[channel] & 0x7F)
    elif number == BANK_LSB:
        k.bank[channel] = (k.bank[channel] & 0x3F80) | value
    if number == SUSTAIN:
        set_sustain(k, channel, value)
    elif number == SOSTENUTO:
        set_sostenuto(k, channel, value)
    else:
        _registered_parameter(k, channel, number, value)


@audio
def _channel_mode(k, channel, number):
    """CC 120, 121, 123..127; in an MPE zone the master speaks for all. Omni and mono modes also mean All Notes Off."""
    for c in range(16):
        if c != channel and master_of(k, c) != channel:
            continue
        if number == ALL_SOUND_OFF:
            choke(k, c)
        elif number == RESET_CONTROLLERS:
            _reset_controllers(k, c)
        else:
            lift_keys(k, c)


@audio
def _reset_controllers(k, channel):
    """RP-015: wheels, expression, pressure, pedals go home; volume, pan, programs stay. Only changes are reported."""
    k.rpn[channel] = -1
    if k.bend[channel] != 0:
        k.bend[channel] = 0
        _send(k, channel, OWE_BEND)
    if k.pressure[channel] != 0:
        k.pressure[channel] = 0
        _send(k, channel, OWE_PRESSURE)
    master = master_of(k, channel)
    row = WIDE if master == channel and spans_all(k, master) else channel
    _home(k, row, MODULATION, UP)
    _home(k, row, EXPRESSION, FULL)
    for pedal in range(4):
        _home(k, row, SUSTAIN + pedal, UP)
    _home(k, row, HOLD, UP)
    set_sostenuto(k, channel, UP)
    set_sustain(k, channel, UP)


@audio
def _home(k, row, number, value):
    if k.cc[row, number] & 0x7F != value:
        send_cc(k, row, number, value)


@audio
def _registered_parameter(k, channel, number, value):
    """RPN 0 (bend range) and RPN 6 (MPE zones); an NRPN deselects."""
    if number == 101:
        k.rpn[channel] = value << 7 | (k.rpn[channel] & 0x7F if k.rpn[channel] >= 0 else 0x7F)
    elif number == 100:
        k.rpn[channel] = value | (k.rpn[channel] & 0x3F80 if k.rpn[channel] >= 0 else 0x3F80)
    elif number == 98 or number == 99:
        k.rpn[channel] = -1
    elif number == 6 and k.rpn[channel] == 0:
        _bend_range(k, channel, np.float64(value))
    elif number == 38 and k.rpn[channel] == 0:
        _bend_range(k, channel, np.floor(k.bend_range[channel]) + min(value, 99) / 100.0)
    elif number == 6 and k.rpn[channel] == 6 and (channel == 0 or channel == 15):
        _configure_zone(k, channel, value)


@audio
def _bend_range(k, channel, semitones):
    set_bend_range(k, channel, semitones)
    for c in range(16):
        if k.bend[c] != 0 and (c == channel or (master_of(k, c) >= 0 and master_of(k, c) == master_of(k, channel))):
            _send(k, c, OWE_BEND)


@audio
def _configure_zone(k, master, members):
    """MPE Configuration Message: what the old arrangement played ends before the channels change their meaning."""
    selected = k.rpn[master]
    _release(k)
    k.rpn[master] = selected
    for channel in range(16):
        if k.timbre[channel] != 64:
            k.timbre[channel] = 64
            _send(k, channel, OWE_TIMBRE)
    set_zone(k, master, members)


@audio
def _system(k, status, a, b, size):
    if status == 0xF8:
        send_transport(k, CLOCK, NONE)
    elif status == 0xFA:
        send_transport(k, START, NONE)
    elif status == 0xFB:
        send_transport(k, CONTINUE, NONE)
    elif status == 0xFC:
        send_transport(k, STOP, NONE)
    elif status == 0xF2:
        if size == 3 and a <= 127 and b <= 127:
            send_transport(k, SONG_POSITION, b << 7 | a)
        else:
            k.malformed += 1
    elif status == 0xFE:
        k.sensing = 1
    elif status == 0xFF:
        _silence(k)
        k.lower = 0
        k.upper = 0
        for channel in range(16):
            k.bend_range[channel] = 2.0
    elif status == 0xF4 or status == 0xF5 or status == 0xF9 or status == 0xFD:
        k.malformed += 1
    # sysex, time code, song select and tune request carry nothing for instruments
