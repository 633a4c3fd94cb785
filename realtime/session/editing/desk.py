"""What a performer keeps at hand: a clipboard, dropped files, snapshots; [main]."""

from __future__ import annotations

from typing import Any

from realtime.session.document import orders
from realtime.session.document.load import differs
from realtime.session.document.paste import copied
from realtime.session.editing import library, snapshots
from realtime.session.editing.editor import Editor
from realtime.session.editing.history import Place, Step
from realtime.session.macros.macro import COUNT

MACRO_KEYS = ("number", "name", "targets")


class Desk:
    """Of one editor."""

    def __init__(self, editor: Editor):
        self.editor = editor
        self.clipboard = ""
        self.current_snapshot = ""
        """The one recalled or stored last."""

    def copy(self, order: Any) -> None:
        """Put a device, track or bus into the clipboard. Raises AntiphonError."""
        self.editor.observe()
        document = self.editor.folded().copied()
        library.name_strangers(document, self.editor.place.path, library.user_path(self.editor.place.name))
        self.clipboard = copied(document, orders.as_order(order, "copy", ("uid", "track", "bus")))

    def paste(self, order: Any) -> None:
        """Put the clipboard, or the text of the order, into the scene. Raises AntiphonError."""
        self.editor.edit("paste", {"text": self.clipboard, **order})

    def load(self, order: Any) -> None:
        """Do what fits a file that was dropped: a model or a recording becomes a device, a MIDI file a player, a scene is
        loaded. Raises AntiphonError."""
        path = str(orders.as_order(order, "load", ("path", "chain", "at")).text("path"))
        if path.lower().endswith(".toml"):
            self.editor.session.load_scene(path)
        else:
            self.editor.edit("load", order)
            read = self.editor.live.read
            for sentence in differs(path, (read(("scene", "numerator")), read(("scene", "denominator")))):
                self.editor.session.say(sentence)

    def set_macro(self, order: Any) -> None:
        """Give one of the eight macros what it moves; with no targets it is taken out. Raises AntiphonError.

        In a scene that names none, those that were found by rule are written beside it.
        """
        table = orders.as_order(order, "set macro", MACRO_KEYS)
        at = table.whole("number", 0, 1, COUNT) - 1
        macros = [one.to_dict() for one in self.editor.session.macros_now()]
        made = {key: table.table[key] for key in ("name", "targets") if key in table.table}
        macros[at : at + 1] = [made] if made.get("targets") else []
        self.editor.edit("set_macros", {"macros": macros})

    def store_snapshot(self, name: str) -> None:
        """Keep everything as it is set now, in the scene. Raises AntiphonError."""
        self.editor.check_unlocked()
        self.editor.observe()
        document = snapshots.store(self.editor.place.document, self.editor.live, name)
        self.editor.take(f"Store snapshot {name}", Place(document, self.editor.place.name, self.editor.place.path))
        self.current_snapshot = name
        self.editor.morph.choose()

    def remove_snapshot(self, name: str) -> None:
        """Take a snapshot out of the scene. Raises AntiphonError."""
        self.editor.check_unlocked()
        self.editor.observe()
        document = self.editor.place.document.copied()
        document.remove(snapshots.find(document, name))
        self.editor.take(f"Remove snapshot {name}", Place(document, self.editor.place.name, self.editor.place.path))
        self.editor.morph.choose()

    def recall_snapshot(self, name: str) -> None:
        """Set everything as a snapshot has it; what can glide glides. Raises AntiphonError."""
        self.editor.observe()
        values = snapshots.values_of(self.editor.live, snapshots.find(self.editor.place.document, name))
        before = self.editor.live.state()
        self.editor.morph.choose()
        self.editor.set(values)
        after = self.editor.live.state()
        moved = {key: (before[key], after[key]) for key in values if before[key] != after[key]}
        if moved:
            self.editor.history.add(Step(f"Recall {name}", moved))
        self.current_snapshot = name
        self.editor.version += 1
        self.editor.shape += 1
