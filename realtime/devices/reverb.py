"""Reverb: diffused input into a 16-line feedback delay network with its decay set at three frequencies, and freeze;
[audio]."""

import math

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.allpass import diffuse
from realtime.dsp.db import one_pole
from realtime.dsp.delay_line import GUARD, read_gliding, ring_size, write_ring
from realtime.dsp.fastmath import exp2, log2, sin_turns
from realtime.dsp.fdn import (
    ABSORPTION,
    LENGTHS_MS,
    LINES,
    LONGEST,
    ROW,
    absorb,
    aim_absorption,
    feed_lines,
    hadamard,
    line_lengths,
    read_lines,
    tap_lines,
)
from realtime.native.jit import audio
from realtime.native.memory import f32_view, f64_view

PARAMS = (
    Param("decay_s", "Decay", "s", 0.2, 20.0, 1.8, curve="log", doc="Time to fall by 60 dB at 1 kHz."),
    Param("size", "Size", "", 0.4, LONGEST, 1.0, curve="log", doc="Scales the delays of the room."),
    Param("predelay_ms", "Pre-delay", "ms", 0.0, 250.0, 12.0),
    Param("treble", "Treble", "", 0.1, 1.0, 0.45, doc="Decay of the highs as a part of the decay."),
    Param("damping_hz", "Damping", "Hz", 2000.0, 16000.0, 5000.0, curve="log", doc="Where the highs begin."),
    Param("bass", "Bass", "", 0.5, 1.5, 1.0, doc="Decay of the lows as a part of the decay."),
    Param("diffusion", "Diffusion", "", 0.0, 1.0, 0.8, doc="How far the input is smeared before the room."),
    Param("early", "Early", "", 0.0, 1.0, 0.35, doc="Level of the diffused sound before the tail."),
    Param("modulation", "Modulation", "", 0.0, 1.0, 0.4, doc="Slow sway of the delays: no metal in the tail."),
    Param("lowcut_hz", "Low cut", "Hz", 10.0, 1000.0, 80.0, curve="log", doc="Of what enters the room."),
    Param("width", "Width", "", 0.0, 1.0, 1.0, doc="0 is mono."),
    Param("freeze", "Freeze", "", 0, 1, 0, curve="bool", doc="Holds the tail for ever and lets nothing in."),
    Param("mix", "Mix", "", 0.0, 1.0, 0.25),
)
P = ids(PARAMS)
_DIFFUSERS = 4
STATE = np.dtype(
    [
        ("at", "i8"),
        ("size", "i8"),
        ("pre_size", "i8"),
        ("diffuser_size", "i8"),
        ("started", "i8"),
        ("scale", "f8"),  # size now, gliding
        ("predelay", "f8"),  # samples now, gliding
        ("frozen", "f8"),
        ("turn", "f8"),  # of the slow sway
        ("sway", "f8"),
        ("diffuser", "i8", (2 * _DIFFUSERS,)),
        ("aimed", "f4", (6,)),  # settings the absorption was made for
        ("lowcut", "f4", (2,)),
        ("absorption", ABSORPTION),
    ],
    align=True,
)
_LOW_HZ = 200.0
_DIFFUSER_MS = (
    4.77,
    3.59,
    12.73,
    9.31,
    5.03,
    3.89,
    12.11,
    8.77,
)  # left, right; after Dattorro (JAES 45, 1997), spread apart
_SWAY_MS = 0.22
_LONGEST_MS = max(LENGTHS_MS) * LONGEST + 2 * _SWAY_MS + 1.0
_LEAST = 70.0
_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_LEVEL, _QUARTER = np.float32(0.24), np.float32(-0.25)


def _sizes(spec):
    return (
        ring_size(_LONGEST_MS * spec.sample_rate / 1000.0),
        ring_size(0.26 * spec.sample_rate),
        ring_size(max(_DIFFUSER_MS) * spec.sample_rate / 1000.0),
    )


def _heap(spec) -> int:
    lines, pre, diffuser = _sizes(spec)
    work = LINES * ROW + 6 * 64 + 2 * 2 * LINES
    return work + LINES * (lines + GUARD) + 2 * (pre + GUARD) + 2 * _DIFFUSERS * (diffuser + GUARD) + 64


def _prepare(state, spec):
    state["size"], state["pre_size"], state["diffuser_size"] = _sizes(spec)
    state["diffuser"] = [int(ms * spec.sample_rate / 1000.0) | 1 for ms in _DIFFUSER_MS]


@audio
def _part(x):
    return x - np.floor(x)


@device(
    name="reverb",
    title="Reverb",
    kind="effect",
    params=PARAMS,
    state=STATE,
    prepare=_prepare,
    heap=_heap,
    tables=lambda spec: line_lengths(spec.sample_rate),
    tail_s=20.0,
)
def process(block, state):
    """Stereo reverb."""
    frames, rate = block.frames, block.sample_rate
    at, size, pre_size, diffuser_size = state.at, state.size, state.pre_size, state.diffuser_size
    heap = block.heap
    rows = heap
    left, right = f32_view(heap + 4096, 64), f32_view(heap + 4352, 64)
    tail_left, tail_right = f32_view(heap + 4608, 64), f32_view(heap + 4864, 64)
    work = f32_view(heap + 5120, 64)
    delays, steps = f64_view(heap + 5632, LINES), f64_view(heap + 5632 + 8 * LINES, LINES)
    lines = heap + 5632 + 16 * LINES
    pre = lines + 4 * LINES * (size + GUARD)
    diffusers = pre + 8 * (pre_size + GUARD)
    lengths = f64_view(block.tables, LINES)

    # What moves slowly: room size and pre-delay bend like tape, freezing takes 30 ms.
    size_wanted, predelay_wanted = np.float64(value(block, P.size)), value(block, P.predelay_ms) * rate / 1000.0
    predelay_wanted = np.floor(max(predelay_wanted, 2.0) + 0.5)
    freeze = 1.0 if value(block, P.freeze) > np.float32(0.5) else 0.0
    sway_wanted = value(block, P.modulation) * (1.0 - freeze) * _SWAY_MS * rate / 1000.0
    if state.started == 0:
        state.started, state.scale, state.predelay = 1, size_wanted, predelay_wanted
        state.frozen, state.sway = freeze, sway_wanted
    glide = -math.expm1(-frames / (0.15 * rate))
    scale = state.scale + glide * (size_wanted - state.scale)
    scale = size_wanted if abs(size_wanted - scale) < 1e-6 else scale
    predelay = state.predelay + glide * (predelay_wanted - state.predelay)
    predelay = predelay_wanted if abs(predelay_wanted - predelay) < 0.01 else predelay
    frozen = state.frozen + one_pole(0.03 / frames, rate) * (freeze - state.frozen)
    frozen = freeze if abs(freeze - frozen) < 1e-4 else frozen
    sway = state.sway + glide * (sway_wanted - state.sway)
    sway = sway_wanted if abs(sway_wanted - sway) < 1e-4 else sway
    turn_end = state.turn + frames * 0.0185 / rate
    turn, turn_after = np.float32(state.turn), np.float32(turn_end)
    for j in range(LINES):
        # Golden-ratio phases and different speeds, whole multiples of a slow turn: no two lines sway together.
        before = sin_turns(_part(turn * np.float32(20 + j) + np.float32(0.618034 * j)))
        after = sin_turns(_part(turn_after * np.float32(20 + j) + np.float32(0.618034 * j)))
        start = np.floor(lengths[j] * state.scale) + state.sway * (1.0 + before)
        end = np.floor(lengths[j] * scale) + sway * (1.0 + after)
        if state.scale != scale:
            start, end = (
                lengths[j] * state.scale + state.sway * (1.0 + before),
                lengths[j] * scale + sway * (1.0 + after),
            )
        delays[j], steps[j] = max(start, _LEAST), (max(end, _LEAST) - max(start, _LEAST)) / frames

    aimed = state.aimed
    decay_s, bass, treble = value(block, P.decay_s), value(block, P.bass), value(block, P.treble)
    damping_hz, now_scale, now_frozen = value(block, P.damping_hz), np.float32(scale), np.float32(frozen)
    if (
        aimed[0] != decay_s or aimed[1] != bass or aimed[2] != treble or aimed[3] != damping_hz
        or aimed[4] != now_scale or aimed[5] != now_frozen
    ):  # fmt: skip
        first = aimed[0] == _ZERO
        aimed[0], aimed[1], aimed[2], aimed[3], aimed[4], aimed[5] = (
            decay_s,
            bass,
            treble,
            damping_hz,
            now_scale,
            now_frozen,
        )
        aim_absorption(
            state.absorption, delays, rate, np.float64(decay_s), np.float64(bass), np.float64(treble), _LOW_HZ,
            np.float64(damping_hz), frozen,
        )  # fmt: skip
        if first:
            for i in range(3 * LINES):
                state.absorption.now[i] = state.absorption.end[i]

    lowcut = one_pole(1.0 / (2.0 * math.pi * value(block, P.lowcut_hz)), rate)
    gain, d_gain = ramp(block, P.diffusion)
    gain, d_gain = np.float32(0.62) * gain, np.float32(0.62) * d_gain
    let_in, d_let_in = np.float32(1.0 - state.frozen), np.float32((state.frozen - frozen) / frames)
    for c in range(2):
        x = audio_in(block, c)
        low = state.lowcut[c]
        for t in range(frames):
            low += lowcut * (x[t] - low)
            work[t] = (x[t] - low) * (let_in + d_let_in * np.float32(t))
        state.lowcut[c] = low
        ring = f32_view(pre + 4 * c * (pre_size + GUARD), pre_size + GUARD)
        write_ring(ring, pre_size, GUARD, at & (pre_size - 1), work, frames)
        signal = left if c == 0 else right
        read_gliding(
            ring, pre_size, at & (pre_size - 1), state.predelay, (predelay - state.predelay) / frames, signal, frames
        )
        for i in range(_DIFFUSERS):
            n = c * _DIFFUSERS + i
            ring = f32_view(diffusers + 4 * n * (diffuser_size + GUARD), diffuser_size + GUARD)
            diffuse(
                ring, diffuser_size, GUARD, at & (diffuser_size - 1), state.diffuser[n], gain, d_gain, signal, work,
                frames,
            )  # fmt: skip

    read_lines(lines, size, at & (size - 1), delays, steps, rows, frames)
    early, d_early = ramp(block, P.early)
    for t in range(frames):
        gain = np.float32(3.0) * (early + d_early * np.float32(t))
        tail_left[t] = gain * left[t]
        tail_right[t] = gain * right[t]
    tap_lines(rows, tail_left, tail_right, frames)
    absorb(rows, state.absorption, frames)
    hadamard(rows, frames)
    feed_lines(lines, size, at & (size - 1), rows, left, right, frames)

    width, d_width = ramp(block, P.width)
    mix, d_mix = ramp(block, P.mix)
    # A long decay piles up more energy; half of that is taken back.
    decay_now, d_decay = ramp(block, P.decay_s)
    level = _LEVEL * exp2(_QUARTER * log2(decay_now))
    d_level = (_LEVEL * exp2(_QUARTER * log2(decay_now + d_decay * np.float32(frames))) - level) / np.float32(frames)
    x, y = audio_in(block, 0), audio_in(block, 1)
    out_left, out_right = audio_out(block, 0), audio_out(block, 1)
    for t in range(frames):
        i = np.float32(t)
        half = np.float32(0.5) * (level + d_level * i)
        middle, side = half * (tail_left[t] + tail_right[t]), half * (tail_left[t] - tail_right[t])
        side *= width + d_width * i
        blend = mix + d_mix * i
        out_left[t] = x[t] + blend * (middle + side - x[t])
        out_right[t] = y[t] + blend * (middle - side - y[t])
    state.scale, state.predelay, state.frozen, state.sway = scale, predelay, frozen, sway
    state.turn = turn_end - np.floor(turn_end)
    state.at = at + frames
