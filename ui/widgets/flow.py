"""Widgets in rows that break where the room ends; Qt thread."""

from PyQt6.QtCore import QRect, QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.style.theme import px


class Flow(QWidget):
    """`add(widget)`; each keeps its size hint. `spacing` in design pixels."""

    def __init__(self, spacing: float = 6) -> None:
        super().__init__()
        self.parts: list[QWidget] = []
        self._spacing = spacing
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def add(self, widget: QWidget) -> None:
        """Puts a widget at the end."""
        widget.setParent(self)
        widget.show()
        self.parts.append(widget)
        self._place(self.width(), move=True)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(width, move=False)

    def sizeHint(self) -> QSize:
        return QSize(px(300), self._place(max(self.width(), px(300)), move=False))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(140), self._place(max(self.width(), px(140)), move=False))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._place(self.width(), move=True) != event.oldSize().height():
            self.updateGeometry()

    def event(self, event) -> bool:
        if event.type() == event.Type.LayoutRequest:
            self._place(self.width(), move=True)
            self.updateGeometry()
        return super().event(event)

    def _place(self, width: int, *, move: bool) -> int:
        """Height needed at a width; moves the parts there."""
        left = top = tall = 0
        gap = px(self._spacing)
        for part in self.parts:
            size = part.sizeHint()
            if left and left + size.width() > width:
                left, top, tall = 0, top + tall + gap, 0
            if move:
                part.setGeometry(QRect(left, top, size.width(), size.height()))
            left += size.width() + gap
            tall = max(tall, size.height())
        return top + tall
