"""The JACK process callback and its companions, compiled; [audio], but `on_*` which run on JACK's other threads.

Each MIDI message goes to the engine with the frame it was played at, and leaves with the frame it was made for.
"""

from __future__ import annotations

import numpy as np
from numba import types

from realtime.drivers.calls import MIDI_OUT, call_midi_in, call_midi_out, call_midi_out_count, offset_of
from realtime.drivers.control import (
    AUDIO_IN,
    AUDIO_OUT,
    FIELDS,
    LOST,
    MAX_CHANNELS,
    MAX_MIDI_PORTS,
    MESSAGE,
    WAKE_BINS,
    XRUNS,
    control_at,
    finish,
    introduce,
    run_engine,
)
from realtime.native.atomics import fetch_add, store_release
from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio, audio_entry
from realtime.native.memory import load_i32, load_i64, record_view, store_i64

JACK_CONTROL = np.dtype(
    [
        *FIELDS,
        ("client", "i8"),
        ("port_get_buffer", "i8"),  # addresses of libjack's functions
        ("midi_get_event_count", "i8"),
        ("midi_event_get", "i8"),
        ("midi_clear_buffer", "i8"),
        ("midi_event_write", "i8"),
        ("midi_max_event_size", "i8"),
        ("port_by_id", "i8"),
        ("get_time", "i8"),
        ("get_cycle_times", "i8"),
        ("midi_inputs", "i8"),
        ("midi_outputs", "i8"),
        ("in_ports", "i8", (MAX_CHANNELS,)),
        ("out_ports", "i8", (MAX_CHANNELS,)),
        ("midi_in_ports", "i8", (MAX_MIDI_PORTS,)),
        ("midi_out_ports", "i8", (MAX_MIDI_PORTS,)),
        ("midi_out_buffers", "i8", (MAX_MIDI_PORTS,)),
        ("midi_unplugged", "i8", (MAX_MIDI_PORTS,)),  # cables that have left each MIDI input
        ("event", "i8", (3,)),  # jack_midi_event_t {uint32 time; size_t size; uint8_t *buffer}
        ("cycle", "i8", (4,)),  # current frames, current and next microseconds, period
        ("wake", "i8", (WAKE_BINS,)),  # histogram, microseconds from the server's cycle start to our first instruction
    ],
    align=True,
)
_jack_at = record_view(JACK_CONTROL)
IN_PORTS, OUT_PORTS, MIDI_IN_PORTS, MIDI_OUT_PORTS, MIDI_OUT_BUFFERS, MIDI_UNPLUGGED, EVENT, CYCLE, WAKE = (
    offset_of(JACK_CONTROL, name)
    for name in (
        "in_ports", "out_ports", "midi_in_ports", "midi_out_ports", "midi_out_buffers", "midi_unplugged", "event", "cycle",
        "wake",
    )
)  # fmt: skip
MESSAGE_BYTES = MESSAGE + offset_of(MIDI_OUT, "bytes")
SHORT_MESSAGES_BYTES = 8192
"""Of JACK's buffer (32 KiB a port and block) a dump leaves this much free, so that the notes after it find room."""

_i64, _u32, _i32 = types.int64, types.uint32, types.int32
_get_buffer = caller(_i64, _i64, _u32)
_event_count = caller(_u32, _i64)
_event_get = caller(_i32, _i64, _i64, _u32)
_clear = caller(types.void, _i64)
_write = caller(_i32, _i64, _u32, _i64, types.uint64)
_max_event_size = caller(types.uint64, _i64)
_port_by_id = caller(_i64, _i64, _u32)
_get_time = caller(types.uint64)
_cycle_times = caller(_i32, _i64, _i64, _i64, _i64, _i64)


@audio
def _note_wake(control):
    """Histogram of the delay between the server's cycle start and this callback."""
    jack = _jack_at(control)
    if jack.get_cycle_times == 0 or jack.get_time == 0:
        return
    cycle = control + CYCLE
    if _cycle_times(jack.get_cycle_times, jack.client, cycle, cycle + 8, cycle + 16, cycle + 24) == 0:
        wake_us = np.int64(_get_time(jack.get_time)) - load_i64(cycle + 8)
        wake_us = min(max(wake_us, 0), WAKE_BINS - 1)
        store_i64(control + WAKE + 8 * wake_us, load_i64(control + WAKE + 8 * wake_us) + 1)


@audio
def _take_midi(control, frames):
    """Hand every message of every MIDI input to the engine; the source is the number of the port."""
    jack = _jack_at(control)
    event = control + EVENT
    for port in range(jack.midi_inputs):
        buffer = _get_buffer(jack.port_get_buffer, load_i64(control + MIDI_IN_PORTS + 8 * port), np.uint32(frames))
        for index in range(_event_count(jack.midi_get_event_count, buffer)):
            if _event_get(jack.midi_event_get, event, buffer, np.uint32(index)) == 0 and jack.muted == 0:
                offset = np.int64(load_i32(event))
                call_midi_in(jack.midi_in, jack.engine, port, offset, load_i64(event + 16), load_i64(event + 8))


@audio
def _dump_fits(jack, buffer, size):
    return jack.midi_max_event_size == 0 or size + SHORT_MESSAGES_BYTES <= np.int64(
        _max_event_size(jack.midi_max_event_size, buffer)
    )


@audio
def _give_midi(control, frames):
    """Write the engine's messages to the MIDI outputs, each at its frame."""
    jack = _jack_at(control)
    for port in range(jack.midi_outputs):
        buffer = _get_buffer(jack.port_get_buffer, load_i64(control + MIDI_OUT_PORTS + 8 * port), np.uint32(frames))
        store_i64(control + MIDI_OUT_BUFFERS + 8 * port, buffer)
        _clear(jack.midi_clear_buffer, buffer)
    if jack.muted != 0 or jack.midi_outputs == 0:
        return
    last = np.int64(0)
    for index in range(call_midi_out_count(jack.midi_out_count, jack.engine)):
        message = control + MESSAGE
        call_midi_out(jack.midi_out, jack.engine, index, message)
        # JACK refuses events that go back in time
        last = min(max(np.int64(load_i32(message)), last), frames - 1)
        port = np.int64(load_i32(message + 4))
        if port >= jack.midi_outputs:  # it goes by the MIDI thread
            continue
        size = np.int64(load_i32(message + 8))
        data = load_i64(message + 32)
        if data == 0:
            data = control + MESSAGE_BYTES
        buffer = load_i64(control + MIDI_OUT_BUFFERS + 8 * port)
        if load_i64(message + 32) != 0 and not _dump_fits(jack, buffer, size):
            jack.midi_lost += 1
            continue
        if _write(jack.midi_event_write, buffer, np.uint32(last), data, np.uint64(size)) != 0:
            jack.midi_lost += 1


@audio_entry(_i32(_u32, _i64))
def process(nframes, control):
    """JackProcessCallback."""
    start_ns = now_ns()
    former = flush_denormals()
    introduce(control)
    _note_wake(control)
    jack = _jack_at(control)
    frames = np.int64(nframes)
    for channel in range(jack.inputs):
        buffer = _get_buffer(jack.port_get_buffer, load_i64(control + IN_PORTS + 8 * channel), nframes)
        store_i64(control + AUDIO_IN + 8 * channel, buffer)
    for channel in range(jack.outputs):
        buffer = _get_buffer(jack.port_get_buffer, load_i64(control + OUT_PORTS + 8 * channel), nframes)
        store_i64(control + AUDIO_OUT + 8 * channel, buffer)
    _take_midi(control, frames)
    run_engine(control, frames, start_ns)
    _give_midi(control, frames)
    finish(control)
    restore_denormals(former)
    return np.int32(0)


@audio_entry(types.void(_i32, _i64, _i64))
def on_shutdown(status, reason, control):
    """JackInfoShutdownCallback: the server has gone or has thrown us out."""
    store_release(control + LOST, 1)


@audio_entry(types.void(_u32, _u32, _i32, _i64))
def on_connection(port, other, connected, control):
    """JackPortConnectCallback: a cable has been pulled out of a MIDI input, or its player has gone."""
    jack = _jack_at(control)
    if connected != 0 or jack.port_by_id == 0:
        return
    for name in (port, other):
        handle = _port_by_id(jack.port_by_id, jack.client, name)
        for index in range(jack.midi_inputs):
            if handle != 0 and handle == load_i64(control + MIDI_IN_PORTS + 8 * index):
                fetch_add(control + MIDI_UNPLUGGED + 8 * index, 1)


@audio_entry(_i32(_i64))
def on_xrun(control):
    """JackXRunCallback."""
    fetch_add(control + XRUNS, 1)
    return np.int32(0)


@audio_entry(_i32(_u32, _i64))
def on_sample_rate(sample_rate, control):
    """JackSampleRateCallback: mute at once if the engine was made for another rate; the supervisor does the rest."""
    record = control_at(control)
    record.sample_rate = np.int64(sample_rate)
    if record.sample_rate != record.engine_rate:
        record.muted = 1
    return np.int32(0)
