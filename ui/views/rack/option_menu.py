"""A device's options in its menu: each with what it is now, files from the library or the disk; Qt thread."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from ui import strings
from ui.state import reading
from ui.state.layout import Slot
from ui.style.draw import menu_text
from ui.views.rack.edits import Edits

FILE = "file"
FILE_KINDS = {
    "nam": ("nam", "*.nam"),
    "onnx": ("onnx", "*.onnx"),
    "sampler": ("wav", "*.wav *.flac *.aif *.aiff *.ogg"),
}
"""Kind of file that a device loads, in the library and on the disk; others take any."""


def option_names(edits: Edits, device: str) -> list[str]:
    """What options a device has."""
    for one in reading.listed(edits.store.value("/devices/list")):
        if one.get("device") == device:
            return reading.names(reading.dumps(one.get("options")))
    return []


def fill_options(menu: QMenu, parent: QWidget, edits: Edits, slot: Slot) -> None:
    """One entry an option; nothing for a device without."""
    for name in option_names(edits, slot.device):
        now = slot.options.get(name, "")
        if name == FILE:
            _files(menu, parent, edits, slot, str(now))
        else:
            said = strings.OPTION_IS.format(name, now) if now != "" else name
            menu.addAction(menu_text(said + " …"), lambda name=name, now=now: _ask(parent, edits, slot, name, now))


def _files(menu: QMenu, parent: QWidget, edits: Edits, slot: Slot, now: str) -> None:
    kind, pattern = FILE_KINDS.get(slot.device, ("", "*"))
    inner = QMenu(menu_text(strings.OPTION_IS.format(strings.FILE, PurePath(now).name or "–")), menu)
    menu.addMenu(inner)
    for one in reading.listed(edits.store.value("/assets/list")):
        if one.get("kind") == kind or not kind:
            path = str(one.get("path") or "")
            act = inner.addAction(
                menu_text(str(one.get("name") or path)), lambda path=path: set_option(edits, slot, FILE, path)
            )
            act.setCheckable(True)
            act.setChecked(PurePath(path).name == PurePath(now).name)
    inner.addSeparator()
    inner.addAction(strings.OTHER_FILE, lambda: _ask_file(parent, edits, slot, pattern))


def _ask_file(parent: QWidget, edits: Edits, slot: Slot, pattern: str) -> None:
    box = QFileDialog(parent, strings.FILE, "", pattern)
    box.setFileMode(QFileDialog.FileMode.ExistingFile)
    box.fileSelected.connect(lambda path: set_option(edits, slot, FILE, path))
    box.finished.connect(box.deleteLater)
    box.open()


def _ask(parent: QWidget, edits: Edits, slot: Slot, name: str, now: Any) -> None:
    box = QInputDialog(parent)
    box.setWindowTitle(slot.title)
    box.setLabelText(name)
    box.setTextValue(str(now))
    box.textValueSelected.connect(lambda typed: set_option(edits, slot, name, read_option(typed)))
    box.finished.connect(box.deleteLater)
    box.open()


def set_option(edits: Edits, slot: Slot, name: str, value: Any) -> None:
    """One option of a device; an empty value takes it out."""
    options = {key: one for key, one in slot.options.items() if key != name}
    if value != "":
        options[name] = value
    edits.set_device(slot, options=options)


def read_option(typed: str) -> Any:
    """A typed option: a number, true or false as such, all else a text."""
    typed = typed.strip()
    found = reading.loads(typed)
    return found if isinstance(found, (bool, int, float)) else typed
