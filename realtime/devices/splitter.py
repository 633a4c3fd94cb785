"""Splitter: sends notes to two channels by key, by touch or in turn; a midi device, stands before an instrument of many
channels; [audio]."""

import numpy as np

from realtime.contract.block import emit, event, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import BEND, NOTE_ON, PROGRAM
from realtime.devices.held_keys import of_one_key
from realtime.devices.mapped_notes import MAP, follow, pass_other, send_as
from realtime.devices.notes import inner

WAYS = ("key", "velocity", "in turn")
BY_KEY, BY_VELOCITY, IN_TURN = range(3)
PARAMS = (
    Param("by", "Split by", "", 0, 2, BY_KEY, curve="enum", labels=WAYS),
    Param(
        "split_key", "Split key", "", 0, 127, 60, stepped=True, doc="The lowest key of the upper channel; 60: middle C."
    ),
    Param("split_velocity", "Split velocity", "", 0.0, 1.0, 0.7, doc="From this touch on: the upper channel."),
    Param("lower_channel", "Lower channel", "", 1, 16, 1, stepped=True),
    Param("upper_channel", "Upper channel", "", 1, 16, 2, stepped=True),
    Param("lower_octaves", "Lower octaves", "oct", -4, 4, 0, stepped=True),
    Param("upper_octaves", "Upper octaves", "oct", -4, 4, 0, stepped=True),
)
P = ids(PARAMS)
STATE = np.dtype([("turn", "i8"), *MAP], align=True)


@inner
def _is_upper(block, state, e):
    way = np.int64(value(block, P.by))
    if way == BY_KEY:
        return e.key >= np.int64(value(block, P.split_key) + np.float32(0.5))
    if way == BY_VELOCITY:
        return e.value >= value(block, P.split_velocity)
    state.turn += 1
    return state.turn % 2 == 0


@inner
def _send_note(block, state, index, lower, upper):
    e = event(block, index)
    above = _is_upper(block, state, e)
    octaves = value(block, P.upper_octaves) if above else value(block, P.lower_octaves)
    key = np.int64(e.key) + 12 * np.int64(np.round(octaves))
    while key > 127:
        key -= 12
    while key < 0:
        key += 12
    send_as(block, state, index, upper if above else lower, key, e.value)


@device(name="splitter", title="Splitter", kind="midi", params=PARAMS, state=STATE)
def process(block, state):
    """Wheels, pedals and pressure of a channel go to both."""
    lower = np.int64(value(block, P.lower_channel) + np.float32(0.5)) - 1
    upper = np.int64(value(block, P.upper_channel) + np.float32(0.5)) - 1
    for index in range(block.n_events):
        e = event(block, index)
        if of_one_key(e):
            if e.kind == NOTE_ON:
                _send_note(block, state, index, lower, upper)
            else:
                follow(block, state, index)
        elif e.channel >= 0 and BEND <= e.kind <= PROGRAM:
            emit(block, e.offset, e.kind, lower, e.key, e.note_id, e.number, e.value)
            if upper != lower:
                emit(block, e.offset, e.kind, upper, e.key, e.note_id, e.number, e.value)
        else:
            pass_other(block, state, index)
