"""The pad of two axes of a player: its x and y where it has them, else any two parameters, kept by this panel; Qt thread."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QMenu, QWidget

from ui import strings
from ui.model import Parameter
from ui.state.band import Member
from ui.state.keepsakes import Kept
from ui.store import Store
from ui.style import theme
from ui.style.draw import menu_text
from ui.style.measures import TOUCH
from ui.widgets.bar import Bar
from ui.widgets.button import Button
from ui.widgets.frame import column, row
from ui.widgets.xy import XYPad

WIDTH = 300
NO_AXES = ("mute", "solo", "bypass", "seed", "playing", "freeze")


class Axes(QWidget):
    """`pad` is None until both axes are chosen."""

    def __init__(self, member: Member, store: Store, kept: Kept) -> None:
        super().__init__()
        self.member, self.store, self.kept = member, store, kept
        self.pad: XYPad | None = None
        self.bars: list[Bar] = []
        self.buttons = [self._button(at) for at in (0, 1)]
        self._body = column(row(*self.buttons, spacing=6), spacing=6)
        self.setLayout(column(self._body, None))
        theme.fix(self, WIDTH)
        self._build()

    @property
    def _key(self) -> str:
        return f"xy {self.member.player}"

    @property
    def axes(self) -> list[str]:
        """The ids of the two parameters, "" for one that is not chosen."""
        kept = self.kept.get(self._key)
        names = kept if len(kept) == 2 else list(self.member.axes or ("", ""))
        return [name if self.member.parameter(name) is not None else "" for name in names]

    def choose(self, at: int, name: str) -> None:
        """Axis 0 (x) or 1 (y) moves this parameter from now on."""
        names = self.axes
        names[at] = name
        self.kept.put(self._key, names)
        self._build()

    def choices(self) -> list[Parameter]:
        """What an axis may move: what is a level, and not a switch."""
        return [one for one in self.member.parameters if one.kind != "T" and one.id not in NO_AXES]

    def open_choices(self, at: int) -> QMenu:
        """The parameters for one axis."""
        menu = QMenu(self)
        for one in self.choices():
            act = menu.addAction(menu_text(one.title), lambda name=one.id: self.choose(at, name))
            act.setCheckable(True)
            act.setChecked(one.id == self.axes[at])
        menu.aboutToHide.connect(menu.deleteLater)
        button = self.buttons[at]
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))
        return menu

    def tick(self) -> None:
        """One frame."""
        if self.pad is not None:
            self.pad.refresh()

    def _button(self, at: int) -> Button:
        made = Button("", "down", height=TOUCH, role="caption")
        made.clicked.connect(lambda: self.open_choices(at))
        theme.fix(made, WIDTH / 2 - 3)
        return made

    def _build(self) -> None:
        for former in (*self.bars, *([self.pad] if self.pad is not None else [])):
            former.hide()
            former.deleteLater()
        self.pad, self.bars = None, []
        said: tuple[Callable[[str], str], ...] = (strings.X_IS.format, strings.Y_IS.format)
        found = [self.member.parameter(name) for name in self.axes]
        for button, say, one in zip(self.buttons, said, found, strict=True):
            button.set_look(say(one.title if one is not None else strings.NONE), "down")
            button.setAccessibleName(f"{self.member.title} {button.text()}")
        there = [one for one in found if one is not None]
        if len(there) < 2:
            return
        self.bars = [self.store.bind(Bar(self._fresh(one), one.title, self.member.tint)) for one in there]
        self.pad = XYPad(*self.bars)
        shown: list[QWidget] = [self.pad, *self.bars]
        for widget in shown:
            self._body.addWidget(widget)

    def _fresh(self, one: Parameter) -> Parameter:
        return self.store.parameter(one.address) or one
