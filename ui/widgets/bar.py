"""A level lying down: name and value in a bar that fills, dragged sideways; as long as its place allows; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.model import Parameter
from ui.style import theme
from ui.style.draw import LEFT, RIGHT, draw_box, draw_text, painter_of, text_width
from ui.style.measures import TOUCH
from ui.style.theme import px
from ui.widgets.control import FINE, Control

SIDE, FOOT, GROUND_ALPHA = 8, 6, 0.2
LEAST_DRAG = 240
"""Design pixels of the whole range, at least: a short bar is dragged as finely as a longer one."""


class Bar(Control):
    """Drag from where it stands (no jumps), Shift is ten times finer; `tall` in design pixels."""

    def __init__(
        self, parameter: Parameter, label: str = "", tint: str = "you", parent: QWidget | None = None, *,
        tall: float = TOUCH, role: str = "caption",
    ):  # fmt: skip
        self._tall, self._role = tall, role
        super().__init__(parameter, label, tint, parent)
        self._from = QPointF()
        self._position = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_tall(self, tall: float) -> None:
        """Its height in design pixels."""
        if tall != self._tall:
            self._tall = tall
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(px(130), px(self._tall))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(70), px(self._tall))

    def label_box(self) -> QRectF:
        return self._words_box()

    def value_box(self) -> QRectF:
        return QRectF(self.rect())

    def body_box(self) -> QRectF:
        return QRectF(self.rect())

    def _words_box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(px(SIDE), 0, -px(SIDE), -px(FOOT))

    def _x(self, value: float) -> float:
        inner = QRectF(self.rect()).adjusted(px(3), 0, -px(3), 0)
        return inner.left() + inner.width() * self.parameter.position(value)

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
        whole = max(float(self.width()), float(px(LEAST_DRAG)))
        self._position = min(max(self._position + (way.x() - way.y()) * fine / whole, 0.0), 1.0)
        self.edit(self.parameter.at(self._position))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.held = False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, box = painter_of(self), QRectF(self.rect())
        draw_box(painter, box, theme.colour.sunken, theme.colour.line, radius=6)
        self._paint_level(painter, box)
        if self._entry is None:
            self._paint_line(painter)
        self.paint_focus(painter)

    def _paint_level(self, painter: QPainter, box: QRectF) -> None:
        """Pale behind the words, full along the foot, from the neutral point; a tick at the scene's value."""
        neutral = 0.0 if self.parameter.bipolar else self.parameter.low
        left, right = sorted((self._x(neutral), self._x(self.value)))
        foot = QRectF(left, box.bottom() - px(FOOT) - px(2), right - left, px(FOOT))
        painter.fillRect(QRectF(left, box.top() + px(2), right - left, foot.top() - box.top() - px(2)),
                         theme.faded(self.accent, GROUND_ALPHA))  # fmt: skip
        painter.fillRect(foot, self.accent)
        tick = self._x(self.home)
        painter.setPen(QPen(theme.colour.text, max(1.5, px(2))))
        painter.drawLine(QPointF(tick, foot.top()), QPointF(tick, foot.bottom()))

    def _paint_line(self, painter: QPainter) -> None:
        words, face = self._words_box(), theme.face(self._role)
        value = self.value_text()
        needed = min(text_width(value, theme.face(self._role)) + px(2), words.width() * 0.6)
        right = QRectF(words.right() - needed, words.top(), needed, words.height())
        left = QRectF(words.left(), words.top(), words.width() - needed - px(3), words.height())
        self.text_is_whole = draw_text(painter, left, self.label, face, theme.colour.dim, LEFT, least=0.75)
        self.text_is_whole &= draw_text(painter, right, value, face, theme.colour.text, RIGHT, least=0.75)
