"""Assignments, controllers and what learning hears, read from /map, /controllers and /learn; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ui.state import reading

MODES = ("continuous", "toggle", "momentary", "trigger")
TAKEOVERS = ("jump", "pickup", "scale")
CURVES = ("linear", "log", "exp")
SCOPES = ("rig", "song", "part")


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
    caught: bool = True
    raw: dict[str, Any] = field(default_factory=dict, hash=False)

    def changed(self, **parts: Any) -> dict[str, Any]:
        """The body of /map/set with these parts of it changed."""
        return {name: value for name, value in self.raw.items() if name not in ("text", "state")} | parts

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


@dataclass(frozen=True)
class Controller:
    """A port with its profile's picture."""

    port: str
    profile: str = ""
    connected: bool = False
    controls: tuple[Control, ...] = ()
    choices: tuple[str, ...] = ()

    def rows(self) -> list[tuple[str, list[Control]]]:
        """Controls in rows as they are touched: knobs over faders over pads over the rest."""
        order = ("knob", "encoder", "fader", "pad", "button", "pedal", "wheel", "key")
        kinds = sorted({one.kind for one in self.controls}, key=lambda kind: order.index(kind) if kind in order else 99)
        return [(kind, [one for one in self.controls if one.kind == kind]) for kind in kinds]


@dataclass(frozen=True)
class Learning:
    """What learning waits for and last heard."""

    waiting: str = ""
    heard: str = ""
    candidates: tuple[str, ...] = ()


def assignments(value: Any) -> list[Assignment]:
    """The rows of /map/list."""
    return [_assignment(one) for one in reading.listed(value)]


def controllers(value: Any) -> list[Controller]:
    """The boxes of /controllers/list."""
    return [_controller(one) for one in reading.listed(value)]


def learning(value: Any) -> Learning:
    """/learn/state."""
    found = reading.table(value)
    more = found.get("candidates")
    more = tuple(str(one) for one in more if isinstance(one, str)) if isinstance(more, list) else ()
    return Learning(str(found.get("waiting") or ""), str(found.get("heard") or ""), more)


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


def _same(control: Control, row: Assignment) -> bool:
    """Whether a row's source is this control: by name, or by all that its profile says of the message."""
    source = row.raw.get("source")
    if not isinstance(source, Mapping):
        return bool(control.text) and control.text == row.text
    if source.get("control") is not None:
        return source.get("control") == control.name
    told = {name: value for name, value in control.source.items() if name in ("type", "kind", "number", "channel")}
    return bool(told) and all(source.get(name) in (None, value) or not value for name, value in told.items())


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
        caught=found.get("state") != "waiting",
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
        tuple(_control(one) for one in controls), tuple(reading.names(reading.dumps(found.get("profiles")))),
    )  # fmt: skip


def _control(found: dict[str, Any]) -> Control:
    said = found.get("source")
    source = said if isinstance(said, dict) else found
    name = str(found.get("title") or found.get("name") or found.get("id") or "")
    return Control(
        name, str(found.get("kind") or found.get("type") or "knob"), dict(source), str(found.get("text") or "")
    )
