"""Poly's modulation: what LFOs, envelopes, wheel, pressure, slide and bend make of pitch, width, cutoff and level; [audio].

Controls move every CHUNK samples and are lines in between.
"""

import numpy as np

from realtime.contract.block import transport
from realtime.devices.notes import inner
from realtime.devices.poly_state import (
    AGE,
    AMP,
    AMP_ENV,
    AMP_STEP,
    BEND_GOAL,
    BEND_NOW,
    FILTER_ENV,
    FREQUENCY,
    FRESH,
    GLIDE_STEP,
    LADDER,
    LFO1,
    LFO1_OFFSET,
    LFO2,
    OSCILLATORS,
    PER_LFO,
    PER_OSC,
    PITCH,
    PITCH_GOAL,
    POLY_PRESSURE,
    PRESSURE_GOAL,
    PRESSURE_NOW,
    TIMBRE_GOAL,
    TIMBRE_NOW,
    VELOCITY,
    WIDTH_1,
    WIDTH_2,
    P,
)
from realtime.dsp.db import db_to_gain
from realtime.dsp.envelope import LEVEL, RISING, SUSTAIN, TARGET
from realtime.dsp.fastmath import exp2, log2
from realtime.dsp.lfo import division_beats, lfo_value
from realtime.dsp.voice import CHANNEL, HELD
from realtime.dsp.voice_filter import FILTER_ROWS, GAIN, GAIN_STEP, one_pole_gain

_LEVEL = 0.22  # one note at velocity 100 peaks at -15..-12 dBFS
_F = np.float32


@inner
def follow_sustain(state, first, sustain):
    """A moved sustain knob reaches the notes that are already there."""
    for v in range(state.count):
        if state.notes[HELD, v] != 0 and state.lanes[first + RISING, v] == _F(0.0):
            state.lanes[first + TARGET, v] = sustain


@inner
def advance_lfo(block, state, index, at, n):
    """Move one LFO on and give every lane its value."""
    base = P.lfo1_shape + PER_LFO * index
    beats = division_beats(np.int64(state.knobs[1, base + 2]))
    clock = transport(block)
    phase = state.lfo_phase[index]
    if beats > 0.0 and clock.playing != 0:
        phase = (clock.beat + at * clock.beats_per_sample) / beats
    rate = clock.beats_per_sample / beats if beats > 0.0 else state.knobs[0, base + 1] / block.sample_rate
    phase += n * rate
    state.lfo_phase[index] = phase
    whole = np.floor(phase)
    start = _F(phase - whole)
    cycle = np.int64(whole) * 2 + index
    shape = np.int64(state.knobs[1, base])
    fade_s = max(_F(1e-6), state.knobs[1, base + 4])
    for v in range(state.count):
        x = start + state.lanes[LFO1_OFFSET + index, v]
        turn = 0
        if x >= _F(1.0):
            x -= _F(1.0)
            turn = 2
        fade = min(_F(1.0), state.lanes[AGE, v] / fade_s)
        state.lanes[LFO1 + index, v] = fade * lfo_value(shape, x, cycle + turn)


@inner
def channel_goals(state):
    """Fetch every lane's bend, pressure and timbre from its channel."""
    lanes = state.lanes
    for v in range(state.count):
        channel = state.notes[CHANNEL, v]
        lanes[BEND_GOAL, v] = state.bend[channel] + state.bend[16]
        pressure = max(state.pressure[channel], state.pressure[16])
        lanes[PRESSURE_GOAL, v] = max(pressure, lanes[POLY_PRESSURE, v])
        lanes[TIMBRE_GOAL, v] = state.timbre[channel] + state.timbre[16] - _F(0.5)
        if lanes[FRESH, v] > _F(0.5):
            lanes[BEND_NOW, v] = lanes[BEND_GOAL, v]
            lanes[PRESSURE_NOW, v] = lanes[PRESSURE_GOAL, v]
            lanes[TIMBRE_NOW, v] = lanes[TIMBRE_GOAL, v]


@inner
def control(block, state, n):
    """Pitch, width, cutoff and level of every lane at the end of the chunk."""
    lanes = state.lanes
    rate = _F(block.sample_rate)
    frames = _F(n)
    per_cent = _F(1.0 / 1200.0)
    ease = _F(1.0) - exp2(-frames / (_F(0.002) * rate))
    state.wheel_now += (state.wheel - state.wheel_now) * ease
    vibrato = state.wheel_now * state.knobs[1, P.wheel_vibrato_cents] * per_cent
    pressure_vibrato = state.knobs[1, P.pressure_vibrato_cents] * per_cent
    pitch1, pitch2 = state.knobs[1, P.lfo1_pitch_cents] * per_cent, state.knobs[1, P.lfo2_pitch_cents] * per_cent
    width1, width2 = state.knobs[1, P.lfo1_width], state.knobs[1, P.lfo2_width]
    base1, base2 = state.knobs[1, P.osc1_width], state.knobs[1, P.osc2_width]
    amp1, amp2 = state.knobs[1, P.lfo1_amp], state.knobs[1, P.lfo2_amp]
    cut1, cut2 = state.knobs[1, P.lfo1_cutoff_oct], state.knobs[1, P.lfo2_cutoff_oct]
    centre = log2(state.knobs[1, P.cutoff_hz] / rate)
    env_oct, vel_oct = state.knobs[1, P.cutoff_env_oct], state.knobs[1, P.cutoff_velocity_oct]
    track = state.knobs[1, P.key_track] * _F(1.0 / 12.0)
    press_oct, timbre_oct = state.knobs[1, P.pressure_cutoff_oct], state.knobs[1, P.timbre_cutoff_oct] * _F(2.0)
    vel_amp, press_amp = state.knobs[1, P.velocity_amp], state.knobs[1, P.pressure_amp]
    level = _F(_LEVEL) * db_to_gain(state.knobs[1, P.level_db])
    tuning = _F(440.0) / rate
    lowest, highest = log2(_F(16.0) / rate), log2(_F(0.45))
    keep = state.knobs[1, P.amp_sustain]
    filter_keep = state.knobs[1, P.filter_sustain]
    for v in range((state.count + 15) & ~15):
        gap = lanes[PITCH_GOAL, v] - lanes[PITCH, v]
        reach = lanes[GLIDE_STEP, v] * frames
        lanes[PITCH, v] += min(max(gap, -reach), reach)
        lanes[BEND_NOW, v] += (lanes[BEND_GOAL, v] - lanes[BEND_NOW, v]) * ease
        lanes[PRESSURE_NOW, v] += (lanes[PRESSURE_GOAL, v] - lanes[PRESSURE_NOW, v]) * ease
        lanes[TIMBRE_NOW, v] += (lanes[TIMBRE_GOAL, v] - lanes[TIMBRE_NOW, v]) * ease
        lanes[AGE, v] += frames / rate
        lfo1, lfo2, pressure = lanes[LFO1, v], lanes[LFO2, v], lanes[PRESSURE_NOW, v]
        octaves = (lanes[PITCH, v] + lanes[BEND_NOW, v] - _F(69.0)) * _F(1.0 / 12.0)
        octaves += lfo1 * (pitch1 + vibrato + pressure * pressure_vibrato) + lfo2 * pitch2
        lanes[FREQUENCY, v] = tuning * exp2(octaves)
        shift = lfo1 * width1 + lfo2 * width2
        lanes[WIDTH_1, v] = min(max(base1 + shift, _F(0.02)), _F(0.98))
        lanes[WIDTH_2, v] = min(max(base2 + shift, _F(0.02)), _F(0.98))
        cut = centre + env_oct * lanes[FILTER_ENV + LEVEL, v] + vel_oct * (lanes[VELOCITY, v] - _F(0.79))
        cut += track * (lanes[PITCH, v] + lanes[BEND_NOW, v] - _F(60.0)) + cut1 * lfo1 + cut2 * lfo2
        cut += press_oct * pressure + timbre_oct * (lanes[TIMBRE_NOW, v] - _F(0.5))
        goal = one_pole_gain(exp2(min(max(cut, lowest), highest)))
        fresh = lanes[FRESH, v] > _F(0.5)
        gain = goal if fresh else lanes[LADDER + GAIN, v]
        lanes[LADDER + GAIN, v] = gain
        lanes[LADDER + GAIN_STEP, v] = (goal - gain) / frames
        lanes[LADDER + FILTER_ROWS + GAIN, v] = gain
        lanes[LADDER + FILTER_ROWS + GAIN_STEP, v] = (goal - gain) / frames
        velocity = lanes[VELOCITY, v]
        amp = level * (_F(1.0) - vel_amp + vel_amp * velocity * velocity) * (_F(1.0) - press_amp + press_amp * pressure)
        amp *= (_F(1.0) - amp1 * (_F(0.5) - _F(0.5) * lfo1)) * (_F(1.0) - amp2 * (_F(0.5) - _F(0.5) * lfo2))
        now = amp if fresh else lanes[AMP, v]
        lanes[AMP, v] = now
        lanes[AMP_STEP, v] = (amp - now) / frames
        lanes[FRESH, v] = _F(0.0)
        lanes[AMP_ENV + SUSTAIN, v] = keep
        lanes[FILTER_ENV + SUSTAIN, v] = filter_keep


@inner
def shape_lines(state, n, unison):
    """Gains of the four shapes of every oscillator as lines over the chunk."""
    norm = _F(1.0) / np.sqrt(_F(unison))
    for osc in range(OSCILLATORS):
        for j in range(8):
            state.gains[2 * osc, j] = _F(0.0)
        for edge in range(2):
            if osc < 2:
                shape = state.knobs[edge, P.osc1_shape + PER_OSC * osc]
                level = state.knobs[edge, P.osc1_level + PER_OSC * osc] * norm
            else:
                shape, level = _F(3.0), state.knobs[edge, P.sub_level]
            low = min(2, np.int64(shape))
            mix = shape - _F(low)
            for part in range(2):
                gain = level * (mix if part else _F(1.0) - mix)
                column = 2 * (low + part)
                if edge == 0:
                    state.gains[2 * osc, column] += gain
                    state.gains[2 * osc, column + 1] -= gain
                else:
                    state.gains[2 * osc, column + 1] += gain
        for shape_index in range(4):
            state.gains[2 * osc, 2 * shape_index + 1] /= _F(n)
        for j in range(8):
            state.gains[2 * osc + 1, j] = state.gains[2 * osc, j] * _F(0.70710678)
