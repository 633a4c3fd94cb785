"""The macros in force and their nodes: /macro/N from 0 to 1, which moves what it names and stands where that stands; [any].

Nothing is kept of where a macro stands: its first target says it, so that recall, undo and another hand are seen at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from realtime.control.tree import READ, ControlError, Node, Tree
from realtime.midi.map.assignment import Assignment, Target
from realtime.midi.map.curves import position_of, value_at
from realtime.session.macros.macro import COUNT, Macro
from realtime.session.map.aims import scale_of

ROOT = "/macro"


class Macros:
    """say: told once of a macro that moves something that is not there."""

    def __init__(self, tree: Tree, say: Callable[[str], Any]):
        self._tree, self._say = tree, say
        self.all: tuple[Macro, ...] = ()
        self.own = False
        """Whether the scene names them."""
        self._told: set[tuple[str, str]] = set()

    def use(self, macros: tuple[Macro, ...], own: bool, scene: str, complete: bool = True) -> None:
        """These are in force from now on; the tree holds already what they move, but for players if it is not complete. [main]"""
        self.all, self.own = macros, own
        self._tree.replace(ROOT, self._nodes())
        for macro in macros:
            for target in macro.targets:
                if not complete and target.address.startswith("/player/"):
                    continue
                if target.address not in self._tree and (scene, target.address) not in self._told:
                    self._told.add((scene, target.address))
                    self._say(
                        f"{scene}: macro {macro.name!r} moves {target.address:.80}, which is not there; /macro/list shows all"
                    )

    def listing(self) -> str:
        """JSON for /macro/list."""
        rows = [{"number": n, "own": self.own} | macro.to_dict() for n, macro in enumerate(self.all, 1)]
        return json.dumps(rows, separators=(",", ":"))

    def expanded(self, one: Assignment) -> Assignment:
        """An assignment that moves macros as one that moves what they move: the callback knows knobs alone."""
        targets: list[Target] = []
        for target in one.targets:
            macro = self._plain(target)
            targets += [target] if macro is None else [_turned(inner, target.invert) for inner in macro.targets]
        return (
            one
            if len(targets) == len(one.targets) and targets == list(one.targets)
            else replace(one, targets=tuple(targets))
        )

    def _plain(self, target: Target) -> Macro | None:
        """The macro that a target moves from end to end."""
        if target.low is not None or target.high is not None or target.value is not None or target.curve != "own":
            return None
        head, _, number = target.address.rpartition("/")
        if head != ROOT or not number.isdecimal() or not 0 < int(number) <= len(self.all):
            return None
        return self.all[int(number) - 1]

    # -- nodes --------------------------------------------------------------------------------------------------------

    def _nodes(self) -> list[Node]:
        """All COUNT of them, so that a controller's knob keeps its macro through every scene."""
        found = [
            Node(f"{ROOT}/list", "s", READ, get=self.listing, title="Macros",
                 description="JSON list: number, name, targets, and whether the scene names them itself (own)."),
        ]  # fmt: skip
        for at in range(COUNT):
            macro = self.all[at] if at < len(self.all) else None
            name = macro.name if macro is not None else ""
            found += [
                Node(f"{ROOT}/{at + 1}", "f", range=(0.0, 1.0), default=0.0, get=partial(self.read, at), poll=True,
                     set=partial(self.write, at), title=name or f"Macro {at + 1}", scene=self._home(macro),
                     description="What a performer turns first in this scene."),
                Node(f"{ROOT}/{at + 1}/name", "s", READ, value=name, title="Name", description="As the scene calls it."),
            ]  # fmt: skip
        return found

    def _placed(self, target: Target, value: Any) -> float | None:
        """Where a macro would stand for a target's value."""
        node = self._tree.node(target.address) if target.address in self._tree else None
        scale = scale_of(node, target) if node is not None and node.readable else None
        if node is None or scale is None or not isinstance(value, (int, float)):
            return None
        x = position_of(scale.curve, scale.law, scale.low, scale.high, float(value))
        return 1.0 - x if target.invert else x

    def read(self, at: int) -> float:
        """Where the macro stands (at from 0): where its first target that is there stands."""
        for target in self.all[at].targets if at < len(self.all) else ():
            try:
                place = self._placed(target, self._tree.get(target.address)) if target.address in self._tree else None
            except ControlError:  # it goes with its scene
                continue
            if place is not None:
                return place
        return 0.0

    def _home(self, macro: Macro | None) -> float | None:
        """Where it stands in the scene as written."""
        for target in macro.targets if macro is not None else ():
            if target.address in self._tree:
                return self._placed(target, self._tree.node(target.address).scene)
        return None

    def write(self, at: int, x: float) -> None:
        """Turn it: every target that is there goes to its place."""
        for target in self.all[at].targets if at < len(self.all) else ():
            if target.address not in self._tree:
                continue
            node = self._tree.node(target.address)
            scale = scale_of(node, target) if node.writable else None
            if scale is not None:
                place = 1.0 - x if target.invert else x
                value = value_at(scale.curve, scale.law, scale.low, scale.high, place)
                self._tree.set(target.address, round(value) if scale.whole else value)


def _turned(target: Target, invert: bool) -> Target:
    return replace(target, invert=target.invert != invert)
