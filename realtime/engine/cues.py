"""Messages that switch to a plan made ready, in the block and at the sample at which they arrive; [audio]."""

from __future__ import annotations

import math

import numpy as np

from realtime.engine.layout import (
    CUE,
    CUE_CONTROLLER,
    CUE_NOTE,
    CUE_PROGRAM,
    CUES_HEAD_BYTES,
    ENGINE,
    INCOMING,
    MAX_PLANS,
    SWITCH_MISSED,
    address_of,
    cue_at,
    engine_at,
    incoming_at,
    plan_at,
)
from realtime.engine.takeover import follower_of, take_plan, tell_switched
from realtime.midi.keeper import keeper_at
from realtime.native.atomics import compare_exchange, load_acquire
from realtime.native.jit import audio, audio_entry, int64
from realtime.native.memory import field_offset, load_i64

_NEXT_PLAN, _DUE_PLAN, _CUES = (field_offset(ENGINE, name) for name in ("next_plan", "due_plan", "cues"))
_CUE_BYTES, _INCOMING_BYTES = CUE.itemsize, INCOMING.itemsize
_STATUS_PROGRAM, _STATUS_CONTROLLER, _STATUS_NOTE = 0xC0, 0xB0, 0x90
_ANY = -1
PASSES, TAKEN = 0, 1


@audio
def _kind_of(message):
    """CUE kind of a raw message, or -1."""
    status = message.data[0] & 0xF0
    if message.size == 2 and status == _STATUS_PROGRAM:
        return CUE_PROGRAM
    if message.size == 3 and status == _STATUS_CONTROLLER:
        return CUE_CONTROLLER
    if message.size == 3 and status == _STATUS_NOTE and message.data[2] > 0:
        return CUE_NOTE
    return -1


@audio
def _find(engine, message):
    """Address of the first cue of a message, whatever its value; 0 = none."""
    table = load_acquire(address_of(engine) + _CUES)
    kind = _kind_of(message) if table != 0 else -1
    if kind < 0:
        return 0
    channel, number = message.data[0] & 15, message.data[1]
    keeper = keeper_at(engine.keepers + engine.keeper_bytes * message.source)
    for index in range(load_i64(table)):
        address = table + CUES_HEAD_BYTES + _CUE_BYTES * index
        cue = cue_at(address)
        if cue.kind != kind or cue.number != number:
            continue
        if (cue.sources >> message.source) & 1 == 0 or (cue.channels >> channel) & 1 == 0:
            continue
        if kind == CUE_PROGRAM and cue.bank != _ANY and cue.bank != keeper.bank[channel]:
            continue
        return address
    return 0


@audio
def _fires(engine, cue, message):
    """Whether the value is in the cue's range; a controller only as it comes into it, so that a pedal fires once."""
    if cue.kind == CUE_PROGRAM:
        return True
    value = message.data[2]
    inside = cue.low <= value <= cue.high
    if cue.kind == CUE_CONTROLLER:
        keeper = keeper_at(engine.keepers + engine.keeper_bytes * message.source)
        row, number = message.data[0] & 15, message.data[1]
        before = keeper.cc[row, number] & 0x7F
        keeper.cc[row, number] = value
        return inside and not cue.low <= before <= cue.high
    return inside


@audio
def _fire(engine, cue):
    """Take the cue's plan now; if it cannot be taken, [main] is told to switch."""
    address = follower_of(engine, cue.plan)
    if address == 0:
        tell_switched(engine, SWITCH_MISSED, plan_at(cue.plan).serial, cue.id)
        return
    plan_at(address).tail_s = cue.tail_s
    if engine.plans[MAX_PLANS - 1] == 0:
        take_plan(engine, address, cue.id)
    elif compare_exchange(address_of(engine) + _NEXT_PLAN, 0, address) == 0:
        tell_switched(engine, SWITCH_MISSED, plan_at(address).serial, cue.id)


@audio_entry(int64(int64, int64))
def cue_stage(engine_address, message_address):
    """Carry out a message if it is a cue; TAKEN: it goes no further."""
    engine, message = engine_at(engine_address), incoming_at(message_address)
    found = _find(engine, message)
    if found == 0:
        return PASSES
    if _fires(engine, cue_at(found), message):
        _fire(engine, cue_at(found))
        return TAKEN
    # the velocities of a note that are not the cue's are played; a controller's way back is not
    return PASSES if cue_at(found).kind == CUE_NOTE else TAKEN


@audio
def frames_to_switch(engine, at, frames):
    """The longest quantum up to `frames`, from frame `at` of the block, in which no switch comes after its first sample."""
    address = load_acquire(address_of(engine) + _DUE_PLAN)
    if address != 0:
        left = math.ceil((plan_at(address).due_beat - engine.clock_beat) / engine.transport.beats_per_sample - 0.5)
        if 0 < left < frames:
            frames = np.int64(left)
    if load_acquire(address_of(engine) + _CUES) == 0:
        return frames
    for index in range(engine.next_incoming, engine.n_incoming):
        message = incoming_at(engine.incoming + _INCOMING_BYTES * index)
        if message.offset >= at + frames:
            break
        if message.offset > at and _find(engine, message) != 0:
            return np.int64(message.offset - at)
    return frames
