"""What the parts of the stage share: a unit of their own, so that the whole view fills the window at any size; Qt thread."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QPainter
from PyQt6.QtWidgets import QWidget

from ui.style import theme
from ui.style.draw import LEFT, draw_tall_text, draw_text, fitted
from ui.style.measures import TYPE

READ_AT_TWO_METRES = 36
"""Pixels of a capital at 1920 by 1080."""
WIDTH, HEIGHT = 1920, 936
"""Design pixels of the whole view."""


class Part(QWidget):
    """`unit`: window pixels in a design pixel of the stage. `fits`: whether each line that was drawn was whole."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.unit = 1.0
        self.drawn: dict[str, tuple[str, int, bool]] = {}
        self.setAccessibleName(name)

    def px(self, pixels: float) -> float:
        """Design pixels of the stage as window pixels."""
        return pixels * self.unit

    def face(self, role: str) -> QFont:
        """Type of a role at the stage's unit."""
        size, bold = TYPE[role]
        return theme.sized(size * self.unit, bold=bold)

    def write(
        self, painter: QPainter, box: QRectF, text: str, role: str, ink: QColor, align: Qt.AlignmentFlag = LEFT,
        least: float = 0.6, read_as: str = "",
    ) -> None:  # fmt: skip
        """Draws a line and notes under `read_as` what was drawn: (text, size of its type in pixels, whole)."""
        face = self.face(role)
        whole = draw_text(painter, box, text, face, ink, align, least)
        if read_as:
            self.drawn[read_as] = (text, fitted(text, face, box.width(), least).pixelSize(), whole)

    def write_far(
        self, painter: QPainter, box: QRectF, text: str, role: str, ink: QColor, align: Qt.AlignmentFlag = LEFT,
        read_as: str = "",
    ) -> None:  # fmt: skip
        """As `write`, for what is read at two metres: never set smaller."""
        face = self.face(role)
        whole = draw_tall_text(painter, box, text, face, ink, align)
        if read_as:
            self.drawn[read_as] = (text, face.pixelSize(), whole)
