"""Which plans sound: one that is published, due or cued is taken, a former one rings out and goes back to [main]; [audio]."""

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.engine.alignment import FADE_FRAMES
from realtime.engine.guests import close_doors, notes_held, open_doors
from realtime.engine.layout import (
    CLAIM,
    COPY,
    DONE,
    ENGINE,
    FADING,
    FRESH,
    LIVE,
    MAX_PLANS,
    MAX_RINGING,
    PARTING,
    PLACE,
    PLAN_HEAD,
    RINGING,
    SWITCH_ENDED,
    SWITCH_MISSED,
    SWITCH_TAKEN,
    address_of,
    claim_at,
    copy_at,
    engine_at,
    node_at,
    parting_at,
    place_at,
    plan_at,
    switched_at,
)
from realtime.engine.mix import AWAY_TARGET as FEED_AWAY
from realtime.engine.mix import OWNER as FEED_OWNER
from realtime.engine.mix import STAY as FEED_STAY
from realtime.engine.nodes import restart_nodes
from realtime.engine.played_out import end_played
from realtime.engine.routing import carry_holds
from realtime.native.atomics import compare_exchange, load_acquire, store_release
from realtime.native.call import caller
from realtime.native.jit import audio, audio_entry, int64, void
from realtime.native.memory import copy_memory, field_offset, load_i64, store_f32, store_i64
from realtime.native.ring import ring_push

_NEXT_PLAN, _DUE_PLAN, _ACCEPTED = (field_offset(ENGINE, name) for name in ("next_plan", "due_plan", "accepted"))
_INSTEAD = field_offset(PLAN_HEAD, "instead")
_LEAVE_FRAMES = 2 * (FADE_FRAMES + MAX_FRAMES)
"""Time for what leaves to fade: the rest of a fade that is under way, and one of its own."""
_PLACE_BYTES, _COPY_BYTES, _PARTING_BYTES, _CLAIM_BYTES = (dtype.itemsize for dtype in (PLACE, COPY, PARTING, CLAIM))
_LONGEST_RING_S = 60.0
_call_chase = caller(void, int64, int64)


@audio
def _set_fades(table, count, goal):
    """Give a goal to fades whose addresses stand in a table."""
    for index in range(count):
        store_f32(load_i64(table + 8 * index), np.float32(goal))


@audio
def _has_faded(engine, plan, frames):
    """Whether all that an edit takes away from the current plan is silent; the first call tells it to fade."""
    if engine.plans[0] == 0:
        return True
    current = plan_at(engine.plans[0])
    if plan.family != current.family:
        return True  # another scene: nothing of this one is taken away
    if plan.waited < 0:
        _set_fades(current.fades, current.n_fades, 0.0)  # an edit that was never taken may have told others to leave
        _set_fades(plan.leaving, plan.n_leaving, 1.0)
        plan.waited = 0
        return plan.n_leaving == 0
    plan.waited += frames
    return plan.n_leaving == 0 or plan.waited > _LEAVE_FRAMES


@audio
def _hurry(engine):
    """Fade the oldest of the plans that ring; one whose notes have all ended before one that still holds some."""
    for wanted in range(2):
        for index in range(MAX_PLANS - 1, 0, -1):
            if engine.plans[index] == 0:
                continue
            plan = plan_at(engine.plans[index])
            if plan.mode == RINGING and (wanted > 0 or notes_held(engine, plan) == 0):
                plan.mode = FADING
                return


@audio
def _has_room(engine):
    """Whether there is a place for one more plan; the oldest is hurried out if there is none."""
    if engine.plans[MAX_PLANS - 1] == 0:
        return True
    oldest = plan_at(engine.plans[MAX_PLANS - 1])
    if oldest.mode != DONE:
        oldest.mode = FADING
    return False


@audio
def _held(engine):
    """Notes that former plans still hold."""
    held = np.int64(0)
    for index in range(1, MAX_PLANS):
        if engine.plans[index] != 0:
            plan = plan_at(engine.plans[index])
            held += (plan.n_holds + plan.lost_holds) * np.int64(plan.mode == RINGING)
    return held


@audio
def tell_switched(engine, kind, serial, cue):
    """Tell [main] what became of a plan."""
    told = switched_at(engine.scratch)
    told.kind = kind
    told.serial = serial
    told.cue = cue
    told.sample = engine.transport.sample
    told.beat = engine.clock_beat
    told.held = _held(engine)
    ring_push(engine.switched, engine.scratch)


@audio
def can_follow(engine, plan):
    """Whether a plan may be taken now: not yet used, and made from the plan that sounds if it shares devices with one."""
    if plan.mode != FRESH:
        return False
    if plan.former == 0:
        return True
    return engine.plans[0] != 0 and plan_at(engine.plans[0]).serial == plan.former


@audio
def follower_of(engine, address):
    """Address of what may be taken of a plan: itself, or what was made of it for an edit since; 0 if neither."""
    while address != 0 and not can_follow(engine, plan_at(address)):
        address = load_acquire(address + _INSTEAD)
    return address


@audio
def _leave_former(engine, plan):
    """What the plans before do from now on; whether the newest of them was of the same scene."""
    for index in range(1, MAX_PLANS):
        if engine.plans[index] == 0:
            continue
        former = plan_at(engine.plans[index])
        same = former.family == plan.family
        if index == 1 and plan.former != 0:
            carry_holds(former, plan, same)
        if same:
            # an edit shares its devices with the plan before: that one must not run them a second time
            plan.input_gain = former.input_gain
            former.mode = DONE
        elif former.mode == LIVE:
            former.mode = RINGING
            former.ring_s = plan.tail_s if plan.tail_s >= 0.0 else _LONGEST_RING_S
    ringing = 0
    for index in range(1, MAX_PLANS):
        if engine.plans[index] != 0 and plan_at(engine.plans[index]).mode == RINGING:
            ringing += 1
    if ringing > MAX_RINGING:
        _hurry(engine)


@audio
def _take_devices(plan):
    """The plan runs its devices and mixes what goes on, whoever did before; values and fades are set for it."""
    open_doors(plan)
    for index in range(plan.n_claims):
        claim = claim_at(plan.claims + _CLAIM_BYTES * index)
        store_i64(claim.feed + FEED_OWNER, claim.wires)
    for index in range(plan.n_places):
        node_at(place_at(plan.places + _PLACE_BYTES * index).node).runs_in = plan.serial
    for index in range(plan.n_copies):
        copied = copy_at(plan.copies + _COPY_BYTES * index)
        copy_memory(copied.to, copied.source, 4 * copied.floats)
    for index in range(plan.n_partings):
        parting = parting_at(plan.partings + _PARTING_BYTES * index)
        store_i64(parting.feed + FEED_STAY, parting.stay)
        store_f32(parting.feed + FEED_AWAY, np.float32(1.0))
    _set_fades(plan.fades, plan.n_fades, 0.0)


@audio
def take_plan(engine, address, cue):
    """Let a plan sound from this quantum on. cue: id of the message that asked for it, 0 = none."""
    for index in range(MAX_PLANS - 1, 0, -1):
        engine.plans[index] = engine.plans[index - 1]
    engine.plans[0] = address
    plan = plan_at(address)
    plan.mode = LIVE
    plan.gain = 1.0
    plan.input_gain = 0.0 if engine.plans[1] != 0 else 1.0
    plan.steady_gain = 1.0
    _leave_former(engine, plan)
    _take_devices(plan)
    _call_chase(engine.chase, address_of(engine), address)
    store_release(address_of(engine) + _ACCEPTED, plan.serial)
    tell_switched(engine, SWITCH_TAKEN, plan.serial, cue)


@audio
def _refuse(engine, slot, address):
    """Hand a plan back that cannot follow the one that sounds."""
    if compare_exchange(slot, address, 0) == 0:
        return
    tell_switched(engine, SWITCH_MISSED, plan_at(address).serial, 0)
    store_i64(engine.scratch, address)
    ring_push(engine.retired, engine.scratch)


@audio
def _take_published(engine, frames):
    """Take the plan that [main] has published if there is a place for it and what it takes away has faded; else next time."""
    slot = address_of(engine) + _NEXT_PLAN
    address = load_acquire(slot)
    if address == 0:
        return
    plan = plan_at(address)
    if not can_follow(engine, plan):
        _refuse(engine, slot, address)
        return
    if not _has_room(engine) or not _has_faded(engine, plan, frames):
        return
    if compare_exchange(slot, address, 0) == 0:
        return  # a newer one has just taken its place
    take_plan(engine, address, 0)


@audio
def _take_due(engine):
    """Take the plan that waits for its beat once it has come."""
    slot = address_of(engine) + _DUE_PLAN
    address = load_acquire(slot)
    if address == 0:
        return
    plan = plan_at(address)
    if engine.clock_beat < plan.due_beat - 0.5 * engine.transport.beats_per_sample:
        return
    following = follower_of(engine, address)
    if following == 0:
        _refuse(engine, slot, address)
        return
    if _has_room(engine) and compare_exchange(slot, address, 0) != 0:
        plan_at(following).tail_s = plan.tail_s
        take_plan(engine, following, 0)


@audio_entry(void(int64, int64))
def accept_stage(engine_address, frames):
    """Take what waits: published, or due. frames: since the last call."""
    engine = engine_at(engine_address)
    _take_published(engine, frames)
    _take_due(engine)


@audio
def retire_plans(engine):
    """Hand finished plans back to [main]; keep one whose way back is full for the next quantum."""
    kept = 0
    for index in range(MAX_PLANS):
        address = engine.plans[index]
        if address == 0:
            continue
        engine.plans[index] = 0
        done = plan_at(address).mode == DONE
        if done:
            close_doors(plan_at(address))
            end_played(engine, plan_at(address))
            serial = plan_at(address).serial
            store_i64(engine.scratch, address)
            done = ring_push(engine.retired, engine.scratch)
            if done:
                tell_switched(engine, SWITCH_ENDED, serial, 0)
        if not done:
            engine.plans[kept] = address
            kept += 1


@audio
def cut_tails(engine):
    """The master is silent: scenes that ring are over, and the current one begins anew."""
    engine.panic = 0
    for index in range(MAX_PLANS):
        if engine.plans[index] == 0:
            continue
        plan = plan_at(engine.plans[index])
        end_played(engine, plan)
        if plan.mode == LIVE:
            restart_nodes(plan)
        else:
            plan.mode = DONE
