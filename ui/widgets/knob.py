"""The rotary knob: an arc from the neutral point, a tick at the scene's value; Qt thread."""

import math

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen

from ui.style import theme
from ui.style.draw import draw_box, draw_text, painter_of
from ui.style.theme import px
from ui.widgets.control import FINE, Control

SWEEP_DEGREES = 280.0
START_DEGREES = 90.0 + SWEEP_DEGREES / 2.0  # counter-clockwise from three o'clock
DRAG_PIXELS = 340.0
"""Design pixels of the whole range."""


class Knob(Control):
    """One continuous or whole-numbered parameter: drag up or right, Shift is ten times finer."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self._from = QPointF()
        self._position = 0.0

    def dial_box(self) -> QRectF:
        """The square of the dial."""
        body = self.body_box()
        side = min(body.width(), body.height()) - px(4)
        return QRectF(body.center().x() - side / 2, body.center().y() - side / 2, side, side)

    def pressed_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.start_gesture()
        self.held = True
        self._from = point
        self._position = self.parameter.position(self.value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.held:
            return
        way = event.position() - self._from
        self._from = event.position()
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        # the position is kept unrounded, so that whole values move by slow drags too
        self._position = min(max(self._position + (way.x() - way.y()) * fine / px(DRAG_PIXELS), 0.0), 1.0)
        self.edit(self.parameter.at(self._position))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.held = False

    def neutral(self) -> float:
        """Position 0..1 from which the arc grows: zero of a bipolar range, else the lowest."""
        return self.parameter.position(0.0) if self.parameter.bipolar else 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        self.paint_words(painter)
        self.paint_dial(painter, self.dial_box())
        if self.badge:
            self._paint_badge(painter)
        self.paint_focus(painter)

    def paint_dial(self, painter: QPainter, box: QRectF) -> None:
        """Arc, scene tick and pointer."""
        wide = max(2.0, box.width() * 0.095)
        ring = box.adjusted(wide, wide, -wide, -wide)
        place = self.parameter.position
        _arc(painter, ring, 0.0, 1.0, theme.colour.track if self.isEnabled() else theme.colour.raised, wide)
        here, neutral = place(self.value), self.neutral()
        if abs(here - neutral) > 0.002:
            _arc(painter, ring, neutral, here, self.accent, wide)
        tick = _toward(place(self.home))
        painter.setPen(QPen(theme.colour.text, max(1.5, wide * 0.35)))
        painter.drawLine(
            ring.center() + tick * (ring.width() / 2 + wide * 0.6),
            ring.center() + tick * (ring.width() / 2 + wide * 1.1),
        )
        toward, reach = _toward(here), ring.width() / 2 - wide
        painter.setPen(QPen(theme.colour.text, max(2.0, wide * 0.6), cap=Qt.PenCapStyle.RoundCap))
        painter.drawLine(ring.center() + toward * reach * 0.4, ring.center() + toward * reach)

    def _paint_badge(self, painter: QPainter) -> None:
        dial = self.dial_box()
        face = theme.face("caption", 0.85)
        box = QRectF(dial.right() - px(14), dial.top() - px(2), px(52), px(24))
        box.moveRight(min(box.right(), self.width() - 1.0))
        draw_box(painter, box, theme.colour.surface, theme.colour.player, radius=5)
        draw_text(painter, box.adjusted(px(3), 0, -px(3), 0), self.badge, face, theme.colour.player, least=0.6)


def _toward(position: float) -> QPointF:
    angle = math.radians(START_DEGREES - position * SWEEP_DEGREES)
    return QPointF(math.cos(angle), -math.sin(angle))


def _arc(painter: QPainter, ring: QRectF, first: float, last: float, ink, wide: float) -> None:
    painter.setPen(QPen(ink, wide, cap=Qt.PenCapStyle.FlatCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(ring, int((START_DEGREES - first * SWEEP_DEGREES) * 16), int((first - last) * SWEEP_DEGREES * 16))
