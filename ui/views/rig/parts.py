"""Small parts that the rig's boxes share: a switch of the tree, a named list to choose from, a bound number; Qt thread."""

from collections.abc import Callable, Iterable
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from ui import strings
from ui.store import Store
from ui.style import theme
from ui.widgets.button import Button
from ui.widgets.frame import Words, row
from ui.widgets.number import Number

NAME = 150


class Switch(Button):
    """A button that stands for a T node: it shows the tree's value, and a press asks for the other."""

    def __init__(self, store: Store, address: str, title: str, tip: str, tint: str = "you") -> None:
        super().__init__(title, tint=tint, tip=tip, checkable=True, height=44, role="label")
        self.store, self.address = store, address
        self.clicked.connect(self._ask)
        store.watch(address, lambda _address, value: self.setChecked(bool(value)), self)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """There or not."""
        self.setEnabled(self.store.has(self.address))

    def _ask(self) -> None:
        now = bool(self.store.value(self.address))
        self.setChecked(now)  # until the tree says otherwise
        self.store.send(self.address, not now)


class Pick(QComboBox):
    """A list to choose from, by value. Filling it is no choice; `picked()` is called for the hand's own."""

    def __init__(self, name: str, picked: Callable[[], None]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.activated.connect(lambda _at: picked())

    def show_choices(self, choices: Iterable[tuple[Any, str]], now: Any) -> None:
        """Values with their words; the present one is chosen, and added where the list lacks it."""
        wanted = list(choices)
        if now not in [value for value, _ in wanted] and now not in ("", 0, None):
            wanted.append((now, str(now)))
        if wanted != [(self.itemData(at), self.itemText(at)) for at in range(self.count())]:
            self.clear()
            for value, said in wanted:
                self.addItem(said, value)
        self.setCurrentIndex(self.findData(now))

    @property
    def value(self) -> Any:
        """What is chosen."""
        return self.currentData()


def named(name: str, *parts: QWidget | None) -> QHBoxLayout:
    """A line with its name in front."""
    label = Words(name, "label", "dim")
    theme.fix(label, NAME)
    line = row(label, *parts, spacing=10)
    for part in (label, *parts):
        if part is not None:
            line.setAlignment(part, Qt.AlignmentFlag.AlignVCenter)
        if isinstance(part, QComboBox | QLineEdit):
            theme.fix(part, height=48)
    return line


def bound_number(store: Store, address: str, tip: str, width: float = 110) -> tuple[Number | None, Words]:
    """The number of a node, or words that say that it is missing."""
    parameter = store.parameter(address)
    missing = Words("" if parameter else strings.NOT_THERE, "label", "dim")
    if parameter is None:
        return None, missing
    number = Number(parameter, "-000", tip, "head")
    store.bind(number)
    theme.fix(number, width, 44)
    return number, missing
