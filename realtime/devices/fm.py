"""FM: six operators in the DX7's 32 algorithms, 24 voices side by side; [audio].

Levels count in the DX7's steps (99 = full, 8 steps = 6 dB). Every operator has an exponential ADSR (dsp/envelope.py),
velocity and keyboard scaling of its level, and keyboard scaling of its rates. The default is an electric piano.
"""

import numpy as np

from realtime.contract.block import audio_out, event, transport
from realtime.contract.device import Param, device, ids
from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE, RESET, TIMBRE
from realtime.devices.notes import channel_slot, enter_note, event_is_due, fade_out, frames_to_event, inner
from realtime.dsp.db import db_to_gain
from realtime.dsp.envelope import (
    ENVELOPE_ROWS,
    LEVEL,
    SILENT,
    attack_keep,
    envelope_lanes,
    envelope_release,
    envelope_start,
    fall_keep,
)
from realtime.dsp.fastmath import exp2
from realtime.dsp.fm_algorithms import CARRIER, FEEDBACK, MODULATES, OPERATORS
from realtime.dsp.fm_operator import add_lanes, feedback_operator_lanes, operator_lanes
from realtime.dsp.lfo import DIVISIONS, SHAPES, division_beats, lfo_value
from realtime.dsp.voice import (
    CHANNEL,
    HELD,
    KEY,
    NOTE_ROWS,
    clear_lane,
    load_knobs,
    matches,
    most_faded,
    move_lane,
    voice_to_steal,
)
from realtime.dsp.voice_mix import sum_lanes

VOICES = 24
LANES = 32  # 24 voices and 8 that fade out; a multiple of the vector width
CHUNK = 32
_LEVEL = 0.23  # one note at velocity 100 peaks at -15..-12 dBFS
_F = np.float32


def _operator(
    n: int, ratio: float, detune: float, level: float, velocity: float, attack: float, decay: float, sustain: float,
    release: float, key_level: float = 0.0, key_rate: float = 0.3,
) -> tuple[Param, ...]:  # fmt: skip
    name = f"Op {n}"
    return (
        Param(
            f"op{n}_ratio",
            f"{name} ratio",
            "x",
            0.125,
            32.0,
            ratio,
            curve="log",
            doc="Frequency in multiples of the note.",
        ),
        Param(f"op{n}_fixed", f"{name} fixed", "", 0, 1, 0, curve="bool", doc="Sound at fixed_hz whatever the key."),
        Param(f"op{n}_fixed_hz", f"{name} fixed frequency", "Hz", 0.1, 10000.0, 440.0, curve="log"),
        Param(f"op{n}_detune_cents", f"{name} detune", "ct", -50.0, 50.0, detune),
        Param(f"op{n}_level", f"{name} level", "", 0.0, 99.0, level, doc="8 steps are 6 dB; 0 is silent."),
        Param(
            f"op{n}_velocity",
            f"{name} velocity",
            "",
            0.0,
            1.0,
            velocity,
            doc="Level by velocity, 0.75 dB * 48 over its range.",
        ),
        Param(
            f"op{n}_key_level",
            f"{name} key to level",
            "",
            -1.0,
            1.0,
            key_level,
            doc="12 steps an octave from middle C.",
        ),
        Param(
            f"op{n}_key_rate",
            f"{name} key to rate",
            "",
            0.0,
            1.0,
            key_rate,
            doc="1: envelopes twice as fast per octave.",
        ),
        Param(f"op{n}_attack_s", f"{name} attack", "s", 0.001, 20.0, attack, curve="log"),
        Param(f"op{n}_decay_s", f"{name} decay", "s", 0.005, 60.0, decay, curve="log"),
        Param(f"op{n}_sustain", f"{name} sustain", "", 0.0, 1.0, sustain),
        Param(f"op{n}_release_s", f"{name} release", "s", 0.005, 30.0, release, curve="log"),
    )


PARAMS = (
    Param("algorithm", "Algorithm", "", 1.0, 32.0, 5.0, stepped=True, doc="As printed on the DX7."),
    Param("feedback", "Feedback", "", 0.0, 7.0, 4.5),
    Param("brightness", "Brightness", "", -48.0, 24.0, 0.0, doc="Steps added to every modulator."),
    *_operator(1, 1.0, 0.0, 97, 0.35, 0.001, 7.0, 0.0, 0.45),
    *_operator(2, 14.0, 0.0, 66, 0.9, 0.001, 0.9, 0.0, 0.4, key_level=-0.45),
    *_operator(3, 1.0, 2.0, 95, 0.35, 0.001, 8.0, 0.0, 0.45),
    *_operator(4, 1.0, -1.0, 74, 0.7, 0.001, 4.0, 0.1, 0.5, key_level=-0.3),
    *_operator(5, 1.0, -4.0, 88, 0.5, 0.001, 7.0, 0.0, 0.45),
    *_operator(6, 1.0, 4.0, 71, 0.7, 0.001, 3.0, 0.1, 0.5, key_level=-0.3),
    Param("octave", "Octave", "oct", -3.0, 3.0, 0.0, stepped=True),
    Param("tune_cents", "Tune", "ct", -100.0, 100.0, 0.0),
    Param("lfo_shape", "LFO shape", "", 0, len(SHAPES) - 1, 0, curve="enum", labels=SHAPES),
    Param("lfo_rate_hz", "LFO rate", "Hz", 0.02, 40.0, 5.0, curve="log"),
    Param("lfo_sync", "LFO sync", "", 0, len(DIVISIONS) - 1, 0, curve="enum", labels=DIVISIONS),
    Param("lfo_fade_s", "LFO fade-in", "s", 0.0, 5.0, 0.2),
    Param("lfo_pitch_cents", "LFO to pitch", "ct", 0.0, 1200.0, 0.0),
    Param("lfo_amp", "LFO to level", "", 0.0, 1.0, 0.0),
    Param("lfo_brightness", "LFO to brightness", "", 0.0, 48.0, 0.0),
    Param("wheel_vibrato_cents", "Wheel to vibrato", "ct", 0.0, 200.0, 35.0),
    Param("pressure_brightness", "Pressure to brightness", "", -48.0, 48.0, 12.0),
    Param("timbre_brightness", "Timbre to brightness", "", -48.0, 48.0, 24.0, doc="MPE slide, neutral at its centre."),
    Param("voices", "Polyphony", "", 1.0, VOICES, VOICES, stepped=True),
    Param("pan_spread", "Pan spread", "", 0.0, 1.0, 0.3),
    Param("level_db", "Level", "dB", -60.0, 12.0, 0.0),
)  # fmt: skip
P = ids(PARAMS)
_PER_OP = P.op2_ratio - P.op1_ratio
_FIXED, _HZ, _DETUNE, _OP_LEVEL, _VELOCITY, _KEY_LEVEL, _KEY_RATE, _ATTACK, _DECAY, _SUSTAIN, _RELEASE = range(1, 12)

# Rows of `lanes`, one column a voice.
ENV = 0
OP_AMP = OPERATORS * ENVELOPE_ROWS  # level line of each operator: value, step
PAST = OP_AMP + 2 * OPERATORS  # last two samples of each operator
(
    PITCH, BEND_NOW, PRESSURE_NOW, TIMBRE_NOW, POLY_PRESSURE, STRENGTH, AGE, LFO, AMP, AMP_STEP, FADE, FADE_STEP,
    PAN_LEFT, PAN_RIGHT, FRESH,
) = range(PAST + 2 * OPERATORS, PAST + 2 * OPERATORS + 15)  # fmt: skip
ROWS = PAST + 2 * OPERATORS + 15

STATE = np.dtype(
    [
        ("knobs", "f4", (2, len(PARAMS))),  # parameters at the first and after the last frame of the chunk
        ("lanes", "f4", (ROWS, LANES)),
        ("out", "f4", (OPERATORS, CHUNK, LANES)),
        ("modulation", "f4", (CHUNK, LANES)),
        ("envelope", "f4", (CHUNK, LANES)),
        ("mix", "f4", (CHUNK, LANES)),
        ("ones", "f4", (CHUNK, LANES)),
        ("phases", "i4", (2 * OPERATORS, LANES)),  # phase and step of each operator
        ("notes", "i8", (NOTE_ROWS, LANES)),
        ("bend", "f4", (17,)),  # semitones per channel; 16 = all (MPE master)
        ("pressure", "f4", (17,)),
        ("timbre", "f4", (17,)),
        ("wheel", "f4"),
        ("wheel_now", "f4"),
        ("lfo_phase", "f8"),  # cycles
        ("count", "i8"),  # lanes in use
        ("born", "i8"),
    ],
    align=True,
)


def _prepare(state, spec) -> None:
    state["ones"] = 1.0
    state["timbre"] = 0.5


# ---------------------------------------------------------------------------------------------- notes


@inner
def _retire(state, lane):
    """Remove a finished lane: the last one takes its place."""
    last = state.count - 1
    move_lane(state.lanes, lane, last)
    move_lane(state.notes, lane, last)
    move_lane(state.phases, lane, last)
    clear_lane(state.lanes, last)
    clear_lane(state.phases, last)
    state.count = last


@inner
def _key_speed(state, operator, key):
    """Factor on an operator's envelope times at a key."""
    return exp2(state.knobs[1, P.op1_ratio + _PER_OP * operator + _KEY_RATE] * _F(60 - key) * _F(1.0 / 12.0))


@inner
def _note_on(block, state, note):
    lanes = state.lanes
    # The loudest carrier stands for the voice; its envelope is good enough to choose the victim.
    victim = voice_to_steal(state.notes, lanes[ENV + LEVEL], state.count, np.int64(state.knobs[1, P.voices] + _F(0.5)))
    if victim >= 0:
        fade_out(state.notes, state.lanes, FADE_STEP, victim, block.sample_rate)
    if state.count == LANES:
        _retire(state, most_faded(state.notes, lanes[FADE], state.count))
    lane = state.count
    state.count += 1
    state.born += 1
    clear_lane(lanes, lane)
    clear_lane(state.phases, lane)  # all operators start at phase 0, as the DX7's do: the same attack every time
    key = np.int64(note.key)
    enter_note(state.notes, lane, note, state.born)
    lanes[PITCH, lane] = _F(key)
    lanes[STRENGTH, lane] = note.value
    lanes[FADE, lane] = _F(1.0)
    lanes[FRESH, lane] = _F(1.0)
    side = state.knobs[1, P.pan_spread] * (_F(0.45) if state.born & 1 else _F(-0.45))
    lanes[PAN_LEFT, lane] = np.sqrt(_F(0.5) - side)
    lanes[PAN_RIGHT, lane] = np.sqrt(_F(0.5) + side)
    for operator in range(OPERATORS):
        base = P.op1_ratio + _PER_OP * operator
        speed = _key_speed(state, operator, key)
        attack = attack_keep(state.knobs[1, base + _ATTACK] * speed, block.sample_rate)
        decay = fall_keep(state.knobs[1, base + _DECAY] * speed, block.sample_rate)
        envelope_start(lanes, ENV + ENVELOPE_ROWS * operator, lane, attack, decay, state.knobs[1, base + _SUSTAIN])


@inner
def _note_off(block, state, note):
    for lane in range(state.count):
        if state.notes[HELD, lane] != 0 and matches(state.notes, lane, note):
            state.notes[HELD, lane] = 0
            for operator in range(OPERATORS):
                time_s = state.knobs[1, P.op1_ratio + _PER_OP * operator + _RELEASE]
                time_s *= _key_speed(state, operator, state.notes[KEY, lane])
                keep = fall_keep(time_s, block.sample_rate)
                envelope_release(state.lanes, ENV + ENVELOPE_ROWS * operator, lane, keep)


@inner
def _handle(block, state, note):
    kind = note.kind
    slot = channel_slot(note)
    if kind == NOTE_ON:
        _note_on(block, state, note)
    elif kind == NOTE_OFF:
        _note_off(block, state, note)
    elif kind in (NOTE_CHOKE, RESET):
        for lane in range(state.count):
            if kind == RESET or matches(state.notes, lane, note):
                fade_out(state.notes, state.lanes, FADE_STEP, lane, block.sample_rate)
    elif kind == BEND:
        state.bend[slot] = note.value
    elif kind == CHANNEL_PRESSURE:
        state.pressure[slot] = note.value
    elif kind == TIMBRE:
        state.timbre[slot] = note.value
    elif kind == PRESSURE:
        for lane in range(state.count):
            if matches(state.notes, lane, note):
                state.lanes[POLY_PRESSURE, lane] = note.value
    elif kind == CC and note.number == 1:
        state.wheel = note.value


# ---------------------------------------------------------------------------------------------- controls


@inner
def _expression(block, state, at, n):
    """LFO, bend, pressure and slide of every lane."""
    lanes = state.lanes
    clock = transport(block)
    beats = division_beats(np.int64(state.knobs[1, P.lfo_sync]))
    rate = clock.beats_per_sample / beats if beats > 0.0 else state.knobs[0, P.lfo_rate_hz] / block.sample_rate
    phase = state.lfo_phase + n * rate
    if beats > 0.0 and clock.playing != 0:
        phase = (clock.beat + (at + n) * clock.beats_per_sample) / beats
    state.lfo_phase = phase
    whole = np.floor(phase)
    wave = lfo_value(np.int64(state.knobs[1, P.lfo_shape]), _F(phase - whole), np.int64(whole))
    fade_s = max(_F(1e-6), state.knobs[1, P.lfo_fade_s])
    ease = _F(1.0) - exp2(-_F(n) / _F(0.002 * block.sample_rate))
    state.wheel_now += (state.wheel - state.wheel_now) * ease
    for v in range(state.count):
        channel = state.notes[CHANNEL, v]
        pace = _F(1.0) if lanes[FRESH, v] > _F(0.5) else ease
        bend = state.bend[channel] + state.bend[16]
        pressure = max(lanes[POLY_PRESSURE, v], max(state.pressure[channel], state.pressure[16]))
        timbre = state.timbre[channel] + state.timbre[16] - _F(0.5)
        lanes[BEND_NOW, v] += (bend - lanes[BEND_NOW, v]) * pace
        lanes[PRESSURE_NOW, v] += (pressure - lanes[PRESSURE_NOW, v]) * pace
        lanes[TIMBRE_NOW, v] += (timbre - lanes[TIMBRE_NOW, v]) * pace
        lanes[AGE, v] += _F(n / block.sample_rate)
        lanes[LFO, v] = wave * min(_F(1.0), lanes[AGE, v] / fade_s)


@inner
def _voice_lines(state, n, carriers):
    """Pitch (into PITCH's neighbour rows) and overall level of every lane."""
    lanes = state.lanes
    tremolo = state.knobs[1, P.lfo_amp]
    level = _F(_LEVEL) * db_to_gain(state.knobs[1, P.level_db]) / np.sqrt(_F(carriers))
    for v in range((state.count + 15) & ~15):
        goal = level * (_F(1.0) - tremolo * (_F(0.5) - _F(0.5) * lanes[LFO, v]))
        now = goal if lanes[FRESH, v] > _F(0.5) else lanes[AMP, v]
        lanes[AMP, v] = now
        lanes[AMP_STEP, v] = (goal - now) / _F(n)


@inner
def _operator_lines(block, state, operator, carrier, n):
    """Frequency and level of one operator in every lane."""
    lanes = state.lanes
    base = P.op1_ratio + _PER_OP * operator
    amp = OP_AMP + 2 * operator
    rate = _F(block.sample_rate)
    cents = state.knobs[1, base + _DETUNE] + state.knobs[1, P.tune_cents]
    fixed = state.knobs[1, base + _FIXED] > _F(0.5)
    factor = state.knobs[1, base] * _F(440.0) / rate * exp2(state.knobs[1, P.octave] + cents * _F(1.0 / 1200.0))
    steady = state.knobs[1, base + _HZ] / rate * exp2(cents * _F(1.0 / 1200.0))
    per_octave = _F(1.0 / 1200.0)
    vibrato = (state.knobs[1, P.lfo_pitch_cents] + state.wheel_now * state.knobs[1, P.wheel_vibrato_cents]) * per_octave
    level = state.knobs[1, base + _OP_LEVEL]
    velocity = state.knobs[1, base + _VELOCITY] * _F(48.0)
    key_level = state.knobs[1, base + _KEY_LEVEL]
    bright = _F(0.0) if carrier else _F(1.0)
    steps = level - _F(99.0) + bright * state.knobs[1, P.brightness]
    press = bright * state.knobs[1, P.pressure_brightness]
    slide = bright * state.knobs[1, P.timbre_brightness] * _F(2.0)
    sweep = bright * state.knobs[1, P.lfo_brightness]
    audible = min(_F(1.0), level)
    for v in range((state.count + 15) & ~15):
        octaves = (lanes[PITCH, v] + lanes[BEND_NOW, v] - _F(69.0)) * _F(1.0 / 12.0) + lanes[LFO, v] * vibrato
        frequency = steady if fixed else factor * exp2(octaves)
        state.phases[2 * operator + 1, v] = np.int32(min(frequency, _F(0.45)) * _F(4294967296.0))
        loud = steps + velocity * (lanes[STRENGTH, v] - _F(0.787)) + key_level * (lanes[PITCH, v] - _F(60.0))
        loud += press * lanes[PRESSURE_NOW, v] + slide * (lanes[TIMBRE_NOW, v] - _F(0.5)) + sweep * lanes[LFO, v]
        goal = audible * exp2(min(loud, _F(10.0)) * _F(1.0 / 8.0))
        now = goal if lanes[FRESH, v] > _F(0.5) else lanes[amp, v]
        lanes[amp, v] = now
        lanes[amp + 1, v] = (goal - now) / _F(n)


# ---------------------------------------------------------------------------------------------- sound


@inner
def _operators(state, algorithm, feedback, at, n):
    """Operators 6 to 1 for n frames; the carriers gather in `mix` from frame `at`."""
    lanes = state.lanes
    count = (state.count + 15) & ~15
    source, target = FEEDBACK[algorithm, 0], FEEDBACK[algorithm, 1]
    for down in range(OPERATORS):
        operator = OPERATORS - 1 - down
        state.modulation[:n, :count] = _F(0.0)
        for other in range(operator + 1, OPERATORS):
            if MODULATES[algorithm, operator, other] != 0:
                add_lanes(state.modulation, state.out[other], count, n)
        envelope_lanes(lanes, ENV + ENVELOPE_ROWS * operator, state.envelope, count, n)
        out, amp = state.out[operator], OP_AMP + 2 * operator
        if operator == target:
            feedback_operator_lanes(
                lanes, amp, state.phases, 2 * operator, state.modulation, state.envelope, out, count, n,
                PAST + 2 * source, feedback,
            )  # fmt: skip
        else:
            operator_lanes(lanes, amp, state.phases, 2 * operator, state.modulation, state.envelope, out, count, n)
            if operator == source:  # a loop over several operators runs sample by sample: see _render
                past = PAST + 2 * source
                for v in range(count):
                    lanes[past + 1, v] = lanes[past, v]
                    lanes[past, v] = out[n - 1, v]
        for v in range(count):
            lanes[amp, v] += lanes[amp + 1, v] * _F(n)
        if CARRIER[algorithm, operator] != 0:
            add_lanes(state.mix[at:], out, count, n)


@device(name="fm", title="FM", kind="instrument", params=PARAMS, state=STATE, prepare=_prepare, tail_s=30.0)
def process(block, state):
    """Six-operator phase modulation after the DX7; 24 voices, MPE."""
    left, right = audio_out(block, 0), audio_out(block, 1)
    left[:] = _F(0.0)
    right[:] = _F(0.0)
    at, index = np.int64(0), np.int64(0)
    load_knobs(block, state.knobs, at, at)
    while at < block.frames:
        while event_is_due(block, index, at):
            _handle(block, state, event(block, index))
            index += 1
        n = frames_to_event(block, index, at, CHUNK)
        load_knobs(block, state.knobs, at, at + n)
        _expression(block, state, at, n)
        if state.count > 0:
            lanes = state.lanes
            count = (state.count + 15) & ~15
            algorithm = max(0, min(31, np.int64(state.knobs[1, P.algorithm] - _F(0.5))))
            carriers = 0
            for operator in range(OPERATORS):
                carriers += np.int64(CARRIER[algorithm, operator])
                _operator_lines(block, state, operator, CARRIER[algorithm, operator] != 0, n)
            _voice_lines(state, n, carriers)
            for v in range(count):
                lanes[FRESH, v] = _F(0.0)
            amount = state.knobs[0, P.feedback]
            feedback = exp2(amount - _F(7.0)) * _F(0.25) * min(_F(1.0), amount)
            state.mix[:n, :count] = _F(0.0)
            step = np.int64(1) if FEEDBACK[algorithm, 0] != FEEDBACK[algorithm, 1] else n
            done = np.int64(0)
            while done < n:
                _operators(state, algorithm, feedback, done, step)
                done += step
            sum_lanes(
                state.mix, state.mix, state.ones, lanes, AMP, FADE, PAN_LEFT, PAN_RIGHT, count, n, left, right, at
            )
            lane = np.int64(0)
            while lane < state.count:
                lanes[AMP, lane] += lanes[AMP_STEP, lane] * _F(n)
                lanes[FADE, lane] = max(_F(0.0), lanes[FADE, lane] - lanes[FADE_STEP, lane] * _F(n))
                loudest = _F(0.0)
                for operator in range(OPERATORS):
                    if CARRIER[algorithm, operator] != 0:
                        level = lanes[ENV + ENVELOPE_ROWS * operator + LEVEL, lane]
                        loudest = max(loudest, level * min(_F(1.0), lanes[OP_AMP + 2 * operator, lane]))
                if (state.notes[HELD, lane] == 0 and loudest < SILENT) or lanes[FADE, lane] <= _F(0.0):
                    _retire(state, lane)
                else:
                    lane += 1
        at += n
