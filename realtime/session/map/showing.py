"""How assignments are shown: each with its control in words, and whether that has its targets in its hand; [map thread]."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from realtime.control.tree import Tree
from realtime.engine.bind_tables import Named
from realtime.midi.map.assignment import Assignment
from realtime.session.map.controllers import Controllers
from realtime.session.map.run import Live


class Showing:
    """lives, named: what is in force, and what the callback has of it."""

    def __init__(self, tree: Tree, controllers: Controllers):
        self._tree, self._controllers = tree, controllers
        self.lives: list[Live] = []
        self.named: Named | None = None

    def row(self, one: Assignment) -> dict[str, Any]:
        """An assignment with all its defaults, its control in words, and its state."""
        source = one.source
        name = f"{source.control}: " if source.control else ""
        row = {
            "mode": one.mode,
            "takeover": one.takeover,
            "feedback": one.feedback,
            "scope": one.scope,
            "layer": one.layer,
        }
        row |= one.to_dict() | {"press": one.press, "page": one.page, "through": one.passes}
        row["targets"] = [
            {"low": None, "high": None, "curve": target.curve, "invert": target.invert} | target.to_dict()
            for target in one.targets
        ]
        return row | {"text": f"{name}{source.text}", "port": source.port, "state": self.state(one)}

    def state(self, one: Assignment) -> str:
        """waiting, caught; or why it does nothing: absent (no such control), lost (no such target), hidden."""
        lives = [live for live in self.lives if live.assignment.id == one.id]
        if not lives:
            return "hidden" if self._controllers.resolve(one.source) else "absent"
        if all(target.address not in self._tree for target in one.targets):
            return "lost"
        if one.mode != "absolute" or one.takeover == "jump":
            return "caught"
        held = [self._hold(live) for live in lives]
        return "caught" if any(all(h) for h in held if h) else "waiting"

    def _hold(self, live: Live) -> list[bool]:
        """Per target, whether the control has it in its hand."""
        found = [bool(hold.caught) for hold, native in zip(live.holds, live.natively, strict=True) if not native]
        if self.named is not None and live.name in self.named.names:
            found += [bool(state["caught"]) for state in self.named.states(live.name)]
        return found

    def word(self, everything: Iterable[Assignment]) -> str:
        """All states in one word: it differs when one of them does."""
        return "".join(self.state(one)[0] for one in everything)
