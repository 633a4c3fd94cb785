"""Hearing an item before choosing it: a scene with a way back, a device in the place of another with undo; Qt thread.

The instrument knows what is heard (`/audition/...`): every panel shows the same, and any of them can keep it or go back.
"""

from typing import Any

from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.state.browse import Entry
from ui.state.layout import Slot
from ui.store import Store
from ui.widgets.button import Button
from ui.widgets.frame import Words, row

DEVICE_OF = {"nam": "nam", "onnx": "onnx", "wav": "sampler"}
"""Which device plays a file of a kind."""
LOADED = ("wav", "midi")
"""What is heard on tracks of its own where no device is chosen whose place it could take."""
_HEAR, _HEARD, _KEEP, _BACK = (f"/audition/{name}" for name in ("hear", "heard", "keep", "back"))


class Audition(QWidget):
    """A line with what is heard, and two ways on: keep it, or go back. Hidden while nothing is heard."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.said = Words("", "label", "player")
        self.keep_button = Button(strings.KEEP_IT, tint="player", height=48, role="label")
        self.back_button = Button(strings.BACK, icon="left", height=48, role="label")
        self.keep_button.clicked.connect(self.keep)
        self.back_button.clicked.connect(self.back)
        self.setLayout(row(self.said, self.keep_button, self.back_button, spacing=8))
        self.hide()
        store.watch(_HEARD, lambda _address, title: self._show(title), self)

    def _show(self, title: Any) -> None:
        self.said.set_text(strings.HEARING.format(title))
        self.setVisible(bool(title))

    def can_hear(self, entry: Entry, slot: Slot | None) -> bool:
        """Whether there is a way to hear it here and now."""
        if not self.store.has(_HEAR) or self.store.value("/lock", False):
            return False
        if entry.kind == "scene" or (entry.kind in LOADED and not self._takes_place(entry, slot)):
            return True
        return slot is not None and (entry.kind == "device" or entry.kind in DEVICE_OF)

    def _takes_place(self, entry: Entry, slot: Slot | None) -> bool:
        """Whether it is heard in the place of the device that is chosen: a recording, of an instrument only."""
        return entry.kind not in LOADED or (slot is not None and entry.kind == "wav" and slot.kind == "instrument")

    def hear(self, entry: Entry, slot: Slot | None) -> None:
        """Plays it. Hearing one after the other goes back to where the first began."""
        if not self.can_hear(entry, slot):
            return
        how: dict[str, Any] = {}
        if entry.kind == "scene":
            how["scene"] = entry.name
        elif not self._takes_place(entry, slot):
            how["load"] = {"path": entry.name}
        elif slot is not None:
            options = {} if entry.kind == "device" else {"options": {"file": entry.name}}
            how["replace_device"] = {"uid": slot.ref, "device": DEVICE_OF.get(entry.kind, entry.name), **options}
        self.store.send_json(_HEAR, {"title": entry.title, **how})

    def keep(self) -> None:
        """Stays with what is heard."""
        self.store.send(_KEEP)

    def back(self) -> None:
        """To what was before."""
        self.store.send(_BACK)
