"""What a player is told once: a file, a choice, a switch, a number, a text; each a button with what it is now; Qt thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from ui import strings
from ui.state.band import Member, Told
from ui.store import Store
from ui.style.draw import menu_text, plain
from ui.style.measures import TOUCH
from ui.widgets.button import Button

LONGEST_SHOWN = 28


class OptionRow(Button):
    """Sends /edit/set_player with all options of its player, this one changed."""

    def __init__(self, member: Member, told: Told, store: Store) -> None:
        super().__init__("", height=TOUCH, role="caption", tip=told.doc)
        self.member, self.told, self.store = member, told, store
        self.clicked.connect(lambda: self.ask())
        self.show_member(member)

    def show_member(self, member: Member) -> None:
        """What it is now."""
        self.member = member
        value = member.options.get(self.told.name, self.told.default)
        said = strings.NOT_GIVEN if value in (None, "") else str(value)
        if self.told.is_file:
            said = PurePath(said).name
        said = " ".join(said.split())
        said = said if len(said) <= LONGEST_SHOWN else f"{said[: LONGEST_SHOWN - 1]}…"
        self.set_look(strings.OPTION_IS.format(self.told.title, said), "down" if self.told.choices else "")
        self.setAccessibleName(strings.OPTION_OF.format(self.text(), f"{member.number} {member.title}"))
        self.setToolTip(plain(self.told.doc))

    def put(self, value: Any) -> None:
        """Another value."""
        options = {**self.member.options, self.told.name: value}
        self.store.send_json("/edit/set_player", {"number": self.member.number, "options": options})

    def ask(self) -> QWidget | None:
        """Asks for a value by what fits its kind."""
        told, now = self.told, self.member.options.get(self.told.name, self.told.default)
        if told.is_file:
            return ask_file(self, told.title, self.put)
        if told.choices:
            menu = QMenu(self)
            for choice in told.choices:
                act = menu.addAction(menu_text(choice), lambda choice=choice: self.put(choice))
                act.setCheckable(True)
                act.setChecked(choice == now)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.mapToGlobal(QPoint(0, self.height())))
            return menu
        if isinstance(told.default, bool):
            self.put(not now)
            return None
        return self._ask_text(now)

    def _ask_text(self, now: Any) -> QInputDialog:
        box = QInputDialog(self)
        box.setWindowTitle(self.told.title)
        box.setLabelText(self.told.doc)
        if isinstance(self.told.default, str):
            box.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
            box.setTextValue(str(now))
            box.textValueSelected.connect(self.put)
        else:
            box.setInputMode(QInputDialog.InputMode.DoubleInput)
            box.setDoubleRange(-1e9, 1e9)
            box.setDoubleDecimals(3)
            box.setDoubleValue(float(now))
            box.doubleValueSelected.connect(self.put)
        box.finished.connect(box.deleteLater)
        box.open()
        return box


def ask_file(parent: QWidget, title: str, chosen: Callable[[str], object]) -> QFileDialog:
    """Asks for a file without stopping the panel."""
    box = QFileDialog(parent, strings.CHOOSE_FILE.format(title))
    box.setFileMode(QFileDialog.FileMode.ExistingFile)
    box.fileSelected.connect(chosen)
    box.finished.connect(box.deleteLater)
    box.open()
    return box
