"""A neural net as a stereo effect: gains, mono or stereo feed, dry/wet; one entry for each way of running it; [audio].

The first three parameters are always input_db, output_db and mix; any further ones belong to the model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import from_dtype

from realtime.contract.block import BLOCK_TYPE, audio_in, audio_out, ramp, value
from realtime.contract.device import Option, Param
from realtime.native.jit import audio, audio_entry, void
from realtime.native.memory import address_of_record, f32_view, load_i64, record_view, store_f32
from realtime.neural.compiled import call_net
from realtime.neural.ort_stream import stream_process, stream_reset

MAX_FRAMES = 64
PLANE_BYTES = 4 * MAX_FRAMES

COMMON_PARAMS = (
    Param("input_db", "Input", "dB", -24.0, 24.0, 0.0, doc="Level into the net; it drives the amp."),
    Param("output_db", "Output", "dB", -36.0, 24.0, 0.0, doc="Level after the net."),
    Param("mix", "Mix", "", 0.0, 1.0, 1.0, doc="0 = the dry input, 1 = the net alone."),
)
_INPUT_DB, _OUTPUT_DB, _MIX = range(3)
N_COMMON = len(COMMON_PARAMS)
CHANNEL = Option("channel", "sum", choices=("sum", "left"), doc="What a mono model hears of a stereo signal.")
SLOW = Option("slow", False, doc="Load it though it cannot keep up, to render with it.")

HEAD = np.dtype(
    [
        ("net", "i8"),  # address of the compiled net's entry
        ("kind", "i8"),  # compiled: WAVENET or LSTM
        ("left_only", "i4"),  # feed a mono net the left channel instead of the mean of both
        ("channels_in", "i4"),
        ("channels_out", "i4"),
        ("latency", "i4"),  # frames by which the dry signal waits for the net
        ("trim", "f8"),  # factor behind the net: loudness normalisation
        ("param_addresses", "i8"),  # int64[n]: where the model's own parameters go
        ("n_params", "i8"),
        ("unused", "i8"),
    ]
)
HEAD_BYTES = HEAD.itemsize  # 64: the net's tables follow on a cache line
STATE = np.dtype([("fresh", "i8"), ("dry_at", "i8"), ("unused", "i8", (6,))])
STATE_BYTES = STATE.itemsize  # 64: the net's state follows

# heap: two planes into the net, two out of it, then the dry delay line, (2, latency)
_TO_NET, _FROM_NET, _DRY = 0, 2 * PLANE_BYTES, 4 * PLANE_BYTES

_head_at = record_view(HEAD)
_state_address = address_of_record(STATE)
_DB = np.float32(np.log(10.0) / 20.0)


def heap_floats(latency: int) -> int:
    """float32 of heap that an effect of this latency needs."""
    return _DRY // 4 + 2 * latency


def head_record(
    net: int = 0,
    kind: int = 0,
    left_only: bool = False,
    channels: tuple[int, int] = (1, 1),
    latency: int = 0,
    trim_db: float = 0.0,
    params: Sequence[int] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """The HEAD as bytes, and the list of addresses it points to (keep both alive). [main]"""
    addresses = np.array(params if params else [0], np.int64)
    head = np.zeros(1, HEAD)
    row = (net, kind, left_only, *channels, latency, 10.0 ** (trim_db / 20.0), addresses.ctypes.data, len(params), 0)
    head[0] = row
    return head.view(np.uint8), addresses


@audio
def _feed(block, head):
    """Input with gain into the planes of the net."""
    start, step = ramp(block, _INPUT_DB)
    left, right = audio_in(block, 0), audio_in(block, 1)
    x, x2 = f32_view(block.heap + _TO_NET, block.frames), f32_view(block.heap + _TO_NET + PLANE_BYTES, block.frames)
    gain, last = np.exp(_DB * start), np.exp(_DB * (start + step * np.float32(block.frames)))
    slope = (last - gain) / np.float32(block.frames)
    for n in range(block.frames):
        g = gain + slope * np.float32(n)
        if head.channels_in == 2:
            x[n] = g * left[n]
            x2[n] = g * right[n]
        elif head.left_only != 0:
            x[n] = g * left[n]
        else:
            x[n] = g * np.float32(0.5) * (left[n] + right[n])


@audio
def _blend(block, state, head):
    """Net output with gain, and the dry signal as late as the net."""
    start, step = ramp(block, _OUTPUT_DB)
    mix, d_mix = ramp(block, _MIX)
    trim, frames = np.float32(head.trim), block.frames
    gain, last = trim * np.exp(_DB * start), trim * np.exp(_DB * (start + step * np.float32(frames)))
    slope = (last - gain) / np.float32(frames)
    at = state.dry_at
    for c in range(2):
        source = audio_in(block, c)
        plane = PLANE_BYTES if c == 1 and head.channels_out == 2 else 0
        wet = f32_view(block.heap + _FROM_NET + plane, frames)
        y = audio_out(block, c)
        line = f32_view(block.heap + _DRY + 4 * head.latency * c, head.latency)
        at = state.dry_at
        for n in range(frames):
            dry = source[n]
            if head.latency > 0:
                late = line[at]
                line[at] = dry
                dry = late
                at = at + 1 if at + 1 < head.latency else 0
            m = mix + d_mix * np.float32(n)
            y[n] = (np.float32(1.0) - m) * dry + m * (gain + slope * np.float32(n)) * wet[n]
    state.dry_at = at


def compiled_effect(block, state):
    """Entry of a compiled net: tables = HEAD + tables of the net, state = STATE + state of the net."""
    head = _head_at(block.tables)
    _feed(block, head)
    tables, memory = block.tables + HEAD_BYTES, _state_address(state) + STATE_BYTES
    call_net(head.net, head.kind, tables, memory, block.heap + _TO_NET, block.heap + _FROM_NET, block.frames)
    _blend(block, state, head)


def stream_effect(block, state):
    """Entry of a graph in ONNX Runtime: tables = HEAD, context = the stream."""
    head = _head_at(block.tables)
    if state.fresh != 0:  # a new or a restored state: the stream follows
        stream_reset(block.context)
        state.fresh = 0
    for index in range(head.n_params):
        store_f32(load_i64(head.param_addresses + 8 * index), value(block, N_COMMON + index))
    _feed(block, head)
    stream_process(block.context, block.heap + _TO_NET, PLANE_BYTES, block.heap + _FROM_NET, PLANE_BYTES, block.frames)
    _blend(block, state, head)


_SIGNATURE = void(BLOCK_TYPE, from_dtype(STATE))
_entries: dict = {}


def entry(process):
    """The compiled cfunc of one of the two processes above. [main]"""
    if process not in _entries:
        _entries[process] = audio_entry(_SIGNATURE)(process)
    return _entries[process]
