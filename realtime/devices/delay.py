"""Delay: tempo-synced or free echoes, ping-pong, filtered and softly limited feedback, crossfading or tape-like
times; [audio]."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, transport, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.db import low_pass_ramp, one_pole
from realtime.dsp.delay_line import GUARD, read_gliding, read_modulated, ring_size, write_ring
from realtime.dsp.fastmath import sin_turns
from realtime.dsp.tempo import SYNC_BEATS, SYNC_LABELS
from realtime.native.jit import audio
from realtime.native.memory import f32_view

PARAMS = (
    Param("time_ms", "Time", "ms", 2.0, 4000.0, 375.0, curve="log"),
    Param("sync", "Sync", "", 0, len(SYNC_LABELS) - 1, SYNC_LABELS.index("1/8D"), curve="enum", labels=SYNC_LABELS,
          doc="Note length of an echo (T triplet, D dotted), at most 4 s; free uses the time."),
    Param("feedback", "Feedback", "", 0.0, 1.1, 0.4, doc="Above 1 it sings at a limited level."),
    Param("pingpong", "Ping-pong", "", 0.0, 1.0, 0.0, doc="1: echoes jump from left to right."),
    Param("lowcut_hz", "Low cut", "Hz", 20.0, 2000.0, 120.0, curve="log", doc="6 dB per octave, each time round."),
    Param("highcut_hz", "High cut", "Hz", 500.0, 20000.0, 6500.0, curve="log", doc="6 dB per octave, each time round."),
    Param("glide", "Glide", "", 0, 1, 0, curve="enum", labels=("fade", "tape"), doc="How a new time is reached."),
    Param("mod_hz", "Modulation rate", "Hz", 0.05, 8.0, 0.7, curve="log"),
    Param("mod_ms", "Modulation", "ms", 0.0, 5.0, 0.0, doc="Sway of the time: wow."),
    Param("ducking", "Ducking", "", 0.0, 1.0, 0.0, doc="Echoes make room while the input sounds."),
    Param("mix", "Mix", "", 0.0, 1.0, 0.3),
)  # fmt: skip
P = ids(PARAMS)
STATE = np.dtype(
    [
        ("at", "i8"),
        ("size", "i8"),
        ("time", "f8"),  # samples; the tap that sounds
        ("next_time", "f8"),  # the tap that fades in
        ("fade", "f8"),  # 0..1
        ("speed", "f8"),  # of the tape, samples per sample
        ("sway", "f4"),  # ms
        ("phase", "f8"),
        ("low", "f4", (2,)),
        ("high", "f4", (2,)),
        ("duck", "f4"),
    ],
    align=True,
)
_LONGEST_S = 4.0
_LEAST = 70.0  # samples: a whole quantum is read before it is written
_FADE_S, _TAPE_S = 0.03, 0.12
_ONE, _ZERO, _HALF = np.float32(1.0), np.float32(0.0), np.float32(0.5)


def _size(spec) -> int:
    return ring_size((_LONGEST_S + 0.011) * spec.sample_rate)


def _prepare(state, spec):
    state["size"] = _size(spec)


@audio
def _wanted_time(block):
    """Samples of an echo as the tempo or the knob asks: a whole number, so that echoes at rest pass the line untouched."""
    rate = block.sample_rate
    beats = np.float64(f32_view(block.tables, 18)[np.int64(value(block, P.sync))])
    clock = transport(block)
    if beats > 0.0:
        wanted = beats * 60.0 / max(clock.tempo_bpm, 1.0) * rate
    else:
        wanted = np.float64(value(block, P.time_ms)) * rate / 1000.0
    wanted = min(max(wanted, _LEAST), _LONGEST_S * rate)
    return np.floor(wanted + 0.5)


@audio
def _sway(block, state, extra):
    """Write the modulation's extra samples; False, and nothing written, while there is none."""
    frames, rate = block.frames, block.sample_rate
    sway_ms = value(block, P.mod_ms)
    mod = state.sway
    state.sway = mod + one_pole(0.08 / frames, rate) * (sway_ms - mod)
    if abs(state.sway - sway_ms) < np.float32(1e-5):
        state.sway = sway_ms
    d_mod = (state.sway - mod) / np.float32(frames)
    swaying = mod > _ZERO or d_mod > _ZERO
    per_ms = np.float32(rate / 1000.0)
    start, turn_step = np.float32(state.phase), np.float32(value(block, P.mod_hz) / rate)
    state.phase += frames * np.float64(turn_step)
    state.phase -= np.floor(state.phase)
    if swaying:
        for t in range(frames):
            i = np.float32(t)
            turn = start + turn_step * i
            turn -= np.floor(turn)
            extra[t] = per_ms * (mod + d_mod * i) * (_ONE + sin_turns(turn))
    return swaying


@audio
def _filter(block, state, left, right):
    """Low and high cut of both echoes, in place."""
    frames, rate = block.frames, block.sample_rate
    lowcut_hz, d_lowcut_hz = ramp(block, P.lowcut_hz)
    highcut_hz, d_highcut_hz = ramp(block, P.highcut_hz)
    low_cut, d_low_cut = low_pass_ramp(lowcut_hz, d_lowcut_hz, frames, rate)
    high_cut, d_high_cut = low_pass_ramp(highcut_hz, d_highcut_hz, frames, rate)
    # At their ends the filters leave the loop altogether.
    low_cut = low_cut if lowcut_hz > np.float32(20.01) or d_lowcut_hz != _ZERO else _ZERO
    high_cut = high_cut if highcut_hz < np.float32(19990.0) or d_highcut_hz != _ZERO else _ONE
    l_low, r_low, l_high, r_high = state.low[0], state.low[1], state.high[0], state.high[1]
    for t in range(frames):
        low_cut += d_low_cut
        high_cut += d_high_cut
        l_high += high_cut * (left[t] - l_high)
        r_high += high_cut * (right[t] - r_high)
        l_low += low_cut * (l_high - l_low)
        r_low += low_cut * (r_high - r_low)
        left[t] = l_high - l_low
        right[t] = r_high - r_low
    state.low[0], state.low[1], state.high[0], state.high[1] = l_low, r_low, l_high, r_high


@audio
def _duck(block, state, x, y, duck):
    """Write the echoes' gain, which falls while the input x, y sounds."""
    frames, rate = block.frames, block.sample_rate
    amount, d_amount = ramp(block, P.ducking)
    level, fall, rise = state.duck, one_pole(0.25, rate), one_pole(0.004, rate)
    if amount > _ZERO or d_amount > _ZERO:
        for t in range(frames):
            now = max(abs(x[t]), abs(y[t]))
            level += (rise if now > level else fall) * (now - level)
            duck[t] = level
        for t in range(frames):
            duck[t] = _ONE / (_ONE + (amount + d_amount * np.float32(t)) * np.float32(12.0) * duck[t])
    else:
        for t in range(frames):
            duck[t] = _ONE
    state.duck = level


@audio
def _feed_back(block, x, y, left, right, to_line_left, to_line_right):
    """What goes into the lines: the input, and the echoes crossed over and bent."""
    frames = block.frames
    feedback, d_feedback = ramp(block, P.feedback)
    cross, d_cross = ramp(block, P.pingpong)
    for t in range(frames):
        i = np.float32(t)
        back, jump = feedback + d_feedback * i, cross + d_cross * i
        to_left = back * (left[t] + jump * (right[t] - left[t]))
        to_right = back * (right[t] + jump * (left[t] - right[t]))
        # The feedback alone bends, at 2 (+6 dB): what is played goes into the line as it is.
        to_left = to_left / np.sqrt(_ONE + np.float32(0.25) * to_left * to_left)
        to_right = to_right / np.sqrt(_ONE + np.float32(0.25) * to_right * to_right)
        to_line_left[t] = to_left + x[t] + jump * _HALF * (y[t] - x[t])
        to_line_right[t] = to_right + (_ONE - jump) * y[t]


@audio
def _mix(block, x, y, left, right, duck):
    """The output: input and ducked echoes."""
    frames = block.frames
    mix, d_mix = ramp(block, P.mix)
    out_left, out_right = audio_out(block, 0), audio_out(block, 1)
    for t in range(frames):
        blend = mix + d_mix * np.float32(t)
        out_left[t] = x[t] + blend * (left[t] * duck[t] - x[t])
        out_right[t] = y[t] + blend * (right[t] * duck[t] - y[t])


@device(
    name="delay",
    title="Delay",
    kind="effect",
    params=PARAMS,
    state=STATE,
    prepare=_prepare,
    heap=lambda spec: 6 * 64 + 2 * (_size(spec) + GUARD),
    tables=lambda spec: np.array(SYNC_BEATS, np.float32),
    tail_s=10.0,
)
def process(block, state):
    """Stereo delay."""
    frames, rate = block.frames, block.sample_rate
    size, at = state.size, state.at
    heap = block.heap
    left, right = f32_view(heap, 64), f32_view(heap + 256, 64)
    other, extra, duck = f32_view(heap + 512, 64), f32_view(heap + 768, 64), f32_view(heap + 1024, 64)

    wanted = _wanted_time(block)
    if state.time == 0.0:
        state.time = state.next_time = wanted
        state.sway = value(block, P.mod_ms)
    time, step, fade, d_fade = state.time, 0.0, state.fade, 0.0
    if value(block, P.glide) >= _HALF and fade == 0.0:
        # The motor has a mass: its speed glides too, and never outruns the writing head either way.
        aim = min(max((wanted - time) / (_TAPE_S * rate), -0.75), 0.75)
        state.speed += np.float64(one_pole(0.2 * _TAPE_S / frames, rate)) * (aim - state.speed)
        step = state.speed
        if abs(wanted - time) < 0.02 and abs(step) < 1e-4:
            step = (wanted - time) / frames
            state.speed = 0.0
        after = max(time + step * frames, _LEAST)
        step = (after - time) / frames
        state.time = state.next_time = wanted if state.speed == 0.0 else after
    elif fade > 0.0 or wanted != time:
        if fade == 0.0:
            state.next_time = wanted
        d_fade = 1.0 / (_FADE_S * rate)

    swaying = _sway(block, state, extra)
    for c in range(2):
        ring = f32_view(heap + 1536 + 4 * c * (size + GUARD), size + GUARD)
        echo = left if c == 0 else right
        if swaying:
            whole = int(time)
            rest, slope = np.float32(time - whole), np.float32(step)
            # A quantum of a shortening tape delay must not ask for negative extras: count from a bit further up.
            spare = 64 if step < 0.0 else 0
            for t in range(frames):
                other[t] = extra[t] + max(rest + slope * np.float32(t) + np.float32(spare), _ZERO)
            read_modulated(ring, size, at, whole - spare, other, echo, frames)
        else:
            read_gliding(ring, size, at, time, step, echo, frames)
        if d_fade > 0.0:
            if swaying:
                read_modulated(ring, size, at, int(state.next_time), extra, other, frames)
            else:
                read_gliding(ring, size, at, state.next_time, 0.0, other, frames)
            for t in range(frames):
                share = np.float32(min(fade + d_fade * t, 1.0))
                echo[t] += share * (other[t] - echo[t])
    if d_fade > 0.0:
        state.fade = fade + d_fade * frames
        if state.fade >= 1.0:
            state.fade, state.time = 0.0, state.next_time

    _filter(block, state, left, right)
    x, y = audio_in(block, 0), audio_in(block, 1)
    _duck(block, state, x, y, duck)
    _feed_back(block, x, y, left, right, other, extra)
    write_ring(f32_view(heap + 1536, size + GUARD), size, GUARD, at, other, frames)
    write_ring(f32_view(heap + 1536 + 4 * (size + GUARD), size + GUARD), size, GUARD, at, extra, frames)
    _mix(block, x, y, left, right, duck)
    state.at = (at + frames) & (size - 1)
