"""Saturator: four curves at four times the rate with first-order antiderivative antialiasing, dry path aligned;
[audio]."""

import math

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.db import block_gain_ramp, low_pass_ramp
from realtime.dsp.fastmath import soft_sign
from realtime.dsp.halfband import (
    DRY,
    HISTORY,
    OVERSAMPLING_DELAY,
    PAST,
    ROW,
    ROWS,
    SHAPED,
    downsample4,
    keep_history,
    upsample4,
)
from realtime.dsp.waveshaper import shape, shape_value
from realtime.native.memory import f32_view

PARAMS = (
    Param("drive_db", "Drive", "dB", 0.0, 42.0, 12.0, doc="Gain into the curve; the level of a -12 dB signal is kept."),
    Param("curve", "Curve", "", 0, 3, 0, curve="enum", labels=("tape", "tube", "hard", "fold")),
    Param("bias", "Bias", "", -1.0, 1.0, 0.0, doc="Shifts the curve: even harmonics."),
    Param("tone_hz", "Tone", "Hz", 500.0, 40000.0, 40000.0, curve="log",
          doc="6 dB per octave low-pass after the curve."),
    Param("output_db", "Output", "dB", -24.0, 12.0, 0.0),
    Param("mix", "Mix", "", 0.0, 1.0, 1.0),
)  # fmt: skip
P = ids(PARAMS)
STATE = np.dtype(
    [
        ("curve", "i8"),
        ("next_curve", "i8"),
        ("fade", "f4"),  # 1 -> 0 while the next curve comes in
        ("tone", "f4", (2,)),
        ("dc_in", "f4", (2,)),
        ("dc_out", "f4", (2,)),
    ],
    align=True,
)
_REFERENCE = np.float32(0.25)  # -12 dBFS
_FADE_S = 0.008


def _prepare(state, spec):
    curve = spec.values.get("curve", 0)
    state["curve"] = state["next_curve"] = PARAMS[P.curve].parse(curve)


@device(
    name="saturator",
    title="Saturator",
    kind="effect",
    params=PARAMS,
    state=STATE,
    heap=(2 * ROWS + 5) * ROW,
    prepare=_prepare,
    latency=OVERSAMPLING_DELAY,
)
def process(block, state):
    """Waveshaper with drive, bias and tone."""
    frames = block.frames
    wanted = np.int64(value(block, P.curve))
    if state.fade <= np.float32(0.0) and wanted != state.curve:
        state.next_curve, state.fade = wanted, np.float32(1.0)
    curve, next_curve, fade = state.curve, state.next_curve, state.fade
    d_fade = np.float32(1.0 / (_FADE_S * block.sample_rate))

    drive_db, d_drive_db = ramp(block, P.drive_db)
    drive, d_drive = block_gain_ramp(drive_db, d_drive_db, frames)
    output_db, d_output_db = ramp(block, P.output_db)
    output, d_output = block_gain_ramp(output_db, d_output_db, frames)
    end_drive = drive + d_drive * np.float32(frames)
    # The curve's own answer to the reference level is taken back, so that drive changes colour more than loudness.
    level = output * _REFERENCE / soft_sign(drive * _REFERENCE)
    end_level = (output + d_output * np.float32(frames)) * _REFERENCE / soft_sign(end_drive * _REFERENCE)
    d_level = (end_level - level) / np.float32(frames)
    bias, d_bias = ramp(block, P.bias)
    mix, d_mix = ramp(block, P.mix)
    # What the curve makes of silence is taken out at once; the slow high-pass only has to mend what the signal adds.
    end_bias, end_fade = bias + d_bias * np.float32(frames), max(np.float32(0.0), fade - d_fade * np.float32(frames))
    rests = f32_view(block.heap + 4 * (2 * ROWS + 4) * ROW, 4)
    for i in range(4):
        rests[i] = shape_value(curve if i < 2 else next_curve, bias if i & 1 == 0 else end_bias)
    rest, end_rest = rests[2] + fade * (rests[0] - rests[2]), rests[3] + end_fade * (rests[1] - rests[3])
    if fade <= np.float32(0.0):
        rest, end_rest = rests[0], rests[1]
    d_rest = (end_rest - rest) / np.float32(frames)
    tone_hz, d_tone_hz = ramp(block, P.tone_hz)
    tone, d_tone = low_pass_ramp(tone_hz, d_tone_hz, frames, block.sample_rate)
    dc_pole = np.float32(math.exp(-2.0 * math.pi * 8.0 / block.sample_rate))

    other = f32_view(block.heap + 4 * 2 * ROWS * ROW, 4 * ROW)
    wet = f32_view(block.heap + 4 * (2 * ROWS + 4) * ROW, 64)
    for c in range(2):
        base = block.heap + 4 * c * ROWS * ROW
        work = f32_view(base, ROWS * ROW)
        x, y = audio_in(block, c), audio_out(block, c)
        for t in range(frames):
            at = np.float32(t)
            work[DRY + HISTORY + t] = x[t]
            work[HISTORY + t] = x[t] * (drive + d_drive * at) + (bias + d_bias * at)
        upsample4(base, frames)
        upsampled, shaped = f32_view(base + 4 * PAST, 5 * ROW), f32_view(base + 4 * SHAPED, 4 * ROW)
        for turn in range(2 if fade > np.float32(0.0) else 1):
            target = block.heap + 4 * 2 * ROWS * ROW if turn == 1 else base + 4 * SHAPED
            shape(curve if turn == 0 else next_curve, upsampled, f32_view(target, 4 * ROW), 4, ROW, HISTORY, frames)
        if fade > np.float32(0.0):
            for p in range(4):
                for t in range(frames):
                    i = p * ROW + HISTORY + t
                    old = max(np.float32(0.0), fade - d_fade * np.float32(t))
                    shaped[i] = other[i] + old * (shaped[i] - other[i])
        downsample4(base, wet, frames)
        low, dc_in, dc_out = state.tone[c], state.dc_in[c], state.dc_out[c]
        for t in range(frames):
            centred = wet[t] - rest - d_rest * np.float32(t)
            dc_out = centred - dc_in + dc_pole * dc_out
            dc_in = centred
            low += (tone + d_tone * np.float32(t)) * (dc_out - low)
            wet[t] = low
        state.tone[c], state.dc_in[c], state.dc_out[c] = low, dc_in, dc_out
        for t in range(frames):
            at = np.float32(t)
            old = work[DRY + HISTORY - OVERSAMPLING_DELAY + t]
            y[t] = old + (mix + d_mix * at) * (wet[t] * (level + d_level * at) - old)
        keep_history(base, frames)
    if fade > np.float32(0.0):
        state.fade = end_fade
        if end_fade == np.float32(0.0):
            state.curve = next_curve
