"""What a step of the history is called: "Cutoff 1.3 kHz -> 2 kHz"; [main]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime.contract.limits import SILENT_DB
from realtime.contract.param import Param
from realtime.engine.mix import FEED_PARAMS
from realtime.midi.map.assignment import read_assignment
from realtime.session.document.mapping import Dicts
from realtime.session.document.orders import Key
from realtime.session.editing.live import Live
from realtime.session.player_slot import Lane

_TEMPO = Param("tempo_bpm", "Tempo", "bpm", 1.0, 1000.0, 120.0)
_BEATS, _UNIT = Param("numerator", "Beats a bar", "", 1, 64, 4), Param("denominator", "Beat unit", "", 1, 64, 4)
_SCENE = {param.id: param for param in (_TEMPO, _BEATS, _UNIT)}


def assigning(before: Dicts, after: Dicts) -> str:
    """What was done to the assignments."""
    former, now = ({one["id"]: one for one in dicts} for dicts in (before, after))
    come = [one for name, one in now.items() if name not in former]
    gone = [one for name, one in former.items() if name not in now]
    other = [one for name, one in now.items() if name in former and one != former[name]]
    for what, found in (("Map", come), ("Change map of", other), ("Unmap", gone)):
        if found:
            one = read_assignment(found[0], "map")
            return (
                f"{what} {one.source.text} to {one.targets[0].address}"
                if found is come
                else f"{what} {one.source.text}"
            )
    return "Order assignments"


def shown(param: Param, value: float) -> str:
    """A value as a performer reads it."""
    if param.curve in ("enum", "bool"):
        return param.text(value)
    if param.unit == "dB" and value <= SILENT_DB:
        return "off"
    if param.unit == "Hz" and abs(value) >= 1000.0:
        return f"{value / 1000.0:.3g} kHz"
    if param.unit == "s" and abs(value) < 1.0:
        return f"{value * 1000.0:.3g} ms"
    return f"{value:.3g} {param.unit}".rstrip()


def mover(live: Live, key: Key) -> Callable[[Any, Any], str]:
    """Names a move of a control from its values before and after."""
    kind, uid, *rest = key
    if kind == "bypass":
        label = live.nodes[uid].label
        return lambda before, after: f"{'Bypass' if after else 'Switch on'} {label}"
    if kind == "lane":
        return lambda before, after: f"Lane {after.name if isinstance(after, Lane) else rest[0]}"
    if kind == "option":
        return lambda before, after: f"{'Keep' if after else 'Forget'} {rest[0].replace('_', ' ')}"
    param, prefix = _param(live, key)
    return lambda before, after: f"{prefix}{param.title} {shown(param, before)} -> {shown(param, after)}"


def _param(live: Live, key: Key) -> tuple[Param, str]:
    kind, uid, *rest = key
    if kind == "param":
        return next(param for param in live.nodes[uid].instance.params if param.id == rest[0]), ""
    if kind == "player":
        return next(param for param in live.links[uid].params if param.id == rest[0]), ""
    if kind == "scene" and uid in _SCENE:
        return _SCENE[uid], ""
    names = {part.uid: live.document.name_of(part) for part in live.document.parts if part.kind in ("track", "bus")}
    if kind == "strip":
        return next(param for param in FEED_PARAMS if param.id == rest[0]), f"{names[uid]}: "
    if kind == "send":
        return FEED_PARAMS[0], f"{names[uid]} to {names[rest[0]]}: "
    return FEED_PARAMS[0], "Master: "
