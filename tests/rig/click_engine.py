"""A small engine for testing drivers: a click at each note-on, an echo of each message, inputs passed on; [audio].

It speaks the five calls of realtime.drivers.calls and nothing else.
"""

from __future__ import annotations

import math

import numpy as np

from realtime.drivers.calls import MIDI_OUT, offset_of
from realtime.native.jit import audio_entry, int64, void
from realtime.native.memory import (
    aligned,
    copy_memory,
    f32_view,
    load_i64,
    load_u8,
    record_view,
    store_i64,
)

ROOM, MESSAGE_BYTES = 512, 256
STATE = np.dtype(
    [
        ("inputs", "i8"),
        ("outputs", "i8"),
        ("pending", "i8"),  # clicks of this block
        ("echoes", "i8"),  # messages of this block
        ("notes", "i8"),  # note-ons ever
        ("sample", "i8"),  # frames ever
        ("runs", "i8"),
        ("tone_step", "f8"),  # radians a frame
        ("tone_level", "f8"),
        ("clicks", "i8", (ROOM,)),
        ("echo_offset", "i8", (ROOM,)),
        ("echo_size", "i8", (ROOM,)),
        ("echo_port", "i8", (ROOM,)),
        ("echo_bytes", "u1", (ROOM * MESSAGE_BYTES,)),
    ],
    align=True,
)
at = record_view(STATE)
out_at = record_view(MIDI_OUT)
CLICKS, OFFSET, SIZE, PORT, BYTES = (
    offset_of(STATE, name) for name in ("clicks", "echo_offset", "echo_size", "echo_port", "echo_bytes")
)
OUT_BYTES = offset_of(MIDI_OUT, "bytes")


@audio_entry(void(int64, int64, int64, int64, int64))
def midi_in(engine, source, offset, data, size):
    state = at(engine)
    if size >= 3 and (load_u8(data) & 0xF0) == 0x90 and load_u8(data + 2) > 0 and state.pending < ROOM:
        store_i64(engine + CLICKS + 8 * state.pending, offset)
        state.pending += 1
        state.notes += 1
    if state.echoes < ROOM and size <= MESSAGE_BYTES:
        k = state.echoes
        store_i64(engine + OFFSET + 8 * k, offset)
        store_i64(engine + SIZE + 8 * k, size)
        store_i64(engine + PORT + 8 * k, source)
        copy_memory(engine + BYTES + MESSAGE_BYTES * k, data, size)
        state.echoes += 1


@audio_entry(void(int64, int64, int64, int64, int64))
def run(engine, audio_in, audio_out, frames, start_ns):
    state = at(engine)
    for channel in range(state.outputs):
        out = f32_view(load_i64(audio_out + 8 * channel), frames)
        for i in range(frames):
            out[i] = np.float32(state.tone_level * math.sin(state.tone_step * (state.sample + i)))
        if channel < state.inputs:
            source = f32_view(load_i64(audio_in + 8 * channel), frames)
            for i in range(frames):
                out[i] += source[i]
        for k in range(state.pending):
            out[load_i64(engine + CLICKS + 8 * k)] = np.float32(1.0)
    state.pending = 0
    state.sample += frames
    state.runs += 1


@audio_entry(int64(int64))
def midi_out_count(engine):
    return at(engine).echoes


@audio_entry(void(int64, int64, int64))
def midi_out(engine, index, record):
    state = at(engine)
    message = out_at(record)
    size = load_i64(engine + SIZE + 8 * index)
    bytes_at = engine + BYTES + MESSAGE_BYTES * index
    message.offset = np.int32(load_i64(engine + OFFSET + 8 * index))
    message.port = np.int32(load_i64(engine + PORT + 8 * index))
    message.size = np.int32(size)
    message.data = 0
    if size <= 16:
        copy_memory(record + OUT_BYTES, bytes_at, size)
    else:
        message.data = bytes_at
    if index == state.echoes - 1:
        state.echoes = 0


class ClickEngine:
    """tone_hz, tone_level: a sine on all outputs under the clicks (level 0: silence)."""

    def __init__(self, sample_rate=48_000, inputs=0, outputs=2, tone_hz=440.0, tone_level=0.0):
        self.sample_rate, self.inputs, self.outputs = sample_rate, inputs, outputs
        self._memory = aligned(1, STATE)
        self.state = self._memory[0]
        self.state["inputs"], self.state["outputs"] = inputs, outputs
        self.state["tone_step"], self.state["tone_level"] = 2 * math.pi * tone_hz / sample_rate, tone_level
        self.address = self._memory.ctypes.data
        self.calls = np.array(
            [run.address, midi_in.address, midi_out_count.address, midi_out.address, self.address], np.int64
        )
