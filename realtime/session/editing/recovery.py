"""Unsaved edits put aside every few seconds, and offered again by the next run, however this one ends; [main].

One file per run in the user's state folder: what is edited now, and scenes that were left with edits in them. It is
written whole or not at all, and goes when all is saved.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

import platformdirs

from realtime.native.errors import AntiphonError
from realtime.native.held_file import hold, is_held
from realtime.native.private_folder import private_folder
from realtime.native.whole_file import whole_file
from realtime.session import scene as scenes
from realtime.session.document.document import Document
from realtime.session.editing.editor import Editor
from realtime.session.editing.history import Place
from realtime.session.editing.library import user_path
from realtime.session.paths import is_there
from realtime.session.scene_write import write_text

EVERY_S = 2.0
"""How often unsaved edits are put aside; with the time that writing takes no more than 5 s of them can be lost."""
LARGEST_FILE = 8_000_000
HELD = ".held"
"""Ending of the file beside a run's own that it holds as long as it lives."""
MOST_LEFT = 16
"""Scenes left with edits that are remembered."""


def folder() -> Path:
    return Path(platformdirs.user_state_dir("antiphon")) / "unsaved"


def left_behind() -> list[Path]:
    """Files of runs that have ended, the newest first."""
    found = []
    with contextlib.suppress(OSError):
        for path in folder().glob("*.json"):
            if not path.name.startswith(".") and not is_held(path.with_suffix(HELD)):
                found.append((path.stat().st_mtime, path))
        for path in folder().glob(f"*{HELD}"):
            is_held(path)  # one that nobody holds goes
    return [path for _, path in sorted(found, reverse=True)]


def _read(path: Path) -> list[dict[str, Any]]:
    """The scenes in such a file, the one that was edited last first; [] of one that makes no sense."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return []
        found = json.loads(path.read_text("utf-8"))["scenes"]
        return [one for one in found if isinstance(one["name"], str) and isinstance(one["text"], str)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


class Recovery:
    """Of one session. on: False leaves the user's folder alone."""

    def __init__(self, editor: Editor, on: bool = True):
        self._editor, self._on = editor, on
        self._file = folder() / f"{os.getpid()}-{time.monotonic_ns()}.json"
        self._written = ""
        self._next = 0.0
        self._told, self._parting = False, ""
        self._left: dict[str, dict[str, Any]] = {}
        self._offered: Path | None = None
        self._scenes: list[dict[str, Any]] = []
        self._held: int | None = None
        if on:
            editor.on_leave = self.leave
            self._look()

    # -- putting aside ------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Put aside what is not saved, when it is time."""
        if self._parting:  # behind the new scene's own line, which the panel would show instead
            self._editor.session.say(self._parting)
            self._parting = ""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_S
            self.write()

    def leave(self, place: Place, text: str) -> None:
        """A scene was left with edits that are in no file."""
        self._left.pop(place.name, None)
        self._left[place.name] = self._entry(place, text)
        while len(self._left) > MOST_LEFT:
            self._left.pop(next(iter(self._left)))
        self._next = 0.0
        self._parting = f"{place.name} was left with edits that are not saved; undo brings it back"

    def _entry(self, place: Place, text: str) -> dict[str, Any]:
        path = str(place.path.absolute()) if place.path else ""
        return {"name": place.name, "path": path, "text": text, "done": self._editor.history.names[-20:]}

    def write(self) -> None:
        """Bring the file up to date, or take it away if all is saved."""
        if not self._on:
            return
        editor, scenes_now = self._editor, []
        if editor.changed:
            scenes_now.append(self._entry(editor.place, editor.text()))
        self._left.pop(editor.place.name, None)
        scenes_now += reversed(self._left.values())
        if not scenes_now:
            self.forget()
            return
        text = json.dumps({"scenes": scenes_now, "at": f"{time.strftime('%H:%M')}"}, ensure_ascii=False)
        if text == self._written:
            return
        try:
            private_folder(self._file.parent)
            if self._held is None:  # before there is anything that another run could take for left behind
                self._held = hold(self._file.with_suffix(HELD))
            with whole_file(self._file) as part:
                part.write_text(text, "utf-8")
            self._written, self._told = text, False
        except (OSError, AntiphonError) as error:
            if not self._told:
                self._told = True
                editor.session.say(f"edits cannot be put aside ({error}); save by hand until there is room")

    def close(self) -> None:
        """The run ends: what nobody saved waits for the next one."""
        self._editor.observe()
        self.write()
        if self._held is not None:
            os.close(self._held)
            self._held = None
            self._file.with_suffix(HELD).unlink(missing_ok=True)

    def forget(self) -> None:
        """All is saved."""
        if self._written:
            self._file.unlink(missing_ok=True)
            self._written = ""

    # -- offering -----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        for path in left_behind():
            found = _read(path)
            if found:
                self._offered, self._scenes = path, found
                return
            path.unlink(missing_ok=True)

    @property
    def offer(self) -> str:
        """What the last run left unsaved, in a sentence, or ""."""
        if self._offered is None:
            return ""
        names = [one["name"] for one in self._scenes]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return f"the last run ended with unsaved edits of {names[0]!r}{more}; take them back, or drop them"

    def take(self) -> None:
        """Take back what was left: the scene that was edited last sounds, others become scenes of their own."""
        if self._offered is None:
            raise AntiphonError("there is nothing to recover")
        self._editor.check_unlocked()
        first, *others = self._scenes
        path = Path(first["path"]) if first["path"] else None
        folder_of = path.parent if path else None
        scenes.parse(first["text"], first["name"], folder_of)  # raises before anything is touched
        for one in others:
            self._keep(one)
        self._editor.observe()
        place = Place(Document.parse(first["text"]), first["name"], path)
        self._editor.take(f"Recover {first['name']}", place)
        self._editor.know(path)
        self._editor.session.say(f"recovered: {first['name']}, not saved yet")
        self._next = 0.0
        self._end()

    def _keep(self, one: dict[str, Any]) -> None:
        name, number = f"{one['name']} recovered", 1
        while is_there(user_path(name)):
            number += 1
            name = f"{one['name']} recovered {number}"
        write_text(user_path(name), one["text"])
        self._editor.session.say(f"recovered: {one['name']}, as scene {name!r}")

    def drop(self) -> None:
        """Let it go."""
        self._end()

    def _end(self) -> None:
        if self._offered is not None:
            self._offered.unlink(missing_ok=True)
        self._offered, self._scenes = None, []
        self._look()
