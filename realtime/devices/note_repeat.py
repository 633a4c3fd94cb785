"""Note repeat: a held pad strikes again and again on the song's beat, as hard as it is pressed; a midi device, stands before
an instrument; [audio]."""

import numpy as np

from realtime.contract.block import event, pass_on, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE
from realtime.devices.arpeggiator import RATES
from realtime.devices.held_keys import (
    HELD,
    OWN,
    STEPS_AT_MOST,
    begin_own,
    clock_beat,
    end_due,
    end_everything,
    ends,
    ends_all,
    find_key,
    first_step,
    lift,
    lift_all,
    move_clock,
    note_beats,
    note_values,
    press,
    start_clock,
    step_offset,
)
from realtime.devices.notes import inner
from realtime.dsp.tempo import span

PARAMS = (
    Param("on", "On", curve="bool", default=1.0, doc="Off: keys play as ever; for a pedal or a pad."),
    Param("rate", "Rate", "", 0, len(RATES) - 1, RATES.index("1/16"), curve="enum", labels=RATES),
    Param("first", "First stroke", "", 0, 1, 0, curve="enum", labels=("at once", "on the grid")),
    Param("gate", "Gate", "", 0.05, 1.0, 0.5, doc="Share of a step that sounds."),
    Param("swing", "Swing", "", 1.0, 3.0, 1.0, doc="Length of a step against the next; 2: triplets."),
    Param("pressure", "Pressure", "", 0.0, 1.0, 1.0, doc="How far pressure takes the place of the first velocity."),
)
P = ids(PARAMS)
STATE = np.dtype([("free_beat", "f8"), *HELD, *OWN], align=True)
NEAR = 0.35
"""A step so soon (share of a step) after a first stroke at once is left out."""


@inner
def _strike(block, state, row, offset):
    clock = transport(block)
    beats = note_beats(block, np.int64(value(block, P.rate)) + 1) * np.float64(value(block, P.gate))
    end = clock.sample + offset + max(32.0, span(block, beats))
    channel = max(0, state.held_channel[row])
    begin_own(
        block, state, offset, channel, np.int64(state.held_key[row]), state.held_velocity[row], state.held_id[row], end
    )


@inner
def _steps(block, state, begin, end):
    step, swing = note_beats(block, np.int64(value(block, P.rate)) + 1), np.float64(value(block, P.swing))
    beat, on = clock_beat(block, state), value(block, P.on) >= np.float32(0.5)
    first = first_step(block, beat, step, begin)
    for number in range(first, first + STEPS_AT_MOST):
        offset = step_offset(block, beat, step, number, swing)
        if begin <= offset < end:
            now = transport(block).sample + offset
            for row in range(state.n_held if on else 0):
                if now - state.struck[row] > span(block, NEAR * step):
                    _strike(block, state, row, offset)


@inner
def _press(block, state, e):
    if state.n_down == 0:
        start_clock(block, state, e.offset)
    press(state, e)
    row = find_key(state, e.note_id)
    if row < 0:
        return
    if value(block, P.first) < np.float32(0.5):
        _strike(block, state, row, e.offset)
        state.struck[row] = transport(block).sample + e.offset


@inner
def _hear(block, state, index):
    e = event(block, index)
    if e.kind == NOTE_ON and e.key >= 0 and value(block, P.on) >= np.float32(0.5):
        _press(block, state, e)
    elif ends(e):
        if not lift(state, e.note_id, False):
            pass_on(block, index)
        elif e.kind == NOTE_CHOKE:
            end_everything(block, state, e.channel, e.offset, NOTE_CHOKE)
    elif e.kind == PRESSURE and e.key >= 0 and find_key(state, e.note_id) >= 0:
        row, share = find_key(state, e.note_id), value(block, P.pressure)
        state.held_velocity[row] += share * (max(np.float32(0.02), e.value) - state.held_velocity[row])
    elif ends_all(e):
        lift_all(state, e.channel)
        end_everything(block, state, e.channel, e.offset, NOTE_OFF)
        if e.kind != NOTE_OFF:
            pass_on(block, index)
    else:
        pass_on(block, index)


@device(name="note_repeat", title="Note repeat", kind="midi", params=PARAMS, state=STATE, tables=note_values)
def process(block, state):
    """With the song the strokes lie on the song's, wherever that jumps; while it stands still they count from the first key."""
    end_due(block, state)
    done = np.int64(0)
    for index in range(block.n_events):
        offset = np.int64(event(block, index).offset)
        _steps(block, state, done, offset)
        _hear(block, state, index)
        done = offset
    _steps(block, state, done, block.frames)
    end_due(block, state)
    move_clock(block, state)
