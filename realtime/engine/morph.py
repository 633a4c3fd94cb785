"""A morph in the callback: one position moves every value between two snapshots, in the block in which it changes; [audio].

Whatever writes the position (a bound control, the tree) writes one float. Once a quantum it is looked at; if it has moved,
all values of the published MORPH go to where they are on the way: knobs glide there as if they had been turned, switches
switch in the middle. A value that somebody else has moved since the morph put it there stays. Tables: `morph_table.py`.
"""

from __future__ import annotations

import math

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.limits import SILENT_DB
from realtime.engine.bindings import announce
from realtime.engine.clockwork import set_metre, set_tempo, tell_parameter, tell_players
from realtime.engine.layout import (
    ENGINE,
    MASTER_GAIN,
    PLAYER_PARAM,
    PLAYER_ROW,
    SET_SIGNATURE,
    SET_TEMPO,
    engine_at,
    plan_at,
)
from realtime.native.atomics import load_acquire
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import field_offset, load_f32, record_view, store_f32

MOST_MORPHED = 1024
CELL = 0
"""Kind of a value that is a float32 at an address; the others are commands of the same names."""
STRAIGHT, RATIOS, SWITCHES = range(3)
"""How a value goes from one end to the other: by equal steps, by equal ratios, or in the middle, at once."""

MORPHED = np.dtype(
    [
        ("kind", "i8"),
        ("cell", "i8"),
        ("uid", "i8"),  # of the device that wants to be told at the very frame, 0 = none
        ("row", "i8"),
        ("number", "i8"),  # of a player and its row, as in a command
        ("law", "i8"),
        ("first", "f8", (2,)),  # the second value is the unit of a metre
        ("last", "f8", (2,)),
        # written by the callback
        ("value", "f8"),  # that it was set to, in real units; NaN = not yet
        ("put", "f8"),  # the same as it lies in the engine: if something else lies there, somebody has moved it
        ("left", "i8"),  # 1: of a player's, somebody has moved it; written by [main], who alone knows
    ],
    align=True,
)
MORPH = np.dtype(
    [
        ("entries", "i8"),
        ("count", "i8"),
        ("family", "i8"),  # of the plan whose values these are
        ("applied", "f8"),  # the position they were set for; NaN = none
    ],
    align=True,
)
_morph_at, _morphed_at = record_view(MORPH), record_view(MORPHED)
_MORPH, _MORPHED_BYTES = field_offset(ENGINE, "morph"), MORPHED.itemsize
_TRANSPORT = wire.TRANSPORT


@audio
def _between(entry, which, position):
    first, last = entry.first[which], entry.last[which]
    if entry.law == SWITCHES:
        return first if position < 0.5 else last
    if position <= 0.0 or position >= 1.0:
        return last if position > 0.5 else first
    if entry.law == RATIOS:
        return first * math.pow(last / first, position)
    return first + (last - first) * position


@audio
def _there(engine, entry):
    """What lies where the value goes now."""
    if entry.kind == CELL:
        return np.float64(load_f32(entry.cell))
    if entry.kind == SET_TEMPO:
        return engine.transport.tempo_bpm
    if entry.kind == MASTER_GAIN:
        return np.float64(engine.master_target)
    if entry.kind == SET_SIGNATURE:
        return engine.transport.numerator * 64.0 + engine.transport.denominator
    return entry.put  # what players have, they alone know


@audio
def _put(engine, entry, value, second):
    if entry.kind == CELL:
        store_f32(entry.cell, np.float32(value))
        if entry.uid != 0:
            announce(engine, entry.uid, entry.row, np.float32(value), 0)
    elif entry.kind == SET_TEMPO:
        set_tempo(engine, value)
        tell_players(engine, _TRANSPORT)
    elif entry.kind == MASTER_GAIN:
        gain = 0.0 if value <= SILENT_DB else math.pow(10.0, value / 20.0)
        engine.master_target = np.float32(gain)
    elif entry.kind == SET_SIGNATURE:
        set_metre(engine, int(value), int(second))
    elif entry.kind == PLAYER_PARAM:
        tell_parameter(engine, entry.number // PLAYER_ROW, entry.number % PLAYER_ROW, value)


@audio
def _go(engine, entry, position):
    if entry.left != 0:
        return
    set_before = entry.put == entry.put
    if set_before and _there(engine, entry) != entry.put:
        return
    value, second = _between(entry, 0, position), 0.0
    if entry.kind == SET_SIGNATURE:
        second = _between(entry, 1, position)
    if entry.value == value and set_before:
        return
    entry.value = value
    _put(engine, entry, value, second)
    entry.put = 0.0
    entry.put = _there(engine, entry)


@audio_entry(void(int64))
def move_morph_stage(engine_address):
    """Follow the position, if it has moved since."""
    engine = engine_at(engine_address)
    address = load_acquire(engine_address + _MORPH)
    if address == 0:
        return
    morph = _morph_at(address)
    position = np.float64(engine.morph_position)
    if position == morph.applied or not 0.0 <= position <= 1.0 or engine.plans[0] == 0:
        return
    if plan_at(engine.plans[0]).family != morph.family:
        return
    morph.applied = position
    for index in range(morph.count):
        _go(engine, _morphed_at(morph.entries + _MORPHED_BYTES * index), position)
