"""The line at the bottom: connection, driver, last message; Qt thread."""

import time

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import text, theme

NOTICE_S = 4.0


class StatusLine(QWidget):
    """Driver on the left, the last message on the right; a notice of the panel's own covers it for a moment."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "searching"
        self.driver = ""
        self.log = ""
        self._notice = ""
        self._notice_until = 0.0
        self.setFixedHeight(theme.dp(22))

    def show_state(self, state: str) -> None:
        """searching, connected or silent."""
        self.state = state
        self.update()

    def show_driver(self, words: str) -> None:
        """What sounds."""
        self.driver = words
        self.update()

    def show_log(self, message: str) -> None:
        """The session's last message."""
        self.log = message
        self._notice = ""
        self.update()

    def notice(self, message: str) -> None:
        """A word of the panel itself, for a few seconds."""
        self._notice = message
        self._notice_until = time.monotonic() + NOTICE_S
        self.update()

    def tick(self) -> None:
        """Lets a notice go."""
        if self._notice and time.monotonic() > self._notice_until:
            self._notice = ""
            self.update()

    def words(self) -> str:
        """The message shown now."""
        own = {"searching": text.SEARCHING, "silent": text.SILENT}.get(self.state, "")
        return own or self._notice or self.log

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = {"connected": theme.GOOD, "silent": theme.WARN}.get(self.state, theme.DANGER)
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        dot = theme.dp(8)
        painter.drawEllipse(QRectF(theme.dp(8), middle - dot / 2, dot, dot))
        face = theme.font(11.5)
        left = float(theme.dp(24))
        width = min(theme.text_width(self.driver, face) + 2, self.width() * 0.45)
        theme.draw_text(
            painter, QRectF(left, 0, width, self.height()), self.driver, face, theme.DIM, Qt.AlignmentFlag.AlignLeft
        )
        left += width + (theme.dp(24) if self.driver else 0)
        box = QRectF(left, 0, self.width() - left - theme.dp(8), self.height())
        align = Qt.AlignmentFlag.AlignRight if self.driver else Qt.AlignmentFlag.AlignLeft
        theme.draw_text(painter, box, self.words(), face, theme.TEXT, align)
