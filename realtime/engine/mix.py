"""The mixer as a device: sums stereo inputs with gain, balance and mute, each delayed to meet the latest one; [audio]."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import from_dtype

from realtime.contract.block import BLOCK_TYPE, audio_in, audio_out, ramp, value
from realtime.contract.device import Device, Instance, Param
from realtime.native.jit import audio, audio_entry, void
from realtime.native.memory import aligned, f32_view

MAX_INPUTS = 32
SILENT_DB = -90.0
"""A gain at the bottom of its range is silence."""

STATE = np.dtype(
    [
        ("delay", "i8", (MAX_INPUTS,)),  # samples
        ("line", "i8", (MAX_INPUTS,)),  # float offset of left in the heap; right follows
        ("size", "i8", (MAX_INPUTS,)),  # power of two
        ("at", "i8", (MAX_INPUTS,)),
    ],
    align=True,
)


def input_params(name: str) -> tuple[Param, Param, Param]:
    """The three controls of one input."""
    return (
        Param("gain_db", f"{name} gain", "dB", SILENT_DB, 12.0, 0.0, doc="Gain; the lowest value is silence."),
        Param("pan", f"{name} balance", "", -1.0, 1.0, 0.0, doc="Balance: -1 left only, 1 right only."),
        Param("mute", f"{name} mute", "", 0, 1, 0, curve="lin", doc="1 mutes, without a click."),
    )


@audio
def _amplitude(gain_db, mute):
    if gain_db <= SILENT_DB + 0.05:
        return np.float32(0.0)
    return np.float32(math.exp(gain_db * 0.11512925464970229)) * (np.float32(1.0) - mute)


@audio
def _delayed(target, source, line, size, at, delay, frames):
    for i in range(frames):
        line[(at + i) & (size - 1)] = source[i]
        target[i] = line[(at + i - delay) & (size - 1)]


@audio
def _add(out, source, gain, step, frames):
    for i in range(frames):
        out[i] += source[i] * (gain + step * np.float32(i))


@audio_entry(void(BLOCK_TYPE, from_dtype(STATE)))
def mix(block, state):
    """Inputs 2k and 2k+1 are the k-th stereo input; parameters 3k.. are its gain, balance and mute."""
    frames = block.frames
    left_out, right_out = audio_out(block, 0), audio_out(block, 1)
    for i in range(frames):
        left_out[i] = np.float32(0.0)
        right_out[i] = np.float32(0.0)
    scratch = f32_view(block.heap, 128)
    for k in range(block.inputs // 2):
        start_db, step_db = ramp(block, 3 * k)
        start_pan, step_pan = ramp(block, 3 * k + 1)
        start_mute, step_mute = ramp(block, 3 * k + 2)
        n = np.float32(frames)
        start = _amplitude(start_db, start_mute)
        end = _amplitude(value(block, 3 * k), start_mute + step_mute * n)
        if start == np.float32(0.0) and end == np.float32(0.0) and state.delay[k] == 0:
            continue
        pan_end = start_pan + step_pan * n
        one = np.float32(1.0)
        for side in range(2):
            direction = np.float32(-1.0) if side == 0 else one
            from_gain = start * min(one, one + direction * start_pan)
            to_gain = end * min(one, one + direction * pan_end)
            source = audio_in(block, 2 * k + side)
            out = left_out if side == 0 else right_out
            step = (to_gain - from_gain) / n
            delay = state.delay[k]
            if delay > 0:
                size = state.size[k]
                line = f32_view(block.heap + 4 * (state.line[k] + side * size), size)
                _delayed(scratch, source, line, size, state.at[k], delay, frames)
                _add(out, scratch, from_gain, step, frames)
            else:
                _add(out, source, from_gain, step, frames)
        if state.delay[k] > 0:
            state.at[k] = (state.at[k] + frames) & (state.size[k] - 1)


class Mix(Device):
    """A mixer for a given list of inputs.

    names: of the inputs, for their titles. delays: samples by which each input waits for the latest one.
    """

    def __init__(self, names: Sequence[str], delays: Sequence[int]):
        if len(names) > MAX_INPUTS:
            raise ValueError(f"a mixer takes {MAX_INPUTS} inputs, not {len(names)}")
        rows = [
            Param(
                f"{param.id}_{index}",
                param.title,
                param.unit,
                param.minimum,
                param.maximum,
                param.default,
                doc=param.doc,
            )
            for index, name in enumerate(names)
            for param in input_params(name)
        ]
        super().__init__("mix", "Mixer", "effect", rows, state=STATE, inputs=2 * len(names), outputs=2)
        self.delays = list(delays)

    def compile(self) -> int:
        return mix.address

    def entries(self) -> list:
        return [mix]

    def build(self, spec) -> Instance:
        state = aligned(STATE.itemsize, np.uint8)
        record = state.view(STATE)[0]
        floats = 128
        for index, delay in enumerate(self.delays):
            size = 1 << (delay + spec.max_frames).bit_length() if delay else 0
            record["delay"][index], record["line"][index], record["size"][index] = delay, floats, size
            floats += 2 * size
        return Instance(
            entry=mix.address,
            params=self.params,
            inputs=self.inputs,
            outputs=2,
            state=state,
            heap=aligned(floats, np.float32),
            tables=np.zeros(0, np.uint8),
        )
