"""Which plans sound: a published one is taken, a former one rings out and goes back to the main thread; [audio]."""

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.engine.alignment import FADE_FRAMES
from realtime.engine.layout import DONE, ENGINE, FADING, LIVE, MAX_PLANS, RINGING, address_of, plan_at
from realtime.engine.nodes import restart_nodes
from realtime.native.atomics import compare_exchange, load_acquire
from realtime.native.jit import audio
from realtime.native.memory import field_offset, load_i64, store_f32, store_i64
from realtime.native.ring import ring_push

_NEXT_PLAN = field_offset(ENGINE, "next_plan")
_LEAVE_FRAMES = 2 * (FADE_FRAMES + MAX_FRAMES)
"""Time for what leaves to fade: the rest of a fade that is under way, and one of its own."""


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
        return True  # another scene: it shares nothing that could click
    if plan.waited < 0:
        _set_fades(current.fades, current.n_fades, 0.0)  # an edit that was never taken may have told others to leave
        _set_fades(plan.leaving, plan.n_leaving, 1.0)
        plan.waited = 0
        return plan.n_leaving == 0
    plan.waited += frames
    return plan.n_leaving == 0 or plan.waited > _LEAVE_FRAMES


@audio
def _make_room(engine):
    """A free place for one more plan: the oldest is hurried out if there is none. True if there is one now."""
    if engine.plans[MAX_PLANS - 1] == 0:
        return True
    oldest = plan_at(engine.plans[MAX_PLANS - 1])
    if oldest.mode != DONE:
        oldest.mode = FADING
    return False


@audio
def accept_plan(engine, frames):
    """Take a published plan if there is a place for it and what it takes away has faded; else next time. frames: since
    the last call."""
    slot = address_of(engine) + _NEXT_PLAN
    address = load_acquire(slot)
    if address == 0 or not _make_room(engine):
        return
    plan = plan_at(address)
    if not _has_faded(engine, plan, frames):
        return
    if compare_exchange(slot, address, 0) == 0:
        return  # a newer one has just taken its place
    for index in range(MAX_PLANS - 1, 0, -1):
        engine.plans[index] = engine.plans[index - 1]
    engine.plans[0] = address
    plan.mode = LIVE
    plan.gain = 1.0
    plan.input_gain = 0.0
    if engine.plans[1] == 0:
        plan.input_gain = 1.0
    for index in range(1, MAX_PLANS):
        if engine.plans[index] == 0:
            continue
        former = plan_at(engine.plans[index])
        if former.family == plan.family:
            # an edit shares its devices with the plan before: that one must not run them a second time
            plan.input_gain = former.input_gain
            former.mode = DONE
        elif former.mode == LIVE:
            former.mode = RINGING
    _set_fades(plan.fades, plan.n_fades, 0.0)
    engine.accepted = plan.serial


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
            store_i64(engine.scratch, address)
            done = ring_push(engine.retired, engine.scratch)
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
        if plan.mode == LIVE:
            restart_nodes(plan)
        else:
            plan.mode = DONE
