"""Poly: a 32-voice subtractive synthesiser, two band-limited oscillators into a ladder filter; [audio].

Oscillators run voice by voice (dsp/oscillator.py: cost per period, vectorised over time); everything behind them runs
on voices side by side. Controls move every CHUNK samples and are lines in between; the amplitude envelope moves every
sample.
"""

import numpy as np

from realtime.devices.block import (
    BEND,
    CC,
    CHANNEL_PRESSURE,
    NOTE_CHOKE,
    NOTE_OFF,
    NOTE_ON,
    PRESSURE,
    RESET,
    TIMBRE,
    audio_out,
    event,
    transport,
)
from realtime.devices.device import Param, device, ids
from realtime.dsp.blep import TABLE_FLOATS, TAPS, blep_table
from realtime.dsp.db import db_to_gain
from realtime.dsp.envelope import (
    ENVELOPE_ROWS,
    LEVEL,
    RISING,
    SILENT,
    SUSTAIN,
    TARGET,
    attack_keep,
    envelope_lanes,
    envelope_release,
    envelope_start,
    fall_keep,
)
from realtime.dsp.fastmath import exp2, log2
from realtime.dsp.lfo import DIVISIONS, SHAPES, division_beats, lfo_value, random_bipolar
from realtime.dsp.oscillator import HALF, MASK, MAX_INCREMENT, TURN, add_synced_wave, add_wave
from realtime.dsp.voice import (
    BORN,
    CHANNEL,
    DYING,
    HELD,
    KEY,
    NOTE_ID,
    NOTE_ROWS,
    clear_lane,
    load_knobs,
    matches,
    most_faded,
    move_lane,
    voice_to_steal,
)
from realtime.dsp.voice_filter import (
    FILTER_ROWS,
    GAIN,
    GAIN_STEP,
    MAX_FEEDBACK,
    MODES,
    ladder_lanes,
    one_pole_gain,
)
from realtime.dsp.voice_mix import DRIVE_ROWS, drive_lanes, gather_lanes, noise_lanes, spread_lanes, sum_lanes
from realtime.native.jit import audio
from realtime.native.memory import f32_view

VOICES = 32
LANES = 48  # 32 voices and 16 that fade out; a multiple of the vector width
CHUNK = 32
UNISON = 7
OSCILLATORS = 3  # 1, 2 and the sub
_STRIDE = CHUNK + TAPS + 16  # floats of one oscillator buffer
_FADE_S = 0.004
_LEVEL = 0.22  # one note at velocity 100 peaks at -15..-12 dBFS
_F = np.float32
inner = audio(no_cpython_wrapper=True)  # called by compiled code alone: without a Python entry it compiles faster


def _oscillator(n: int, shape: float, octave: int, fine: float, level: float) -> tuple[Param, ...]:
    name = f"Osc {n}"
    return (
        Param(
            f"osc{n}_shape",
            f"{name} shape",
            "",
            0.0,
            3.0,
            shape,
            doc="0 sine, 1 triangle, 2 saw, 3 pulse.",
        ),
        Param(f"osc{n}_octave", f"{name} octave", "oct", -3.0, 3.0, octave, stepped=True),
        Param(f"osc{n}_tune_semitones", f"{name} tune", "st", -12.0, 12.0, 0.0, stepped=True),
        Param(f"osc{n}_fine_cents", f"{name} fine", "ct", -100.0, 100.0, fine),
        Param(f"osc{n}_width", f"{name} pulse width", "", 0.03, 0.97, 0.5),
        Param(f"osc{n}_level", f"{name} level", "", 0.0, 1.0, level),
    )


def _envelope(name: str, title: str, attack: float, decay: float, sustain: float, release: float) -> tuple[Param, ...]:
    return (
        Param(f"{name}_attack_s", f"{title} attack", "s", 0.001, 20.0, attack, curve="log", doc="To reach the top."),
        Param(f"{name}_decay_s", f"{title} decay", "s", 0.005, 30.0, decay, curve="log", doc="To -60 dB of sustain."),
        Param(f"{name}_sustain", f"{title} sustain", "", 0.0, 1.0, sustain),
        Param(f"{name}_release_s", f"{title} release", "s", 0.005, 30.0, release, curve="log", doc="To fall by 60 dB."),
    )  # fmt: skip


def _lfo(n: int, rate: float, fade: float) -> tuple[Param, ...]:
    name = f"LFO {n}"
    return (
        Param(f"lfo{n}_shape", f"{name} shape", "", 0, len(SHAPES) - 1, 0, curve="enum", labels=SHAPES),
        Param(f"lfo{n}_rate_hz", f"{name} rate", "Hz", 0.02, 40.0, rate, curve="log"),
        Param(f"lfo{n}_sync", f"{name} sync", "", 0, len(DIVISIONS) - 1, 0, curve="enum", labels=DIVISIONS),
        Param(f"lfo{n}_retrigger", f"{name} retrigger", "", 0, 1, 0, curve="bool", doc="Start anew at every note."),
        Param(f"lfo{n}_fade_s", f"{name} fade-in", "s", 0.0, 5.0, fade),
        Param(f"lfo{n}_pitch_cents", f"{name} to pitch", "ct", 0.0, 1200.0, 0.0),
        Param(f"lfo{n}_cutoff_oct", f"{name} to cutoff", "oct", 0.0, 4.0, 0.0),
        Param(f"lfo{n}_width", f"{name} to width", "", 0.0, 0.5, 0.0),
        Param(f"lfo{n}_amp", f"{name} to level", "", 0.0, 1.0, 0.0, doc="Tremolo depth."),
    )


PARAMS = (
    *_oscillator(1, 2.0, 0, 0.0, 0.8),
    *_oscillator(2, 2.0, 0, 7.0, 0.6),
    Param("osc2_sync", "Osc 2 hard sync", "", 0, 1, 0, curve="bool", doc="Osc 2 restarts with every period of osc 1."),
    Param("sub_level", "Sub level", "", 0.0, 1.0, 0.0, doc="Square below osc 1."),
    Param("sub_octave", "Sub octave", "oct", -2.0, -1.0, -1.0, stepped=True),
    Param("noise_level", "Noise level", "", 0.0, 1.0, 0.0),
    Param("unison", "Unison", "", 1.0, UNISON, 1.0, stepped=True, doc="Copies of each oscillator."),
    Param(
        "unison_detune_cents",
        "Unison detune",
        "ct",
        0.0,
        100.0,
        18.0,
        doc="Distance of the outermost copies from the note.",
    ),
    Param("unison_spread", "Unison spread", "", 0.0, 1.0, 0.8),
    Param("filter_mode", "Filter", "", 0, len(MODES) - 1, 0, curve="enum", labels=MODES),
    Param("cutoff_hz", "Cutoff", "Hz", 20.0, 20000.0, 1600.0, curve="log"),
    Param("resonance", "Resonance", "", 0.0, 1.0, 0.15, doc="Oscillates by itself from about 0.91."),
    Param("drive_db", "Drive", "dB", 0.0, 36.0, 0.0, doc="Saturation in front of the filter; 0 is clean."),
    Param(
        "key_track", "Key tracking", "", 0.0, 1.0, 0.4, doc="1: the cutoff follows the keyboard, centred on middle C."
    ),
    Param("cutoff_env_oct", "Envelope to cutoff", "oct", -8.0, 8.0, 2.2),
    Param("cutoff_velocity_oct", "Velocity to cutoff", "oct", 0.0, 4.0, 1.2),
    *_envelope("amp", "Amp", 0.004, 1.5, 0.75, 0.45),
    *_envelope("filter", "Filter", 0.003, 1.1, 0.25, 0.6),
    *_lfo(1, 5.2, 0.25),
    *_lfo(2, 0.3, 0.0),
    Param("mode", "Voices", "", 0, 2, 0, curve="enum", labels=("poly", "mono", "legato")),
    Param("voices", "Polyphony", "", 1.0, VOICES, VOICES, stepped=True),
    Param(
        "glide_s", "Glide", "s", 0.0, 5.0, 0.0, doc="Time from the last note's pitch to the new one, a straight line."
    ),
    Param("velocity_amp", "Velocity to level", "", 0.0, 1.0, 0.6),
    Param(
        "wheel_vibrato_cents", "Wheel to vibrato", "ct", 0.0, 200.0, 35.0, doc="Depth of LFO 1 on pitch at full wheel."
    ),
    Param("pressure_cutoff_oct", "Pressure to cutoff", "oct", -4.0, 4.0, 1.0),
    Param("pressure_vibrato_cents", "Pressure to vibrato", "ct", 0.0, 200.0, 0.0),
    Param("pressure_amp", "Pressure to level", "", 0.0, 1.0, 0.0, doc="1: no pressure, no sound."),
    Param(
        "timbre_cutoff_oct", "Timbre to cutoff", "oct", -4.0, 4.0, 2.0, doc="MPE slide (CC 74), neutral at its centre."
    ),
    Param("pan_spread", "Pan spread", "", 0.0, 1.0, 0.25, doc="Voices placed left and right in turn."),
    Param("level_db", "Level", "dB", -60.0, 12.0, 0.0),
)
P = ids(PARAMS)
_PER_LFO = P.lfo2_shape - P.lfo1_shape
_PER_OSC = P.osc2_shape - P.osc1_shape

# Rows of `lanes`, one column a voice.
AMP_ENV = 0
FILTER_ENV = AMP_ENV + ENVELOPE_ROWS
LADDER = FILTER_ENV + ENVELOPE_ROWS  # left, then right
DRIVE = LADDER + 2 * FILTER_ROWS
(
    PITCH, PITCH_GOAL, GLIDE_STEP, BEND_NOW, BEND_GOAL, PRESSURE_NOW, PRESSURE_GOAL, TIMBRE_NOW, TIMBRE_GOAL,
    POLY_PRESSURE, VELOCITY, AGE, LFO1, LFO2, LFO1_OFFSET, LFO2_OFFSET, AMP, AMP_STEP, FADE, FADE_STEP,
    PAN_LEFT, PAN_RIGHT, FREQUENCY, WIDTH_1, WIDTH_2, FRESH,
) = range(DRIVE + 2 * DRIVE_ROWS, DRIVE + 2 * DRIVE_ROWS + 26)  # fmt: skip
ROWS = DRIVE + 2 * DRIVE_ROWS + 26

# Rows of `notes` after the note itself: phases of the oscillators and of their pulses' falling edges.
PHASE = NOTE_ROWS
EDGE = PHASE + OSCILLATORS * UNISON
INTEGER_ROWS = EDGE + OSCILLATORS * UNISON

STATE = np.dtype(
    [
        ("knobs", "f4", (2, len(PARAMS))),  # parameters at the first and after the last frame of the chunk
        ("lanes", "f4", (ROWS, LANES)),
        ("x", "f4", (CHUNK, LANES)),
        ("y", "f4", (CHUNK, LANES)),
        ("envelope", "f4", (CHUNK, LANES)),
        ("seeds", "i4", (LANES,)),
        ("notes", "i8", (INTEGER_ROWS, LANES)),
        ("gains", "f4", (2 * OSCILLATORS, 8)),  # per oscillator: shape lines; the same for the unison's centre
        ("detune", "f4", (UNISON,)),
        ("bend", "f4", (17,)),  # semitones per channel; 16 = all (MPE master)
        ("pressure", "f4", (17,)),
        ("timbre", "f4", (17,)),
        ("wheel", "f4"),
        ("wheel_now", "f4"),
        ("lfo_phase", "f8", (2,)),  # cycles
        ("stack", "i8", (3, 32)),  # held keys of the mono modes, last on top: key, note id, channel
        ("stacked", "i8"),
        ("count", "i8"),  # lanes in use
        ("born", "i8"),
        ("stereo", "i8"),
        ("last_pitch", "f4"),
        ("cutoff_now", "f4"),
    ],
    align=True,
)


def _prepare(state, spec) -> None:
    state["seeds"] = np.arange(1, LANES + 1) * 747796405 % 2147483647
    state["timbre"] = 0.5
    state["last_pitch"] = -1.0


# ---------------------------------------------------------------------------------------------- notes


@inner
def _retire(state, buffers, lane):
    """Remove a finished lane: the last one takes its place."""
    last = state.count - 1
    if lane != last:
        move_lane(state.lanes, lane, last)
        move_lane(state.notes, lane, last)
        for j in range(2 * _STRIDE):
            buffers[2 * _STRIDE * lane + j] = buffers[2 * _STRIDE * last + j]
    clear_lane(state.lanes, last)
    state.count = last


@inner
def _fade_out(state, lane, sample_rate):
    """Let a lane die in a few milliseconds."""
    if state.notes[DYING, lane] == 0:
        state.notes[DYING, lane] = 1
        state.lanes[FADE_STEP, lane] = _F(1.0 / (_FADE_S * sample_rate))


@inner
def _set_pitch(block, state, lane, key):
    """Send a lane to a key's pitch, along a straight line when it glides."""
    goal = _F(key)
    state.lanes[PITCH_GOAL, lane] = goal
    glide_s = state.knobs[1, P.glide_s]
    if glide_s > _F(0.0):
        samples = max(1.0, glide_s * block.sample_rate)
        state.lanes[GLIDE_STEP, lane] = _F(abs(goal - state.lanes[PITCH, lane]) / samples)
    else:
        state.lanes[PITCH, lane] = goal
    state.last_pitch = goal


@inner
def _strike(block, state, lane, velocity):
    """Start a lane's envelopes (from where they are)."""
    rate = block.sample_rate
    state.lanes[VELOCITY, lane] = velocity
    for first, row in ((AMP_ENV, P.amp_attack_s), (FILTER_ENV, P.filter_attack_s)):
        attack = attack_keep(state.knobs[1, row], rate)
        decay = fall_keep(state.knobs[1, row + 1], rate)
        envelope_start(state.lanes, first, lane, attack, decay, state.knobs[1, row + 2])


@inner
def _start_voice(block, state, buffers, note):
    """Give a note a lane of its own."""
    lanes = state.lanes
    victim = voice_to_steal(
        state.notes, lanes[AMP_ENV + LEVEL], state.count, np.int64(state.knobs[1, P.voices] + _F(0.5))
    )
    if victim >= 0:
        _fade_out(state, victim, block.sample_rate)
    if state.count == LANES:
        _retire(state, buffers, most_faded(state.notes, lanes[FADE], state.count))
    lane = state.count
    state.count += 1
    clear_lane(lanes, lane)
    for j in range(2 * _STRIDE):
        buffers[2 * _STRIDE * lane + j] = _F(0.0)
    state.born += 1
    state.notes[KEY, lane] = note.key
    state.notes[CHANNEL, lane] = max(0, min(15, note.channel))
    state.notes[NOTE_ID, lane] = note.note_id
    state.notes[BORN, lane] = state.born
    state.notes[HELD, lane] = 1
    state.notes[DYING, lane] = 0
    # Copies start scattered (the same way every time), the first of each oscillator at the middle of its ramp.
    for row in range(OSCILLATORS * UNISON):
        phase = np.int64(HALF)
        if row % UNISON != 0:
            phase = np.int64((random_bipolar(state.born * 64 + row) + _F(1.0)) * _F(HALF)) & MASK
        state.notes[PHASE + row, lane] = phase
        width = state.knobs[1, P.osc1_width + _PER_OSC * (row // UNISON)] if row < 2 * UNISON else _F(0.5)
        state.notes[EDGE + row, lane] = (phase + np.int64(width * _F(TURN))) & MASK
    pitch = _F(note.key)
    if state.knobs[1, P.glide_s] > _F(0.0) and state.last_pitch >= _F(0.0):
        pitch = state.last_pitch
    lanes[PITCH, lane] = pitch
    _set_pitch(block, state, lane, np.int64(note.key))
    lanes[FADE, lane] = _F(1.0)
    lanes[FRESH, lane] = _F(1.0)  # smoothed controls begin at their goals
    for index in range(2):
        offset = _F(0.0)
        if state.knobs[1, P.lfo1_retrigger + _PER_LFO * index] > _F(0.5):
            cycles = state.lfo_phase[index]
            offset = _F(1.0) - _F(cycles - np.floor(cycles))
        lanes[LFO1_OFFSET + index, lane] = offset
    side = state.knobs[1, P.pan_spread] * (_F(0.5) if state.born & 1 else _F(-0.5))
    lanes[PAN_LEFT, lane] = np.sqrt(_F(0.5) - side * _F(0.9))
    lanes[PAN_RIGHT, lane] = np.sqrt(_F(0.5) + side * _F(0.9))
    lanes[DRIVE + 1, lane] = _F(1.0)
    lanes[DRIVE + DRIVE_ROWS + 1, lane] = _F(1.0)
    _strike(block, state, lane, note.value)


@inner
def _solo_lane(state):
    """The lane that sounds in the mono modes, or -1."""
    found = np.int64(-1)
    for lane in range(state.count):
        if state.notes[DYING, lane] == 0:
            found = np.int64(lane)
    return found


@inner
def _note_on(block, state, buffers, note):
    mode = np.int64(state.knobs[1, P.mode])
    if mode == 0:
        _start_voice(block, state, buffers, note)
        return
    overlapping = state.stacked > 0
    if state.stacked == 32:
        state.stacked = 31
    state.stack[0, state.stacked] = note.key
    state.stack[1, state.stacked] = note.note_id
    state.stack[2, state.stacked] = note.channel
    state.stacked += 1
    lane = _solo_lane(state)
    if lane < 0:
        _start_voice(block, state, buffers, note)
        return
    state.notes[KEY, lane] = note.key
    state.notes[NOTE_ID, lane] = note.note_id
    state.notes[CHANNEL, lane] = max(0, min(15, note.channel))
    state.notes[HELD, lane] = 1
    _set_pitch(block, state, lane, np.int64(note.key))
    if mode == 1 or not overlapping:
        _strike(block, state, lane, note.value)


@inner
def _release(block, state, lane):
    state.notes[HELD, lane] = 0
    envelope_release(
        state.lanes, np.int64(AMP_ENV), lane, fall_keep(state.knobs[1, P.amp_release_s], block.sample_rate)
    )
    envelope_release(
        state.lanes, np.int64(FILTER_ENV), lane, fall_keep(state.knobs[1, P.filter_release_s], block.sample_rate)
    )


@inner
def _unstack(state, note):
    """Take a key from the mono stack."""
    kept = 0
    for j in range(state.stacked):
        same = state.stack[1, j] == note.note_id if note.note_id > 0 else state.stack[0, j] == note.key
        if not same:
            for row in range(3):
                state.stack[row, kept] = state.stack[row, j]
            kept += 1
    state.stacked = kept


@inner
def _note_off(block, state, note):
    _unstack(state, note)
    for lane in range(state.count):
        if state.notes[HELD, lane] != 0 and state.notes[DYING, lane] == 0 and matches(state.notes, lane, note):
            if state.stacked > 0:  # mono: back to the key still held
                top = state.stacked - 1
                state.notes[KEY, lane] = state.stack[0, top]
                state.notes[NOTE_ID, lane] = state.stack[1, top]
                _set_pitch(block, state, lane, state.stack[0, top])
            else:
                _release(block, state, lane)


@inner
def _handle(block, state, buffers, note):
    kind = note.kind
    if kind == NOTE_ON:
        _note_on(block, state, buffers, note)
    elif kind == NOTE_OFF:
        _note_off(block, state, note)
    elif kind in (NOTE_CHOKE, RESET):
        if kind == RESET or note.key < 0:
            state.stacked = 0
        for lane in range(state.count):
            if kind == RESET or matches(state.notes, lane, note):
                _fade_out(state, lane, block.sample_rate)
    elif kind == BEND:
        state.bend[16 if note.channel < 0 else note.channel & 15] = note.value
    elif kind == CHANNEL_PRESSURE:
        state.pressure[16 if note.channel < 0 else note.channel & 15] = note.value
    elif kind == TIMBRE:
        state.timbre[16 if note.channel < 0 else note.channel & 15] = note.value
    elif kind == PRESSURE:
        for lane in range(state.count):
            if matches(state.notes, lane, note):
                state.lanes[POLY_PRESSURE, lane] = note.value
    elif kind == CC and note.number == 1:
        state.wheel = note.value


# ---------------------------------------------------------------------------------------------- controls


@inner
def _shape_lines(state, n, unison):
    """Gains of the four shapes of every oscillator as lines over the chunk."""
    norm = _F(1.0) / np.sqrt(_F(unison))
    for osc in range(OSCILLATORS):
        for j in range(8):
            state.gains[2 * osc, j] = _F(0.0)
        for edge in range(2):
            if osc < 2:
                shape = state.knobs[edge, P.osc1_shape + _PER_OSC * osc]
                level = state.knobs[edge, P.osc1_level + _PER_OSC * osc] * norm
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


@inner
def _advance_lfo(block, state, index, at, n):
    """Move one LFO on and give every lane its value."""
    base = P.lfo1_shape + _PER_LFO * index
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
def _channel_goals(state):
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
def _control(block, state, n):
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
def _follow_sustain(state, first, sustain):
    """A moved sustain knob reaches the notes that are already there."""
    for v in range(state.count):
        if state.notes[HELD, v] != 0 and state.lanes[first + RISING, v] == _F(0.0):
            state.lanes[first + TARGET, v] = sustain


# ---------------------------------------------------------------------------------------------- sound


@inner
def _oscillate(state, buffers, table, n, unison, stereo):
    """Run all oscillators of all voices into their buffers."""
    sync = state.knobs[1, P.osc2_sync] > _F(0.5)
    centre = unison // 2 if unison & 1 else -1
    tune = exp2(
        state.knobs[1, P.osc1_octave]
        + (state.knobs[1, P.osc1_tune_semitones] + state.knobs[1, P.osc1_fine_cents] * _F(0.01)) * _F(1.0 / 12.0)
    )
    tune2 = exp2(
        state.knobs[1, P.osc2_octave]
        + (state.knobs[1, P.osc2_tune_semitones] + state.knobs[1, P.osc2_fine_cents] * _F(0.01)) * _F(1.0 / 12.0)
    )
    sub = tune * exp2(state.knobs[1, P.sub_octave])
    for osc in range(OSCILLATORS):
        silent = True
        for j in range(8):
            silent = silent and state.gains[2 * osc, j] == _F(0.0)
        if silent and not (osc == 0 and sync):
            continue
        copies = unison if osc < 2 else 1
        ratio = (tune if osc == 0 else tune2) if osc < 2 else sub
        for v in range(state.count):
            frequency = state.lanes[FREQUENCY, v] * _F(TURN)
            width = _F(0.5) if osc == 2 else state.lanes[WIDTH_1 + osc, v]
            goal = np.int64(width * _F(TURN))
            for u in range(copies):
                row = osc * UNISON + u
                detune = state.detune[u] if osc < 2 else _F(1.0)
                inc = max(1, min(MAX_INCREMENT, np.int64(frequency * (ratio * detune))))
                phase, edge = state.notes[PHASE + row, v], state.notes[EDGE + row, v]
                offset = (edge - phase) & MASK
                # The falling edge never stands still nor runs wild: a fast move takes more than one chunk.
                winc = max(inc - inc // 2, min(2 * inc, inc + (goal - offset) // n))
                end, wend = (phase + n * inc) & MASK, (edge + n * winc) & MASK
                # Copies go left and right in turn; the middle one and the sub go to both.
                both = stereo and (osc == 2 or u == centre)
                gains = state.gains[2 * osc + (1 if both else 0)]
                turn = u - 1 if 0 <= centre < u else u
                first = 2 * v + (turn & 1 if stereo and not both else 0)
                for group in range(first, first + (2 if both else 1)):
                    out = buffers[_STRIDE * group : _STRIDE * (group + 1)]
                    if osc == 1 and sync:
                        master_inc = max(1, min(MAX_INCREMENT, np.int64(frequency * (tune * detune))))
                        master = (state.notes[PHASE + u, v] - n * master_inc) & MASK
                        end, wend = add_synced_wave(out, n, phase, edge, inc, winc, master, master_inc, gains, table)
                    elif not silent:
                        add_wave(out, np.int64(0), n, phase, edge, inc, winc, inc, winc, gains, table)
                state.notes[PHASE + row, v], state.notes[EDGE + row, v] = end, wend


@inner
def _filter(state, x, ladder, drive, n):
    """Drive and ladder of one channel."""
    lanes, count = state.lanes, (state.count + 15) & ~15
    start, end = state.knobs[0, P.drive_db], state.knobs[1, P.drive_db]
    if start > _F(0.0) or end > _F(0.0):
        gain = db_to_gain(start)
        blend = min(_F(1.0), max(start, end) * _F(0.25))
        drive_lanes(lanes, drive, x, count, n, gain, (db_to_gain(end) - gain) / _F(n), blend)
    mode = np.int64(state.knobs[1, P.filter_mode])
    k = state.knobs[0, P.resonance] * _F(MAX_FEEDBACK)
    step = (state.knobs[1, P.resonance] * _F(MAX_FEEDBACK) - k) / _F(n)
    ladder_lanes(
        lanes, ladder, x, count, n, k, step,
        mode,
    )  # fmt: skip


@inner
def _forget_right(state, buffers):
    """Clear the second group of oscillators, which stood still while the unison was off."""
    for v in range(state.count):
        buffers[_STRIDE * (2 * v + 1) : _STRIDE * (2 * v + 2)] = _F(0.0)


@inner
def _finish(state, buffers, n, stereo):
    """Advance lines and ringing corners to the next chunk; let ended voices go."""
    lanes = state.lanes
    for v in range(state.count):
        lanes[AMP, v] += lanes[AMP_STEP, v] * _F(n)
        lanes[FADE, v] = max(_F(0.0), lanes[FADE, v] - lanes[FADE_STEP, v] * _F(n))
        for group in range(2 if stereo else 1):
            first = _STRIDE * (2 * v + group)
            for j in range(TAPS):
                buffers[first + j] = buffers[first + n + j]
            rest = buffers[first + TAPS : first + TAPS + n]
            for j in range(n):
                rest[j] = _F(0.0)
    lane = np.int64(0)
    while lane < state.count:
        over = state.notes[HELD, lane] == 0 and lanes[AMP_ENV + LEVEL, lane] < SILENT
        if over or lanes[FADE, lane] <= _F(0.0):
            _retire(state, buffers, lane)
        else:
            lane += 1


@device(
    name="poly",
    title="Poly",
    kind="instrument",
    params=PARAMS,
    state=STATE,
    prepare=_prepare,
    heap=lambda spec: 2 * _STRIDE * LANES,
    tables=lambda spec: blep_table(),
    tail_s=30.0,
)
def process(block, state):
    """Two oscillators, sub and noise into a ladder filter; 32 voices, unison, MPE."""
    frames = block.frames
    buffers = f32_view(block.heap, 2 * _STRIDE * LANES)
    table = f32_view(block.tables, TABLE_FLOATS)
    left, right = audio_out(block, 0), audio_out(block, 1)
    left[:] = _F(0.0)
    right[:] = _F(0.0)
    at, index = np.int64(0), np.int64(0)
    load_knobs(block, state.knobs, at, at)
    _follow_sustain(state, np.int64(AMP_ENV), state.knobs[1, P.amp_sustain])
    _follow_sustain(state, np.int64(FILTER_ENV), state.knobs[1, P.filter_sustain])
    while at < frames:
        while index < block.n_events and event(block, index).offset <= at:
            _handle(block, state, buffers, event(block, index))
            index += 1
        until = frames
        if index < block.n_events:
            until = min(until, np.int64(event(block, index).offset))
        n = min(np.int64(CHUNK), until - at)
        load_knobs(block, state.knobs, at, at + n)
        for lfo in range(2):
            _advance_lfo(block, state, lfo, at, n)
        if state.count > 0:
            lanes = state.lanes
            count = (state.count + 15) & ~15
            unison = max(1, min(UNISON, np.int64(state.knobs[1, P.unison] + _F(0.5))))
            spread = state.knobs[1, P.unison_spread]
            stereo = unison > 1 and spread > _F(0.0)
            for u in range(unison):
                place = _F(2 * u) / _F(unison - 1) - _F(1.0) if unison > 1 else _F(0.0)
                state.detune[u] = exp2(place * state.knobs[1, P.unison_detune_cents] * _F(1.0 / 1200.0))
            if stereo and state.stereo == 0:
                _forget_right(state, buffers)
            state.stereo = 1 if stereo else 0
            _channel_goals(state)
            envelope_lanes(lanes, np.int64(FILTER_ENV), state.envelope, count, n)  # only its last level is wanted
            _control(block, state, n)
            _shape_lines(state, n, unison)
            _oscillate(state, buffers, table, n, unison, stereo)
            gather_lanes(buffers, 2 * _STRIDE, np.int64(0), state.x, count, n)
            # A trace of noise lets a strong resonance start by itself.
            trace = _F(1e-5) if state.knobs[1, P.resonance] > _F(0.8) else _F(0.0)
            start, end = max(trace, state.knobs[0, P.noise_level]), max(trace, state.knobs[1, P.noise_level])
            noise_step, noisy = (end - start) / _F(n), max(start, end) > _F(0.0)
            if stereo:
                gather_lanes(buffers, 2 * _STRIDE, np.int64(_STRIDE), state.y, count, n)
                near, far = np.sqrt(_F(0.5) + _F(0.5) * spread), np.sqrt(_F(0.5) - _F(0.5) * spread)
                spread_lanes(state.x, state.y, count, n, near, far)
                if noisy:
                    noise_lanes(state.seeds, state.y, count, n, start, noise_step)
                _filter(state, state.y, np.int64(LADDER + FILTER_ROWS), np.int64(DRIVE + DRIVE_ROWS), n)
            if noisy:
                noise_lanes(state.seeds, state.x, count, n, start, noise_step)
            _filter(state, state.x, np.int64(LADDER), np.int64(DRIVE), n)
            envelope_lanes(lanes, np.int64(AMP_ENV), state.envelope, count, n)
            y = state.y if stereo else state.x
            sum_lanes(state.x, y, state.envelope, lanes, AMP, FADE, PAN_LEFT, PAN_RIGHT, count, n, left, right, at)
            _finish(state, buffers, n, stereo)
        at += n
