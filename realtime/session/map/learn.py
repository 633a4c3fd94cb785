"""Learning: which control shall move an address, and what to do with what that control moves already; [map thread]."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from realtime.control.tree import Node, Tree
from realtime.midi.map.assignment import Assignment, Target
from realtime.midi.map.decode import Heard
from realtime.midi.map.learn import Guess, Learner
from realtime.midi.map.source import Source
from realtime.native.errors import AntiphonError, nearest
from realtime.session.map.controllers import Controllers
from realtime.session.map.run import Runner

ALL = "all"
_OF_SCENE = ("/rack/", "/mix/", "/player/", "/morph/", "/snapshot/", "/transport/")
"""Whose assignments belong to the scene; all others are the rig's."""
_NO_TARGET = ("/learn/", "/map/set", "/map/remove", "/map/list", "/key", "/midi", "/meters", "/stream/")


class Learn:
    """One learning at a time. found(heard): the assignments on a control now. touch(): the state has changed."""

    def __init__(
        self, tree: Tree, runner: Runner, controllers: Controllers,
        found: Callable[[Heard], list[Assignment]], touch: Callable[[], Any],
    ):  # fmt: skip
        self._tree, self._runner, self._controllers, self._found, self._touch = tree, runner, controllers, found, touch
        self.waiting: str | None = None
        self._learner = Learner()
        self._guess: Guess | None = None
        self._source: Source | None = None
        self._choice = ""
        self._moved: dict[str, None] = {}
        self._others: list[Assignment] = []
        self._unlisten: Callable[[], None] | None = None
        self._own = False

    # -- what people ask for ------------------------------------------------------------------------------------------

    def check(self, address: str) -> None:
        """Whether something can be learned for an address. Raises AntiphonError. [any]"""
        if address == "":
            return
        if address not in self._tree:
            raise AntiphonError(f"there is no {address:.120} to learn for; OSCQuery lists all there are")
        node = self._tree.node(address)
        if not node.writable or address.startswith(_NO_TARGET):
            raise AntiphonError(f"{address} cannot be moved by a control")
        if len(node.type) > 1 or node.type == "b":
            raise AntiphonError(f"{address} takes more than a control can say")

    def start(self, address: str) -> None:
        """Wait for a control; address "" = for whatever parameter is moved meanwhile, too."""
        self.cancel()
        self.waiting = address
        self._runner.asleep = True
        if address == "":
            self._unlisten = self._tree.listen(self._noticed)
        self._touch()

    def cancel(self) -> None:
        """Stop waiting; nothing has changed."""
        if self._unlisten is not None:
            self._unlisten()
        self._unlisten = None
        self.waiting, self._guess, self._source, self._choice = None, None, None, ""
        self._learner, self._moved, self._others = Learner(), {}, []
        self._runner.asleep = False
        self._touch()

    def _noticed(self, event: str, address: str) -> None:
        """A value has changed while an address is looked for."""
        if event == "value" and address in self._tree and not address.startswith(_NO_TARGET):
            if self._tree.node(address).writable and address not in self._moved:
                self._moved[address] = None
                self._touch()

    def hear(self, heard: Heard, now: float) -> None:
        """One word of a control while waiting."""
        self._learner.feed(heard, now)
        guess = self._learner.best()
        if guess is None:
            return
        self._guess = guess
        source = self._controllers.named(guess.source, guess.heard.port)
        if source != self._source:
            self._source, self._others, self._choice = source, self._found(guess.heard), ""
        self._touch()

    @property
    def candidates(self) -> list[str]:
        """What the control would move, if it is more than one thing; empty where there is nothing to ask."""
        mine = [self.waiting] if self.waiting else list(self._moved)
        others = [target.address for one in self._others for target in one.targets]
        found = list(dict.fromkeys([*mine, *others]))
        return found if len(found) > 1 else []

    def check_choice(self, address: str) -> None:
        """Whether it is a candidate, or "all". Raises AntiphonError. [any]"""
        if self.waiting is None:
            raise AntiphonError("nothing is being learned; /learn/start begins")
        if address != ALL and address not in self.candidates:
            raise AntiphonError(
                f"{address:.120} is none of the candidates; {nearest(address, [*self.candidates, ALL])}"
            )
        self._choice = address
        self._touch()

    def check_kept(self) -> None:
        """Whether there is something to keep, and nothing to ask. Raises AntiphonError. [any]"""
        source, candidates = self._source, self.candidates
        if self.waiting is None or source is None:
            raise AntiphonError("no control has moved yet; move the one that shall be learned, then keep it")
        if candidates and not self._choice:
            raise AntiphonError(
                f"{source.text} would move {len(candidates)} things: choose one of {', '.join(candidates)}, or all"
            )
        if not self.waiting and not self._moved:
            raise AntiphonError("no parameter has moved yet; move the one that shall be learned, then keep it")

    def keep(self) -> tuple[Assignment, list[str]] | None:
        """The assignment, and the ids of those it takes the place of; None if all stays as it is. Raises AntiphonError."""
        self.check_kept()
        assert self._source is not None and self._guess is not None
        candidates = self.candidates
        addresses = candidates if self._choice == ALL else [self._choice or self.waiting or next(iter(self._moved), "")]
        known = {target.address: target for one in self._others for target in one.targets}
        if self._choice in known and self._choice != self.waiting and self._choice not in self._moved:
            self.cancel()
            return None  # it goes on to move what it moved
        targets = tuple(known.get(address, Target(address)) for address in addresses)
        fresh = [address for address in addresses if address not in known] or addresses
        scope = "song" if fresh[0].startswith(_OF_SCENE) else "rig"
        mode = self._mode(self._guess, self._source, self._tree.node(fresh[0]))
        takeover = "pickup" if self._source.kind in ("cc", "nrpn", "rpn") else "jump"
        made = Assignment("", self._source, targets, mode, takeover=takeover, scope=scope)
        instead = [one.id for one in self._others if one.press == "any"]
        self.cancel()
        return made, instead

    @staticmethod
    def _mode(guess: Guess, source: Source, node: Node) -> str:
        """How a control of this behaviour moves a node of this kind."""
        if source.coding or guess.heard.delta:
            return "relative"
        if guess.behaviour == "latched":
            return "latched"
        if guess.behaviour or (source.kind == "program" and source.number >= 0 and node.type in ("I", "T")):
            if node.type == "I" or node.type == "s":
                return "trigger"
            if node.type == "T":
                return "toggle"
            return "step" if node.curve == "enum" else "momentary" if node.type in ("f", "d") else "toggle"
        return "absolute"

    # -- what they see ------------------------------------------------------------------------------------------------

    def state(self) -> str:
        """JSON for /learn/state."""
        guess, source = self._guess, self._source
        shown: dict[str, Any] = {"waiting": self.waiting or "", "heard": "", "candidates": self.candidates}
        shown["learning"], shown["chosen"] = self.waiting is not None, self._choice
        if guess is not None and source is not None:
            value = guess.heard.delta or guess.heard.value
            control = f"{source.control}: " if source.control else ""
            port = f" ({source.port})" if source.port else ""
            shown["heard"] = f"{control}{source.text} = {value}{port}"
            shown["source"] = source.to_dict()
            if source.coding:
                shown["coding"] = source.coding
            if guess.behaviour:
                shown["button"] = guess.behaviour
        if self._moved:
            shown["moved"] = list(self._moved)
        return json.dumps(shown)


def clock_s() -> float:
    """Seconds for presses and lights."""
    return time.monotonic()
