"""The level fader with its meter beside it, dB typed like any value; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy

from ui.style import theme
from ui.style.draw import RIGHT, draw_box, draw_text, painter_of
from ui.style.theme import px
from ui.widgets.control import FINE, Control
from ui.widgets.meter import Level, paint_column

CAP, CAP_WIDE = 26, 50
MARKS_DB = (0, -12, -24, 6, -6, -40)
"""What matters most first: where the way is short the others are left out."""


def travel(level_db: float, low_db: float, high_db: float) -> float:
    """Place 0..1 on a fader of a level: the upper 30 dB take three quarters of the way."""
    knee_db = max(low_db, high_db - 36.0)
    if level_db >= knee_db:
        return 0.25 + 0.75 * (level_db - knee_db) / max(1e-6, high_db - knee_db)
    return 0.25 * (level_db - low_db) / max(1e-6, knee_db - low_db)


def level_at(place: float, low_db: float, high_db: float) -> float:
    """The level at a place 0..1 of the way: the inverse of `travel`."""
    knee_db = max(low_db, high_db - 36.0)
    if place >= 0.25:
        return knee_db + (place - 0.25) / 0.75 * (high_db - knee_db)
    return low_db + place / 0.25 * (knee_db - low_db)


class Fader(Control):
    """A gain in dB, upright. `meter.push(peak_db)` moves the level beside it. Drag from where it stands (no jumps)."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.meter = Level()
        self._from = QPointF()
        self._place = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(px(110), px(360))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(84), px(150))

    def label_box(self) -> QRectF:
        return QRectF(0, 0, 0, 0)

    def slot_box(self) -> QRectF:
        """The way of the cap's middle."""
        half = px(CAP) / 2
        top, foot = half + px(4), self.value_box().top() - half - px(4)
        return QRectF(self.width() * 0.68 - px(4), top, px(8), max(10.0, foot - top))

    def cap_box(self) -> QRectF:
        """The cap."""
        slot = self.slot_box()
        y = slot.bottom() - slot.height() * self._travel(self.value)
        return QRectF(slot.center().x() - px(CAP_WIDE) / 2, y - px(CAP) / 2, px(CAP_WIDE), px(CAP))

    def _travel(self, level_db: float) -> float:
        return travel(level_db, self.parameter.low, self.parameter.high)

    def push_meter(self, peak_db: float) -> None:
        """A new reading of the meter."""
        if self.meter.push(peak_db):
            self.update(self._meter_box().toAlignedRect())

    def pressed_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.start_gesture()
        self.held = True
        self._from = point
        self._place = self._travel(self.value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.held:
            return
        way = self._from.y() - event.position().y()
        self._from = event.position()
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._place = min(max(self._place + way * fine / self.slot_box().height(), 0.0), 1.0)
        self.edit(round(level_at(self._place, self.parameter.low, self.parameter.high), 1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.held = False

    def nudge(self, clicks: float, *, fine: bool = False, coarse: bool = False) -> None:
        self.edit(round(self.value + clicks * (0.1 if fine else 3.0 if coarse else 0.5), 1))

    def _meter_box(self) -> QRectF:
        slot = self.slot_box()
        return QRectF(self.width() * 0.34 - px(8), slot.top(), px(16), slot.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        paint_column(painter, self._meter_box(), self.meter, self._travel)
        if self._meter_box().toAlignedRect().contains(event.rect()):
            return  # only the level has moved
        self._paint_scale(painter)
        slot = self.slot_box()
        draw_box(painter, slot, theme.colour.sunken, theme.colour.line, radius=4)
        home = slot.bottom() - slot.height() * self._travel(self.home)
        painter.setPen(QPen(theme.colour.text, max(1.5, px(2))))
        painter.drawLine(QPointF(slot.right() + px(4), home), QPointF(slot.right() + px(14), home))
        cap = self.cap_box()
        draw_box(painter, cap, self.accent if self.held else theme.colour.text, theme.colour.sunken, radius=5)
        painter.setPen(QPen(theme.colour.sunken, max(1, px(3))))
        painter.drawLine(QPointF(cap.left() + px(6), cap.center().y()), QPointF(cap.right() - px(6), cap.center().y()))
        if self._entry is None:
            draw_text(painter, self.value_box(), self.value_text(), theme.face("value"), theme.colour.text, least=0.6)
        self.paint_focus(painter)

    def _paint_scale(self, painter: QPainter) -> None:
        slot, box = self.slot_box(), self._meter_box()
        face = theme.face("caption", 0.85)
        places: list[float] = []
        for mark in MARKS_DB:
            y = slot.bottom() - slot.height() * self._travel(mark)
            apart = all(abs(y - other) >= face.pixelSize() for other in places)
            if self.parameter.low < mark <= self.parameter.high and apart:
                places.append(y)
                painter.setPen(QPen(theme.colour.line, max(1, px(1))))
                painter.drawLine(QPointF(box.right() + px(4), y), QPointF(slot.left() - px(4), y))
                where = QRectF(0, y - px(12), box.left() - px(4), px(24))
                draw_text(painter, where, f"{abs(mark)}", face, theme.colour.dim, RIGHT, least=0.5)
