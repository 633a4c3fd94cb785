"""What closing the window would end, and the question that is asked first; Qt thread."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QWidget

from ui import strings
from ui.store import Store


def to_lose(store: Store, *, sounds: bool) -> str:
    """What would end with the instrument now, in a sentence; "" for nothing."""
    if store.state != "connected":
        return ""
    if str(store.value("/record/state", "")).startswith("recording"):
        return strings.END_RECORDING
    return strings.END_SOUNDING if sounds else ""


def ask(parent: QWidget, reason: str) -> str:
    """The hand's choice: strings.END_STAY, END_PANEL_ONLY or END_SHOW. The sound goes on meanwhile."""
    box = QMessageBox(parent)
    box.setWindowTitle(strings.APP)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(strings.END_ASK.format(reason))
    roles = QMessageBox.ButtonRole
    stay = box.addButton(strings.END_STAY, roles.RejectRole)
    box.addButton(strings.END_PANEL_ONLY, roles.AcceptRole)
    box.addButton(strings.END_SHOW, roles.DestructiveRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    chosen = box.clickedButton()
    return strings.END_STAY if chosen is None else chosen.text()
