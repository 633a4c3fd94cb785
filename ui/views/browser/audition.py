"""Hearing an item before choosing it: a scene with a way back, a device in the place of another with undo; Qt thread."""

from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.state import reading
from ui.state.browse import Entry
from ui.state.layout import Slot
from ui.state.reading import dumps
from ui.store import Store
from ui.widgets.button import Button
from ui.widgets.frame import Words, row

DEVICE_OF = {"nam": "nam", "onnx": "onnx", "wav": "sampler"}
"""Which device plays a file of a kind."""
LOADED = ("wav", "midi")
"""What is heard on tracks of its own where no device is chosen whose place it could take."""
DEEPEST = 100
"""A history as deep as this forgets its first step with every new one, and grows no more."""


class Audition(QWidget):
    """A line with what is heard, and two ways on: keep it, or go back. Hidden while nothing is heard."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.before = ""  # the scene to go back to where nothing can be undone
        self.begun: int | None = None  # how much was done when hearing began: what came since is undone
        self.heard = ""
        self.tried = 0
        self.slot: Slot | None = None  # whose place a device takes
        self.said = Words("", "label", "player")
        self.keep_button = Button(strings.KEEP_IT, tint="player", height=48, role="label")
        self.back_button = Button(strings.BACK, icon="left", height=48, role="label")
        self.keep_button.clicked.connect(self.keep)
        self.back_button.clicked.connect(self.back)
        self.setLayout(row(self.said, self.keep_button, self.back_button, spacing=8))
        self.hide()

    def can_hear(self, entry: Entry, slot: Slot | None) -> bool:
        """Whether there is a way to hear it here and now."""
        if entry.kind == "scene":
            return not self.store.value("/lock", False)
        if entry.kind in LOADED and not self._takes_place(entry, slot):
            return self.store.has("/edit/load") and not self.store.value("/lock", False)
        plays = entry.kind == "device" or entry.kind in DEVICE_OF
        return plays and slot is not None and self.store.has("/edit/replace_device")

    def _takes_place(self, entry: Entry, slot: Slot | None) -> bool:
        """Whether it is heard in the place of the device that is chosen: a recording, of an instrument only."""
        return entry.kind not in LOADED or (slot is not None and entry.kind == "wav" and slot.kind == "instrument")

    def hear(self, entry: Entry, slot: Slot | None) -> None:
        """Plays it. Hearing one after the other goes back to where the first began."""
        if not self.can_hear(entry, slot):
            return
        if self.begun is None:
            self.begun = self._done()
            self.before = str(self.store.value("/scene") or "")
            self.slot = slot
        elif entry.kind != "scene":
            self._undo()  # so that the device whose place it takes is there again
        if entry.kind == "scene":
            self.store.send("/scene", entry.name)
        elif not self._takes_place(entry, self.slot):
            self.store.send("/edit/load", dumps({"path": entry.name}))
        elif self.slot is not None:
            options = {} if entry.kind == "device" else {"options": {"file": entry.name}}
            body = {"uid": self.slot.ref, "device": DEVICE_OF.get(entry.kind, entry.name), **options}
            self.store.send("/edit/replace_device", dumps(body))
        self.tried += 1
        self.heard = entry.title
        self.said.set_text(strings.HEARING.format(entry.title))
        self.show()

    def keep(self) -> None:
        """Stays with what is heard."""
        self.leave()

    def back(self) -> None:
        """To what was before."""
        if self.begun is not None and self.store.has("/undo"):
            self._undo()
        elif self.begun is not None and self.before:
            self.store.send("/scene", self.before)
        self.leave()

    def _undo(self) -> None:
        """Takes back all that was done since hearing began: also edits of a scene that was only heard."""
        if self.begun is not None:
            came = self._done() - self.begun if self.begun < DEEPEST else self.tried
            if self.before and self.store.value("/scene") != self.before:
                came = max(came, 1)  # the scene has come already, its step in the history is still on its way
            for _ in range(came):
                self.store.send("/undo")
        self.tried = 0

    def _done(self) -> int:
        """How many steps can be undone now."""
        return len(reading.names(self.store.value("/history")))

    def leave(self) -> None:
        """Nothing is being tried."""
        self.before, self.begun, self.heard, self.tried = "", None, "", 0
        self.hide()
