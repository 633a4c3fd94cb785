"""What the boxes show: lights, rings and motor faders follow the values, whoever moved them; [map thread].

Only what differs from what a box shows already is sent (what it sent itself it shows already), so nothing goes in circles;
a fader's motor rests while a finger is on it; the amount keeps to what a DIN cable carries; a box that comes, a page that
is turned, gets everything anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime.control.tree import Tree
from realtime.midi.map.assignment import Assignment, Target
from realtime.midi.map.curves import position_of
from realtime.midi.map.decode import Heard
from realtime.midi.map.profile import Control, Light, usual_light
from realtime.session.map.aims import scale_of
from realtime.session.map.controllers import Controllers, Port
from realtime.session.map.run import Live, Runner

EVERY_S = 0.02
MESSAGES_A_TURN = 20
"""3 bytes each, fifty times a second: 3,000 of the 3,125 bytes a second of a DIN cable."""
REST_S = 0.5
"""A motor without a touch sensor rests for so long after its fader was moved by hand."""
_UNLIT = ("off",)
Place = tuple[str, str, int, int]
"""Of one light: port, message, channel, number."""


class Lights:
    """send(port, bytes): to the box at a port."""

    def __init__(self, tree: Tree, runner: Runner, controllers: Controllers, send: Callable[[Port, bytes], Any]):
        self._tree, self._runner, self._controllers, self._send = tree, runner, controllers, send
        self._plan: dict[Place, tuple[Port, Light, Live, Control | None]] = {}
        self._shown: dict[Place, int] = {}
        self._touched: set[tuple[str, tuple[str, bool, int, int, str]]] = set()
        self._moved_s: dict[tuple[str, tuple[str, bool, int, int, str]], float] = {}
        self._next = 0
        self._dark: list[tuple[Port, Light]] = []

    def use(self, lives: list[Live]) -> None:
        """These are in force; lights that nothing lights any more go out."""
        plan: dict[Place, tuple[Port, Light, Live, Control | None]] = {}
        for live in lives:
            for port in self._controllers.ports.values():
                if port.connected and live.mask >> port.source & 1 and (found := self._light(port, live)) is not None:
                    light, control = found
                    plan.setdefault(_place(port, light), (port, light, live, control))
        for place, (port, light, _, _) in self._plan.items():
            if place not in plan and self._shown.get(place, light.off) != light.off and port.connected:
                self._dark.append((port, light))
        self._plan = plan

    def answered(self, lives: list[Live]) -> set[str]:
        """Ports whose outputs are wanted though no profile says what they show."""
        names = set()
        for live in lives:
            if live.assignment.feedback not in ("auto", "off"):
                names |= {p.name for p in self._controllers.ports.values() if live.mask >> p.source & 1}
        return names

    @staticmethod
    def _light(port: Port, live: Live) -> tuple[Light, Control | None] | None:
        assignment = live.assignment
        if assignment.feedback in _UNLIT or port.out is None:
            return None
        control = port.profile.of(live.source) if port.profile is not None else None
        if control is not None and control.light is not None:
            return control.light, control
        if assignment.feedback == "auto":
            return None  # a stage piano may hear more in a controller than a light
        light = usual_light(live.source)
        return None if light is None else (light, control)

    def refresh(self, ports: list[str] | None = None) -> None:
        """Everything is sent anew, to all boxes or to some."""
        self._shown = {
            place: value for place, value in self._shown.items() if ports is not None and place[0] not in ports
        }

    def hear(self, port: Port, heard: Heard, now: float) -> None:
        """What a box says it shows already, unless it is a button, whose light the box may have put out by itself."""
        for place, (at, light, live, control) in self._plan.items():
            if at is not port:
                continue
            if control is not None and control.touch is not None and control.touch.address == heard.address:
                key = port.name, control.source.address
                (self._touched.add if heard.value else self._touched.discard)(key)
            if heard.address != live.source.address:
                continue
            self._moved_s[port.name, heard.address] = now
            if (light.message, light.number) == (heard.kind, max(0, heard.number)) and not live.assignment.is_button:
                self._shown[place] = heard.value
            else:
                self._shown.pop(place, None)

    def tick(self, now: float) -> None:
        """Send what differs."""
        left = MESSAGES_A_TURN
        while self._dark and left:
            port, light = self._dark.pop()
            place = _place(port, light)
            if place not in self._plan:
                self._show(port, light, place, light.off)
                left -= 1
        places = list(self._plan)
        for step in range(len(places)):
            place = places[(self._next + step) % len(places)]
            port, light, live, _ = self._plan[place]
            value = self._value(light, live.assignment)
            if value is None or self._shown.get(place) == value or self._rests(port, light, live, now):
                continue
            if left == 0:
                self._next = (self._next + step) % len(places)
                return
            self._show(port, light, place, value)
            left -= 1

    def _show(self, port: Port, light: Light, place: Place, value: int) -> None:
        self._shown[place] = value
        self._send(port, light.bytes(value))

    def _rests(self, port: Port, light: Light, live: Live, now: float) -> bool:
        if light.kind != "motor":
            return False
        key = port.name, live.source.address
        return key in self._touched or now - self._moved_s.get(key, -REST_S) < REST_S

    def _value(self, light: Light, assignment: Assignment) -> int | None:
        target = assignment.targets[0]
        position = self._position(target)
        if position is None:
            return None
        colour = "" if assignment.feedback in ("auto", "on") else assignment.feedback
        return light.shows(position, colour)

    def _position(self, target: Target) -> float | None:
        """Where a target stands, as its control sees it; 0 or 1 for one value among others; None if it says nothing."""
        if target.address not in self._tree:
            return None
        node, now = self._tree.node(target.address), self._runner.read(target.address)
        if now is None:
            return None
        if target.value is not None:
            return float(now == target.value)
        scale = scale_of(node, target)
        if scale is None:
            return None
        position = position_of(scale.curve, scale.law, scale.low, scale.high, float(now))
        return 1.0 - position if target.invert else position


def _place(port: Port, light: Light) -> Place:
    return port.name, light.message, light.channel, light.number
