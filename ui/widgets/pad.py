"""What is pressed to switch or to ask for something, large enough for a finger on a dark stage; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QContextMenuEvent, QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QMenu, QSizePolicy, QWidget

from ui.model import Parameter
from ui.store import Store
from ui.style import theme
from ui.style.draw import draw_box, draw_text, painter_of
from ui.style.measures import BUTTON, TOUCH
from ui.style.theme import px
from ui.widgets.button import Button
from ui.widgets.control import Control
from ui.widgets.learning import learn_menu


class Pad(Control):
    """A switch, or a number that is off at 0: filled with its tint while on. `words` when on and when off; {} is the number.

    A number is switched on at what it last was, at first at `on`.
    """

    def __init__(
        self, parameter: Parameter, words: tuple[str, str], tint: str = "you", parent: QWidget | None = None, *,
        tall: float = BUTTON, role: str = "button", on: float = 1.0,
    ):  # fmt: skip
        self._tall, self._role, self.words, self.on_value = tall, role, words, on
        super().__init__(parameter, parameter.title, tint, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(px(80), px(self._tall))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(TOUCH), px(self._tall))

    def value_box(self) -> QRectF:
        return QRectF(self.rect())

    def is_on(self) -> bool:
        """Whether it is switched on."""
        return self.value > 0.0

    def text(self) -> str:
        """What stands on it now."""
        return self.words[0].format(f"{self.value:g}") if self.is_on() else self.words[1]

    def pressed_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.entered()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # the second press of two quick ones is a press

    def entered(self) -> None:
        """Switches it."""
        if self.is_on():
            self.on_value = self.value
        self.edit_once(0.0 if self.is_on() else self.on_value)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, box = painter_of(self), QRectF(self.rect())
        on = self.is_on()
        edge = self.accent if on or self.underMouse() else theme.colour.line
        draw_box(painter, box, self.accent if on else theme.colour.raised, edge)
        if self._entry is None:
            ink = theme.colour.on_tint if on else theme.colour.text
            words = box.adjusted(px(8), 0, -px(8), 0)
            self.text_is_whole = draw_text(painter, words, self.text(), theme.face(self._role), ink, least=0.7)
        self.paint_focus(painter)


class Asker(Button):
    """A button that triggers a node of the tree, and can be learned."""

    def __init__(self, store: Store, address: str, words: str, whose: str, tip: str, *, tall: float = TOUCH) -> None:
        super().__init__(words, name=f"{words} {whose}", tip=tip, height=tall, role="label")
        self.store, self.learn_address = store, address
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: self.store.send(self.learn_address))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.open_actions().popup(event.globalPos())

    def open_actions(self) -> QMenu:
        """What can be done with it."""
        return learn_menu(self, self.store, self.learn_address)
