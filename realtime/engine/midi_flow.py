"""MIDI between the threads outside and the block: stamped, placed with one constant latency, sent on time; [audio]."""

import math

from realtime.engine.events import add_incoming, put_midi_out
from realtime.engine.layout import (
    LONG_BYTES,
    MAX_LONG,
    MIDI_OUT,
    MIDI_OUT_FOR_NOTES,
    PLAYER_SOURCE,
    PORT_SOURCE,
    engine_at,
    message_at,
    midi_out_at,
)
from realtime.engine.port_flow import show_long, wants_long
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import copy_memory, load_i64, load_u8, store_i64
from realtime.native.ring import ring_peek, ring_pop, ring_push

_MIDI_OUT_BYTES = MIDI_OUT.itemsize
_REPLIES_UNTIL = MIDI_OUT_FOR_NOTES // 2
"""Lights wait while so many messages go out: notes come first."""


@audio
def take_messages(engine, frames, start_ns):
    """Place the messages of the MIDI threads: arrival + one constant latency, so that jitter becomes delay.

    The block's start is smoothed by a delay-locked loop (Adriaensen, "Using a DLL to filter time", LAC 2005), because the
    driver calls late now and then and never early.
    """
    period = frames * 1e9 / engine.sample_rate
    error = start_ns - engine.predicted_ns
    if abs(error) > 8.0 * period or engine.predicted_ns == 0.0 or period != engine.period_ns:
        engine.block_ns = start_ns
        engine.smooth_ns = period
        engine.predicted_ns = start_ns + period
        engine.period_ns = period
    else:
        omega = 2.0 * math.pi * 0.5 * period / 1e9
        engine.block_ns = engine.predicted_ns
        engine.predicted_ns += 1.4142135 * omega * error + engine.smooth_ns
        engine.smooth_ns += omega * omega * error
    for _ in range(1024):
        if not ring_peek(engine.messages, engine.scratch):
            return
        message = message_at(engine.scratch)
        offset = 0
        if message.when_ns != 0:
            due = message.when_ns + period + engine.midi_latency_ns - engine.block_ns
            offset = int(due * engine.sample_rate / 1e9)
            if offset >= frames:
                # a stamp from the future is a broken clock, not a reason to hold the rest back
                if offset < 64 * frames + 65536:
                    return
                offset = 0
        source, size = message.source, message.size
        b0, b1, b2 = message.data[0], message.data[1], message.data[2]
        ring_pop(engine.messages, engine.scratch)
        add_incoming(engine, source, max(0, offset), b0, b1, b2, size)


@audio
def take_replies(engine):
    """What the map and the session say to the outside (lights, motor faders, program changes), at the first frame."""
    while engine.n_midi_out < _REPLIES_UNTIL and ring_pop(engine.replies, engine.scratch):
        reply = midi_out_at(engine.scratch)
        put_midi_out(engine, 0, reply.data[0], reply.data[1], reply.data[2], reply.size)


@audio
def _pass_on(engine, address):
    """A message with its time to the MIDI thread; False if there was no room."""
    out = midi_out_at(address)
    out.when_ns = int(engine.block_ns + engine.period_ns + out.offset * 1e9 / engine.sample_rate)
    return ring_push(engine.midi_ring, address)


@audio
def flush_midi_out(engine):
    """Stamp what was made and pass it to the MIDI thread: all of it without MIDI in the driver, else what goes to other
    outputs than Antiphon's own, which the driver leaves alone."""
    if engine.native_midi != 0:
        for index in range(engine.n_midi_out):
            if midi_out_at(engine.midi_out + _MIDI_OUT_BYTES * index).port != 0:
                _pass_on(engine, engine.midi_out + _MIDI_OUT_BYTES * index)
        return
    sent = 0
    while sent < engine.n_midi_out and _pass_on(engine, engine.midi_out + _MIDI_OUT_BYTES * sent):
        sent += 1
    engine.n_midi_out -= sent
    engine.n_left_out = engine.n_midi_out
    for index in range(engine.n_midi_out):  # what found the ring full goes first in the next block
        address = engine.midi_out + _MIDI_OUT_BYTES * index
        copy_memory(address, address + _MIDI_OUT_BYTES * sent, _MIDI_OUT_BYTES)
        midi_out_at(address).offset = 0


@audio
def _keep_long(engine, offset, data, size):
    """A message of more than three bytes (system exclusive) is kept for MIDI out."""
    if engine.n_longs >= MAX_LONG or engine.long_used + size > LONG_BYTES:
        engine.dropped_incoming += 1
        return
    target = engine.long_data + engine.long_used
    copy_memory(target, data, size)
    entry = engine.longs + 24 * engine.n_longs
    store_i64(entry, offset)
    store_i64(entry + 8, target)
    store_i64(entry + 16, size)
    engine.long_used += size
    engine.n_longs += 1


@audio
def pass_long(engine):
    """System exclusive passes through: the block's MIDI out begins with it, at the frame it came at."""
    for index in range(engine.n_longs):
        entry = engine.longs + 24 * index
        out = midi_out_at(engine.midi_out + _MIDI_OUT_BYTES * engine.n_midi_out)
        out.offset = load_i64(entry)
        out.port = 0
        out.size = load_i64(entry + 16)
        out.data_ptr = load_i64(entry + 8)
        out.when_ns = 0
        engine.n_midi_out += 1
    engine.n_longs = 0
    engine.long_used = 0


@audio_entry(void(int64, int64, int64, int64, int64))
def engine_midi_in(address, source, offset, data, size):
    """void midi_in(engine, port, offset, bytes, size): a raw message of the coming block."""
    engine = engine_at(address)
    source = min(PLAYER_SOURCE - 1, PORT_SOURCE + source)
    if 1 <= size <= 3:
        b0, b1, b2 = load_u8(data), 0, 0
        if size > 1:
            b1 = load_u8(data + 1)
        if size > 2:
            b2 = load_u8(data + 2)
        add_incoming(engine, source, offset, b0, b1, b2, size)
    elif size > 3 and engine.native_midi != 0:
        show_long(engine, source, offset, data, size)
        if wants_long(engine, source):
            _keep_long(engine, offset, data, size)


@audio_entry(int64(int64))
def engine_midi_out_count(address):
    """int64 midi_out_count(engine): messages of the block just run."""
    return engine_at(address).n_midi_out


@audio_entry(void(int64, int64, int64))
def engine_midi_out(address, index, record):
    """void midi_out(engine, index, record*): copy one MIDI_OUT record."""
    copy_memory(record, engine_at(address).midi_out + _MIDI_OUT_BYTES * index, 40)
