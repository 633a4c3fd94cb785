"""What still rings of former scenes goes through the buses and the master that go on in the newest one; [audio], Door: [main].

A reverb or a compressor that two scenes have alike is one device in the one that was taken last. The former plan's tracks
play on into its own sums; these are added to the sums in front of that device, at its door. A door belongs to the bus, not
to a plan: whoever takes the bus over takes the door, and all who knew it come in there.
"""

from __future__ import annotations

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.engine.layout import (
    DONE,
    DOOR,
    ENTRY,
    FADING,
    FRESH,
    MAX_PLANS,
    RINGING,
    door_at,
    entry_at,
    plan_at,
)
from realtime.native.jit import audio
from realtime.native.memory import aligned, f32_view

_ENTRY_BYTES = ENTRY.itemsize
_LAST_FADE_S = 0.050


class Door:
    """One bus's or master's, from its first plan to its last. [main]"""

    def __init__(self) -> None:
        self.memory = aligned(1, DOOR)

    @property
    def address(self) -> int:
        return self.memory.ctypes.data


@audio
def open_doors(plan):
    """The plan is taken: what it has is in it from now on."""
    for index in range(plan.n_entries):
        entry = entry_at(plan.entries + _ENTRY_BYTES * index)
        door = door_at(entry.door)
        door.plan = plan.serial
        door.to = entry.source


@audio
def close_doors(plan):
    """The plan ends: nobody comes in any more where it was the last to have a bus."""
    for index in range(plan.n_entries):
        door = door_at(entry_at(plan.entries + _ENTRY_BYTES * index).door)
        if door.plan == plan.serial:
            door.to = 0


@audio
def leads_away(plan, entry):
    """Whether a bus of the plan is in another one by now."""
    return door_at(entry.door).plan != plan.serial


@audio
def gain_after(engine, plan, frames):
    """The gain of a plan at the end of this quantum."""
    if plan.mode != FADING:
        return plan.gain
    return max(0.0, plan.gain - frames / (_LAST_FADE_S * engine.sample_rate))


@audio
def _add(plan, entry, end, frames):
    step = np.float32((end - plan.gain) / frames)
    start = np.float32(plan.gain)
    to = door_at(entry.door).to
    for channel in range(entry.channels):
        source = f32_view(entry.source + 4 * MAX_FRAMES * channel, frames)
        target = f32_view(to + 4 * MAX_FRAMES * channel, frames)
        for i in range(frames):
            target[i] += source[i] * (start + step * np.float32(i))


@audio
def let_in(engine, stage, frames):
    """All plans have made their sums of this stage: those that lead away come in at their doors."""
    for index in range(1, MAX_PLANS):
        if engine.plans[index] == 0:
            continue
        plan = plan_at(engine.plans[index])
        if plan.mode == DONE or plan.mode == FRESH:
            continue
        end = gain_after(engine, plan, frames)
        for number in range(plan.n_entries):
            entry = entry_at(plan.entries + _ENTRY_BYTES * number)
            if entry.stage == stage and leads_away(plan, entry) and door_at(entry.door).to != 0:
                _add(plan, entry, end, frames)


@audio
def _comes_in(guest, host):
    """Whether a plan sounds through another one's bus or master."""
    for number in range(guest.n_entries):
        if door_at(entry_at(guest.entries + _ENTRY_BYTES * number).door).plan == host.serial:
            return True
    return False


@audio
def notes_held(engine, plan):
    """Notes that a plan, and all that sound through it, were given and whose end has not come."""
    held = plan.n_holds + plan.lost_holds
    for index in range(1, MAX_PLANS):
        if engine.plans[index] == 0:
            continue
        guest = plan_at(engine.plans[index])
        if guest.mode == RINGING and guest.serial != plan.serial and _comes_in(guest, plan):
            held += guest.n_holds + guest.lost_holds
    return held
