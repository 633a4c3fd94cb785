"""What was done, so that it can be undone: named steps, a hundred deep, over scene changes; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from realtime.session.document.document import Document
from realtime.session.document.mapping import Dicts
from realtime.session.document.orders import Key

DEPTH = 100
ONE_MOVE_S = 1.0
"""Moves of one control that follow each other faster are one step."""


@dataclass(frozen=True)
class Place:
    """Which scene is edited, and how it stands. path: its file; None: of none yet."""

    document: Document
    name: str
    path: Path | None


@dataclass
class Step:
    """One thing that was done.

    values: (before, after) of what it moved. places: the scene before and after, if its structure changed. lost, found:
    values of what it took away and, once it was undone, of what it had brought. files: a scene's file, moved from the
    first to the second. rig: the rig's assignments before and after.
    """

    name: str
    values: dict[Key, tuple[Any, Any]] = field(default_factory=dict)
    places: tuple[Place, Place] | None = None
    lost: dict[Key, Any] = field(default_factory=dict)
    found: dict[Key, Any] = field(default_factory=dict)
    files: tuple[Path, Path] | None = None
    rig: tuple[Dicts, Dicts] | None = None
    at: float = 0.0
    is_move: bool = False


class History:
    """Done steps and, after an undo, those that can be done again."""

    def __init__(self) -> None:
        self.done: list[Step] = []
        self.undone: list[Step] = []

    def add(self, step: Step) -> None:
        """Something was done; what had been undone is gone."""
        self.done.append(step)
        del self.done[:-DEPTH]
        self.undone.clear()

    def move(self, key: Key, before: Any, after: Any, now: float, name: Any) -> None:
        """A control was moved; name(before, after) says how."""
        for step in reversed(self.done):
            if not step.is_move or now - step.at > ONE_MOVE_S or len(step.values) > 1:
                break
            if key in step.values:
                first = step.values[key][0]
                step.values[key], step.at, step.name = (first, after), now, name(first, after)
                self.undone.clear()
                if first == after:
                    self.done.remove(step)
                return
        self.add(Step(name(before, after), {key: (before, after)}, at=now, is_move=True))

    def moved(self, name: str, values: Mapping[Key, tuple[Any, Any]], now: float) -> None:
        """Many controls were moved by one hand; what goes on moving so is the same step."""
        last = self.done[-1] if self.done else None
        if last is not None and last.is_move and last.name == name and now - last.at <= ONE_MOVE_S:
            for key, (before, after) in values.items():
                last.values[key] = last.values.get(key, (before, after))[0], after
            last.at = now
            self.undone.clear()
            return
        self.add(Step(name, dict(values), at=now, is_move=True))

    def join(self) -> bool:
        """Make one of the newest two steps, if they only went from scene to scene."""
        first, second = self.done[-2:]
        if first.places is None or second.places is None:
            return False
        first.name, first.places = second.name, (first.places[0], second.places[1])
        self.done.pop()
        return True

    def settle(self, former: Path | None, path: Path) -> None:
        """The scene of one file has another now, in every step."""
        for step in (*self.done, *self.undone):
            if step.places is not None:
                first, second = (
                    replace(place, name=path.stem, path=path) if place.path == former else place
                    for place in step.places
                )
                step.places = first, second

    def seal(self) -> None:
        """The next move begins a step of its own."""
        if self.done:
            self.done[-1].at = 0.0

    @property
    def next_undo(self) -> str:
        """What would be undone, or ""."""
        return next((step.name for step in reversed(self.done)), "")

    @property
    def next_redo(self) -> str:
        """What would be done again, or ""."""
        return next((step.name for step in reversed(self.undone)), "")

    @property
    def names(self) -> list[str]:
        """Of what was done, the newest last."""
        return [step.name for step in self.done]
