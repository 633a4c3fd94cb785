"""Runs the callback here and now over whole buffers, without a driver: render, tests and benchmarks; [main]."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from realtime.engine.callback import engine_run
from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio, int64, void


class Rendered(Protocol):
    """An engine, as far as it is needed here."""

    inputs: int
    outputs: int
    address: int


_call_run = caller(void, int64, int64, int64, int64, int64)


@audio
def _render(run, engine, table_in, inputs, table_out, outputs, total, frames):
    """Call the engine block by block over contiguous (channels, total) float32; tables are scratch."""
    base_in, base_out = table_in[8], table_out[8]
    done = 0
    while done < total:
        count = min(frames, total - done)
        for channel in range(inputs):
            table_in[channel] = base_in + 4 * (channel * total + done)
        for channel in range(outputs):
            table_out[channel] = base_out + 4 * (channel * total + done)
        _call_run(run, engine, table_in.ctypes.data, table_out.ctypes.data, count, now_ns())
        done += count


def process(
    engine: Rendered, audio_in: np.ndarray | None = None, frames: int | None = None, block: int = 64
) -> np.ndarray:
    """Run the callback here and now: audio_in (inputs, n) float32 or None; returns (outputs, n) float32."""
    if audio_in is None:
        total = int(frames or block)
        source = np.zeros((max(1, engine.inputs), total), np.float32)
    else:
        source = np.ascontiguousarray(audio_in, np.float32)
        total = source.shape[1]
        if source.shape[0] != engine.inputs:
            raise AntiphonError(f"the audio has {source.shape[0]} channels, the engine {engine.inputs} inputs")
    tables = np.zeros((2, 9), np.int64)
    target = np.zeros((engine.outputs, total), np.float32)
    tables[0, 8], tables[1, 8] = source.ctypes.data, target.ctypes.data
    _render(engine_run.address, engine.address, tables[0], engine.inputs, tables[1], engine.outputs, total, block)
    return target
