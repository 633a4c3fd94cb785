"""Poly: a 32-voice subtractive synthesiser, two band-limited oscillators into a ladder filter; [audio].

Oscillators run voice by voice (dsp/oscillator.py: cost per period, vectorised over time); everything behind them runs
on voices side by side. Controls move every CHUNK samples and are lines in between; the amplitude envelope moves every
sample.
"""

import numpy as np

from realtime.contract.block import audio_out, event
from realtime.contract.device import device
from realtime.devices.notes import event_is_due, frames_to_event, inner
from realtime.devices.poly_modulation import advance_lfo, channel_goals, control, follow_sustain, shape_lines
from realtime.devices.poly_state import (
    AMP,
    AMP_ENV,
    AMP_STEP,
    CHUNK,
    DRIVE,
    EDGE,
    FADE,
    FADE_STEP,
    FILTER_ENV,
    FREQUENCY,
    LADDER,
    LANES,
    OSCILLATORS,
    PAN_LEFT,
    PAN_RIGHT,
    PARAMS,
    PHASE,
    STATE,
    STRIDE,
    UNISON,
    WIDTH_1,
    P,
    prepare,
)
from realtime.devices.poly_voices import handle, retire
from realtime.dsp.blep import TABLE_FLOATS, TAPS, blep_table
from realtime.dsp.db import db_to_gain
from realtime.dsp.envelope import LEVEL, SILENT, envelope_lanes
from realtime.dsp.fastmath import exp2
from realtime.dsp.oscillator import MASK, MAX_INCREMENT, TURN, add_synced_wave, add_wave
from realtime.dsp.voice import HELD, load_knobs
from realtime.dsp.voice_filter import FILTER_ROWS, MAX_FEEDBACK, ladder_lanes
from realtime.dsp.voice_mix import DRIVE_ROWS, drive_lanes, gather_lanes, noise_lanes, spread_lanes, sum_lanes
from realtime.native.memory import f32_view

_F = np.float32


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
                    out = buffers[STRIDE * group : STRIDE * (group + 1)]
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
        buffers[STRIDE * (2 * v + 1) : STRIDE * (2 * v + 2)] = _F(0.0)


@inner
def _finish(state, buffers, n, stereo):
    """Advance lines and ringing corners to the next chunk; let ended voices go."""
    lanes = state.lanes
    for v in range(state.count):
        lanes[AMP, v] += lanes[AMP_STEP, v] * _F(n)
        lanes[FADE, v] = max(_F(0.0), lanes[FADE, v] - lanes[FADE_STEP, v] * _F(n))
        for group in range(2 if stereo else 1):
            first = STRIDE * (2 * v + group)
            for j in range(TAPS):
                buffers[first + j] = buffers[first + n + j]
            rest = buffers[first + TAPS : first + TAPS + n]
            for j in range(n):
                rest[j] = _F(0.0)
    lane = np.int64(0)
    while lane < state.count:
        over = state.notes[HELD, lane] == 0 and lanes[AMP_ENV + LEVEL, lane] < SILENT
        if over or lanes[FADE, lane] <= _F(0.0):
            retire(state, buffers, lane)
        else:
            lane += 1


@device(
    name="poly",
    title="Poly",
    kind="instrument",
    params=PARAMS,
    state=STATE,
    prepare=prepare,
    heap=lambda spec: 2 * STRIDE * LANES,
    tables=lambda spec: blep_table(),
    tail_s=30.0,
)
def process(block, state):
    """Two oscillators, sub and noise into a ladder filter; 32 voices, unison, MPE."""
    frames = block.frames
    buffers = f32_view(block.heap, 2 * STRIDE * LANES)
    table = f32_view(block.tables, TABLE_FLOATS)
    left, right = audio_out(block, 0), audio_out(block, 1)
    left[:] = _F(0.0)
    right[:] = _F(0.0)
    at, index = np.int64(0), np.int64(0)
    load_knobs(block, state.knobs, at, at)
    follow_sustain(state, np.int64(AMP_ENV), state.knobs[1, P.amp_sustain])
    follow_sustain(state, np.int64(FILTER_ENV), state.knobs[1, P.filter_sustain])
    while at < frames:
        while event_is_due(block, index, at):
            handle(block, state, buffers, event(block, index))
            index += 1
        n = frames_to_event(block, index, at, CHUNK)
        load_knobs(block, state.knobs, at, at + n)
        for lfo in range(2):
            advance_lfo(block, state, lfo, at, n)
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
            channel_goals(state)
            envelope_lanes(lanes, np.int64(FILTER_ENV), state.envelope, count, n)  # only its last level is wanted
            control(block, state, n)
            shape_lines(state, n, unison)
            _oscillate(state, buffers, table, n, unison, stereo)
            gather_lanes(buffers, 2 * STRIDE, np.int64(0), state.x, count, n)
            # A trace of noise lets a strong resonance start by itself.
            trace = _F(1e-5) if state.knobs[1, P.resonance] > _F(0.8) else _F(0.0)
            start, end = max(trace, state.knobs[0, P.noise_level]), max(trace, state.knobs[1, P.noise_level])
            noise_step, noisy = (end - start) / _F(n), max(start, end) > _F(0.0)
            if stereo:
                gather_lanes(buffers, 2 * STRIDE, np.int64(STRIDE), state.y, count, n)
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
