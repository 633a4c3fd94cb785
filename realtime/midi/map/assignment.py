"""An assignment: one control and all that it moves, as data that goes into a file and comes back the same; [any]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from realtime.midi.map.curves import CURVES
from realtime.midi.map.press import PRESSES
from realtime.midi.map.source import Source, read_choice, read_known, read_source, read_text
from realtime.midi.map.takeover import TAKEOVERS
from realtime.native.errors import AntiphonError

MODES = ("absolute", "relative", "momentary", "toggle", "latched", "trigger", "step")
"""absolute, relative: knobs. momentary: high while it is down. toggle: each press goes to the other end. latched: the button
itself stays down, and both its ways count as presses. trigger: a press sets `value` (or fires an action). step: a press goes
one step on, round and round."""
SCOPES = ("rig", "song", "part")
"""From wide to narrow; a narrower one hides a wider one of the same control."""
OF_SCENES, OF_RIG = SCOPES[1:], SCOPES[:1]
MOST_TARGETS, MOST_ASSIGNMENTS = 32, 1024
_SAID = ("mode", "takeover", "scope")
_CONTINUOUS = ("absolute", "relative")
_PLAYED = ("velocity", "poly_pressure", "pressure")
"""What is played rather than turned: instruments hear it too unless it is said otherwise."""


@dataclass(frozen=True)
class Target:
    """One address of the tree. low, high: its value at the control's two ends, in its own units (None: of its range; low
    may be above high). value: what a press sets, of any type. step: how far a press or one click of an encoder goes."""

    address: str
    low: float | None = None
    high: float | None = None
    curve: str = "own"
    invert: bool = False
    value: str | int | float | bool | None = None
    step: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """All that is not as usual."""
        rest = {f.name: getattr(self, f.name) for f in fields(self)[1:] if getattr(self, f.name) != f.default}
        return {"address": self.address} | rest


@dataclass(frozen=True)
class Assignment:
    """See the module. feedback: "auto", "off", or the name of a colour for a lit pad. layer, page: 0 = on all of them.

    part: with scope "part", which one. through: the instruments hear the control too (None: only what is played).
    """

    id: str
    source: Source
    targets: tuple[Target, ...]
    mode: str = "absolute"
    press: str = "any"
    takeover: str = "pickup"
    feedback: str = "auto"
    scope: str = "rig"
    layer: int = 0
    page: int = 0
    part: str = ""
    through: bool | None = None

    @property
    def passes(self) -> bool:
        """Whether the instruments hear the control too."""
        return self.source.kind in _PLAYED if self.through is None else self.through

    @property
    def is_button(self) -> bool:
        """Whether it listens for presses."""
        return self.mode not in _CONTINUOUS

    def to_dict(self) -> dict[str, Any]:
        """A plain dict, for TOML and JSON; `read_assignment` of it is an equal assignment. What is as usual is left out, but
        for what is usual for one kind of control only."""
        rest = {
            one.name: getattr(self, one.name)
            for one in fields(self)[3:]
            if one.name in _SAID or (getattr(self, one.name) != one.default and getattr(self, one.name) is not None)
        }
        targets = [target.to_dict() for target in self.targets]
        return {"id": self.id, "source": self.source.to_dict(), "targets": targets} | rest


def _number(table: Mapping[str, Any], key: str, where: str) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise AntiphonError(f"{where}: {key} = {value!r:.40} must be a number")
    return value


def _count(table: Mapping[str, Any], key: str, where: str) -> int:
    value = table.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 127:
        raise AntiphonError(f"{where}: {key} = {value!r:.40} must be a whole number from 0 to 127")
    return value


def _flag(table: Mapping[str, Any], key: str, default: bool | None, where: str) -> bool | None:
    value = table.get(key, default)
    if value is not default and not isinstance(value, bool):
        raise AntiphonError(f"{where}: {key} = {value!r:.40} must be true or false")
    return value


def read_target(table: Any, where: str) -> Target:
    """A target from a file or a client. Raises AntiphonError with the place and the remedy."""
    found = read_known(table, tuple(one.name for one in fields(Target)), where)
    address = read_text(found, "address", "", where)
    if not address.startswith("/"):
        raise AntiphonError(f'{where}: say what it moves, like address = "/rack/1/cutoff_hz"')
    value = found.get("value")
    if value is not None and not isinstance(value, (str, int, float)):
        raise AntiphonError(f"{where}: value = {value!r:.40} must be a number, a text, true or false")
    return Target(
        address=address,
        low=_number(found, "low", where),
        high=_number(found, "high", where),
        curve=read_choice(found, "curve", "own", CURVES, where),
        invert=bool(_flag(found, "invert", False, where)),
        value=value,
        step=_number(found, "step", where),
    )


def read_assignment(table: Any, where: str, scope: str = "rig") -> Assignment:
    """An assignment from a file or a client; scope: of one that does not say it. Raises AntiphonError."""
    found = read_known(table, tuple(one.name for one in fields(Assignment)), where)
    targets = found.get("targets", [])
    if not isinstance(targets, (list, tuple)) or not 0 < len(targets) <= MOST_TARGETS:
        raise AntiphonError(f"{where}: targets must be a list of 1 to {MOST_TARGETS} tables with an address each")
    source = read_source(found.get("source", {}), f"{where}, source")
    usual = Assignment("", source, ())
    made = Assignment(
        id=read_text(found, "id", "", where),
        source=source,
        targets=tuple(read_target(one, f"{where}, target {number}") for number, one in enumerate(targets, 1)),
        mode=read_choice(found, "mode", _usual_mode(source), MODES, where),
        press=read_choice(found, "press", usual.press, PRESSES, where),
        takeover=read_choice(found, "takeover", _usual_takeover(source), TAKEOVERS, where),
        feedback=read_text(found, "feedback", usual.feedback, where),
        scope=read_choice(found, "scope", scope, SCOPES, where),
        layer=_count(found, "layer", where),
        page=_count(found, "page", where),
        part=read_text(found, "part", "", where),
        through=_flag(found, "through", None, where),
    )
    _check(made, where)
    return made


def _usual_mode(source: Source) -> str:
    if source.coding:
        return "relative"
    if source.kind in ("note", "key"):
        return "trigger"
    return "absolute" if source.kind != "program" or source.number < 0 else "trigger"


def _usual_takeover(source: Source) -> str:
    return "pickup" if source.kind in ("cc", "nrpn", "rpn") and not source.coding else "jump"


def _check(made: Assignment, where: str) -> None:
    kind = made.source.kind
    if kind in ("velocity", "poly_pressure", "pressure", "bend") and made.mode != "absolute":
        raise AntiphonError(f'{where}: {kind} is no button; write mode = "absolute"')
    if kind == "key" and made.mode in _CONTINUOUS:
        raise AntiphonError(
            f'{where}: a key of the computer is no knob; write mode = "trigger", "toggle" or "momentary"'
        )
    if kind == "note" and made.mode in _CONTINUOUS:
        raise AntiphonError(f'{where}: a note is a button; for how hard it is struck write kind = "velocity"')
    if made.mode == "relative" and not made.source.coding and kind == "cc":
        raise AntiphonError(f'{where}: say how the encoder counts: coding = "twos", "offset" or "sign" in its source')
    if made.press != "any" and not made.is_button:
        raise AntiphonError(f'{where}: press = "{made.press}" is for buttons; write mode = "trigger" or "toggle"')
    if made.press != "any" and made.mode in ("momentary", "latched"):
        raise AntiphonError(f"{where}: a {made.mode} button has one kind of press; leave press out")
    if made.part and made.scope != "part":
        raise AntiphonError(f'{where}: part = "{made.part:.40}" needs scope = "part"')


def read_assignments(tables: Any, where: str, scope: str, scopes: tuple[str, ...] = SCOPES) -> list[Assignment]:
    """All of a list, each with an id of its own; scopes: those that may stand here. Raises AntiphonError."""
    if not isinstance(tables, (list, tuple)) or len(tables) > MOST_ASSIGNMENTS:
        raise AntiphonError(f"{where}: write maps as a list of at most {MOST_ASSIGNMENTS} tables, [[map]]")
    found = [read_assignment(table, f"{where}, map {number}", scope) for number, table in enumerate(tables, 1)]
    for number, one in enumerate(found, 1):
        if one.scope not in scopes:
            raise AntiphonError(
                f'{where}, map {number}: scope = "{one.scope}" does not belong here; use {" or ".join(scopes)}'
            )
    return with_ids(found)


def with_ids(assignments: list[Assignment], taken: set[str] | None = None) -> list[Assignment]:
    """Give an id to those that have none or one that is taken."""
    seen = set(taken or ())
    result = []
    for one in assignments:
        name, number = one.id, 0
        while not name or name in seen:
            number += 1
            name = f"{one.scope}-{number}"
        seen.add(name)
        result.append(one if name == one.id else replace(one, id=name))
    return result
