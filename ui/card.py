"""A titled box, the frame of every view beside the rack; Qt thread."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ui import theme
from ui.buttons import caption_font

HEAD = 22


class Card(QWidget):
    """`body` lies under the caption; `legend` are (words, colour) pairs at the right of the caption."""

    def __init__(
        self, caption: str, body: QWidget, *, stretch: bool = True, legend: tuple[tuple[str, QColor], ...] = ()
    ):
        super().__init__()
        self.caption = caption
        self.body = body
        self.legend = legend
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.dp(10), theme.dp(HEAD), theme.dp(10), theme.dp(8))
        column.setSpacing(0)
        column.addWidget(body)
        down = QSizePolicy.Policy.Expanding if stretch else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Expanding, down)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.LINE, 1.0))
        painter.setBrush(theme.SURFACE)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.dp(8), theme.dp(8))
        face = caption_font()
        head = QRectF(theme.dp(10), 0, self.width() - theme.dp(20), theme.dp(HEAD))
        theme.draw_text(painter, head, self.caption.upper(), face, theme.DIM, Qt.AlignmentFlag.AlignLeft)
        right = head.right()
        for words, colour in reversed(self.legend):
            width = theme.text_width(words, theme.font(11))
            box = QRectF(right - width, 0, width + 1, head.height())
            theme.draw_text(painter, box, words, theme.font(11), theme.DIM)
            dot = theme.dp(7)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(box.left() - dot - theme.dp(5), head.center().y() - dot / 2, dot, dot), 2, 2)
            right = box.left() - dot - theme.dp(18)
