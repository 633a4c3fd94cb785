"""Arpeggiator: the keys you hold, one after the other on the song's beat; a midi device, stands before an instrument; [audio]."""

import numpy as np

from realtime.contract.block import event, pass_on, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON
from realtime.devices.held_keys import (
    HELD,
    OWN,
    STEPS_AT_MOST,
    begin_own,
    clock_beat,
    drop_latched,
    end_due,
    end_everything,
    ends,
    ends_all,
    first_step,
    lift,
    lift_all,
    move_clock,
    note_beats,
    note_values,
    of_one_key,
    press,
    start_clock,
    step_offset,
    throw,
)
from realtime.devices.notes import inner
from realtime.dsp.tempo import SYNC_LABELS, span

RATES = SYNC_LABELS[1:]
ORDERS = ("up", "down", "up and down", "as played", "random", "chord")
UP, DOWN, UP_DOWN, PLAYED, RANDOM, CHORD = range(6)
PARAMS = (
    Param("order", "Order", "", 0, len(ORDERS) - 1, UP, curve="enum", labels=ORDERS),
    Param(
        "rate", "Rate", "", 0, len(RATES) - 1, RATES.index("1/16"), curve="enum", labels=RATES, doc="Length of a step."
    ),
    Param("octaves", "Octaves", "oct", 1, 4, 1, stepped=True, doc="Over how many the order runs."),
    Param("gate", "Gate", "", 0.05, 2.0, 0.6, doc="Share of a step that sounds; above 1 notes overlap."),
    Param("swing", "Swing", "", 1.0, 3.0, 1.0, doc="Length of a step against the next; 2: triplets."),
    Param("velocity", "Velocity", "", 0.0, 1.0, 0.0, doc="Of every note; 0: as the key was struck."),
    Param("accent", "Accent", "", 0.0, 1.0, 0.2, doc="How much louder the steps on the beat are."),
    Param("latch", "Latch", curve="bool", doc="Goes on without you; the next keys take the place of the last."),
)
P = ids(PARAMS)
STATE = np.dtype(
    [("free_beat", "f8"), ("began", "i8"), ("waits", "i8"), ("dice", "i8"), ("latched", "i8"), *HELD, *OWN], align=True
)
"""began: the step on which the order began, waits: it begins on the next."""


@inner
def _sorted_row(state, rank):
    """The held key that has `rank` keys below it."""
    for row in range(state.n_held):
        below = 0
        for other in range(state.n_held):
            a, b = state.held_key[other], state.held_key[row]
            below += a < b or (a == b and other < row)
        if below == rank:
            return row
    return 0


@inner
def _turn(state, place, span, order):
    """Which of `span` places of the order comes at step `place`."""
    if order == RANDOM:
        return min(span - 1, np.int64(throw(state) * span))
    if order == UP_DOWN and span > 1:
        around = place % (2 * span - 2)
        return around if around < span else 2 * span - 2 - around
    around = place % span
    return span - 1 - around if order == DOWN else around


@inner
def _strike(block, state, row, octave, offset, beats, loudness):
    clock = transport(block)
    length = max(32.0, span(block, beats))
    own = np.float64(value(block, P.velocity))
    velocity = (own if own > 0.0 else np.float64(state.held_velocity[row])) * loudness
    key = np.int64(state.held_key[row]) + 12 * octave
    while key > 127:
        key -= 12
    begin_own(
        block,
        state,
        offset,
        max(0, state.held_channel[row]),
        key,
        velocity,
        state.held_id[row],
        clock.sample + offset + length,
    )


@inner
def _step(block, state, number, offset, step):
    """One step: a note of the order, or the whole chord."""
    if state.n_held == 0:
        return
    if state.waits != 0:
        state.began, state.waits = number, 0
    order, octaves = np.int64(value(block, P.order)), np.int64(value(block, P.octaves) + 0.5)
    accent = 1.0 + np.float64(value(block, P.accent)) * (0.35 if (number * step) % 1.0 < 1e-6 else -0.2)
    beats = step * np.float64(value(block, P.gate))
    place = number - state.began
    if order == CHORD:
        for row in range(state.n_held):
            _strike(block, state, row, place % octaves, offset, beats, accent)
        return
    turn = _turn(state, place, state.n_held * octaves, order)
    rank = turn % state.n_held
    row = rank if order == PLAYED else _sorted_row(state, rank)
    _strike(block, state, row, turn // state.n_held, offset, beats, accent)


@inner
def _steps(block, state, begin, end):
    """The steps from one frame of the quantum to another."""
    step, swing = note_beats(block, np.int64(value(block, P.rate)) + 1), np.float64(value(block, P.swing))
    beat = clock_beat(block, state)
    first = first_step(block, beat, step, begin)
    for number in range(first, first + STEPS_AT_MOST):
        offset = step_offset(block, beat, step, number, swing)
        if begin <= offset < end:
            _step(block, state, number, offset, step)


@inner
def _hear(block, state, index, latch):
    e = event(block, index)
    if e.kind == NOTE_ON and e.key >= 0:
        if state.n_down == 0:
            lift_all(state, -1)
            start_clock(block, state, e.offset)
            state.waits = 1
        press(state, e)
    elif ends(e):
        if lift(state, e.note_id, latch and e.kind == NOTE_OFF) and e.kind == NOTE_CHOKE:
            end_everything(block, state, e.channel, e.offset, NOTE_CHOKE)
    elif ends_all(e):
        lift_all(state, e.channel)
        end_everything(block, state, e.channel, e.offset, NOTE_OFF)
        if e.kind != NOTE_OFF:
            pass_on(block, index)
    elif not of_one_key(e):
        pass_on(block, index)


@device(name="arpeggiator", title="Arpeggiator", kind="midi", params=PARAMS, state=STATE, tables=note_values)
def process(block, state):
    """With the song its steps lie on the song's, wherever that jumps; while it stands still they begin with the first key."""
    latch = value(block, P.latch) >= np.float32(0.5)
    if not latch and state.latched != 0:
        drop_latched(state)
    state.latched = 1 if latch else 0
    end_due(block, state)
    done = np.int64(0)
    for index in range(block.n_events):
        offset = np.int64(event(block, index).offset)
        _steps(block, state, done, offset)
        _hear(block, state, index, latch)
        done = offset
    _steps(block, state, done, block.frames)
    end_due(block, state)
    move_clock(block, state)
