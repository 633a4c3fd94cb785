"""The rotary knob: drag (Shift is fine), wheel, arrows, double-click for the default, Enter to type; Qt thread."""

import math

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QRadialGradient
from PyQt6.QtWidgets import QLineEdit

from ui import theme
from ui.control import Control

SWEEP_DEGREES = 280.0
START_DEGREES = 90.0 + SWEEP_DEGREES / 2.0  # counter-clockwise from three o'clock
DRAG_PIXELS = 180.0  # for the whole range
FINE = 0.1


class Knob(Control):
    """One continuous or whole-numbered parameter."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self._from = QPointF()
        self._position = 0.0
        self._entry: QLineEdit | None = None

    def dial_box(self) -> QRectF:
        """The square of the dial."""
        body = self.body_box()
        side = min(body.width(), body.height()) - theme.dp(2)
        return QRectF(body.center().x() - side / 2, body.center().y() - side / 2, side, side)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.start_gesture()
        self.held = True
        self._from = event.position()
        self._position = self.parameter.position(self.value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.held:
            return
        way = event.position() - self._from
        self._from = event.position()
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        # the position is kept unrounded, so that whole values move by slow drags too
        self._position = min(max(self._position + (way.x() - way.y()) * fine / theme.dp(DRAG_PIXELS), 0.0), 1.0)
        self.edit(self.parameter.at(self._position))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.held = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.edit_once(self.parameter.default)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_entry()
        else:
            super().keyPressEvent(event)

    def entry_text(self) -> str:
        """What the entry starts with."""
        return self.value_text()

    def open_entry(self) -> None:
        """A line to type the value in, over the value's text."""
        entry = QLineEdit(self.entry_text(), self)
        entry.setFont(theme.font(11))
        entry.setAlignment(Qt.AlignmentFlag.AlignCenter)
        entry.setGeometry(self.value_box().adjusted(0, -theme.dp(2), 0, theme.dp(2)).toRect())
        entry.selectAll()
        entry.returnPressed.connect(self._take_entry)
        entry.editingFinished.connect(self._close_entry)
        entry.installEventFilter(self)
        self._entry = entry
        entry.show()
        entry.setFocus()

    def eventFilter(self, watched, event) -> bool:
        if watched is self._entry and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self._close_entry()
            self.setFocus()
            return True
        return super().eventFilter(watched, event)

    def _take_entry(self) -> None:
        value = self.parameter.parse(self._entry.text()) if self._entry else None
        if value is not None:
            self.edit_once(value)
        self._close_entry()
        self.setFocus()

    def _close_entry(self) -> None:
        entry, self._entry = self._entry, None
        if entry is not None:
            entry.deleteLater()
            entry.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_label(painter)
        box = self.dial_box()
        width = theme.dp(3.2)
        ring = box.adjusted(width, width, -width, -width)
        lively = self.held or self.underMouse() or self.hasFocus()
        painter.setPen(QPen(theme.LINE, width, cap=Qt.PenCapStyle.RoundCap))
        painter.drawArc(ring, int((START_DEGREES - SWEEP_DEGREES) * 16), int(SWEEP_DEGREES * 16))
        here = self.parameter.position(self.value)
        zero = self.parameter.position(0.0) if self.parameter.bipolar else 0.0
        if abs(here - zero) > 0.002:
            painter.setPen(QPen(self.accent, width, cap=Qt.PenCapStyle.RoundCap))
            painter.drawArc(
                ring, int((START_DEGREES - zero * SWEEP_DEGREES) * 16), int((zero - here) * SWEEP_DEGREES * 16)
            )
        cap = ring.adjusted(width * 1.5, width * 1.5, -width * 1.5, -width * 1.5)
        shade = QRadialGradient(cap.center().x(), cap.top(), cap.height())
        shade.setColorAt(0.0, theme.LINE.lighter(135 if lively else 115))
        shade.setColorAt(1.0, theme.RAISED)
        painter.setPen(QPen(theme.SUNKEN, 1.0))
        painter.setBrush(shade)
        painter.drawEllipse(cap)
        angle = math.radians(START_DEGREES - here * SWEEP_DEGREES)
        toward = QPointF(math.cos(angle), -math.sin(angle))
        reach = cap.width() / 2
        painter.setPen(QPen(theme.TEXT if lively else theme.DIM.lighter(115), theme.dp(2), cap=Qt.PenCapStyle.RoundCap))
        painter.drawLine(cap.center() + toward * reach * 0.45, cap.center() + toward * reach * 0.85)
        if self.hasFocus():
            painter.setPen(QPen(theme.faded(self.accent, 0.7), 1.0, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(cap.adjusted(theme.dp(2), theme.dp(2), -theme.dp(2), -theme.dp(2)))
        if self._entry is None:
            theme.draw_text(painter, self.value_box(), self.value_text(), theme.font(11), theme.TEXT)
