"""What a plan that begins is told of the hands before its first note: pedals, wheels, bends, pressures as they stand; [audio].

(Sequencers call it "event chasing".) Programs are not told: a scene has its own sounds.
"""

from __future__ import annotations

import numpy as np

from realtime.contract.block import BLOCK
from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, EVENT, TIMBRE
from realtime.engine.layout import CHASE_ROOM, MAX_SOURCES, PLAYER_SOURCE, ROUTE, engine_at, plan_at, route_at
from realtime.engine.routing import give, hears
from realtime.midi.keeper import ROWS, WIDE, keeper_at
from realtime.midi.mpe import bend_semitones, pressure_of, timbre_of
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import record_view

_ROUTE_BYTES = ROUTE.itemsize
_event_at = record_view(EVENT)
_block_at = record_view(BLOCK)
_EXPRESSION, _OTHERS = range(2)
_MIDDLE = 64
_WHEELS = 1 << 1 | 1 << 2 | 1 << 11
_PEDALS = 0b111111 << (64 - 64)
"""Controllers 64..69, as bits of the upper half."""
_SELECTS = 1 << 0 | 1 << 6 | 1 << 32 | 1 << 38, 0b111111 << (96 - 64) | 1 << (122 - 64)
"""Bank select, data entry, (N)RPN and local control, as bits of both halves: they begin something, they are no state."""


@audio
def _tell(engine, plan, source, row, kind, number, value):
    """One controller to all devices that begin and hear it."""
    event = _event_at(engine.spare)
    event.offset = 0
    event.kind = kind
    event.channel = row if row < WIDE else -1
    event.key = -1
    event.number = number
    event.note_id = 0
    event.value = np.float32(value)
    event.value2 = np.float32(0.0)
    event.time = engine.transport.sample
    lane = np.int64(0)
    if source >= PLAYER_SOURCE and row < WIDE:
        lane = (engine.player_lanes[source - PLAYER_SOURCE] >> np.int64(4 * row)) & np.int64(15)
    for index in range(plan.n_routes):
        route = route_at(plan.routes + _ROUTE_BYTES * index)
        if route.fresh != 0 and hears(route, event, source, lane):
            give(engine, route, engine.spare, CHASE_ROOM)


@audio
def _chase_controllers(engine, plan, k, source, row, half, wanted):
    """The controllers of one half (0: 0..63, 1: 64..127) that were ever received and are in the mask."""
    known = k.known[row, half] & wanted
    number = np.int64(64 * half)
    while known != 0:
        if known & 1 != 0:
            _tell(engine, plan, source, row, CC, number, np.int64(k.cc[row, number] & 0x7F) / 127.0)
        known = (known >> 1) & np.int64(0x7FFFFFFFFFFFFFFF)
        number += 1


@audio
def _chase_row(engine, plan, k, source, row, what):
    if what == _OTHERS:
        _chase_controllers(engine, plan, k, source, row, 0, ~np.int64(_SELECTS[0] | _WHEELS))
        _chase_controllers(engine, plan, k, source, row, 1, ~np.int64(_SELECTS[1] | _PEDALS))
        return
    bend, pressure, timbre = bend_semitones(k, row), pressure_of(k, row), timbre_of(k, row)
    if bend != 0.0:
        _tell(engine, plan, source, row, BEND, 0, bend)
    if pressure != 0:
        _tell(engine, plan, source, row, CHANNEL_PRESSURE, 0, pressure / 127.0)
    if timbre != _MIDDLE:
        _tell(engine, plan, source, row, TIMBRE, 74, timbre / 127.0)
    _chase_controllers(engine, plan, k, source, row, 0, np.int64(_WHEELS))
    _chase_controllers(engine, plan, k, source, row, 1, np.int64(_PEDALS))


@audio_entry(void(int64, int64))
def chase_stage(engine_address, plan_address):
    """Give the state of all controllers to the devices of a plan that begin with it; the most important first."""
    engine, plan = engine_at(engine_address), plan_at(plan_address)
    for index in range(plan.n_routes):
        _block_at(route_at(plan.routes + _ROUTE_BYTES * index).block).n_events = 0
    for what in range(2):
        for source in range(MAX_SOURCES):
            k = keeper_at(engine.keepers + engine.keeper_bytes * source)
            if k.touched == 0:
                continue
            for row in range(ROWS):
                if (k.touched >> row) & 1 != 0:
                    _chase_row(engine, plan, k, np.int64(source), np.int64(row), what)
    plan.chased = 1
