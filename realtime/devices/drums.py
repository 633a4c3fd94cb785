"""Drums: a synthesised kit on the General MIDI percussion map, 24 hits side by side; [audio].

Every key is a row of dsp/drum_kit.py; the parameters bend the whole kit. Hits ring to their end (note-offs are not
heard); hats, cuicas and triangles choke each other.
"""

import math

import numpy as np

from realtime.contract.block import audio_out, event
from realtime.contract.device import Param, device, ids
from realtime.contract.events import BEND, NOTE_CHOKE, NOTE_ON, RESET
from realtime.devices.notes import channel_slot, enter_note, event_is_due, fade_out, frames_to_event, inner
from realtime.dsp.db import db_to_gain
from realtime.dsp.drum_kit import COLUMNS, FIRST_KEY, GROUPS, KIT, LAST_KEY, METAL_HZ
from realtime.dsp.drum_voice import (
    A1,
    A2,
    A3,
    BAND,
    BURSTS,
    DRIVE,
    DRUM_ROWS,
    HIGH,
    LOW,
    M1,
    M2,
    M3,
    METAL,
    METAL_KEEP,
    MK,
    NOISE,
    NOISE_KEEP,
    PERIOD,
    SECOND,
    SQUARES,
    STEP,
    STEP2,
    STRIKE,
    SWEEP,
    SWEEP_KEEP,
    TIMER,
    TONE,
    TONE_KEEP,
    burst_lanes,
    metal_lanes,
    noise_filter_lanes,
    tone_lanes,
)
from realtime.dsp.envelope import fall_keep
from realtime.dsp.fastmath import exp2
from realtime.dsp.lfo import random_bipolar
from realtime.dsp.voice import (
    CHANNEL,
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
LANES = 32  # 24 hits and 8 that fade out; a multiple of the vector width
CHUNK = 32
_LEVEL = 0.28  # one hit at velocity 100 peaks at about -15..-12 dBFS
_F = np.float32

PARAMS = (
    Param("tune_semitones", "Tune", "st", -12.0, 12.0, 0.0),
    Param("decay", "Decay", "x", 0.25, 4.0, 1.0, curve="log"),
    Param("snap", "Snap", "", 0.0, 1.0, 0.5, doc="Depth of the pitch sweeps and of the attack noise of kick and toms."),
    Param("tone", "Tone", "", 0.0, 1.0, 0.5, doc="Bodies against rattle: drums' sines and cymbals' metal."),
    Param("noise", "Noise", "", 0.0, 1.0, 0.5, doc="Snare wires, hiss of the cymbals."),
    Param("bright_oct", "Brightness", "oct", -2.0, 2.0, 0.0, doc="Shifts the noise filters."),
    Param("drive", "Drive", "", 0.0, 1.0, 0.25, doc="Saturation of kick, snare and toms."),
    Param("velocity_amp", "Velocity to level", "", 0.0, 1.0, 0.85),
    Param("velocity_bright_oct", "Velocity to brightness", "oct", 0.0, 3.0, 1.0),
    Param("vary", "Vary", "", 0.0, 1.0, 0.2, doc="Small differences of pitch, level and tone from hit to hit."),
    Param("pan_width", "Pan width", "", 0.0, 1.0, 0.7, doc="Seen by the drummer."),
    *(Param(f"{group}_db", group.capitalize(), "dB", -60.0, 12.0, 0.0) for group in GROUPS),
    Param("voices", "Polyphony", "", 1.0, VOICES, VOICES, stepped=True),
    Param("level_db", "Level", "dB", -60.0, 12.0, 0.0),
)
P = ids(PARAMS)
(
    _GROUP, _TONE, _HZ, _SWEEP, _SWEEP_S, _DECAY_S, _RATIO, _SECOND, _DRIVE, _NOISE, _NOISE_S, _NOISE_HZ, _Q, _SHAPE,
    _METAL, _METAL_S, _METAL_X, _METAL_HZ, _BURSTS, _PAN, _CHOKE, _ROW_LEVEL,
) = range(len(COLUMNS))  # fmt: skip
_BURST_S = 0.011

# Rows of `lanes`, one column a hit.
AMP, AMP_STEP, FADE, FADE_STEP, PAN_LEFT, PAN_RIGHT, CHOKE = range(DRUM_ROWS, DRUM_ROWS + 7)
ROWS = DRUM_ROWS + 7

STATE = np.dtype(
    [
        ("knobs", "f4", (2, len(PARAMS))),  # parameters at the first and after the last frame of the chunk
        ("lanes", "f4", (ROWS, LANES)),
        ("x", "f4", (CHUNK, LANES)),
        ("hiss", "f4", (CHUNK, LANES)),
        ("ones", "f4", (CHUNK, LANES)),
        ("phases", "i4", (2 * SQUARES, LANES)),
        ("seeds", "i4", (LANES,)),
        ("notes", "i8", (NOTE_ROWS, LANES)),
        ("bend", "f4", (17,)),  # semitones per channel; 16 = all
        ("count", "i8"),  # lanes in use
        ("born", "i8"),
    ],
    align=True,
)


def _prepare(state, spec) -> None:
    state["ones"] = 1.0
    state["seeds"] = np.arange(1, LANES + 1) * 747796405 % 2147483647


@inner
def _retire(state, lane):
    """Remove a finished lane: the last one takes its place."""
    last = state.count - 1
    move_lane(state.lanes, lane, last)
    move_lane(state.notes, lane, last)
    move_lane(state.phases, lane, last)
    clear_lane(state.lanes, last)
    state.count = last


@inner
def _new_lane(block, state, note, choke):
    """A lane for a hit, its choke group silenced."""
    for lane in range(state.count):
        if choke > _F(0.0) and state.lanes[CHOKE, lane] == choke:
            fade_out(state.notes, state.lanes, FADE_STEP, lane, block.sample_rate)
    victim = voice_to_steal(state.notes, state.lanes[FADE], state.count, np.int64(state.knobs[1, P.voices] + _F(0.5)))
    if victim >= 0:
        fade_out(state.notes, state.lanes, FADE_STEP, victim, block.sample_rate)
    if state.count == LANES:
        _retire(state, most_faded(state.notes, state.lanes[FADE], state.count))
    lane = state.count
    state.count += 1
    state.born += 1
    clear_lane(state.lanes, lane)
    enter_note(state.notes, lane, note, state.born)
    return lane


@inner
def _set_filters(lanes, lane, row, brightness, sample_rate):
    """Noise filter and the metal's highpass."""
    hz = min(np.float64(KIT[row, _NOISE_HZ] * brightness), 0.42 * sample_rate)
    g = math.tan(math.pi * hz / sample_rate)
    k = 1.0 / KIT[row, _Q]
    a1 = 1.0 / (1.0 + g * (g + k))
    lanes[A1, lane], lanes[A2, lane], lanes[A3, lane] = _F(a1), _F(g * a1), _F(g * g * a1)
    shape = KIT[row, _SHAPE]
    if shape < 0.5:
        lanes[LOW, lane] = _F(1.0)
    elif shape < 1.5:
        lanes[BAND, lane] = _F(k)
    else:
        lanes[HIGH, lane], lanes[BAND, lane], lanes[LOW, lane] = _F(1.0), _F(-k), _F(-1.0)
    g = math.tan(math.pi * min(np.float64(KIT[row, _METAL_HZ] * brightness), 0.42 * sample_rate) / sample_rate)
    a1 = 1.0 / (1.0 + g * (g + 1.0))
    lanes[M1, lane], lanes[M2, lane], lanes[M3, lane], lanes[MK, lane] = _F(a1), _F(g * a1), _F(g * g * a1), _F(1.0)


@inner
def _hit(block, state, note):
    """Start a drum."""
    if note.key < FIRST_KEY or note.key > LAST_KEY:
        return
    rate = block.sample_rate
    row = np.int64(note.key) - FIRST_KEY
    lane = _new_lane(block, state, note, KIT[row, _CHOKE])
    lanes = state.lanes
    vary = state.knobs[1, P.vary]
    seed = state.born * 8
    velocity = note.value
    depth = state.knobs[1, P.velocity_amp]
    loud = (_F(1.0) - depth + depth * velocity * velocity) * KIT[row, _ROW_LEVEL]
    loud *= exp2(vary * _F(0.25) * random_bipolar(seed))
    group = np.int64(KIT[row, _GROUP])
    decay = state.knobs[1, P.decay] * exp2(vary * _F(0.15) * random_bipolar(seed + 1))
    snap = _F(2.0) * state.knobs[1, P.snap]
    bend = state.bend[state.notes[CHANNEL, lane]] + state.bend[16]
    pitch = exp2((state.knobs[1, P.tune_semitones] + bend + vary * _F(0.3) * random_bipolar(seed + 2)) * _F(1.0 / 12.0))
    harder = velocity - _F(0.787)
    brightness = exp2(
        state.knobs[1, P.bright_oct]
        + state.knobs[1, P.velocity_bright_oct] * harder
        + vary * _F(0.2) * random_bipolar(seed + 3)
    )

    step = min(_F(0.4), KIT[row, _HZ] * pitch / _F(rate))
    lanes[STEP, lane] = step
    lanes[STEP2, lane] = min(_F(0.4), step * KIT[row, _RATIO])
    lanes[SWEEP, lane] = KIT[row, _SWEEP] * snap * exp2(harder)
    lanes[SWEEP_KEEP, lane] = fall_keep(_F(2.0) * KIT[row, _SWEEP_S], rate)
    body = _F(2.0) * state.knobs[1, P.tone]
    lanes[TONE, lane] = loud * KIT[row, _TONE] * (body if group != 0 else _F(1.0))
    lanes[TONE_KEEP, lane] = fall_keep(KIT[row, _DECAY_S] * decay, rate)
    lanes[SECOND, lane] = KIT[row, _SECOND] * (body if group == 0 else _F(1.0))
    lanes[DRIVE, lane] = KIT[row, _DRIVE] * _F(4.0) * state.knobs[1, P.drive]

    hiss = snap if group == 0 or group == 3 else _F(2.0) * state.knobs[1, P.noise]
    strike = loud * KIT[row, _NOISE] * hiss
    lanes[STRIKE, lane] = strike
    lanes[NOISE, lane] = strike
    lanes[BURSTS, lane] = KIT[row, _BURSTS]
    spacing = min(_BURST_S, 0.8 * np.float64(KIT[row, _NOISE_S]))
    lanes[PERIOD, lane] = _F(spacing * rate)
    lanes[TIMER, lane] = lanes[PERIOD, lane]
    lanes[NOISE_KEEP, lane] = fall_keep(KIT[row, _NOISE_S] * decay, rate)
    lanes[METAL, lane] = loud * KIT[row, _METAL] * body
    lanes[METAL_KEEP, lane] = fall_keep(KIT[row, _METAL_S] * decay, rate)
    _set_filters(lanes, lane, row, brightness, rate)
    factor = KIT[row, _METAL_X]
    table = 1 if factor < _F(0.0) else 0
    for square in range(SQUARES):
        hz = METAL_HZ[table, square] * abs(factor) * pitch
        state.phases[square, lane] = np.int32(_F(2.0e9) * random_bipolar(square * 77 + 5))
        state.phases[SQUARES + square, lane] = np.int32(min(_F(0.4), hz / _F(rate)) * _F(4294967296.0))

    lanes[AMP, lane] = (
        _F(_LEVEL) * db_to_gain(state.knobs[1, P.kick_db + group]) * db_to_gain(state.knobs[1, P.level_db])
    )
    lanes[FADE, lane] = _F(1.0)
    lanes[CHOKE, lane] = KIT[row, _CHOKE]
    side = _F(0.48) * KIT[row, _PAN] * state.knobs[1, P.pan_width]
    lanes[PAN_LEFT, lane] = np.sqrt(_F(0.5) - side)
    lanes[PAN_RIGHT, lane] = np.sqrt(_F(0.5) + side)


@inner
def _handle(block, state, note):
    kind = note.kind
    if kind == NOTE_ON:
        _hit(block, state, note)
    elif kind in (NOTE_CHOKE, RESET):
        for lane in range(state.count):
            if kind == RESET or matches(state.notes, lane, note):
                fade_out(state.notes, state.lanes, FADE_STEP, lane, block.sample_rate)
    elif kind == BEND:
        state.bend[channel_slot(note)] = note.value


@device(name="drums", title="Drums", kind="instrument", params=PARAMS, state=STATE, prepare=_prepare, tail_s=12.0)
def process(block, state):
    """A synthesised General MIDI kit: kicks, snares, hats, toms, cymbals and percussion."""
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
        if state.count > 0:
            lanes = state.lanes
            count = (state.count + 15) & ~15
            level = _F(_LEVEL) * db_to_gain(state.knobs[1, P.level_db])
            metal = False
            for v in range(state.count):
                metal = metal or lanes[METAL, v] > _F(0.0)
                group = np.int64(KIT[state.notes[KEY, v] - FIRST_KEY, _GROUP])
                goal = level * db_to_gain(state.knobs[1, P.kick_db + group])
                lanes[AMP_STEP, v] = (goal - lanes[AMP, v]) / _F(n)
            tone_lanes(lanes, state.x, count, n)
            burst_lanes(lanes, state.seeds, state.hiss, count, n)
            noise_filter_lanes(lanes, state.hiss, state.x, count, n)
            if metal:
                metal_lanes(lanes, state.phases, state.x, count, n)
            sum_lanes(state.x, state.x, state.ones, lanes, AMP, FADE, PAN_LEFT, PAN_RIGHT, count, n, left, right, at)
            lane = np.int64(0)
            while lane < state.count:
                lanes[AMP, lane] += lanes[AMP_STEP, lane] * _F(n)
                lanes[FADE, lane] = max(_F(0.0), lanes[FADE, lane] - lanes[FADE_STEP, lane] * _F(n))
                noise = max(lanes[NOISE, lane], lanes[BURSTS, lane])
                if lanes[METAL, lane] < _F(1e-5):
                    lanes[METAL, lane] = _F(0.0)
                if max(lanes[TONE, lane], max(noise, lanes[METAL, lane])) < _F(1e-5) or lanes[FADE, lane] <= _F(0.0):
                    _retire(state, lane)
                else:
                    lane += 1
        at += n
