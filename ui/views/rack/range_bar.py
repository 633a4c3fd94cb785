"""A range drawn as a bar and dragged at its ends and its middle: of keys over a keyboard, of velocities; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.format import key_name
from ui.state.layout import KEYS, VELOCITIES
from ui.state.piano import Piano
from ui.state.zones import BODY, HIGH_END, LOW_END
from ui.style import draw, theme
from ui.style.theme import face, px

GRIP = 26
"""Design pixels at each end that take hold of the end."""


class RangeBar(QWidget):
    """Emits changed(low, high) when the hand lets go; until the tree agrees the wish is only outlined."""

    changed = pyqtSignal(int, int)
    limits = KEYS

    def __init__(self, name: str, tint: str = "you", parent: QWidget | None = None):
        super().__init__(parent)
        self.name, self.tint = name, tint
        self.low, self.high = self.limits
        self.wish: tuple[int, int] | None = None
        self._grip = ""
        self._from = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(strings.TIP_RANGE)
        self.show_range(*self.limits)

    # what a kind of range says of itself

    def edges(self, low: int, high: int) -> tuple[float, float]:
        """Left and right end in pixels of a range."""
        raise NotImplementedError

    def value_at(self, x: float) -> float:
        """The value whose lower edge lies at a place, in fractions."""
        raise NotImplementedError

    def say(self, low: int, high: int) -> str:
        """A range in words."""
        raise NotImplementedError

    def full(self, low: int, high: int) -> tuple[int, int]:
        """A range as it is sent: an end dragged to the rim means the limit itself."""
        return low, high

    # from the tree

    def show_range(self, low: int, high: int) -> None:
        """The range that is in force."""
        self.low, self.high = low, high
        self.setAccessibleName(f"{self.name}: {self.say(low, high)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(200), px(44))

    # the hand

    def grip_at(self, x: float) -> str:
        """What a press takes hold of; "" beside the bar."""
        left, right = self.edges(self.low, self.high)
        reach = min(px(GRIP), max(px(8), (right - left) / 3))
        slack = px(12)
        if left - slack <= x < left + reach:
            return LOW_END
        if right - reach < x <= right + slack:
            return HIGH_END
        return BODY if left < x < right else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._grip = self.grip_at(event.position().x())
        self._from = self.value_at(event.position().x())
        self.wish = (self.low, self.high) if self._grip else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._grip:
            ends = self.grip_at(event.position().x()) in (LOW_END, HIGH_END)
            self.setCursor(Qt.CursorShape.SizeHorCursor if ends else Qt.CursorShape.ArrowCursor)
            return
        self.wish = self.moved(self._grip, round(self.value_at(event.position().x()) - self._from))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        wish, self.wish, self._grip = self.wish, None, ""
        self.update()
        if wish is not None and wish != (self.low, self.high) and self.full(*wish) != (self.low, self.high):
            self.changed.emit(*self.full(*wish))

    def moved(self, grip: str, steps: int) -> tuple[int, int]:
        """The range with an end or the whole moved; it keeps at least one value."""
        least, most = self.limits
        if grip == LOW_END:
            return min(max(self.low + steps, least), self.high), self.high
        if grip == HIGH_END:
            return self.low, max(min(self.high + steps, most), self.low)
        steps = min(max(steps, least - self.low), most - self.high)
        return self.low + steps, self.high + steps

    def wants_key(self, event: QKeyEvent) -> bool:
        """Keys that are its own while it has the focus, and no piano's."""
        return Qt.Key(event.key()) in (Qt.Key.Key_Left, Qt.Key.Key_Right)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if way is None:
            event.ignore()
            return
        mods = event.modifiers()
        grip = BODY
        if mods & Qt.KeyboardModifier.ShiftModifier:
            grip = HIGH_END
        elif mods & Qt.KeyboardModifier.AltModifier:
            grip = LOW_END
        wish = self.moved(grip, way)
        if wish != (self.low, self.high):
            self.changed.emit(*wish)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        whole = QRectF(self.rect())
        trough = whole.adjusted(0, px(8), 0, -px(8))
        draw.draw_box(painter, trough, theme.colour.sunken, theme.colour.line)
        tint = theme.tint(self.tint) if self.isEnabled() else theme.colour.dim
        left, right = self.edges(self.low, self.high)
        bar = QRectF(left, px(3), max(right - left, px(6)), whole.height() - px(6))
        draw.draw_box(painter, bar, tint)
        for x in (bar.left() + px(8), bar.right() - px(8)):
            if bar.width() > px(60):
                painter.setPen(theme.colour.on_tint)
                painter.drawLine(QPointF(x, bar.top() + px(11)), QPointF(x, bar.bottom() - px(11)))
        shown = self.wish or (self.low, self.high)
        if self.wish is not None:
            left, right = self.edges(*self.wish)
            draw.draw_box(
                painter, QRectF(left, 1, max(right - left, px(6)), whole.height() - 2), None, theme.colour.text, wide=3
            )
        self._paint_words(painter, bar, trough, self.say(*shown))
        if self.hasFocus():
            draw.draw_focus(painter, whole)

    def _paint_words(self, painter, bar: QRectF, trough: QRectF, said: str) -> None:
        """In the bar where they fit, else beside it where there is more room."""
        width = draw.text_width(said, face("caption"))
        if width < bar.width() - px(24):
            draw.draw_text(painter, bar, said, face("caption"), theme.colour.on_tint)
        elif trough.right() - bar.right() > bar.left() - trough.left():
            room = QRectF(bar.right() + px(8), bar.top(), trough.right() - bar.right() - px(10), bar.height())
            draw.draw_text(painter, room, said, face("caption"), theme.colour.text, draw.LEFT)
        else:
            room = QRectF(trough.left() + px(4), bar.top(), bar.left() - trough.left() - px(12), bar.height())
            draw.draw_text(painter, room, said, face("caption"), theme.colour.text, draw.RIGHT)


class KeyBar(RangeBar):
    """A zone over the keys of the piano below it."""

    limits = KEYS

    def piano(self) -> Piano:
        """The keys in sight."""
        return Piano(width=float(max(1, self.width())))

    def edges(self, low: int, high: int) -> tuple[float, float]:
        piano = self.piano()
        return piano.edge(max(low, piano.first)), piano.edge(min(high, piano.last) + 1)

    def value_at(self, x: float) -> float:
        piano = self.piano()
        return piano.first + x / piano.width * (piano.last + 1 - piano.first)

    def say(self, low: int, high: int) -> str:
        return strings.WHOLE_KEYBOARD if (low, high) == KEYS else f"{key_name(low)} – {key_name(high)}"

    def full(self, low: int, high: int) -> tuple[int, int]:
        piano = self.piano()
        return KEYS[0] if low <= piano.first else low, KEYS[1] if high >= piano.last else high

    def moved(self, grip: str, steps: int) -> tuple[int, int]:
        piano = self.piano()
        if grip == LOW_END:  # what lies out of sight is dragged from the rim
            return min(max(max(self.low, piano.first) + steps, piano.first), self.high), self.high
        if grip == HIGH_END:
            return self.low, max(min(min(self.high, piano.last) + steps, piano.last), self.low)
        return super().moved(grip, steps)


class VelocityBar(RangeBar):
    """Velocities from soft to loud."""

    limits = VELOCITIES

    def edges(self, low: int, high: int) -> tuple[float, float]:
        return (low - 1) / 127.0 * self.width(), high / 127.0 * self.width()

    def value_at(self, x: float) -> float:
        return 1.0 + x / max(1, self.width()) * 127.0

    def say(self, low: int, high: int) -> str:
        return strings.EVERY_VELOCITY if (low, high) == VELOCITIES else strings.VELOCITIES.format(low, high)
