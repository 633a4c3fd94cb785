"""Pluck: a plucked string after Karplus, Strong, Jaffe and Smith, 24 voices; [audio].

Delay lines run voice by voice, whole chunks at a time; damping and stiffness run on voices side by side
(dsp/string.py). The tuning counts every delay in the loop, so that the fundamental is in tune whatever the tone.
"""

import math

import numpy as np

from realtime.contract.block import audio_out, event
from realtime.contract.device import Param, device, ids
from realtime.contract.events import BEND, CC, NOTE_CHOKE, NOTE_OFF, NOTE_ON, RESET, TIMBRE
from realtime.devices.notes import channel_slot, enter_note, event_is_due, fade_out, frames_to_event, inner
from realtime.dsp.db import db_to_gain
from realtime.dsp.fastmath import exp2
from realtime.dsp.lfo import lfo_value
from realtime.dsp.string import (
    DAMP,
    LOSS,
    MARGIN,
    PEAK,
    SECTIONS,
    STIFF,
    STRING_ROWS,
    allpass_delay,
    damping,
    excite,
    one_pole_delay,
    read_tape,
    string_lanes,
)
from realtime.dsp.voice import (
    CHANNEL,
    HELD,
    NOTE_ROWS,
    clear_lane,
    load_knobs,
    matches,
    most_faded,
    move_lane,
    voice_to_steal,
)
from realtime.dsp.voice_mix import sum_lanes
from realtime.native.memory import f32_view

VOICES = 24
LANES = 32  # 24 voices and 8 that fade out; a multiple of the vector width
CHUNK = 32
LOWEST_HZ = 13.0
BRIGHT_HZ = 5000.0  # where `brightness` sets the decay
MODES = 3
_LEVEL = 0.24  # one note at velocity 100 peaks at -15..-12 dBFS
_F = np.float32

PARAMS = (
    Param("decay_s", "Decay", "s", 0.1, 30.0, 5.0, curve="log", doc="Time to fall by 60 dB at middle C; longer below."),
    Param("release_s", "Release", "s", 0.02, 10.0, 0.18, curve="log", doc="The same once the key is up."),
    Param("brightness", "Brightness", "", 0.0, 1.0, 0.5, doc="How long the high partials ring."),
    Param("pluck_hz", "Pluck tone", "Hz", 200.0, 20000.0, 3800.0, curve="log", doc="Lowpass on the excitation."),
    Param("velocity_tone_oct", "Velocity to tone", "oct", 0.0, 6.0, 3.0, doc="How much darker a soft note is plucked."),
    Param("velocity_amp", "Velocity to level", "", 0.0, 1.0, 0.8),
    Param("pick_position", "Pick position", "", 0.02, 0.5, 0.17, doc="Share of the string's length, from the bridge."),
    Param("noise", "Noise", "", 0.0, 1.0, 0.6, doc="Excitation: 0 a clean bump, 1 noise."),
    Param("stiffness", "Stiffness", "", 0.0, 1.0, 0.08, doc="Stretches the partials, as thick strings do."),
    Param("body", "Body", "", 0.0, 1.0, 0.35, doc="Three resonances of a guitar body."),
    Param("body_size", "Body size", "x", 0.5, 2.0, 1.0, curve="log"),
    Param("octave", "Octave", "oct", -2.0, 2.0, 0.0, stepped=True),
    Param("tune_cents", "Tune", "ct", -100.0, 100.0, 0.0),
    Param("vibrato_hz", "Vibrato rate", "Hz", 0.1, 12.0, 5.0, curve="log"),
    Param("wheel_vibrato_cents", "Wheel to vibrato", "ct", 0.0, 200.0, 30.0),
    Param("timbre_tone_oct", "Timbre to tone", "oct", -4.0, 4.0, 2.0, doc="MPE slide when the note starts."),
    Param("voices", "Polyphony", "", 1.0, VOICES, VOICES, stepped=True),
    Param("pan_spread", "Pan spread", "", 0.0, 1.0, 0.35, doc="Low strings left, high strings right."),
    Param("level_db", "Level", "dB", -60.0, 12.0, 0.0),
)  # fmt: skip
P = ids(PARAMS)

# Rows of `lanes`, one column a voice.
STRING = 0
PITCH, BEND_NOW, AMP, AMP_STEP, FADE, FADE_STEP, PAN_LEFT, PAN_RIGHT, DELAY, GOAL = range(STRING_ROWS, STRING_ROWS + 10)
ROWS = STRING_ROWS + 10
# Rows of `notes` after the note itself: which tape a voice owns, and where it writes.
TAPE, POSITION = NOTE_ROWS, NOTE_ROWS + 1

STATE = np.dtype(
    [
        ("knobs", "f4", (2, len(PARAMS))),  # parameters at the first and after the last frame of the chunk
        ("lanes", "f4", (ROWS, LANES)),
        ("x", "f4", (CHUNK, LANES)),
        ("looped", "f4", (CHUNK, LANES)),
        ("ones", "f4", (CHUNK, LANES)),
        ("notes", "i8", (NOTE_ROWS + 2, LANES)),
        ("bend", "f4", (17,)),  # semitones per channel; 16 = all (MPE master)
        ("timbre", "f4", (17,)),
        ("wet", "f4", (CHUNK,)),
        ("body", "f4", (MODES, 4)),  # x1, x2, y1, y2
        ("wheel", "f4"),
        ("wheel_now", "f4"),
        ("vibrato", "f8"),  # cycles
        ("count", "i8"),  # lanes in use
        ("born", "i8"),
    ],
    align=True,
)


def _longest(sample_rate: float) -> int:
    return 1 << math.ceil(math.log2(sample_rate / LOWEST_HZ + CHUNK + 8))


def _prepare(state, spec) -> None:
    state["ones"] = 1.0
    state["timbre"] = 0.5
    state["notes"][TAPE] = np.arange(LANES)


# ---------------------------------------------------------------------------------------------- notes


@inner
def _retire(state, lane):
    """Remove a finished lane: the last one takes its place, and leaves the free tape behind."""
    last = state.count - 1
    free = state.notes[TAPE, lane]
    move_lane(state.lanes, lane, last)
    move_lane(state.notes, lane, last)
    state.notes[TAPE, last] = free
    clear_lane(state.lanes, last)
    state.count = last


@inner
def _frequency(block, state, lane, vibrato_octaves):
    """What a lane should sound, Hz."""
    octaves = (state.lanes[PITCH, lane] + state.lanes[BEND_NOW, lane] - _F(69.0)) * _F(1.0 / 12.0)
    octaves += state.knobs[1, P.octave] + state.knobs[1, P.tune_cents] * _F(1.0 / 1200.0) + vibrato_octaves
    return min(max(440.0 * np.float64(exp2(octaves)), LOWEST_HZ), block.sample_rate / 9.0)


@inner
def _tune(block, state, lane, frequency):
    """Set damping, stiffness and delay of a lane for a frequency."""
    lanes = state.lanes
    rate = block.sample_rate
    period = 1.0 / frequency
    decay = state.knobs[1, P.decay_s] * (261.6 * period) ** 0.5
    if state.notes[HELD, lane] == 0:
        decay = min(decay, np.float64(state.knobs[1, P.release_s]))
    share = 10.0 ** (-2.3 * (1.0 - state.knobs[1, P.brightness]))
    pole, loss = damping(period, decay, decay * share, BRIGHT_HZ, rate)
    w = 2.0 * math.pi * frequency / rate
    whole = rate * period
    # Four allpasses may take up to a third of the loop.
    room = min(12.0, max(1.0, whole / 12.0))
    stiff = -(room - 1.0) / (room + 1.0) * state.knobs[1, P.stiffness]
    lanes[STRING + DAMP, lane], lanes[STRING + LOSS, lane] = pole, loss
    lanes[STRING + STIFF, lane] = _F(stiff)
    return max(3.0, whole - one_pole_delay(np.float64(pole), w) - SECTIONS * allpass_delay(stiff, w))


@inner
def _note_on(block, state, tapes, longest, note):
    lanes = state.lanes
    limit = np.int64(state.knobs[1, P.voices] + _F(0.5))
    victim = voice_to_steal(state.notes, lanes[STRING + PEAK], state.count, limit)
    if victim >= 0:
        fade_out(state.notes, state.lanes, FADE_STEP, victim, block.sample_rate)
    if state.count == LANES:
        _retire(state, most_faded(state.notes, lanes[FADE], state.count))
    lane = state.count
    state.count += 1
    state.born += 1
    clear_lane(lanes, lane)
    channel = max(0, min(15, np.int64(note.channel)))
    enter_note(state.notes, lane, note, state.born)
    lanes[PITCH, lane] = _F(note.key)
    lanes[BEND_NOW, lane] = state.bend[channel] + state.bend[16]
    lanes[FADE, lane] = _F(1.0)
    side = state.knobs[1, P.pan_spread] * max(_F(-0.45), min(_F(0.45), _F(note.key - 60) * _F(1.0 / 60.0)))
    lanes[PAN_LEFT, lane] = np.sqrt(_F(0.5) - side)
    lanes[PAN_RIGHT, lane] = np.sqrt(_F(0.5) + side)
    delay = _tune(block, state, lane, _frequency(block, state, lane, _F(0.0)))
    lanes[DELAY, lane] = _F(delay)
    lanes[STRING + PEAK, lane] = _F(1.0)
    velocity = note.value
    softer = state.knobs[1, P.velocity_tone_oct] * (velocity - _F(0.787))
    slide = state.knobs[1, P.timbre_tone_oct] * _F(2.0) * (state.timbre[channel] + state.timbre[16] - _F(1.0))
    tone = min(np.float64(state.knobs[1, P.pluck_hz] * exp2(softer + slide)), 0.45 * block.sample_rate)
    smooth = _F(math.exp(-2.0 * math.pi * tone / block.sample_rate))
    depth = state.knobs[1, P.velocity_amp]
    level = _F(1.0) - depth + depth * velocity * velocity
    first = 2 * longest * state.notes[TAPE, lane]
    tape = tapes[first : first + 2 * longest]
    period = np.int64(delay) + MARGIN
    for i in range(longest):
        tape[i] = _F(0.0)
    noise = state.knobs[1, P.noise]
    shift = max(1, min(period - 1, np.int64(state.knobs[1, P.pick_position] * delay + 0.5)))
    excite(tape, longest - period, period, state.born * 7919, noise, smooth, shift, level)
    state.notes[POSITION, lane] = longest


@inner
def _handle(block, state, tapes, longest, note):
    kind = note.kind
    slot = channel_slot(note)
    if kind == NOTE_ON:
        _note_on(block, state, tapes, longest, note)
    elif kind == NOTE_OFF:
        for lane in range(state.count):
            if state.notes[HELD, lane] != 0 and matches(state.notes, lane, note):
                state.notes[HELD, lane] = 0
    elif kind in (NOTE_CHOKE, RESET):
        for lane in range(state.count):
            if kind == RESET or matches(state.notes, lane, note):
                fade_out(state.notes, state.lanes, FADE_STEP, lane, block.sample_rate)
    elif kind == BEND:
        state.bend[slot] = note.value
    elif kind == TIMBRE:
        state.timbre[slot] = note.value
    elif kind == CC and note.number == 1:
        state.wheel = note.value


# ---------------------------------------------------------------------------------------------- sound


@inner
def _strings(state, tapes, longest, done, n, fall):
    """Frames done .. done + n of all strings, n shorter than every period: read, filter, write."""
    lanes = state.lanes
    for v in range(state.count):
        at = state.notes[POSITION, v]
        first = 2 * longest * state.notes[TAPE, v]
        tape = tapes[first : first + 2 * longest]
        if at + n > 2 * longest:
            for i in range(longest):
                tape[i] = tape[at - longest + i]
            at = longest
            state.notes[POSITION, v] = at
        delay, goal = np.float64(lanes[DELAY, v]), np.float64(lanes[GOAL, v])
        if abs(goal - delay) > 1e-4:  # a bent string fades from one reading point to the next
            step = _F(1.0) / _F(n)
            read_tape(tape, at, delay, state.x, done, v, n, _F(1.0) - step, -step, np.int64(0))
            read_tape(tape, at, goal, state.x, done, v, n, step, step, np.int64(1))
            lanes[DELAY, v] = lanes[GOAL, v]
        else:
            read_tape(tape, at, delay, state.x, done, v, n, _F(1.0), _F(0.0), np.int64(0))
    string_lanes(lanes, STRING, state.x[done:], state.looped, (state.count + 15) & ~15, n, fall)
    for v in range(state.count):
        at = state.notes[POSITION, v]
        first = 2 * longest * state.notes[TAPE, v] + at
        for i in range(n):
            tapes[first + i] = state.looped[i, v]
        state.notes[POSITION, v] = at + n


@inner
def _controls(block, state, at, n):
    """Pitch and level of every string; returns the most frames that one pass may have."""
    lanes = state.lanes
    ease = _F(1.0) - exp2(-_F(n) / _F(0.002 * block.sample_rate))
    state.vibrato += n * np.float64(state.knobs[1, P.vibrato_hz]) / block.sample_rate
    state.vibrato -= np.floor(state.vibrato)
    state.wheel_now += (state.wheel - state.wheel_now) * ease
    depth = state.wheel_now * state.knobs[1, P.wheel_vibrato_cents] * _F(1.0 / 1200.0)
    vibrato = depth * lfo_value(np.int64(0), _F(state.vibrato), np.int64(0))
    level = _F(_LEVEL) * db_to_gain(state.knobs[1, P.level_db])
    shortest = np.int64(CHUNK)
    for v in range(state.count):
        channel = state.notes[CHANNEL, v]
        lanes[BEND_NOW, v] += (state.bend[channel] + state.bend[16] - lanes[BEND_NOW, v]) * ease
        goal = _tune(block, state, v, _frequency(block, state, v, vibrato))
        lanes[GOAL, v] = _F(goal)
        shortest = min(shortest, min(np.int64(goal), np.int64(lanes[DELAY, v])) - 2)
        if lanes[AMP, v] <= _F(0.0):
            lanes[AMP, v] = level
        lanes[AMP_STEP, v] = (level - lanes[AMP, v]) / _F(n)
    return max(np.int64(1), shortest)


@inner
def _body(state, left, right, at, n, amount, size, sample_rate):
    """Three resonances in parallel, fed by both channels (two-pole, zeros at 0 and the Nyquist frequency)."""
    for mode in range(MODES):
        hz = (104.0, 216.0, 402.0)[mode] * size
        radius = math.exp(-math.pi * hz / 14.0 / sample_rate)
        a1, a2 = _F(2.0 * radius * math.cos(2.0 * math.pi * hz / sample_rate)), _F(-radius * radius)
        gain = _F((0.9, 0.7, 0.5)[mode] * (1.0 - radius)) * amount
        x1, x2, y1, y2 = state.body[mode, 0], state.body[mode, 1], state.body[mode, 2], state.body[mode, 3]
        for i in range(n):
            x = left[at + i] + right[at + i]
            y = gain * (x - x2) + a1 * y1 + a2 * y2
            x2, x1, y2, y1 = x1, x, y1, y
            state.wet[i] += y
        state.body[mode, 0], state.body[mode, 1], state.body[mode, 2], state.body[mode, 3] = x1, x2, y1, y2
    for i in range(n):
        y = state.wet[i]
        left[at + i] += y
        right[at + i] += y
        state.wet[i] = _F(0.0)


@device(
    name="pluck",
    title="Pluck",
    kind="instrument",
    params=PARAMS,
    state=STATE,
    prepare=_prepare,
    heap=lambda spec: 2 * _longest(spec.sample_rate) * LANES,
    tail_s=30.0,
)
def process(block, state):
    """Plucked strings: extended Karplus-Strong with pick position, stiffness and body; 24 voices, MPE."""
    longest = block.heap_floats // (2 * LANES)
    tapes = f32_view(block.heap, block.heap_floats)
    left, right = audio_out(block, 0), audio_out(block, 1)
    left[:] = _F(0.0)
    right[:] = _F(0.0)
    at, index = np.int64(0), np.int64(0)
    load_knobs(block, state.knobs, at, at)
    while at < block.frames:
        while event_is_due(block, index, at):
            _handle(block, state, tapes, longest, event(block, index))
            index += 1
        n = frames_to_event(block, index, at, CHUNK)
        load_knobs(block, state.knobs, at, at + n)
        shortest = _controls(block, state, at, n)
        lanes = state.lanes
        if state.count > 0:
            fall = _F(math.exp(-1.0 / (0.05 * block.sample_rate)))
            done = np.int64(0)
            while done < n:
                m = min(n - done, shortest)
                _strings(state, tapes, longest, done, m, fall)
                done += m
            count = (state.count + 15) & ~15
            sum_lanes(state.x, state.x, state.ones, lanes, AMP, FADE, PAN_LEFT, PAN_RIGHT, count, n, left, right, at)
            lane = np.int64(0)
            while lane < state.count:
                lanes[AMP, lane] += lanes[AMP_STEP, lane] * _F(n)
                lanes[FADE, lane] = max(_F(0.0), lanes[FADE, lane] - lanes[FADE_STEP, lane] * _F(n))
                if lanes[STRING + PEAK, lane] < _F(2e-5) or lanes[FADE, lane] <= _F(0.0):
                    _retire(state, lane)
                else:
                    lane += 1
        ringing = _F(0.0)
        for mode in range(MODES):
            ringing += abs(state.body[mode, 2]) + abs(state.body[mode, 3])
        if state.count > 0 or ringing > _F(1e-7):
            amount = state.knobs[0, P.body]
            _body(state, left, right, at, n, amount, np.float64(state.knobs[1, P.body_size]), block.sample_rate)
        else:
            state.body[:] = _F(0.0)
        at += n
