"""Limiter: lookahead peak limiter whose output never exceeds the ceiling, with a release that follows the music;
[audio]."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Option, Param, device, ids
from realtime.dsp.db import block_gain_ramp, one_pole
from realtime.dsp.lookahead import LIMITER, limit_stereo, limiter_heap, limiter_lookahead, prepare_limiter
from realtime.native.memory import f32_view

PARAMS = (
    Param("gain_db", "Gain", "dB", -12.0, 36.0, 0.0, doc="Into the limiter."),
    Param("ceiling_db", "Ceiling", "dB", -24.0, 0.0, -0.3, doc="No sample comes out above this."),
    Param("release_s", "Release", "s", 0.005, 1.0, 0.08, curve="log", doc="Time constant back to unity."),
    Param(
        "adaptive", "Adaptive", "", 0.0, 1.0, 0.6, doc="How much of a sustained reduction recovers ten times slower."
    ),
    Param("true_peak", "True peak", "", 0, 1, 0, curve="bool", doc="Also limit the peaks between samples (4x)."),
)
P = ids(PARAMS)
STATE = LIMITER


OPTIONS = (Option("lookahead_ms", 2.0, 1.0, 5.0, "ms", doc="It is the latency, so it is fixed while it plays."),)


def _lookahead_s(spec) -> float:
    return spec.options["lookahead_ms"] / 1000.0


@device(
    name="limiter",
    title="Limiter",
    kind="effect",
    params=PARAMS,
    state=STATE,
    options=OPTIONS,
    heap=lambda spec: 128 + limiter_heap(spec.sample_rate, _lookahead_s(spec)),
    prepare=lambda state, spec: prepare_limiter(state, spec.sample_rate, _lookahead_s(spec)),
    latency=lambda spec: limiter_lookahead(spec.sample_rate, _lookahead_s(spec)),
)
def process(block, state):
    """Lookahead limiter."""
    frames = block.frames
    left, right = f32_view(block.heap, 64), f32_view(block.heap + 256, 64)
    x, y = audio_in(block, 0), audio_in(block, 1)
    gain_db, d_gain_db = ramp(block, P.gain_db)
    gain, d_gain = block_gain_ramp(gain_db, d_gain_db, frames)
    for t in range(frames):
        g = gain + d_gain * np.float32(t)
        left[t] = x[t] * g
        right[t] = y[t] * g
    ceiling_db, d_ceiling_db = ramp(block, P.ceiling_db)
    ceiling, d_ceiling = block_gain_ramp(ceiling_db, d_ceiling_db, frames)
    release_s = value(block, P.release_s)
    limit_stereo(
        left, right, audio_out(block, 0), audio_out(block, 1), frames, state, block.heap + 512, ceiling, d_ceiling,
        one_pole(release_s, block.sample_rate), one_pole(10.0 * release_s, block.sample_rate),
        value(block, P.adaptive), np.int64(value(block, P.true_peak)),
    )  # fmt: skip
