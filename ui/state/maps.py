"""Assignments, controllers and what learning hears, read from /map, /controllers and /learn; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ui.state import reading

MODES = ("absolute", "relative", "momentary", "toggle", "latched", "trigger", "step")
PRESSES = ("any", "short", "long", "double")
TAKEOVERS = ("jump", "pickup", "scale")
CURVES = ("own", "lin", "log", "exp", "s")
SCOPES = ("rig", "song", "part")
NOT_SENT = ("text", "state", "port")
"""What the tree tells of an assignment that is no part of it."""


@dataclass(frozen=True)
class Target:
    """What a control moves: an address and the part of its range, in its units; None is the whole range."""

    address: str
    low: float | None = None
    high: float | None = None
    curve: str = ""
    invert: bool = False
    raw: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Assignment:
    """One row of the table. `raw` is what the tree said, so that what is not shown here survives an edit."""

    id: str
    text: str
    port: str = ""
    targets: tuple[Target, ...] = ()
    mode: str = ""
    takeover: str = ""
    feedback: str = ""
    scope: str = ""
    layer: int = 0
    page: int = 0
    state: str = ""
    raw: dict[str, Any] = field(default_factory=dict, hash=False)

    def changed(self, **parts: Any) -> dict[str, Any]:
        """The body of /map/set with these parts of it changed."""
        return {name: value for name, value in self.raw.items() if name not in NOT_SENT} | parts

    def retargeted(self, at: int, **parts: Any) -> dict[str, Any]:
        """The body of /map/set with parts of one target changed."""
        targets = [dict(target.raw) for target in self.targets]
        targets[at] |= parts
        return self.changed(targets=targets)


@dataclass(frozen=True)
class Control:
    """One thing to touch on a controller: knob, fader, pad, button, pedal, key …"""

    name: str
    kind: str
    source: dict[str, Any] = field(default_factory=dict, hash=False)
    text: str = ""
    role: str = ""
    light: str = ""
    bank: str = ""


@dataclass(frozen=True)
class Controller:
    """A port with its profile's picture."""

    port: str
    profile: str = ""
    connected: bool = False
    controls: tuple[Control, ...] = ()
    title: str = ""
    lights: bool = False

    def rows(self) -> list[tuple[str, list[Control]]]:
        """Controls in rows as they are touched: knobs over faders over pads over the rest."""
        order = (
            "knob",
            "encoder",
            "fader",
            "wheel",
            "pad",
            "button",
            "switch",
            "pedal",
            "program",
            "key",
            "pressure",
            "touch",
        )
        kinds = sorted({one.kind for one in self.controls}, key=lambda kind: order.index(kind) if kind in order else 99)
        return [(kind, [one for one in self.controls if one.kind == kind]) for kind in kinds]


@dataclass(frozen=True)
class Learning:
    """What learning waits for and last heard; `on`: whether anything is being learned; waiting "": for a parameter, too."""

    on: bool = False
    waiting: str = ""
    heard: str = ""
    candidates: tuple[str, ...] = ()
    chosen: str = ""
    moved: tuple[str, ...] = ()

    @property
    def can_keep(self) -> bool:
        """Whether a control was heard, and nothing is left to ask."""
        return bool(self.heard) and (not self.candidates or bool(self.chosen)) and bool(self.waiting or self.moved)


def assignments(value: Any) -> list[Assignment]:
    """The rows of /map/list."""
    return [_assignment(one) for one in reading.listed(value)]


def controllers(value: Any) -> list[Controller]:
    """The boxes of /controllers/list."""
    return [_controller(one) for one in reading.listed(value)]


def learning(value: Any) -> Learning:
    """/learn/state."""
    found = reading.table(value)
    waiting = str(found.get("waiting") or "")
    return Learning(
        bool(found.get("learning", waiting)), waiting, str(found.get("heard") or ""), _addresses(found.get("candidates")),
        str(found.get("chosen") or ""), _addresses(found.get("moved")),
    )  # fmt: skip


def moved_by(controller: Controller, control: Control, rows: list[Assignment]) -> list[Assignment]:
    """The assignments that a control of a controller moves."""
    return [row for row in rows if row.port in ("", controller.port, controller.profile) and _same(control, row)]


def badge(address: str, rows: list[Assignment]) -> str:
    """What moves an address, short enough for a knob's corner: "74", "PC", "C4"; "" for nothing."""
    for row in rows:
        if any(target.address == address for target in row.targets):
            number = row.raw.get("source", {}).get("number") if isinstance(row.raw.get("source"), dict) else None
            return str(number) if isinstance(number, int) else row.text.split(" ch")[0].removeprefix("CC ")
    return ""


def _addresses(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _same(control: Control, row: Assignment) -> bool:
    """Whether a row's source is this control: by name or role, else by kind, number and channel of the message."""
    source = row.raw.get("source")
    if not isinstance(source, Mapping):
        return bool(control.text) and control.text == row.text
    if source.get("control"):
        return str(source["control"]).casefold() in (control.name.casefold(), control.role.casefold())
    told = control.source
    if (
        not told
        or source.get("kind", "cc") != told.get("kind", "cc")
        or source.get("number", -1) != told.get("number", -1)
    ):
        return False
    channels = source.get("channel") or 0, told.get("channel") or 0
    return 0 in channels or channels[0] == channels[1]


def _assignment(found: dict[str, Any]) -> Assignment:
    targets = found.get("targets")
    targets = [one for one in targets if isinstance(one, dict)] if isinstance(targets, list) else []
    return Assignment(
        id=str(found.get("id", "")),
        text=str(found.get("text") or ""),
        port=str(found.get("port") or ""),
        targets=tuple(_target(one) for one in targets),
        mode=str(found.get("mode") or ""),
        takeover=str(found.get("takeover") or ""),
        feedback=str(found.get("feedback") or ""),
        scope=str(found.get("scope") or ""),
        layer=reading.whole(found.get("layer"), 0),
        page=reading.whole(found.get("page"), 0),
        state=str(found.get("state") or ""),
        raw=found,
    )


def _target(found: dict[str, Any]) -> Target:
    return Target(
        str(found.get("address") or ""),
        _bound(found.get("low")),
        _bound(found.get("high")),
        str(found.get("curve") or ""),
        bool(found.get("invert")),
        found,
    )


def _bound(value: Any) -> float | None:
    return reading.number(value, 0.0) if reading.is_number(value) else None


def _controller(found: dict[str, Any]) -> Controller:
    controls = found.get("controls")
    controls = [one for one in controls if isinstance(one, dict)] if isinstance(controls, list) else []
    return Controller(
        str(found.get("port") or ""), str(found.get("profile") or ""), bool(found.get("connected")),
        tuple(_control(one) for one in controls), str(found.get("title") or found.get("port") or ""),
        bool(found.get("lights")),
    )  # fmt: skip


def _control(found: dict[str, Any]) -> Control:
    said = found.get("source")
    source = said if isinstance(said, dict) else found
    name = str(found.get("title") or found.get("name") or found.get("id") or "")
    return Control(
        name, str(found.get("kind") or "knob"), dict(source), str(found.get("text") or ""), str(found.get("role") or ""),
        str(found.get("light") or ""), str(found.get("bank") or ""),
    )  # fmt: skip
