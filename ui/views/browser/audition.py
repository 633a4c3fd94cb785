"""Hearing an item before choosing it: a scene with a way back, a device in the place of another with undo; Qt thread."""

from PyQt6.QtWidgets import QWidget

from ui import words
from ui.state.browse import Entry
from ui.state.layout import Slot
from ui.state.reading import dumps
from ui.store import Store
from ui.widgets.button import Button
from ui.widgets.frame import Words, row

DEVICE_OF = {"nam": "nam", "onnx": "onnx"}
"""Which device plays a file of a kind."""


class Audition(QWidget):
    """A line with what is heard, and two ways on: keep it, or go back. Hidden while nothing is heard."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.before = ""  # the scene to go back to; "" with `undo` for an edit to take back
        self.undo = False
        self.heard = ""
        self.said = Words("", "label", "player")
        self.keep_button = Button(words.KEEP_IT, tint="player", height=48, role="label")
        self.back_button = Button(words.BACK, icon="left", height=48, role="label")
        self.keep_button.clicked.connect(self.keep)
        self.back_button.clicked.connect(self.back)
        self.setLayout(row(self.said, self.keep_button, self.back_button, spacing=8))
        self.hide()

    def can_hear(self, entry: Entry, slot: Slot | None) -> bool:
        """Whether there is a way to hear it here and now."""
        if entry.kind == "scene":
            return not self.store.value("/lock", False)
        plays = entry.kind == "device" or entry.kind in DEVICE_OF
        return plays and slot is not None and self.store.has("/edit/replace_device")

    def hear(self, entry: Entry, slot: Slot | None) -> None:
        """Plays it. Hearing one after the other goes back to where the first began."""
        if not self.can_hear(entry, slot):
            return
        if entry.kind == "scene":
            if not self.before:
                self.leave()
                self.before = str(self.store.value("/scene") or "")
            self.store.send("/scene", entry.name)
        elif slot is not None:
            self.back()
            options = {} if entry.kind == "device" else {"options": {"file": entry.name}}
            body = {"uid": slot.ref, "device": DEVICE_OF.get(entry.kind, entry.name), **options}
            self.store.send("/edit/replace_device", dumps(body))
            self.undo = True
        self.heard = entry.title
        self.said.set_text(words.HEARING.format(entry.title))
        self.show()

    def keep(self) -> None:
        """Stays with what is heard."""
        self.leave()

    def back(self) -> None:
        """To what was before."""
        if self.before:
            self.store.send("/scene", self.before)
        elif self.undo:
            self.store.send("/undo")
        self.leave()

    def leave(self) -> None:
        """Nothing is being tried."""
        self.before, self.undo, self.heard = "", False, ""
        self.hide()
