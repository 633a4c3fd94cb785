"""Phaser: 4 to 12 allpass stages, feedback without delay, stereo LFO, tempo sync; [audio]."""

import math

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.allpass import STAGES, phase_chain
from realtime.dsp.db import one_pole
from realtime.dsp.fastmath import exp2, log2, sin_turns, tan_half_turns
from realtime.dsp.tempo import SYNC_BEATS, SYNC_LABELS, cycle_phase, wrap
from realtime.native.memory import f32_view

PARAMS = (
    Param("stages", "Stages", "", 0, 4, 1, curve="enum", labels=("4", "6", "8", "10", "12")),
    Param("rate_hz", "Rate", "Hz", 0.02, 10.0, 0.35, curve="log"),
    Param("sync", "Sync", "", 0, len(SYNC_LABELS) - 1, 0, curve="enum", labels=SYNC_LABELS),
    Param("centre_hz", "Centre", "Hz", 60.0, 8000.0, 800.0, curve="log"),
    Param("depth_octaves", "Depth", "oct", 0.0, 4.0, 1.6, doc="The notches sweep this far to both sides."),
    Param("feedback", "Feedback", "", -0.95, 0.95, 0.4),
    Param("stereo", "Stereo", "", 0.0, 0.5, 0.25, doc="Turns by which the right side leads."),
    Param("mix", "Mix", "", 0.0, 1.0, 0.5, doc="0.5 makes the deepest notches, 1 is vibrato."),
)
P = ids(PARAMS)
STATE = np.dtype(
    [("phase", "f8"), ("started", "i8"), ("octave", "f4"), ("states", "f4", (2 * STAGES,)), ("weights", "f4", (5,))],
    align=True,
)
_ONE = np.float32(1.0)


@device(
    name="phaser",
    title="Phaser",
    kind="effect",
    params=PARAMS,
    state=STATE,
    heap=64 + 64 + 16 + 16,
    tables=lambda spec: np.array(SYNC_BEATS, np.float32),
    tail_s=0.5,
)
def process(block, state):
    """Stereo phaser."""
    frames, rate = block.frames, block.sample_rate
    coefficient, wet = f32_view(block.heap, 64), f32_view(block.heap + 256, 64)
    before, slopes = f32_view(block.heap + 512, 8), f32_view(block.heap + 576, 8)
    beats = np.float64(f32_view(block.tables, 18)[np.int64(value(block, P.sync))])
    phase, step = cycle_phase(block, state.phase, np.float64(value(block, P.rate_hz)), beats)
    state.phase = wrap(phase + step * frames)

    # The number of stages is where the chain is tapped: it glides like everything else.
    wanted = np.int64(value(block, P.stages))
    glide = one_pole(0.005 / frames, rate) if state.started != 0 else _ONE
    weights = state.weights
    for i in range(5):
        before[i] = weights[i]
        weights[i] += glide * ((_ONE if i == wanted else np.float32(0.0)) - weights[i])
        slopes[i] = (weights[i] - before[i]) / np.float32(frames)

    wanted_octave = log2(np.float32(value(block, P.centre_hz) / rate))
    base = state.octave if state.started != 0 else wanted_octave
    state.octave = base + one_pole(0.012 / frames, rate) * (wanted_octave - base)
    d_base = (state.octave - base) / np.float32(frames)
    state.started = 1
    depth, d_depth = ramp(block, P.depth_octaves)
    feedback, d_feedback = ramp(block, P.feedback)
    mix, d_mix = ramp(block, P.mix)
    ahead, d_ahead = ramp(block, P.stereo)
    lowest, highest = np.float32(math.log2(10.0 / rate)), np.float32(math.log2(0.45))
    for c in range(2):
        start, d_turn = np.float32(wrap(phase + c * ahead)), np.float32(step) + c * d_ahead
        for t in range(frames):
            i = np.float32(t)
            turn = start + d_turn * i
            turn -= np.floor(turn)
            octave = base + d_base * i + (depth + d_depth * i) * sin_turns(turn)
            g = tan_half_turns(exp2(min(max(octave, lowest), highest)))
            coefficient[t] = (g - _ONE) / (g + _ONE)
        x, y = audio_in(block, c), audio_out(block, c)
        states = state.states[c * STAGES : (c + 1) * STAGES]
        phase_chain(x, wet, coefficient, before, slopes, states, feedback, d_feedback, frames)
        for t in range(frames):
            y[t] = x[t] + (mix + d_mix * np.float32(t)) * (wet[t] - x[t])
