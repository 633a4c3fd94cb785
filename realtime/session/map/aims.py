"""What an address of the tree stands for: a float that the callback can move by itself, or a node to be set; [any but audio]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from realtime.contract.param import Param
from realtime.control.tree import Node
from realtime.engine.bind_tables import Aim
from realtime.engine.engine import Engine
from realtime.engine.mix import FEED, FEED_PARAMS, Feed
from realtime.engine.plan import Plan
from realtime.midi.map.assignment import Assignment, Target
from realtime.midi.map.curves import CURVES, law_of
from realtime.native.memory import field_offset
from realtime.session.editing.morph import position_cell
from realtime.session.names import addresses

_RACK = re.compile(r"/rack/([0-9]{1,4})/([^/]+)")
_MIX = re.compile(r"/mix/([^/]+)/([^/]+)")
_FEED_TARGET = field_offset(FEED, "target")
_POSITION = Param("position", "Morph", "", 0.0, 1.0, 0.0)
_CURVES_OF_NODES = ("lin", "log", "enum", "bool")


def uid_of(plan: Plan, number: int) -> int:
    """Identity of the N-th device of a plan, 0 if there is none."""
    slots = plan.rack.slots()
    return slots[number - 1].uid if 0 < number <= len(slots) else 0


def native_aim(engine: Engine, plan: Plan, assignment: Assignment, target: Target) -> Aim | None:
    """How the callback moves a target, or None if it cannot."""
    if target.value is not None or assignment.mode != "absolute":
        return None
    found = _device_aim(plan, target.address) or _strip_aim(plan, target.address) or _morph_aim(engine, target.address)
    if found is None:
        return None
    param, aim = found
    low = param.minimum if target.low is None else param.clamp(target.low)
    high = param.maximum if target.high is None else param.clamp(target.high)
    aim.low, aim.high, aim.span, aim.own = float(low), float(high), param.maximum - param.minimum, param.curve
    aim.curve, aim.invert, aim.takeover = target.curve, target.invert, assignment.takeover
    return aim


def _device_aim(plan: Plan, address: str) -> tuple[Any, Aim] | None:
    match = _RACK.fullmatch(address)
    node = plan.nodes.get(uid_of(plan, int(match[1]))) if match else None
    if match is None or node is None or node.slot is None:
        return None
    for row, param in enumerate(node.instance.params):
        if param.id == match[2]:
            return param, Aim(uid=node.slot.uid, row=row, keep=node)
    return None


def _strip_aim(plan: Plan, address: str) -> tuple[Any, Aim] | None:
    match = _MIX.fullmatch(address)
    if match is None:
        return None
    at = addresses([track.name for track in plan.rack.tracks] + [bus.name for bus in plan.rack.buses])
    names = {part: name for name, part in at.items()}
    name, knob = names.get(match[1]), match[2]
    if name is None:
        return None
    feed: Feed | None = plan.strips.get(name)
    if knob.startswith("send_"):
        feed, knob = plan.sends.get((name, names.get(knob.removeprefix("send_"), ""))), "gain_db"
    for row, param in enumerate(FEED_PARAMS):
        if feed is not None and param.id == knob:
            return param, Aim(cell=feed.address + _FEED_TARGET + 4 * row, keep=feed)
    return None


def _morph_aim(engine: Engine, address: str) -> tuple[Any, Aim] | None:
    """The position of the morph, which the callback follows in the same block."""
    if address != "/morph/position":
        return None
    return _POSITION, Aim(cell=position_cell(engine), keep=engine.record)


@dataclass(frozen=True)
class Scale:
    """The range of a target that is set by the tree, and what lies on it."""

    low: float
    high: float
    curve: int
    law: int
    whole: bool

    @property
    def bottom(self) -> float:
        return min(self.low, self.high)

    @property
    def top(self) -> float:
        return max(self.low, self.high)


def scale_of(node: Node, target: Target) -> Scale | None:
    """None for a node that has no range and whose target gives none: there is nothing to turn."""
    if node.type not in ("i", "f", "d", "T"):
        return None
    usual = (0.0, 1.0) if node.type == "T" else node.range
    if usual is None and (target.low is None or target.high is None):
        return None
    low = target.low if target.low is not None else usual[0]  # type: ignore[index]
    high = target.high if target.high is not None else usual[1]  # type: ignore[index]
    curve = CURVES.index(target.curve)
    own = node.curve if node.curve in _CURVES_OF_NODES else "lin"
    return Scale(float(low), float(high), curve, law_of(curve, own, low, high), node.type in ("i", "T"))
