"""Save as: asks for a name, and never overwrites by one press; Qt thread."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QInputDialog, QMessageBox, QWidget

from ui import strings
from ui.store import Store


def ask_name(parent: QWidget, store: Store) -> None:
    """Asks for the name under which the scene is kept, and sends it."""
    box = QInputDialog(parent)
    box.setWindowTitle(strings.SAVE_AS)
    box.setLabelText(strings.SAVE_AS_ASK)
    box.setTextValue(str(store.value("/save/name") or store.value("/scene") or ""))
    if not box.exec():
        return
    name = box.textValue().strip()
    if name and (name not in store.json("/scenes", []) or _overwrite(parent, name)):
        store.send("/save", name)


def _overwrite(parent: QWidget, name: str) -> bool:
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(strings.OVERWRITE_ASK.format(name))
    yes = box.addButton(strings.OVERWRITE, QMessageBox.ButtonRole.DestructiveRole)
    no = box.addButton(strings.CANCEL, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    box.exec()
    return box.clickedButton() is yes
