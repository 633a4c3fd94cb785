"""The tiles of the song's parts: a press goes there; Qt thread."""

from PyQt6.QtCore import QRectF, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import CENTRE, draw_box, painter_of
from ui.views.stage.part import Part

MOST = 8
GAP = 16
WIDEST = 300


class Parts(Part):
    """Emits wanted(part from 1). More than MOST scroll along with the one in force."""

    wanted = pyqtSignal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(strings.PARTS, parent)
        self.names: list[str] = []
        self.here = 0

    def show_parts(self, names: list[str], here: int) -> None:
        """Names, and which is in force (from 1; 0 none)."""
        if (names, here) != (self.names, self.here):
            self.names, self.here = list(names), here
            now = names[here - 1] if 0 < here <= len(names) else strings.NONE
            self.setAccessibleName(f"{strings.PARTS}: {now}")
            self.update()

    def boxes(self) -> list[tuple[int, QRectF]]:
        """(part from 1, box) of those in sight."""
        count = min(len(self.names), MOST)
        if not count:
            return []
        first = min(max(0, self.here - 1 - MOST // 2), len(self.names) - count)
        gap = self.px(GAP)
        wide = min((self.width() - gap * (count - 1)) / count, self.px(WIDEST))
        return [(first + at + 1, QRectF(at * (wide + gap), 0, wide, self.height())) for at in range(count)]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for number, box in self.boxes():
            if box.contains(event.position()):
                self.wanted.emit(number)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        for number, box in self.boxes():
            lit = number == self.here
            draw_box(
                painter,
                box,
                theme.colour.you if lit else theme.colour.raised,
                theme.colour.you if lit else theme.colour.line,
                unit=self.unit,
            )
            ink = theme.colour.on_tint if lit else theme.colour.text
            inner = box.adjusted(self.px(10), 0, -self.px(10), 0)
            self.write_far(painter, inner, self.names[number - 1], "stage", ink, CENTRE, read_as=f"part {number}")
