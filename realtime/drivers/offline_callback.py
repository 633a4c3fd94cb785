"""The loop of the `offline` driver: block after block as fast as they go, messages at their exact frame; [any].

It holds no interpreter lock, so a progress bar or a second render goes on beside it.
"""

from __future__ import annotations

import numpy as np

from realtime.drivers.calls import MIDI_OUT, call_midi_in, call_midi_out, call_midi_out_count, offset_of
from realtime.drivers.control import AUDIO_IN, AUDIO_OUT, FIELDS, MESSAGE, finish, run_engine
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio
from realtime.native.memory import copy_memory, load_i32, load_i64, record_view, store_i32, store_i64

SCHEDULED = np.dtype([("frame", "i8"), ("source", "i8"), ("size", "i8"), ("data", "i8")])
"""A message for the engine: when (frames from the start of this render), from which source, and its bytes' address."""
PLAYED = np.dtype([("frame", "i8"), ("port", "i4"), ("size", "i4"), ("at", "i8")])
"""A message from the engine: when, which port, and where its bytes lie in the pool."""

OFFLINE_CONTROL = np.dtype(
    [
        *FIELDS,
        ("block_frames", "i8"),
        ("scheduled", "i8"),  # SCHEDULED[n_scheduled], sorted by frame
        ("n_scheduled", "i8"),
        ("next_scheduled", "i8"),
        ("played", "i8"),  # PLAYED[played_room]
        ("n_played", "i8"),
        ("played_room", "i8"),
        ("pool", "i8"),  # bytes of the messages played
        ("pool_used", "i8"),
        ("pool_room", "i8"),
    ],
    align=True,
)
_offline_at = record_view(OFFLINE_CONTROL)
MESSAGE_BYTES = MESSAGE + offset_of(MIDI_OUT, "bytes")
SCHEDULED_BYTES, PLAYED_BYTES = SCHEDULED.itemsize, PLAYED.itemsize


@audio
def _take_midi(control, at, frames):
    """Hand the engine every message due before frame at + frames."""
    record = _offline_at(control)
    while record.next_scheduled < record.n_scheduled:
        message = record.scheduled + record.next_scheduled * SCHEDULED_BYTES
        offset = load_i64(message) - at
        if offset >= frames:
            return
        source, size, data = load_i64(message + 8), load_i64(message + 16), load_i64(message + 24)
        call_midi_in(record.midi_in, record.engine, source, max(offset, 0), data, size)
        record.next_scheduled += 1


@audio
def _give_midi(control, at):
    """Note what the engine played in the block that began at frame `at`."""
    record = _offline_at(control)
    for index in range(call_midi_out_count(record.midi_out_count, record.engine)):
        message = control + MESSAGE
        call_midi_out(record.midi_out, record.engine, index, message)
        size = np.int64(load_i32(message + 8))
        if record.n_played >= record.played_room or record.pool_used + size > record.pool_room:
            record.midi_lost += 1
            continue
        data = load_i64(message + 32)
        copy_memory(record.pool + record.pool_used, MESSAGE_BYTES + control if data == 0 else data, size)
        played = record.played + record.n_played * PLAYED_BYTES
        store_i64(played, at + load_i32(message))
        store_i32(played + 8, load_i32(message + 4))
        store_i32(played + 12, np.int32(size))
        store_i64(played + 16, record.pool_used)
        record.pool_used += size
        record.n_played += 1


@audio
def render(control, at, frames, audio_in, audio_out, stride):
    """Play frames [at, at + frames) from and into planar float32 memory: channel c begins c * stride frames in."""
    former = flush_denormals()
    record = _offline_at(control)
    done = np.int64(0)
    while done < frames:
        count = min(record.block_frames, frames - done)
        for channel in range(record.inputs):
            store_i64(control + AUDIO_IN + 8 * channel, audio_in + 4 * (channel * stride + at + done))
        for channel in range(record.outputs):
            store_i64(control + AUDIO_OUT + 8 * channel, audio_out + 4 * (channel * stride + at + done))
        _take_midi(control, at + done, count)
        run_engine(control, count, now_ns())
        _give_midi(control, at + done)
        finish(control)
        done += count
    restore_denormals(former)
