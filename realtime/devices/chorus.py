"""Chorus: up to three slowly modulated voices a side, cubic interpolation, stereo by phase; [audio]."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.db import low_pass_ramp, one_pole
from realtime.dsp.delay_line import GUARD, read_modulated, ring_size, write_ring
from realtime.dsp.fastmath import sin_turns
from realtime.native.memory import f32_view

PARAMS = (
    Param("rate_hz", "Rate", "Hz", 0.05, 8.0, 0.6, curve="log"),
    Param("depth_ms", "Depth", "ms", 0.0, 10.0, 2.0, doc="Each voice sways this far to both sides."),
    Param("delay_ms", "Delay", "ms", 2.0, 40.0, 12.0, doc="Middle of the sway; never less than the depth."),
    Param("voices", "Voices", "", 1.0, 3.0, 3.0, doc="Between whole numbers the next voice fades in."),
    Param(
        "stereo", "Stereo", "", 0.0, 1.0, 1.0, doc="Phase of the right voices against the left, up to a quarter turn."
    ),
    Param("tone_hz", "Tone", "Hz", 1000.0, 20000.0, 12000.0, curve="log", doc="Low-pass of the voices."),
    Param("mix", "Mix", "", 0.0, 1.0, 0.5),
)
P = ids(PARAMS)
STATE = np.dtype(
    [
        ("at", "i8"),
        ("size", "i8"),
        ("phase", "f8"),
        ("started", "i8"),
        ("depth", "f4"),
        ("middle", "f4"),
        ("tone", "f4", (2,)),
    ],
    align=True,
)
_ONE, _ZERO = np.float32(1.0), np.float32(0.0)


def _size(spec) -> int:
    return ring_size(0.0501 * spec.sample_rate + 8)


def _prepare(state, spec):
    state["size"] = _size(spec)


@device(
    name="chorus",
    title="Chorus",
    kind="effect",
    params=PARAMS,
    state=STATE,
    prepare=_prepare,
    heap=lambda spec: 3 * 64 + 2 * (_size(spec) + GUARD),
    tail_s=0.06,
)
def process(block, state):
    """Stereo chorus."""
    frames, rate = block.frames, block.sample_rate
    size, at = state.size, state.at
    extra, voice, wet = f32_view(block.heap, 64), f32_view(block.heap + 256, 64), f32_view(block.heap + 512, 64)
    per_ms = np.float32(rate / 1000.0)
    rate_hz, d_rate = ramp(block, P.rate_hz)
    step = np.float32((rate_hz + np.float32(0.5 * frames) * d_rate) / rate)
    # A delay that changes bends the pitch: it takes its time, whoever turns the knob.
    if state.started == 0:
        state.started, state.depth, state.middle = 1, value(block, P.depth_ms), value(block, P.delay_ms)
    glide = one_pole(0.08 / frames, rate)
    depth, middle = state.depth, state.middle
    state.depth += glide * (value(block, P.depth_ms) - depth)
    state.middle += glide * (value(block, P.delay_ms) - middle)
    d_depth, d_middle = (state.depth - depth) / np.float32(frames), (state.middle - middle) / np.float32(frames)
    voices, d_voices = ramp(block, P.voices)
    stereo, d_stereo = ramp(block, P.stereo)
    mix, d_mix = ramp(block, P.mix)
    tone_hz, d_tone_hz = ramp(block, P.tone_hz)
    tone, d_tone = low_pass_ramp(tone_hz, d_tone_hz, frames, rate)
    for c in range(2):
        x, y = audio_in(block, c), audio_out(block, c)
        ring = f32_view(block.heap + 768 + 4 * c * (size + GUARD), size + GUARD)
        write_ring(ring, size, GUARD, at, x, frames)
        for t in range(frames):
            wet[t] = _ZERO
        for v in range(3):
            first, last = voices - np.float32(v), voices + d_voices * np.float32(frames) - np.float32(v)
            if first <= _ZERO and last <= _ZERO:
                continue
            # The voices stand a third of a turn apart; the right side leads by up to a quarter.
            start = np.float32(state.phase + v / 3.0)
            lead = np.float32(0.25 * c)
            for t in range(frames):
                i = np.float32(t)
                turn = start + step * i + lead * (stereo + d_stereo * i)
                turn -= np.floor(turn)
                sway = depth + d_depth * i
                centre = max(middle + d_middle * i, sway + np.float32(0.1))
                extra[t] = per_ms * (centre + sway * sin_turns(turn))
            read_modulated(ring, size, at, 2, extra, voice, frames)
            for t in range(frames):
                i = np.float32(t)
                count = voices + d_voices * i
                gain = min(max(count - np.float32(v), _ZERO), _ONE) / np.sqrt(count)
                wet[t] += gain * voice[t]
        low = state.tone[c]
        for t in range(frames):
            low += (tone + d_tone * np.float32(t)) * (wet[t] - low)
            wet[t] = low
        state.tone[c] = low if abs(low) > np.float32(1e-12) else _ZERO
        for t in range(frames):
            y[t] = x[t] + (mix + d_mix * np.float32(t)) * (wet[t] - x[t])
    state.phase += np.float64(step) * frames
    state.phase -= np.floor(state.phase)
    state.at = (at + frames) & (size - 1)
