"""Running one plan for one quantum: parameters, process, bypass, guard, load; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import BLOCK
from realtime.contract.events import EVENT, EVENT_BYTES, NOTE_OFF, NOTE_ON, PARAMETER, sorted_place
from realtime.contract.motion import advance_modulated, advance_params, glide_coefficient
from realtime.engine.alignment import FADE_FRAMES, carry_over, delay_at, move_on, put, smooth, steer, take
from realtime.engine.layout import (
    AUTOMATION,
    CHASE_ROOM,
    MAX_AUTOMATION,
    NODE,
    NODE_EVENTS,
    OF_MASTER,
    PARAMETER_ROOM,
    PLACE,
    automation_at,
    engine_at,
    node_at,
    place_at,
    plan_at,
)
from realtime.engine.mix import fallen
from realtime.engine.played_out import send_played
from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import (
    copy_memory,
    f32_view,
    field_offset,
    i32_view,
    load_f32,
    load_i64,
    record_view,
    store_f32,
    zero_memory,
)
from realtime.native.ring import ring_pop

_call_process = caller(void, int64, int64)
_block_at = record_view(BLOCK)
_event_at = record_view(EVENT)
_PLACE_BYTES = PLACE.itemsize
_AUTOMATION_BYTES = AUTOMATION.itemsize
_DRY, _LEVEL = field_offset(NODE, "dry"), field_offset(NODE, "level")

_LOUDEST_BITS = int(np.float32(64.0).view(np.int32))
"""36 dB above full scale: beyond it a device has run away. NaN and Inf compare above as integers too."""
_CLEAN_BYTES = 65536
"""Scratch memory wiped in a quantum after a fault: a big delay line must not make one callback late."""
_REST_QUANTA = 40


@audio
def _highest(samples, frames):
    """Bits of the highest magnitude of a view: one integer comparison a sample, for positive floats compare as integers."""
    worst = np.int32(0)
    for i in range(frames):
        worst = max(worst, samples[i] & np.int32(0x7FFFFFFF))
    return worst


@audio
def _level(place, block, frames):
    """The level of the main output as it goes on."""
    node = node_at(place.node)
    level = i32_view(place.node + _LEVEL, 1)
    for channel in range(min(node.channels_out, block.outputs)):
        level[0] = max(level[0], _highest(i32_view(load_i64(block.audio_out + 8 * channel), frames), frames))


@audio
def _clear_outputs(block, frames):
    for channel in range(block.outputs):
        zero_memory(load_i64(block.audio_out + 8 * channel), 4 * frames)


@audio
def _restart(node, place):
    """Let a device forget its past, and rest while its memory is wiped."""
    if node.reset != 0:
        _call_process(node.reset, place.block, node.state)
    else:
        copy_memory(node.state, node.pristine, node.state_bytes)
    node.muted_quanta = _REST_QUANTA + 4 * _block_at(place.block).heap_floats // _CLEAN_BYTES + 1


@audio
def restart_nodes(plan):
    """Every device of a plan forgets its past: the tails are cut (panic)."""
    for index in range(plan.n_places):
        place = place_at(plan.places + _PLACE_BYTES * index)
        if place.uid != 0:
            _restart(node_at(place.node), place)


@audio
def _rest(node, block, frames):
    node.muted_quanta -= 1
    at = node.muted_quanta - _REST_QUANTA
    total = 4 * block.heap_floats
    if at >= 0 and at * _CLEAN_BYTES < total:
        zero_memory(block.heap + at * _CLEAN_BYTES, min(_CLEAN_BYTES, total - at * _CLEAN_BYTES))
    _clear_outputs(block, frames)


@audio
def _cross_to_dry(node, dry, block, goal, frames):
    """Blend the outputs with the (latency-aligned) inputs by the bypass share, which moves over the quantum."""
    start = node.bypass_now
    step = np.float32(1.0 / FADE_FRAMES)
    share = start
    scratch = node.scratch
    for channel in range(block.outputs):
        out = f32_view(load_i64(block.audio_out + 8 * channel), frames)
        share = start
        if node.channels_in > 0:
            take(dry, min(channel, node.channels_in - 1), scratch, frames)
            for i in range(frames):
                share = min(goal, share + step) if goal > start else max(goal, share - step)
                out[i] += smooth(share) * (scratch[i] - out[i])
        else:
            for i in range(frames):
                share = min(goal, share + step) if goal > start else max(goal, share - step)
                out[i] *= np.float32(1.0) - smooth(share)
    node.bypass_now = share


@audio
def _advance(node, block, frames):
    coefficient = glide_coefficient(frames, block.sample_rate)
    if node.modulated != 0:
        advance_modulated(
            node.motion[0], node.motion[1], node.motion[2], node.motion[3], node.motion[5], node.motion[4],
            node.motion[6], block.n_params, coefficient,
        )  # fmt: skip
    else:
        advance_params(
            node.motion[0], node.motion[1], node.motion[2], node.motion[3], node.motion[4], block.n_params, coefficient
        )


@audio
def add_event(block, record, room):
    """Insert a copy of the event at address `record`; True if there was room."""
    if block.n_events >= room:
        return False
    offset = _event_at(record).offset
    at = sorted_place(block.events, block.n_events, offset)
    copy_memory(block.events + EVENT_BYTES * at, record, EVENT_BYTES)
    block.n_events += 1
    return True


@audio
def _hear_device(place, block):
    """Take the events that the midi device before has played."""
    before = _block_at(place.before)
    for index in range(before.n_events_out):
        add_event(block, before.events_out + EVENT_BYTES * index, NODE_EVENTS)


@audio
def _around(node, place, block):
    """A bypassed midi device: what comes passes by it; it is told once to end its notes and hears no new ones.

    What it still plays are the ends of what it began; an end that both play finds its note only once.
    """
    total = block.n_events
    for index in range(total):
        record = block.events + EVENT_BYTES * index
        at = sorted_place(block.events_out, block.n_events_out, _event_at(record).offset)
        if block.n_events_out < NODE_EVENTS:
            copy_memory(block.events_out + EVENT_BYTES * at, record, EVENT_BYTES)
            block.n_events_out += 1
    kept = 0
    for index in range(total):
        record = block.events + EVENT_BYTES * index
        if _event_at(record).kind != NOTE_ON:
            copy_memory(block.events + EVENT_BYTES * kept, record, EVENT_BYTES)
            kept += 1
    block.n_events = kept


@audio
def _release_device(block):
    """All notes off, at the first frame."""
    at = sorted_place(block.events, block.n_events, -1)
    event = _event_at(block.events + EVENT_BYTES * at)
    event.offset = 0
    event.kind = NOTE_OFF
    event.channel = -1
    event.key = -1
    event.number = 0
    event.note_id = 0
    event.value = np.float32(0.5)
    block.n_events += 1


@audio
def _run_midi(node, place, block):
    """A device without sound: only events go in and out."""
    block.n_events_out = 0
    away = node.bypass_target + node.away_target > 0.0
    if away:
        _around(node, place, block)
        if node.released == 0:
            _release_device(block)
    node.released = 1 if away else 0
    _call_process(node.entry, place.block, node.state)


@audio
def _run_sound(engine, node, place, block, frames):
    dry = delay_at(place.node + _DRY)
    goal = np.float32(max(node.bypass_target, node.away_target))
    absent = node.away_target > 0.0 or node.warm > 0
    if node.away_target > 0.0:
        node.warm = block.latency
    elif node.warm > 0:
        # its first sound is still on the way through it: until then it must not be heard
        node.warm -= frames
        goal = np.float32(1.0)
    around = node.channels_in > 0 and (block.latency > 0 or dry.now > 0 or goal + node.bypass_now > 0.0)
    if around:
        carry_over(dry, node.channels_in, place.line, place.size)
        # what leaves, or has not come in yet, must be as if it were not there: no later than its input
        steer(dry, 0 if absent else block.latency)
        for channel in range(node.channels_in):
            put(dry, channel, f32_view(load_i64(block.audio_in + 8 * channel), frames), frames)
    _call_process(node.entry, place.block, node.state)
    level = i32_view(place.node + _LEVEL, 1)
    for channel in range(block.outputs):
        highest = _highest(i32_view(load_i64(block.audio_out + 8 * channel), frames), frames)
        if highest < _LOUDEST_BITS:  # no NaN, no Inf, nothing beyond +36 dBFS
            level[0] = max(level[0], highest) if channel < node.channels_out else level[0]
        else:
            level[0] = np.int32(0)
            node.faults += 1
            engine.faults += 1
            _restart(node, place)
            _clear_outputs(block, frames)
            break
    if goal > 0.0 or node.bypass_now > 0.0:
        _cross_to_dry(node, dry, block, goal, frames)
        level[0] = np.int32(0)
        _level(place, block, frames)
    if around:
        move_on(dry, frames)


@audio
def run_place(engine, place, frames, measured):
    """One device, one quantum."""
    node, block = node_at(place.node), _block_at(place.block)
    block.frames = frames
    _advance(node, block, frames)
    if place.before != 0:
        _hear_device(place, block)
    if node.muted_quanta > 0:
        block.n_events_out = 0
        _rest(node, block, frames)
        node.peak = np.float32(0.0)
        return
    node.level = np.float32(0.0)
    before = now_ns() if measured else 0
    if block.outputs == 0 and block.events_out != 0:
        _run_midi(node, place, block)
        send_played(engine, place)
    else:
        block.n_events_out = 0
        _run_sound(engine, node, place, block, frames)
        node.peak = max(node.level, node.peak * fallen(frames, block.sample_rate))
    if measured:
        node.load_ns = now_ns() - before
        node.load_frames = frames


@audio_entry(void(int64, int64, int64, int64))
def run_nodes_stage(engine_address, plan_address, stage, frames):
    """All devices of a stage of a plan, in the order of the signal; one of the plan, in turn, is timed.

    A device that goes on in a newer plan has run there already: its outputs hold this quantum's sound for those who still
    listen to it here.
    """
    engine, plan = engine_at(engine_address), plan_at(plan_address)
    measured = plan.next_measured
    for index in range(plan.stages[stage], plan.stages[stage + 1]):
        place = place_at(plan.places + _PLACE_BYTES * index)
        if node_at(place.node).runs_in == plan.serial:
            run_place(engine, place, frames, index == measured)
    if stage == OF_MASTER:
        plan.next_measured = measured + 1 if measured + 1 < plan.n_places else 0


@audio
def place_of(plan, uid):
    """Address of the PLACE of a device in a plan, 0 if it has none."""
    for index in range(plan.n_places):
        address = plan.places + _PLACE_BYTES * index
        if place_at(address).uid == uid:
            return address
    return 0


@audio
def _apply(engine, change, offset):
    """Move one parameter of the current plan."""
    if engine.plans[0] == 0:
        return
    address = place_of(plan_at(engine.plans[0]), change.uid)
    if address == 0:
        return
    place = place_at(address)
    node, block = node_at(place.node), _block_at(place.block)
    if change.row < 0 or change.row >= block.n_params:
        return
    low = load_f32(node.motion[5] + 4 * change.row)
    value = min(low + load_f32(node.motion[4] + 4 * change.row), max(low, change.value))
    store_f32(node.motion[2] + 4 * change.row, value)
    if node.takes_parameters == 0:
        return
    event = _event_at(engine.scratch)
    event.offset = offset
    event.kind = PARAMETER
    event.channel = -1
    event.key = -1
    event.number = change.row
    event.note_id = 0
    event.value = value
    event.value2 = np.float32(0.0)
    event.time = engine.transport.sample + offset
    add_event(block, engine.scratch, NODE_EVENTS + CHASE_ROOM + PARAMETER_ROOM)


@audio_entry(void(int64, int64))
def automate_stage(engine_address, frames):
    """Carry out the parameter changes that fall into this quantum; the rest waits."""
    engine = engine_at(engine_address)
    while engine.n_waiting < MAX_AUTOMATION:
        if not ring_pop(engine.automation, engine.waiting + _AUTOMATION_BYTES * engine.n_waiting):
            break
        engine.n_waiting += 1
    now, kept = engine.transport.sample, 0
    for index in range(engine.n_waiting):
        address = engine.waiting + _AUTOMATION_BYTES * index
        change = automation_at(address)
        if change.sample < now + frames:
            _apply(engine, change, max(0, change.sample - now))
        else:
            copy_memory(engine.waiting + _AUTOMATION_BYTES * kept, address, _AUTOMATION_BYTES)
            kept += 1
    engine.n_waiting = kept
