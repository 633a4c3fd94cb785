"""Buttons with drawn icons, and a number that is dragged; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui import theme
from ui.knob import Knob
from ui.model import Parameter

HEIGHT = 34


class Button(QAbstractButton):
    """A flat button: icon (play, stop, record, loop, power, fold, left, right, down, none), words, or both."""

    def __init__(
        self,
        words: str = "",
        icon: str = "",
        accent: QColor = theme.YOU,
        *,
        tip: str = "",
        checkable: bool = False,
        height: float = HEIGHT,
        loud: bool = False,
        least_width: float = 0,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.setText(words)
        self.icon_name = icon
        self.accent = accent
        self.loud = loud
        self._height = height
        self._least_width = least_width
        self.setCheckable(checkable)
        self.setToolTip(tip)
        self.setAccessibleName(words or tip)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        words = theme.text_width(self.text(), theme.font(12, bold=True)) if self.text() else 0.0
        icon = theme.dp(16) if self.icon_name else 0
        gap = theme.dp(7) if words and icon else 0
        side = theme.dp(11 if words else 9 * self._height / HEIGHT) * 2
        return QSize(max(round(words + icon + gap + side), theme.dp(self._least_width)), theme.dp(self._height))

    def set_look(self, words: str, icon: str) -> None:
        """Changes words and icon."""
        self.icon_name = icon
        self.setText(words)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        lit = self.isChecked() or self.isDown()
        fill = self.accent if lit or (self.loud and self.underMouse()) else theme.RAISED
        if self.underMouse() and not lit and not self.loud:
            fill = fill.lighter(118)
        painter.setBrush(fill if self._height >= 24 or lit else Qt.BrushStyle.NoBrush)
        edge = self.accent if lit or self.loud or self.hasFocus() else theme.LINE
        painter.setPen(QPen(edge, 1.0) if self._height >= 24 or self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, theme.dp(6), theme.dp(6))
        filled = lit or (self.loud and self.underMouse())
        ink = theme.SUNKEN if filled else self.accent if self.loud else theme.TEXT
        face = theme.font(12, bold=True)
        words = theme.text_width(self.text(), face) if self.text() else 0.0
        icon = theme.dp(16) if self.icon_name else 0
        gap = theme.dp(7) if words and icon else 0
        left = box.center().x() - (words + icon + gap) / 2
        if icon:
            middle = QPointF(left + icon / 2, box.center().y())
            draw_icon(
                painter,
                self.icon_name,
                middle,
                theme.dp(6),
                ink if filled or self.icon_name != "record" else theme.DANGER,
            )
        if words:
            theme.draw_text(
                painter, QRectF(left + icon + gap - 1, box.top(), words + 2, box.height()), self.text(), face, ink
            )


def draw_icon(painter: QPainter, name: str, centre: QPointF, reach: float, ink: QColor) -> None:
    """One of the few signs of the transport and the rack."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)

    def polygon(*corners: tuple[float, float]) -> None:
        painter.drawPolygon(QPolygonF([centre + QPointF(x, y) * reach for x, y in corners]))

    if name == "play":
        polygon((-0.8, -1.0), (1.0, 0.0), (-0.8, 1.0))
    elif name == "stop":
        painter.drawRoundedRect(
            QRectF(centre.x() - reach * 0.85, centre.y() - reach * 0.85, reach * 1.7, reach * 1.7), 1.5, 1.5
        )
    elif name == "record":
        painter.drawEllipse(centre, reach * 0.95, reach * 0.95)
    elif name == "left":
        polygon((0.5, -0.9), (-0.7, 0.0), (0.5, 0.9))
    elif name == "right":
        polygon((-0.5, -0.9), (0.7, 0.0), (-0.5, 0.9))
    elif name == "down":
        polygon((-0.9, -0.5), (0.9, -0.5), (0.0, 0.7))
    elif name == "power":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, max(1.4, reach * 0.3), cap=Qt.PenCapStyle.RoundCap))
        painter.drawArc(QRectF(centre.x() - reach, centre.y() - reach * 0.9, reach * 2, reach * 2), 120 * 16, 300 * 16)
        painter.drawLine(centre + QPointF(0, -reach), centre + QPointF(0, -reach * 0.1))
    elif name == "loop":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, max(1.4, reach * 0.28), cap=Qt.PenCapStyle.RoundCap))
        painter.drawArc(QRectF(centre.x() - reach, centre.y() - reach, reach * 2, reach * 2), 60 * 16, 300 * 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        polygon((0.15, -1.35), (1.05, -0.75), (0.15, -0.2))


class DragNumber(Knob):
    """A number without a dial, for the transport: caption over value; drags, wheels and types like a knob."""

    def __init__(self, parameter: Parameter, caption: str, sample: str, tip: str):
        super().__init__(parameter, caption, theme.YOU)
        self._sample = sample
        self.suffix = ""
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        wide = max(
            theme.text_width(self._sample, theme.font(18, bold=True)), theme.text_width(self.label, caption_font())
        )
        return QSize(round(wide) + theme.dp(10), theme.dp(HEIGHT + 4))

    def value_text(self) -> str:
        return f"{self.value:.1f}" if not self.parameter.whole else f"{self.value:.0f}{self.suffix}"

    def entry_text(self) -> str:
        return f"{self.value:g}"

    def show_suffix(self, suffix: str) -> None:
        """What stands behind the number, such as /4 of a metre."""
        if suffix != self.suffix:
            self.suffix = suffix
            self.update()

    def value_box(self) -> QRectF:
        return QRectF(0, theme.dp(14), self.width(), self.height() - theme.dp(14))

    def wheelEvent(self, event) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        super().wheelEvent(event)

    def nudge(self, clicks: float, *, fine: bool = False, coarse: bool = False) -> None:
        step = 1.0 if self.parameter.whole else 0.1 if fine else 10.0 if coarse else 1.0
        self.edit(self.value + clicks * step)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.open_entry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_captioned(
            painter,
            QRectF(self.rect()),
            self.label,
            "" if self._entry else self.value_text(),
            lit=self.hasFocus() or self.underMouse(),
        )


def caption_font():
    """The face of the small captions."""
    return theme.font(9.5, bold=True, spaced=True)


def draw_captioned(painter: QPainter, box: QRectF, caption: str, words: str, *, lit: bool = False) -> None:
    """A small caption over a large value."""
    theme.draw_text(
        painter,
        QRectF(box.left(), box.top(), box.width(), theme.dp(13)),
        caption,
        caption_font(),
        theme.DIM if lit else theme.FAINT,
    )
    low = QRectF(box.left(), box.top() + theme.dp(13), box.width(), box.height() - theme.dp(13))
    theme.draw_text(painter, low, words, theme.font(18, bold=True), theme.TEXT)
