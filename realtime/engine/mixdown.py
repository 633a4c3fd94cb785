"""From the driver's inputs through the plans to the master and out: fades, limiter, meters, recorder; [audio]."""

import math

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.dsp.lookahead import LIMITER, limit_stereo
from realtime.engine.guests import gain_after, leads_away, notes_held
from realtime.engine.layout import DONE, FADING, LIVE, RINGING, engine_at, entry_at
from realtime.engine.side_layout import side_at
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import copy_memory, f32_view, load_i64, record_view, store_i32, zero_memory
from realtime.native.ring import ring_push

_limiter_at = record_view(LIMITER)
_LIMITER_BYTES = LIMITER.itemsize
_MASTER_GLIDE_S = 0.003
_INPUT_FADE_S = 0.010
_SILENCE = np.float32(1e-5)
"""-100 dBFS: below it a ringing plan is over."""


def audio_record(channels: int) -> np.dtype:
    """One quantum of sound in a ring: frames, channels, planar float32."""
    return np.dtype([("frames", "i4"), ("channels", "i4"), ("data", "f4", (channels, MAX_FRAMES))])


@audio
def _fill(engine, plan, inputs, start, audio_in, at, frames):
    """Copy the inputs with a gain on its way from `start`; where it has come to."""
    goal = 1.0 if plan.mode == LIVE else 0.0
    reach = frames / (_INPUT_FADE_S * engine.sample_rate)
    end = min(goal, start + reach) if goal > start else max(goal, start - reach)
    step = (end - start) / frames
    for channel in range(plan.n_inputs):
        target = f32_view(load_i64(inputs + 8 * channel), frames)
        if channel < engine.n_inputs and audio_in != 0:
            source = f32_view(load_i64(audio_in + 8 * channel) + 4 * at, frames)
            for i in range(frames):
                target[i] = source[i] * np.float32(start + step * i)
        else:
            zero_memory(load_i64(inputs + 8 * channel), 4 * frames)
    return end


@audio
def fill_inputs(engine, plan, audio_in, at, frames):
    """The plan's own copies of the driver's inputs: faded in and out with the plan, and, for tracks that go on from the
    plan before, only out."""
    plan.input_gain = _fill(engine, plan, plan.inputs, plan.input_gain, audio_in, at, frames)
    if plan.steady_inputs != 0:
        plan.steady_gain = _fill(engine, plan, plan.steady_inputs, plan.steady_gain, audio_in, at, frames)


@audio
def add_outputs(engine, plan, frames):
    """Sum a plan into the master; end a ringing plan that has no notes to end and is silent, or whose tail is over."""
    start = plan.gain
    end = gain_after(engine, plan, frames)
    master = entry_at(plan.entries)
    away = leads_away(plan, master)
    loudest = np.float32(0.0)
    for channel in range(min(plan.n_outputs, engine.n_outputs if engine.n_outputs > 1 else 2)):
        mix = f32_view(engine.mix + 4 * MAX_FRAMES * channel, frames)
        source = f32_view(load_i64(plan.outputs + 8 * channel), frames)
        gain = np.float32(start)
        step = np.float32((end - start) / frames)
        if away and channel < 2:  # it has gone in at the master's door
            source = f32_view(master.source + 4 * MAX_FRAMES * channel, frames)
            gain = step = np.float32(0.0)
        for i in range(frames):
            mix[i] += source[i] * (gain + step * np.float32(i))
            loudest = max(loudest, abs(source[i]))
    plan.gain = end
    if plan.mode == RINGING and notes_held(engine, plan) > 0:
        plan.quiet_frames = 0
        plan.ringing_frames = 0
    elif plan.mode == RINGING:
        plan.ringing_frames += frames
        plan.quiet_frames = plan.quiet_frames + frames if loudest < _SILENCE else 0
        if plan.quiet_frames > plan.silence_s * engine.sample_rate:
            plan.mode = DONE
        elif plan.ringing_frames > plan.ring_s * engine.sample_rate:
            plan.mode = FADING
    elif plan.mode == FADING and end <= 0.0:
        plan.mode = DONE


@audio
def _add_beside(engine, left, right, pair, frames):
    """Click and backing track have levels of their own: the master's fader is the scene's."""
    beside_left = f32_view(engine.side_mix + 4 * MAX_FRAMES * (2 * pair), frames)
    beside_right = f32_view(engine.side_mix + 4 * MAX_FRAMES * (2 * pair + 1), frames)
    for i in range(frames):
        left[i] += beside_left[i]
        right[i] += beside_right[i]


@audio_entry(void(int64, int64, int64, int64))
def master_stage(address, audio_out, at, frames):
    """Gain, limiter, meters, and the way out."""
    engine = engine_at(address)
    start = engine.master_now
    goal = engine.master_target if engine.panic == 0 else np.float32(0.0)
    end = start + (goal - start) * np.float32(1.0 - math.exp(-frames / (_MASTER_GLIDE_S * engine.sample_rate)))
    step = (end - start) / np.float32(frames)
    engine.master_now = end
    pairs = max(1, (engine.n_outputs + 1) // 2)
    release = np.float32(1.0 - math.exp(-1.0 / (0.080 * engine.sample_rate)))
    sustain = np.float32(1.0 - math.exp(-1.0 / (0.800 * engine.sample_rate)))
    reduction = np.float32(1.0)
    beside = side_at(engine.side)
    for pair in range(pairs):
        left = f32_view(engine.mix + 4 * MAX_FRAMES * (2 * pair), frames)
        right = f32_view(engine.mix + 4 * MAX_FRAMES * (2 * pair + 1), frames)
        for i in range(frames):
            gain = start + step * np.float32(i)
            left[i] *= gain
            right[i] *= gain
        if beside.used != 0:
            _add_beside(engine, left, right, pair, frames)
        state = _limiter_at(engine.limiter_state + _LIMITER_BYTES * pair)
        limit_stereo(
            left, right, left, right, frames, state, engine.limiter_heap + 4 * engine.limiter_floats * pair,
            engine.ceiling, np.float32(0.0), release, sustain, np.float32(0.5), 0,
        )  # fmt: skip
        reduction = min(reduction, state.gain)
    engine.reduction = min(reduction, engine.reduction + np.float32(frames * 0.5 / engine.sample_rate))
    if engine.n_outputs == 1:
        left = f32_view(engine.mix, frames)
        right = f32_view(engine.mix + 4 * MAX_FRAMES, frames)
        for i in range(frames):
            left[i] = np.float32(0.5) * (left[i] + right[i])
    fall = np.float32(math.exp(-frames / (0.3 * engine.sample_rate)))
    for channel in range(engine.n_outputs):
        mix = f32_view(engine.mix + 4 * MAX_FRAMES * channel, frames)
        peak = np.float32(0.0)
        square = np.float32(0.0)
        for i in range(frames):
            peak = max(peak, abs(mix[i]))
            square += mix[i] * mix[i]
        engine.peaks[channel] = max(peak, engine.peaks[channel] * fall)
        mean = engine.squares[channel]
        engine.squares[channel] = mean + (square / np.float32(frames) - mean) * (np.float32(1.0) - fall)
        if audio_out != 0:
            copy_memory(load_i64(audio_out + 8 * channel) + 4 * at, engine.mix + 4 * MAX_FRAMES * channel, 4 * frames)


@audio
def keep(engine, ring, channels, frames):
    """Append the master to a ring of audio records: frames i4, channels i4, float32[channels][64]."""
    record = engine.audio_record
    store_i32(record, np.int32(frames))
    store_i32(record + 4, np.int32(channels))
    for channel in range(channels):
        copy_memory(record + 8 + 4 * MAX_FRAMES * channel, engine.mix + 4 * MAX_FRAMES * channel, 4 * frames)
    ring_push(ring, record)
