"""What knob, switch and choice share: a parameter, a value that yields to the hand, gestures; Qt thread."""

import itertools
import time

from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PyQt6.QtWidgets import QWidget

from ui import text, theme
from ui.model import Parameter

CELL_WIDTH, CELL_HEIGHT = 62, 82
LABEL_HEIGHT, VALUE_HEIGHT = 21, 14  # a label may take two lines
HAND_OVER_S = 0.3  # after a gesture, values from the wire may still be echoes of older ones
WHEEL_PAUSE_S = 0.6  # wheel clicks closer than this are one gesture for undo

_gestures = itertools.count(1)


class Control(QWidget):
    """One cell of the grid. `edited(value, gesture)` while the hand moves it; `show_value` from the wire."""

    edited = pyqtSignal(float, int)

    cells = 1

    def __init__(
        self, parameter: Parameter, label: str = "", accent: QColor = theme.YOU, parent: QWidget | None = None
    ):
        super().__init__(parent)
        self.parameter = parameter
        self.label = label or parameter.title
        self.accent = accent
        self.value = parameter.clamp(parameter.value)
        self.held = False
        self.gesture = 0
        self.text_is_whole = True
        self._remote = self.value
        self._last_edit = -1e9
        self._last_wheel = -1e9
        self._wheel_rest = 0.0
        self._pointed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(theme.plain(self._tip()))
        self.setAccessibleName(parameter.title)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._take_remote)

    def sizeHint(self) -> QSize:
        return QSize(theme.dp(CELL_WIDTH) * self.cells, theme.dp(CELL_HEIGHT))

    def show_value(self, value: float) -> None:
        """A value from the wire; shown when the hand is off and the echoes have passed."""
        self._remote = self.parameter.clamp(value)
        if self.held or time.monotonic() - self._last_edit < HAND_OVER_S:
            self._settle.start(int(HAND_OVER_S * 1000) + 20)
        else:
            self._take_remote()

    def start_gesture(self) -> None:
        """Edits from here on are one step of undo."""
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
        self.update()
        self.edited.emit(value, self.gesture)

    def jump(self, value: float) -> None:
        """A value set by undo: shown at once, and not told back."""
        self.value = self._remote = self.parameter.clamp(value)
        self._last_edit = time.monotonic()
        self.gesture = 0
        self.update()

    def edit_once(self, value: float) -> None:
        """One edit that is a gesture of its own."""
        self.start_gesture()
        self.edit(value)

    def nudge(self, clicks: float, *, fine: bool = False, coarse: bool = False) -> None:
        """Steps by hand or wheel: 1/100 of the way, fine 1/1000, coarse 1/10; whole values by one."""
        if self.parameter.whole or self.parameter.kind == "T":
            self.edit(self.value + (10 if coarse else 1) * round(clicks))
            return
        step = 0.001 if fine else 0.1 if coarse else 0.01
        self.edit(self.parameter.at(self.parameter.position(self.value) + clicks * step))

    def value_text(self) -> str:
        """The value as shown."""
        return self.parameter.text(self.value)

    def label_box(self) -> QRectF:
        return QRectF(theme.dp(1), theme.dp(1), self.width() - theme.dp(2), theme.dp(LABEL_HEIGHT))

    def value_box(self) -> QRectF:
        top = self.height() - theme.dp(VALUE_HEIGHT + 2)
        return QRectF(theme.dp(1), top, self.width() - theme.dp(2), theme.dp(VALUE_HEIGHT))

    def body_box(self) -> QRectF:
        """Between label and value."""
        top = theme.dp(LABEL_HEIGHT + 2)
        return QRectF(0, top, self.width(), self.height() - top - theme.dp(VALUE_HEIGHT + 3))

    def paint_label(self, painter: QPainter) -> None:
        colour = theme.TEXT if self.hasFocus() else theme.DIM
        self.text_is_whole = theme.draw_label(painter, self.label_box(), self.label, colour)

    def paint_focus(self, painter: QPainter, box: QRectF, radius: float) -> None:
        if self.hasFocus():
            painter.setPen(QPen(theme.faded(self.accent, 0.8), max(1.0, theme.dp(1.2))))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, radius, radius)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed = True

    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = False
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() and not (self._pointed and self.body_box().contains(event.position())):
            event.ignore()  # a control that scrolled under a resting pointer lets the rack scroll on
            return
        now = time.monotonic()
        if now - self._last_wheel > WHEEL_PAUSE_S:
            self.start_gesture()
            self._wheel_rest = 0.0
        self._last_wheel = now
        delta = event.angleDelta()
        self._wheel_rest += (delta.y() or delta.x()) / 120.0  # Shift turns the wheel sideways on some desktops
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        whole = self.parameter.whole or self.parameter.kind == "T"
        clicks = float(int(self._wheel_rest)) if whole else self._wheel_rest
        self._wheel_rest -= clicks
        if clicks:
            self.nudge(clicks, fine=fine)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not event.isAutoRepeat():
            self.start_gesture()
        key = event.key()
        if key == Qt.Key.Key_Up:
            self.nudge(1, fine=fine)
        elif key == Qt.Key.Key_Down:
            self.nudge(-1, fine=fine)
        elif key == Qt.Key.Key_PageUp:
            self.nudge(1, coarse=True)
        elif key == Qt.Key.Key_PageDown:
            self.nudge(-1, coarse=True)
        elif key == Qt.Key.Key_Home:
            self.edit(self.parameter.low)
        elif key == Qt.Key.Key_End:
            self.edit(self.parameter.high)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.edit(self.parameter.default)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.held = False
        self.update()
        super().focusOutEvent(event)

    def _take_remote(self) -> None:
        if self.held:
            self._settle.start(int(HAND_OVER_S * 1000))
        elif self._remote != self.value:
            self.value = self._remote
            self.update()

    def _tip(self) -> str:
        about = self.parameter.description
        first = (
            self.parameter.title if not about or about == self.parameter.title else f"{self.parameter.title}: {about}"
        )
        return f"{first}\n{self.parameter.address}\n{text.TIP_KNOB}"
