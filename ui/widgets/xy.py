"""Two parameters under one finger: a pad of two axes; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import LEFT, RIGHT, draw_box, draw_focus, draw_text, painter_of
from ui.style.theme import px
from ui.widgets.control import FINE, Control

STEP, DOT = 0.02, 22
ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip


class XYPad(QWidget):
    """Moves the two controls that it is given: one to the right, one upwards. Press and drag; arrows, with Shift finely.

    The controls keep value, gesture and learning; the pad only shows both, so that nothing is told twice.
    """

    def __init__(self, across: Control, up: Control, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.across, self.upward = across, up
        self.held = False
        self._seen: tuple[float, float] = (-1.0, -1.0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(strings.TIP_XY)
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(px(240), px(210))

    def place(self) -> tuple[float, float]:
        """Where it stands, 0..1 to the right and upwards."""
        across, up = self.across, self.upward
        return across.parameter.position(across.value), up.parameter.position(up.value)

    def refresh(self) -> None:
        """Shows what the controls say now."""
        if self.place() != self._seen:
            self._seen = self.place()
            self.setAccessibleName(f"{self.across.accessibleName()}, {self.upward.accessibleName()}")
            self.update()

    def go(self, x: float, y: float) -> None:
        """To a place, 0..1 each; what a hand at the two controls would do."""
        for control, at in ((self.across, x), (self.upward, y)):
            control.edit(control.parameter.at(min(max(at, 0.0), 1.0)))
        self.refresh()

    def _field(self) -> QRectF:
        side = px(DOT) / 2 + px(3)
        return QRectF(self.rect()).adjusted(side, side, -side, -side)

    def _go_to(self, point: QPointF) -> None:
        field = self._field()
        self.go((point.x() - field.left()) / field.width(), (field.bottom() - point.y()) / field.height())

    def _start(self) -> None:
        for control in (self.across, self.upward):
            control.start_gesture()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._start()
            self._hold(True)
            self._go_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.held:
            self._go_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hold(False)

    def _hold(self, on: bool) -> None:
        self.held = self.across.held = self.upward.held = on

    def wants_key(self, event: QKeyEvent) -> bool:
        """Arrows are the pad's, not the piano's."""
        return Qt.Key(event.key()) in ARROWS

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = ARROWS.get(Qt.Key(event.key()))
        if step is None:
            event.ignore()
            return
        if not event.isAutoRepeat():
            self._start()
        size = STEP * (FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0)
        x, y = self.place()
        self.go(x + size * step[0], y + size * step[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, box, field = painter_of(self), QRectF(self.rect()), self._field()
        draw_box(painter, box, theme.colour.sunken, theme.colour.line)
        x, y = self.place()
        at = QPointF(field.left() + x * field.width(), field.bottom() - y * field.height())
        painter.setPen(QPen(theme.colour.line, max(1, px(1))))
        painter.drawLine(QPointF(box.left(), at.y()), QPointF(box.right(), at.y()))
        painter.drawLine(QPointF(at.x(), box.top()), QPointF(at.x(), box.bottom()))
        face, words = theme.face("caption"), box.adjusted(px(10), px(4), -px(10), -px(4))
        line = float(px(26))
        lower = QRectF(words.left(), words.bottom() - line, words.width(), line)
        draw_text(painter, lower, self.across.label, face, theme.colour.dim, RIGHT)
        draw_text(
            painter,
            QRectF(words.left(), words.top(), words.width(), line),
            self.upward.label,
            face,
            theme.colour.dim,
            LEFT,
        )
        painter.setPen(QPen(theme.colour.text, max(2, px(3))))
        painter.setBrush(self.across.accent)
        painter.drawEllipse(at, px(DOT) / 2, px(DOT) / 2)
        if self.hasFocus():
            draw_focus(painter, box)
