"""Widgets side by side, on as many lines as they need, and the plain scrolled window for what grows; Qt thread."""

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QWidget

from ui.style.theme import px


class Flow(QWidget):
    """Lays its widgets out by their size hints; `gap` in design pixels. Lines are spread evenly when `spread`."""

    def __init__(self, gap: float = 10, *, spread: bool = False, parent: QWidget | None = None):
        super().__init__(parent)
        self.gap, self.spread = gap, spread
        self.widgets: list[QWidget] = []

    def fill(self, widgets: list[QWidget]) -> None:
        """Replaces its widgets; those that go are deleted."""
        for widget in self.widgets:
            if widget not in widgets:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        self.widgets = widgets
        for widget in widgets:
            widget.setParent(self)
            widget.show()
        self.lay_out()

    def lines(self, width: int) -> list[list[QWidget]]:
        """Widgets by lines at a width."""
        found: list[list[QWidget]] = [[]]
        used = 0
        for widget in self.widgets:
            wide = widget.sizeHint().width()
            if found[-1] and used + wide > width:
                found.append([])
                used = 0
            found[-1].append(widget)
            used += wide + px(self.gap)
        return found

    def lay_out(self) -> None:
        """Places everything at the present width."""
        top = 0
        lines = self.lines(self.width())
        most = max((len(line) for line in lines), default=1)
        for line in lines:
            wide = sum(widget.sizeHint().width() for widget in line)
            gap = px(self.gap)
            if self.spread and most > 1 and line is lines[0]:
                gap = max(gap, min((self.width() - wide) // max(1, most - 1), px(self.gap + 60)))
            left, tall = 0, max((widget.sizeHint().height() for widget in line), default=0)
            for widget in line:
                size = widget.sizeHint()
                widget.setGeometry(left, top, size.width(), size.height())
                left += size.width() + gap
            top += tall + px(self.gap)
        self.setMinimumHeight(max(0, top - px(self.gap)))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(px(300), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lay_out()


def scrolled(inner: QWidget) -> QScrollArea:
    """A widget in a plain scrolled window, upright only."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inner)
    inner.setAutoFillBackground(False)
    area.viewport().setAutoFillBackground(False)
    return area
