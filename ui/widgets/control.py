"""What knob, fader, switch and choice share: a parameter, a value that yields to the hand, gestures, a menu; Qt thread.

    knob = store.bind(control_for(parameter, tint="you", size="large"))     # ui.widgets.choose.control_for
    layout.addWidget(knob)

A control draws label, body and value by itself; its size follows the window's scale. The hand's way with all of them:
drag (Shift is fine), wheel once it was clicked, arrows and PageUp/Down, Home/End, double click for the scene's value,
Alt+double click (or Shift+Delete) for the factory's, Enter to type, right click for a menu, Esc to give the keys back.
"""

import itertools
import time

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PyQt6.QtWidgets import QMenu, QSizePolicy, QWidget

from ui import strings
from ui.model import Parameter
from ui.style import theme
from ui.style.draw import draw_focus, draw_label, draw_text, menu_text, plain
from ui.style.theme import px
from ui.widgets.entry import Bubble, ValueEntry

SIZES = {
    # name: (width, height, label role, value role) in design pixels
    "small": (104, 122, "caption", "caption"),
    "normal": (138, 150, "label", "value"),
    "large": (200, 262, "body", "head"),
}
HAND_OVER_S = 0.3  # after a gesture, values from the wire may still be echoes of older ones
WHEEL_PAUSE_S = 0.6  # wheel clicks closer than this are one gesture
FINE, COARSE, STEP = 0.1, 10.0, 0.01

_gestures = itertools.count(1)


class Control(QWidget):
    """Base of all controls.

    edited(value, gesture) while the hand moves it; `show_value(value)` from the wire. `tint` is a colour's name in the
    theme ("you", "player", "effect", "neural", "mix", "danger" ...); `size` is small, normal or large.
    """

    edited = pyqtSignal(float, int)
    learn_wanted = pyqtSignal()

    def __init__(
        self,
        parameter: Parameter,
        label: str = "",
        tint: str = "you",
        parent: QWidget | None = None,
        size: str = "normal",
    ):
        super().__init__(parent)
        self.parameter = parameter
        self.label = label or parameter.title
        self.tint = tint
        self.size_name = size
        self.value = parameter.clamp(parameter.value)
        self.held = False
        self.gesture = 0
        self.text_is_whole = True
        self.badge = ""
        self.can_learn = lambda: False
        self._remote = self.value
        self._last_edit = self._last_wheel = -1e9
        self._wheel_rest = 0.0
        self._clicked = False
        self._entry: ValueEntry | None = None
        self._bubble: Bubble | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(plain(self._tip()))
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._take_remote)
        self._name_it()

    # what it shows

    @property
    def accent(self) -> QColor:
        """The tint in force; dim while disabled."""
        return theme.tint(self.tint) if self.isEnabled() else theme.colour.dim

    @property
    def home(self) -> float:
        """The scene's value, or the factory's where the scene's is unknown."""
        return self.parameter.default if self.parameter.home is None else self.parameter.home

    def sizeHint(self) -> QSize:
        width, height, _, _ = SIZES[self.size_name]
        return QSize(px(width), px(height))

    def value_text(self) -> str:
        """The value as shown."""
        return self.parameter.text(self.value)

    def set_badge(self, text: str) -> None:
        """A few letters at the control: what it is mapped to ("CC 21")."""
        if text != self.badge:
            self.badge = text
            self.update()

    def show_value(self, value: float) -> None:
        """A value from the wire; shown when the hand is off and the echoes have passed."""
        self._remote = self.parameter.clamp(value)
        if self.held or time.monotonic() - self._last_edit < HAND_OVER_S:
            self._settle.start(int(HAND_OVER_S * 1000) + 20)
        else:
            self._take_remote()

    # what the hand does

    def start_gesture(self) -> None:
        """Edits from here on are one gesture."""
        self.gesture = next(_gestures)

    def edit(self, value: float) -> None:
        """A value from the hand."""
        value = self.parameter.clamp(value)
        if value == self.value:
            return
        if not self.gesture:
            self.start_gesture()
        self.value = value
        self._last_edit = time.monotonic()
        self._name_it()
        self.update()
        self.edited.emit(value, self.gesture)

    def edit_once(self, value: float) -> None:
        """One edit that is a gesture of its own."""
        self.start_gesture()
        self.edit(value)

    def nudge(self, clicks: float, *, fine: bool = False, coarse: bool = False) -> None:
        """Steps by wheel or key: 1/100 of the way, fine 1/1000, coarse 1/10; whole values by one."""
        factor = FINE if fine else COARSE if coarse else 1.0
        if self.parameter.whole or self.parameter.kind == "T":
            self.edit(self.value + (10 if coarse else 1) * round(clicks))
            return
        self.edit(self.parameter.at(self.parameter.position(self.value) + clicks * STEP * factor))

    def go_home(self, *, factory: bool = False) -> None:
        """To the scene's value, or the factory's."""
        self.edit_once(self.parameter.default if factory else self.home)

    def open_entry(self, start: str = "") -> None:
        """A line to type the value in, over the value's text."""
        self.close_entry()
        self._entry = ValueEntry(self, start or self.value_text(), self.entry_box())
        self._entry.done.connect(self._take_entry)
        self._entry.left.connect(self.close_entry)

    def close_entry(self) -> None:
        """Drops what was being typed."""
        entry, self._entry = self._entry, None
        if entry is not None:
            entry.hide()
            entry.deleteLater()
            self.update()

    def tell(self, sentence: str) -> None:
        """A sentence at the control, for a few seconds."""
        if self._bubble is not None:
            self._bubble.close()
        self._bubble = Bubble(self, sentence)
        self._bubble.destroyed.connect(self._no_bubble)

    @property
    def told(self) -> str:
        """The sentence at the control now."""
        return self._bubble.sentence if self._bubble is not None else ""

    def _no_bubble(self) -> None:
        self._bubble = None

    def _take_entry(self, typed: str) -> None:
        self.close_entry()
        self.setFocus()
        value = self.parameter.parse(typed, self.value_text())
        if value is None:
            self.tell(self.parameter.refusal(typed))
        else:
            self.edit_once(value)

    # where its parts are

    def label_box(self) -> QRectF:
        """The label's place on top."""
        return QRectF(px(3), px(2), self.width() - px(6), px(40 if self.size_name != "small" else 34))

    def value_box(self) -> QRectF:
        """The value's place at the foot."""
        height = px(40 if self.size_name == "large" else 28)
        return QRectF(px(3), self.height() - height - px(2), self.width() - px(6), height)

    def entry_box(self) -> QRectF:
        """Where a value is typed."""
        return self.value_box()

    def body_box(self) -> QRectF:
        """Between label and value."""
        top, foot = self.label_box().bottom() + 1, self.value_box().top()
        return QRectF(0, top, self.width(), max(4.0, foot - top))

    def paint_words(self, painter: QPainter) -> None:
        """Label and value."""
        _, _, label, value = SIZES[self.size_name]
        self.text_is_whole = draw_label(painter, self.label_box(), self.label, theme.face(label), theme.colour.dim)
        if self._entry is None:
            draw_text(painter, self.value_box(), self.value_text(), theme.face(value), theme.colour.text, least=0.6)

    def paint_focus(self, painter: QPainter) -> None:
        """The ring while it has the keys."""
        if self.hasFocus():
            draw_focus(painter, QRectF(self.rect()))

    # events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._clicked = True
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pressed_at(event.position(), event.modifiers())

    def pressed_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """What a press does; overridden."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.go_home(factory=bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not (self.hasFocus() and self._clicked):
            event.ignore()  # a control that scrolled under a resting pointer lets the view scroll on
            return
        now = time.monotonic()
        if now - self._last_wheel > WHEEL_PAUSE_S:
            self.start_gesture()
            self._wheel_rest = 0.0
        self._last_wheel = now
        delta = event.angleDelta()
        self._wheel_rest += (delta.y() or delta.x()) / 120.0  # Shift turns the wheel sideways on some desktops
        whole = self.parameter.whole or self.parameter.kind == "T"
        clicks = float(int(self._wheel_rest)) if whole else self._wheel_rest
        self._wheel_rest -= clicks
        if clicks:
            self.nudge(clicks, fine=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        acts = {
            Qt.Key.Key_Up: lambda: self.nudge(1, fine=shift),
            Qt.Key.Key_Right: lambda: self.nudge(1, fine=shift),
            Qt.Key.Key_Down: lambda: self.nudge(-1, fine=shift),
            Qt.Key.Key_Left: lambda: self.nudge(-1, fine=shift),
            Qt.Key.Key_PageUp: lambda: self.nudge(1, coarse=True),
            Qt.Key.Key_PageDown: lambda: self.nudge(-1, coarse=True),
            Qt.Key.Key_Home: lambda: self.edit(self.parameter.low),
            Qt.Key.Key_End: lambda: self.edit(self.parameter.high),
            Qt.Key.Key_Delete: lambda: self.go_home(factory=shift),
            Qt.Key.Key_Backspace: lambda: self.go_home(factory=shift),
            Qt.Key.Key_Return: self.entered,
            Qt.Key.Key_Enter: self.entered,
            Qt.Key.Key_Menu: lambda: self.open_actions(self.rect().center()),
        }
        act = acts.get(Qt.Key(event.key()))
        if act is None:
            event.ignore()
            return
        if not event.isAutoRepeat():
            self.start_gesture()
        act()

    def entered(self) -> None:
        """What Enter does: typing the value."""
        self.open_entry()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.open_actions(event.pos())

    def open_actions(self, at: QPoint) -> QMenu:
        """The menu of what can be done with it."""
        menu = QMenu(self)
        parameter = self.parameter
        menu.addAction(menu_text(strings.TYPE_VALUE), self.open_entry)
        menu.addAction(menu_text(strings.TO_SCENE.format(parameter.text(self.home))), self.go_home)
        menu.addAction(
            menu_text(strings.TO_FACTORY.format(parameter.text(parameter.default))), lambda: self.go_home(factory=True)
        )
        learn = menu.addAction(menu_text(strings.LEARN), self.learn_wanted.emit)
        learn.setEnabled(self.can_learn())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(at))
        return menu

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.held = self._clicked = False
        self.update()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.EnabledChange:
            self.update()
        super().changeEvent(event)

    def _take_remote(self) -> None:
        if self.held:
            self._settle.start(int(HAND_OVER_S * 1000))
        elif self._remote != self.value:
            self.value = self._remote
            self._name_it()
            self.update()

    def _name_it(self) -> None:
        self.setAccessibleName(f"{self.parameter.title} {self.value_text()}")

    def _tip(self) -> str:
        about, title = self.parameter.description, self.parameter.title
        first = title if not about or about == title else f"{title}: {about}"
        return f"{first}\n{self.parameter.address}\n{strings.TIP_CONTROL}"
