"""Hearing something before choosing it, with a way back: one for all who edit, so that nobody takes back another's; [main].

What hearing did is known by its steps in the history. Everything is done in the order in which it was asked for: whoever
goes back while a scene is still coming goes back from that scene.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session.document.orders import as_order
from realtime.session.editing.editor import Editor
from realtime.session.editing.history import History, Step

KEYS = ("title", "scene", "load", "replace_device")
_WAYS = KEYS[1:]
EXAMPLE = '{"title": "Chorus", "replace_device": {"uid": 7, "device": "chorus"}}'


class Audition:
    """load(order): as /edit/load. heard: title of what is heard, "" = nothing."""

    def __init__(self, editor: Editor, load: Callable[[Any], None]):
        self._editor, self._load = editor, load
        self._heard = ""
        self._history: History | None = None
        self._steps: list[Step] = []
        self._instead: dict[int, int] = {}
        """Device that is heard -> device in whose place it is."""

    @property
    def heard(self) -> str:
        """Title of what is heard now; nothing any more once a song has gone on, or its steps were undone by hand."""
        return self._heard if self._is_open() else ""

    def _is_open(self) -> bool:
        return self._history is self._editor.history and any(self._is_done(step) for step in self._steps)

    def _is_done(self, step: Step) -> bool:
        return any(step is done for done in self._editor.history.done)

    def hear(self, order: Any) -> None:
        """Put a scene, a file or a device where it is heard, in place of what was heard before. Raises AntiphonError."""
        asked = as_order(order, "hear", KEYS)
        ways = [way for way in _WAYS if way in asked.table]
        if len(ways) != 1:
            raise AntiphonError(f"hear: say one of {', '.join(_WAYS)}, as in {EXAMPLE}")
        way, wanted = ways[0], asked.table[ways[0]]
        self._editor.check_unlocked()
        self._editor.observe()
        if not self._is_open():
            self.keep()
        if way == "replace_device" and isinstance(wanted, Mapping):
            wanted = {**wanted, "uid": self._instead.get(wanted.get("uid", 0), wanted.get("uid", 0))}
        if self._is_open() and way != "scene":
            self._go_back(to_hear=True)
        self._do(way, wanted)
        self._heard = str(asked.table.get("title", ""))[:120] or way.replace("_", " ")

    def _do(self, way: str, wanted: Any) -> None:
        history = self._editor.history
        history.seal()
        before, devices = list(history.done), self._devices()
        if way == "scene":
            self._editor.session.load_scene(str(wanted))
        elif way == "load":
            self._load(wanted)
        else:
            self._editor.edit(way, wanted)
        self._history = history
        made = [step for step in history.done if not any(step is one for one in before)]
        if way == "scene" and made and self._steps and history.done[-2] is self._steps[-1]:
            made = made if not history.join() else []  # scene after scene is one step, however many are heard
        self._steps += made
        come, gone = self._devices() - devices, devices - self._devices()
        if len(come) == len(gone) == 1:
            self._instead[come.pop()] = gone.pop()

    def _devices(self) -> set[int]:
        return {device.uid for _, devices in self._editor.place.document.chains() for device in devices}

    def _go_back(self, to_hear: bool = False) -> None:
        """Undo until nothing is left of what hearing did. Raises AntiphonError; what was undone stays so."""
        others = self._on_top()
        if others and to_hear:
            raise AntiphonError(
                f"{others[-1].name!r} was done since {self._heard!r} is heard; keep it or go back before hearing something else"
            )
        while self._is_open():
            self._editor.undo()
        self._steps = []
        if others:
            names = ", ".join(step.name for step in others[:3])
            self._editor.session.say(f"with what was heard, {names} was taken back, too; redo brings it back")

    def _on_top(self) -> list[Step]:
        """What others did since: it lies on what hearing did, so that it goes with it."""
        done = self._editor.history.done
        first = min((at for at, step in enumerate(done) if any(step is one for one in self._steps)), default=len(done))
        return [step for step in done[first:] if not any(step is one for one in self._steps)]

    def keep(self) -> None:
        """Stay with what is heard."""
        self._heard, self._history, self._steps, self._instead = "", None, [], {}

    def back(self) -> None:
        """To what was before. Raises AntiphonError."""
        self._editor.observe()
        if self._is_open():
            self._go_back()
        self.keep()
