"""Compressor: feed-forward, soft knee, peak to RMS detection, sidechain with its own high-pass; [audio]."""

import math

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Option, Param, device, ids
from realtime.dsp.db import one_pole
from realtime.dsp.delay_line import read_ring, ring_size, write_ring
from realtime.dsp.dynamics import detect_power, gains_from_attenuation, smooth_attenuation, wanted_attenuation
from realtime.native.memory import f32_view

PARAMS = (
    Param("threshold_db", "Threshold", "dB", -60.0, 0.0, -18.0),
    Param("ratio", "Ratio", ":1", 1.0, 20.0, 4.0, curve="log", doc="dB in per dB out above the threshold; 20 limits."),
    Param("knee_db", "Knee", "dB", 0.0, 24.0, 6.0, doc="Width of the bend around the threshold."),
    Param("attack_s", "Attack", "s", 0.0001, 0.25, 0.010, curve="log", doc="63 % of the way, in dB."),
    Param("release_s", "Release", "s", 0.005, 2.0, 0.150, curve="log", doc="63 % of the way back, in dB."),
    Param("rms", "RMS", "", 0.0, 1.0, 0.5, doc="0 hears peaks, 1 the mean power of the last 10 ms."),
    Param("makeup_db", "Makeup", "dB", -12.0, 24.0, 0.0),
    Param("mix", "Mix", "", 0.0, 1.0, 1.0, doc="Parallel compression."),
    Param("external", "External key", "", 0, 1, 0, curve="bool", doc="Listen to the sidechain input."),
    Param("highpass_hz", "Key high-pass", "Hz", 20.0, 1000.0, 20.0, curve="log",
          doc="12 dB per octave, in the detector only; 20 is off."),
)  # fmt: skip
P = ids(PARAMS)
STATE = np.dtype(
    [
        ("attenuation_db", "f4"),
        ("mean_square", "f4"),
        ("s1", "f4", (2,)),  # high-pass integrators
        ("s2", "f4", (2,)),
        ("at", "i8"),
        ("lookahead", "i8"),
        ("size", "i8"),
    ],
    align=True,
)
_MEAN_S = 0.010
_ROOT2 = np.float32(math.sqrt(2.0))
_ONE = np.float32(1.0)


OPTIONS = (Option("lookahead_ms", 0.0, 0.0, 10.0, "ms", doc="The signal waits so long for its gain."),)


def _lookahead(spec) -> int:
    return round(spec.options["lookahead_ms"] * spec.sample_rate / 1000.0)


def _prepare(state, spec):
    state["lookahead"], state["size"] = _lookahead(spec), ring_size(_lookahead(spec))


@device(
    name="compressor",
    title="Compressor",
    kind="effect",
    params=PARAMS,
    state=STATE,
    sidechain=True,
    options=OPTIONS,
    heap=lambda spec: 3 * 64 + 2 * (ring_size(_lookahead(spec)) + 64),
    prepare=_prepare,
    latency=_lookahead,
)
def process(block, state):
    """Stereo-linked compressor."""
    frames = block.frames
    gains = f32_view(block.heap, 64)
    key_left, key_right = f32_view(block.heap + 256, 64), f32_view(block.heap + 512, 64)
    source = 2 if value(block, P.external) >= 0.5 else 0
    x, y = audio_in(block, source), audio_in(block, source + 1)

    highpass_hz = value(block, P.highpass_hz)
    if highpass_hz > np.float32(20.01):
        g = np.float32(math.tan(math.pi * min(0.4, highpass_hz / block.sample_rate)))
        a1 = _ONE / (_ONE + g * (g + _ROOT2))
        l1, l2, r1, r2 = state.s1[0], state.s2[0], state.s1[1], state.s2[1]
        for t in range(frames):
            high = (x[t] - (_ROOT2 + g) * l1 - l2) * a1
            band = g * high + l1
            l1 = g * high + band
            low = g * band + l2
            l2 = g * band + low
            key_left[t] = high
            high = (y[t] - (_ROOT2 + g) * r1 - r2) * a1
            band = g * high + r1
            r1 = g * high + band
            low = g * band + r2
            r2 = g * band + low
            key_right[t] = high
        state.s1[0], state.s2[0], state.s1[1], state.s2[1] = l1, l2, r1, r2
        x, y = key_left, key_right

    rate = block.sample_rate
    state.mean_square = detect_power(
        x, y, gains, frames, state.mean_square, one_pole(_MEAN_S, rate), value(block, P.rms)
    )
    threshold_db, d_threshold_db = ramp(block, P.threshold_db)
    ratio, d_ratio = ramp(block, P.ratio)
    slope = _ONE - _ONE / ratio
    d_slope = (_ONE - _ONE / (ratio + d_ratio * np.float32(frames)) - slope) / np.float32(frames)
    wanted_attenuation(gains, frames, threshold_db, d_threshold_db, slope, d_slope, value(block, P.knee_db))
    state.attenuation_db = smooth_attenuation(
        gains,
        frames,
        state.attenuation_db,
        one_pole(value(block, P.attack_s), rate),
        one_pole(value(block, P.release_s), rate),
    )
    makeup_db, d_makeup_db = ramp(block, P.makeup_db)
    mix, d_mix = ramp(block, P.mix)
    gains_from_attenuation(gains, frames, makeup_db, d_makeup_db, mix, d_mix)

    size, at, lookahead = state.size, state.at, state.lookahead
    base = block.heap + 768
    for c in range(2):
        x, y = audio_in(block, c), audio_out(block, c)
        if lookahead > 0:
            ring = f32_view(base + 4 * c * (size + 64), size + 64)
            write_ring(ring, size, 64, at, x, frames)
            read_ring(ring, size, at, lookahead, y, frames)
            for t in range(frames):
                y[t] *= gains[t]
        else:
            for t in range(frames):
                y[t] = x[t] * gains[t]
    state.at = (at + frames) & (size - 1)
