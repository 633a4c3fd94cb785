"""Poly's voices: which lane a note takes, how it is struck, released, stolen and kept on the mono stack; [audio]."""

import numpy as np

from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE, RESET, TIMBRE
from realtime.devices.notes import channel_slot, enter_note, fade_out, inner
from realtime.devices.poly_state import (
    AMP_ENV,
    DRIVE,
    EDGE,
    FADE,
    FADE_STEP,
    FILTER_ENV,
    FRESH,
    GLIDE_STEP,
    LANES,
    LFO1_OFFSET,
    OSCILLATORS,
    PAN_LEFT,
    PAN_RIGHT,
    PER_LFO,
    PER_OSC,
    PHASE,
    PITCH,
    PITCH_GOAL,
    POLY_PRESSURE,
    STRIDE,
    UNISON,
    VELOCITY,
    P,
)
from realtime.dsp.envelope import LEVEL, attack_keep, envelope_release, envelope_start, fall_keep
from realtime.dsp.lfo import random_bipolar
from realtime.dsp.oscillator import HALF, MASK, TURN
from realtime.dsp.voice import (
    CHANNEL,
    DYING,
    HELD,
    KEY,
    NOTE_ID,
    clear_lane,
    matches,
    most_faded,
    move_lane,
    voice_to_steal,
)
from realtime.dsp.voice_mix import DRIVE_ROWS

_F = np.float32


@inner
def retire(state, buffers, lane):
    """Remove a finished lane: the last one takes its place."""
    last = state.count - 1
    if lane != last:
        move_lane(state.lanes, lane, last)
        move_lane(state.notes, lane, last)
        for j in range(2 * STRIDE):
            buffers[2 * STRIDE * lane + j] = buffers[2 * STRIDE * last + j]
    clear_lane(state.lanes, last)
    state.count = last


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
        fade_out(state.notes, state.lanes, FADE_STEP, victim, block.sample_rate)
    if state.count == LANES:
        retire(state, buffers, most_faded(state.notes, lanes[FADE], state.count))
    lane = state.count
    state.count += 1
    clear_lane(lanes, lane)
    for j in range(2 * STRIDE):
        buffers[2 * STRIDE * lane + j] = _F(0.0)
    state.born += 1
    enter_note(state.notes, lane, note, state.born)
    # Copies start scattered (the same way every time), the first of each oscillator at the middle of its ramp.
    for row in range(OSCILLATORS * UNISON):
        phase = np.int64(HALF)
        if row % UNISON != 0:
            phase = np.int64((random_bipolar(state.born * 64 + row) + _F(1.0)) * _F(HALF)) & MASK
        state.notes[PHASE + row, lane] = phase
        width = state.knobs[1, P.osc1_width + PER_OSC * (row // UNISON)] if row < 2 * UNISON else _F(0.5)
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
        if state.knobs[1, P.lfo1_retrigger + PER_LFO * index] > _F(0.5):
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
def handle(block, state, buffers, note):
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
                fade_out(state.notes, state.lanes, FADE_STEP, lane, block.sample_rate)
    elif kind == BEND:
        state.bend[channel_slot(note)] = note.value
    elif kind == CHANNEL_PRESSURE:
        state.pressure[channel_slot(note)] = note.value
    elif kind == TIMBRE:
        state.timbre[channel_slot(note)] = note.value
    elif kind == PRESSURE:
        for lane in range(state.count):
            if matches(state.notes, lane, note):
                state.lanes[POLY_PRESSURE, lane] = note.value
    elif kind == CC and note.number == 1:
        state.wheel = note.value
