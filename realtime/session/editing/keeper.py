"""Keeps scenes: saves them, gives them other names, throws them away so that it can be undone; [main]."""

from __future__ import annotations

import tomllib
from pathlib import Path

from realtime.native.errors import AntiphonError
from realtime.session.document.document import Document
from realtime.session.editing import library
from realtime.session.editing.editor import Editor
from realtime.session.editing.history import Place, Step
from realtime.session.paths import PRESETS, is_there
from realtime.session.scene_write import write_text

DEFAULT = "default"
"""The tag of the scene that plays when nobody says which."""


class Keeper:
    """Of the scene that an editor edits."""

    def __init__(self, editor: Editor):
        self.editor = editor

    def save(self, name: str = "") -> None:
        """Write the scene: in place, or under another name in the user's folder. Raises AntiphonError."""
        self.editor.observe()
        path = library.user_path(name or self.editor.place.name)
        in_place = not name or path == self.editor.place.path
        if in_place and self.editor.place.path is not None and not library.is_factory(self.editor.place.path):
            path = self.editor.place.path
        if is_there(path):
            self.editor.check_unlocked()
            if path != self.editor.place.path:
                raise AntiphonError(
                    f"there is a scene {path.stem!r} already; delete or rename it, or choose another name"
                )
        document = None if in_place else self._entitled(path)
        text = self.editor.text() if document is None else document.text
        write_text(path, text)
        if document is not None:
            place = self.editor.place
            self.editor.take(f"Save as {path.stem}", Place(document, place.name, place.path))
        hides = (PRESETS / path.name).exists() and path != PRESETS / path.name
        self.editor.saved[path] = text
        self.editor.settle(path)
        more = "; it hides the factory scene of that name, which stays as it was" if hides else ""
        self.editor.session.say(f"saved: {path}{more}")

    def _entitled(self, path: Path) -> Document:
        """Called by another name, it gets that title, unless it was given one since it was kept; a factory scene's tag of
        the default stays behind. Files beside the former place are named in full."""
        document = self.editor.folded().copied()
        now, kept = (
            tomllib.loads(text) for text in (self.editor.text(), self.editor.saved.get(self.editor.place.path, ""))
        )
        if now.get("title") == kept.get("title"):
            document.put("title", path.stem)
        tags = now.get("tags", [])
        if DEFAULT in tags:
            document.put("tags", [tag for tag in tags if tag != DEFAULT])
        library.name_strangers(document, self.editor.place.path, path)
        return document

    def rename(self, name: str) -> None:
        """Give the scene's file another name, and the scene that title. Raises AntiphonError."""
        self.editor.check_unlocked()
        self.editor.observe()
        former, path = self.editor.place.path, library.user_path(name)
        if former is None or library.is_factory(former):
            raise AntiphonError(
                f"{self.editor.place.name!r} is a factory scene; save it under the name {path.stem!r} instead"
            )
        path = former.with_name(path.name)
        library.move(former, path)
        self.editor.saved[path] = self.editor.saved.get(former, "")
        self.editor.settle(path)
        self.editor.edit("set_scene", {"title": path.stem})
        self.editor.history.done[-1].files, self.editor.history.done[-1].name = (former, path), f"Rename to {path.stem}"
        self.editor.session.say(f"renamed: {path}")

    def delete(self, name: str) -> None:
        """Put a user's scene into the trash; it can be undone. Raises AntiphonError."""
        self.editor.check_unlocked()
        self.editor.observe()
        path = library.own_scene(name, "deleted")
        target = library.thrown_away(path)
        library.move(path, target)
        self.editor.history.add(Step(f"Delete scene {path.stem}", files=(path, target)))
        self.editor.version += 1
        self.editor.session.say(f"deleted: {path.stem} (undo brings it back; it lies in {target.parent})")

    def favourite(self, name: str) -> None:
        """Mark a scene, or take its mark away. Raises AntiphonError."""
        marked = library.toggle_favourite(name)
        self.editor.session.say(f"{name} is {'a' if marked else 'no longer a'} favourite")
