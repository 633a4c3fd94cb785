"""The switch between pages of tiles on the stage: shown where there are more than a page holds; Qt thread."""

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import CENTRE, draw_box, draw_focus, painter_of
from ui.views.stage.part import Part

WIDE = 110
"""Design pixels of the stage."""


class Pager(Part):
    """Emits turned() as it goes on, round and round, by a press, the wheel or Return. `page` counts from 0."""

    turned = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.page, self.count = 0, 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def show_count(self, count: int) -> None:
        """How many pages there are; one needs no switch."""
        self.count = max(1, count)
        self.page = min(self.page, self.count - 1)
        self.setAccessibleName(strings.MACRO_PAGE.format(self.page + 1, self.count))
        self.setToolTip(self.accessibleName())
        self.setVisible(self.count > 1)
        self.update()

    def turn(self, pages: int = 1) -> None:
        """Some pages on."""
        self.page = (self.page + pages) % self.count
        self.show_count(self.count)
        self.turned.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.turn()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self.turn(-1 if event.angleDelta().y() > 0 else 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.turn()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        draw_box(painter, QRectF(self.rect()), theme.colour.raised, theme.colour.line, unit=self.unit)
        upper = QRectF(0, self.px(30), self.width(), self.px(70))
        self.write_far(painter, upper, f"{self.page + 1}/{self.count}", "stage", theme.colour.text, CENTRE, "page")
        lower = QRectF(0, self.px(106), self.width(), self.px(60))
        self.write_far(painter, lower, "▸", "stage", theme.colour.dim, CENTRE)
        if self.hasFocus():
            draw_focus(painter, QRectF(self.rect()))
