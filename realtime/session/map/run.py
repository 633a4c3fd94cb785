"""Carries out, through the tree, what controls say: knobs that the callback does not move, encoders, buttons; [map thread]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from realtime.control.tree import ControlError, Node, Tree
from realtime.midi.map.assignment import Assignment, Target
from realtime.midi.map.curves import position_of, value_at
from realtime.midi.map.decode import Heard
from realtime.midi.map.press import Button
from realtime.midi.map.relative import DECODE, STEP
from realtime.midi.map.source import Source
from realtime.midi.map.takeover import NOTHING, TAKEOVERS, take_over
from realtime.session.map.aims import Scale, scale_of

HALF = 64
"""A controller is a pressed button from here on."""


@dataclass
class Hold:
    """What a control knows of one target that is moved through the tree."""

    x: float = NOTHING
    last: float | None = None
    caught: int = 0


@dataclass
class Live:
    """An assignment in force on one of its controls. natively: per target, whether the callback moves it."""

    assignment: Assignment
    mask: int
    source: Source
    natively: list[bool]
    holds: list[Hold] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.holds = self.holds or [Hold() for _ in self.assignment.targets]

    @property
    def name(self) -> str:
        """Of its binding; one assignment may be on several boxes."""
        return f"{self.assignment.id}#{self.number}"


class Runner:
    """set: how an address is set (errors said, never raised). moved: told each address that has changed."""

    def __init__(self, tree: Tree, complain: Callable[[str, Exception], Any]):
        self._tree, self._complain = tree, complain
        self._by_message: dict[tuple[str, bool, int, int, str], list[Live]] = {}
        self._buttons: dict[tuple[int, tuple[str, bool, int, int, str]], Button] = {}
        self._down: dict[tuple[int, tuple[str, bool, int, int, str]], int] = {}
        self.asleep = False
        """While something is learned no button acts."""

    def use(self, lives: list[Live]) -> None:
        """These are in force from now on. Buttons that are down stay so."""
        found: dict[tuple[str, bool, int, int, str], list[Live]] = {}
        for live in lives:
            found.setdefault(live.source.address, []).append(live)
        self._by_message = found
        self._buttons = {key: button for key, button in self._buttons.items() if button.waits}

    def of(self, heard: Heard) -> list[Live]:
        """What is in force on a control."""
        kind, wide, channel, number, key = heard.address
        found: list[Live] = []
        for c in (channel, 0) if channel else (0,):
            for n in (number, -1) if number != -1 else (-1,):
                found += self._by_message.get((kind, wide, c, n, key), ())
        return [live for live in found if heard.kind == "key" or live.mask >> heard.port & 1]

    def hear(self, heard: Heard, now: float) -> list[str]:
        """Carry out one word of a control; the addresses that the callback has moved for it."""
        lives = self.of(heard)
        moved: list[str] = []
        for live in lives:
            mode = live.assignment.mode
            if live.assignment.is_button:
                continue
            if live.source.kind == "velocity" and heard.value == 0:
                continue
            for number, target in enumerate(live.assignment.targets):
                if live.natively[number]:
                    moved.append(target.address)
                elif mode == "relative":
                    self._step(target, self._steps(live.source, heard))
                else:
                    self._turn(live, number, target, heard.position)
        buttons = [live for live in lives if live.assignment.is_button]
        if buttons and not self.asleep:
            self._button(buttons, heard, now)
        return moved

    # -- knobs --------------------------------------------------------------------------------------------------------

    def _node(self, address: str) -> Node | None:
        return self._tree.node(address) if address in self._tree else None

    def read(self, address: str) -> Any:
        """The value at an address, None if it has none now."""
        node = self._node(address)
        if node is None or not node.readable:
            return None
        try:
            return node.read()
        except Exception:  # a node that goes with its scene; it is gone from the tree a moment later
            return None

    def _set(self, address: str, value: Any) -> None:
        try:
            self._tree.set(address, *(() if value is None else (value,)))
        except ControlError as error:
            self._complain(address, error)

    def _place(self, target: Target) -> tuple[Scale, float] | None:
        """Scale and present value of a target that can be turned."""
        node = self._node(target.address)
        scale = scale_of(node, target) if node is not None and node.writable else None
        now = self.read(target.address) if scale is not None else None
        if scale is None or not isinstance(now, (int, float)):
            return None
        return scale, float(now)

    def _turn(self, live: Live, number: int, target: Target, x: float) -> None:
        """A knob through the tree, as `engine.bindings` does it in the callback."""
        node = self._node(target.address)
        hold = live.holds[number]
        former, hold.x = hold.x, 1.0 - x if target.invert else x
        if node is not None and (node.type == "I" or target.value is not None):
            if former < 0.5 <= hold.x:
                self._set(target.address, target.value)
            return
        place = self._place(target)
        if place is None:
            return
        scale, now = place
        position = position_of(scale.curve, scale.law, scale.low, scale.high, now)
        if hold.last is None or abs(now - hold.last) > 1e-6 * max(1e-9, scale.top - scale.bottom):
            hold.caught = 0
        mode = TAKEOVERS.index(live.assignment.takeover)
        to, hold.caught = take_over(mode, hold.x, former, position, hold.caught)
        if to == NOTHING:
            return
        value = value_at(scale.curve, scale.law, scale.low, scale.high, to)
        self._set(target.address, round(value) if scale.whole else value)
        written = self.read(target.address)
        hold.last = float(written) if isinstance(written, (int, float)) else None

    @staticmethod
    def _steps(source: Source, heard: Heard) -> int:
        return heard.delta if heard.delta else DECODE[source.coding or "twos"](heard.value) if source.coding else 0

    def _step(self, target: Target, steps: int) -> None:
        """An encoder by some clicks: along the curve, or by the target's own step."""
        place = self._place(target)
        if place is None or steps == 0:
            return
        scale, now = place
        steps = -steps if target.invert else steps
        if target.step is not None or scale.whole:
            size = (target.step or 1.0) * (1.0 if scale.high >= scale.low else -1.0)
            value = now + steps * size
        else:
            position = position_of(scale.curve, scale.law, scale.low, scale.high, now) + steps * STEP
            value = value_at(scale.curve, scale.law, scale.low, scale.high, position)
        value = min(scale.top, max(scale.bottom, value))
        self._set(target.address, round(value) if scale.whole else value)

    # -- buttons ------------------------------------------------------------------------------------------------------

    def _button(self, lives: list[Live], heard: Heard, now: float) -> None:
        key = heard.port, heard.address
        button = self._buttons.get(key)
        wanted = {live.assignment.press for live in lives}
        if button is None or button.wanted != wanted:
            button = self._buttons[key] = Button(wanted)
        before = self._down.get(key, 0)
        down = heard.kind == "program" or heard.value >= (1 if heard.kind in ("note", "key") else HALF)
        self._down[key] = heard.value if down and heard.kind != "program" else 0
        if down and (before == 0 or before == heard.value):  # a button without a release says the same again
            self._mean(lives, button.down(now))
            self._ways(lives, True)
            if heard.kind == "program":
                self._mean(lives, button.up(now))
                self._ways(lives, False)
        elif not down and before:
            self._mean(lives, button.up(now))
            self._ways(lives, False)

    def tick(self, now: float) -> None:
        """Presses that time makes long or short."""
        for (port, address), button in list(self._buttons.items()):
            if button.waits and (meant := button.tick(now)):
                kind, wide, channel, number, name = address
                heard = Heard(port, kind, channel, number, 0, wide=wide, key=name)
                if not self.asleep:
                    self._mean([live for live in self.of(heard) if live.assignment.is_button], meant)

    def _mean(self, lives: list[Live], meant: list[str]) -> None:
        for live in lives:
            if live.assignment.press in meant and live.assignment.mode in ("toggle", "trigger", "step"):
                for target in live.assignment.targets:
                    self._press(live.assignment.mode, target)

    def _ways(self, lives: list[Live], down: bool) -> None:
        """Buttons whose coming up counts too."""
        for live in lives:
            if live.assignment.mode in ("momentary", "latched"):
                for target in live.assignment.targets:
                    self._follow(live.assignment.mode, target, down)

    def _follow(self, mode: str, target: Target, down: bool) -> None:
        node = self._node(target.address)
        if node is None:
            self._set(target.address, target.value)  # says that it is not there
        elif node.type == "I" or target.value is not None:
            if down or mode == "latched":
                self._set(target.address, target.value)
        elif (scale := scale_of(node, target)) is not None:
            high = down != target.invert
            self._set(target.address, scale.high if high else scale.low)

    def _press(self, mode: str, target: Target) -> None:
        node = self._node(target.address)
        if node is None or node.type == "I" or (target.value is not None and mode == "trigger"):
            self._set(target.address, target.value)
            return
        place = self._place(target)
        if target.value is not None:  # toggle between a value and none
            self._set(target.address, target.value)
        elif place is not None:
            self._set(target.address, self._next(mode, target, *place))

    @staticmethod
    def _next(mode: str, target: Target, scale: Scale, now: float) -> float:
        if mode == "trigger":
            return scale.low if target.invert else scale.high
        if mode == "toggle":
            return scale.low if abs(now - scale.high) <= abs(now - scale.low) else scale.high
        size = target.step if target.step is not None else 1.0 if scale.whole else (scale.top - scale.bottom) / 8.0
        value = now + (-size if target.invert else size)
        if value > scale.top + 1e-9:
            return scale.bottom
        return scale.top if value < scale.bottom - 1e-9 else value
