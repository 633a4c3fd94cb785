"""Folds a signal to fewer channels: stereo to mono, surround to stereo; [audio]. Gains of ITU-R BS.775."""

from __future__ import annotations

import math

import numpy as np
from numba import from_dtype

from realtime.contract.block import BLOCK_TYPE, audio_in, audio_out
from realtime.contract.device import Instance
from realtime.native.jit import audio_entry, void
from realtime.native.memory import aligned, f32_view

_STATE = np.dtype([("unused", "i8")])
_M = math.sqrt(0.5)
_SURROUND = [[1, 0, _M, 0, _M, 0], [0, 1, _M, 0, 0, _M]]  # L R C LFE Ls Rs; the LFE is left out


@audio_entry(void(BLOCK_TYPE, from_dtype(_STATE)))
def fold(block, state):
    """tables: float32[outputs][inputs]."""
    gains = f32_view(block.tables, block.outputs * block.inputs)
    for channel in range(block.outputs):
        out = audio_out(block, channel)
        for i in range(block.frames):
            out[i] = np.float32(0.0)
        for k in range(block.inputs):
            gain = gains[channel * block.inputs + k]
            source = audio_in(block, k)
            for i in range(block.frames):
                out[i] += gain * source[i]


def gains(inputs: int, outputs: int) -> np.ndarray:
    """(outputs, inputs) float32: how `inputs` channels become fewer `outputs`."""
    if outputs == 1:
        stereo = gains(inputs, 2) if inputs > 2 else np.eye(2)
        return stereo.mean(axis=0, keepdims=True).astype(np.float32)
    if (inputs, outputs) == (6, 2):
        return np.array(_SURROUND, np.float32)
    return np.eye(outputs, inputs, dtype=np.float32)


def build(inputs: int, outputs: int) -> Instance:
    """An instance that folds. [main]"""
    table = np.ascontiguousarray(gains(inputs, outputs)).view(np.uint8).reshape(-1)
    tables = aligned(table.size, np.uint8)
    tables[:] = table
    return Instance(
        entry=fold.address, params=(), inputs=inputs, outputs=outputs,
        state=aligned(_STATE.itemsize, np.uint8), heap=aligned(0), tables=tables,
    )  # fmt: skip
