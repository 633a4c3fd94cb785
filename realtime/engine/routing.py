"""Which device hears which event of a quantum, and which notes each plan still has to end; [audio].

A plan keeps account of every note it was given (HOLD), so that the end of a note, and what its finger does meanwhile, goes
to the very tracks that play it: through a switch of scenes, a track that goes on in another plan, and edits of the splits.
"""

from __future__ import annotations

import numpy as np

from realtime.contract.block import BLOCK
from realtime.contract.events import (
    BEND,
    CHANNEL_PRESSURE,
    EVENT,
    EVENT_BYTES,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    TIMBRE,
)
from realtime.engine.layout import (
    CHASE_ROOM,
    HOLD,
    LIVE,
    MAX_HOLDS,
    MAX_TRACK_BITS,
    NODE_EVENTS,
    PLACE,
    ROUTE,
    hold_at,
    node_at,
    place_at,
    route_at,
)
from realtime.engine.sources import WHOLE
from realtime.native.jit import audio
from realtime.native.memory import copy_memory, load_i32, load_i64, record_view

LANE_SHIFT = 8
"""An event's entry in `event_sources` is its source, and above this bit the lane of the player it is from."""
_HOLD_BYTES = HOLD.itemsize
_ROUTE_BYTES = ROUTE.itemsize
_PLACE_BYTES = PLACE.itemsize
_ROOM = NODE_EVENTS + CHASE_ROOM

_event_at = record_view(EVENT)
_block_at = record_view(BLOCK)


@audio
def hears(route, event, source, lane):
    """Whether an event is for a route: by source, lane, channel, key and velocity."""
    if (route.sources >> source) & 1 == 0 or (route.lane >= 0 and route.lane != lane):
        return False
    if event.channel >= 0 and (route.channels >> event.channel) & 1 == 0:
        return False
    if event.key >= 0 and (event.key < route.key_low or event.key > route.key_high):
        return False
    return event.kind != NOTE_ON or route.velocity_low <= event.value <= route.velocity_high


@audio
def give(engine, route, record, room):
    """Append the event at address `record` to what the route's device hears in this quantum."""
    block = _block_at(route.block)
    count = block.n_events
    if count >= room:
        engine.dropped_events += 1
        return
    target = block.events + EVENT_BYTES * count
    copy_memory(target, record, EVENT_BYTES)
    event = _event_at(target)
    if event.key >= 0:
        event.key += route.transpose
    block.n_events = count + 1


# -- the account of notes ---------------------------------------------------------------------------------------------


@audio
def _add_hold(plan, note_id, channel, tracks):
    if plan.n_holds >= MAX_HOLDS:
        plan.lost_holds += 1
        return
    hold = hold_at(plan.holds + _HOLD_BYTES * plan.n_holds)
    hold.note_id = note_id
    hold.channel = channel
    hold.tracks = tracks
    plan.n_holds += 1


@audio
def _find_hold(plan, note_id):
    index = plan.n_holds - 1
    while index >= 0 and load_i32(plan.holds + _HOLD_BYTES * index) != note_id:
        index -= 1
    return index


@audio
def _end_hold(plan, index):
    plan.n_holds -= 1
    copy_memory(plan.holds + _HOLD_BYTES * index, plan.holds + _HOLD_BYTES * plan.n_holds, _HOLD_BYTES)


@audio
def _holds_channel(plan, channel):
    """Whether a note of a channel (-1: any) has not ended."""
    if plan.lost_holds > 0 or (channel < 0 and plan.n_holds > 0):
        return True
    for index in range(plan.n_holds):  # noqa: SIM110 (a generator allocates)
        if hold_at(plan.holds + _HOLD_BYTES * index).channel == channel:
            return True
    return False


@audio
def carry_holds(former, plan, all_of_them):
    """A plan follows another: notes of the tracks that go on are its own now. all_of_them: the rest is gone (an edit)."""
    count, left = former.n_holds, 0
    for index in range(count):
        hold = hold_at(former.holds + _HOLD_BYTES * index)
        moved, stays = np.int64(0), np.int64(0)
        for bit in range(MAX_TRACK_BITS + 1):
            if (hold.tracks >> bit) & 1 == 0:
                continue
            to = load_i64(plan.carried + 8 * bit)
            if to >= 0:
                moved |= np.int64(1) << to
            else:
                stays |= np.int64(1) << np.int64(bit)
        if moved != 0:
            _add_hold(plan, hold.note_id, hold.channel, moved)
        if stays != 0 and not all_of_them:
            hold.tracks = stays
            if left != index:
                copy_memory(former.holds + _HOLD_BYTES * left, former.holds + _HOLD_BYTES * index, _HOLD_BYTES)
            left += 1
    former.n_holds = left
    if all_of_them:
        plan.lost_holds += former.lost_holds


# -- routing ----------------------------------------------------------------------------------------------------------


@audio
def _runs(plan, route):
    """Whether this plan runs the route's device: a track that goes on has left its former plan."""
    return node_at(route.node).runs_in == plan.serial


@audio
def _give_all(engine, plan, record, source, lane):
    """An event to all that hear it; bit mask of their tracks."""
    tracks = np.int64(0)
    event = _event_at(record)
    for number in range(plan.n_routes):
        route = route_at(plan.routes + _ROUTE_BYTES * number)
        if _runs(plan, route) and hears(route, event, source, lane):
            give(engine, route, record, _ROOM)
            tracks |= np.int64(1) << route.track
    return tracks


@audio
def _give_note(engine, plan, record, source, lane):
    """What belongs to a note that sounds (its end, its pressure): to the tracks that play it."""
    event = _event_at(record)
    index = _find_hold(plan, event.note_id)
    ends = event.kind == NOTE_OFF
    if index < 0:
        if plan.lost_holds > 0:
            _give_all(engine, plan, record, source, lane)
            if ends:
                plan.lost_holds -= 1
        return
    tracks = hold_at(plan.holds + _HOLD_BYTES * index).tracks
    for number in range(plan.n_routes):
        route = route_at(plan.routes + _ROUTE_BYTES * number)
        # each device has one route for all that it hears whole: there what belongs to a note comes in, once
        if route.lane == WHOLE and (tracks >> route.track) & 1 != 0 and _runs(plan, route):
            give(engine, route, record, _ROOM)
    if ends:
        _end_hold(plan, index)


@audio
def _concerns(plan, event):
    """Whether what a channel does concerns a plan: a former one hears what moves the notes that it still holds."""
    if plan.mode <= LIVE:
        return True
    kind = event.kind
    if kind in (BEND, CHANNEL_PRESSURE, TIMBRE):
        return _holds_channel(plan, event.channel)
    return kind != PROGRAM


@audio
def route_events(engine, plan):
    """Copy the quantum's events into the devices they are routed to; a plan that rings takes no new notes."""
    if plan.chased == 0:
        for index in range(plan.n_places):
            place = place_at(plan.places + _PLACE_BYTES * index)
            if place.takes_events != 0 and node_at(place.node).runs_in == plan.serial:
                _block_at(place.block).n_events = 0
    plan.chased = 0
    for index in range(engine.n_events):
        record = engine.events + EVENT_BYTES * index
        event = _event_at(record)
        origin = load_i32(engine.event_sources + 4 * index)
        source, lane = origin % (1 << LANE_SHIFT), origin >> LANE_SHIFT
        if event.kind == NOTE_ON:
            if plan.mode > LIVE:
                continue
            tracks = _give_all(engine, plan, record, source, lane)
            if tracks != 0:
                _add_hold(plan, event.note_id, event.channel, tracks)
        elif event.note_id > 0:
            _give_note(engine, plan, record, source, lane)
        elif _concerns(plan, event):
            _give_all(engine, plan, record, source, lane)
