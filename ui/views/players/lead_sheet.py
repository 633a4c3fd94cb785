"""A chart as a lead sheet: bars with their chords where they begin, four to a line, a new line for a section; Qt thread."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.state.chart import BARS_A_LINE, Draft, SheetLine
from ui.style import theme
from ui.style.draw import LEFT, draw_text, painter_of
from ui.style.theme import px

LINE, NAME, SIDE = 62, 30, 10
"""Design pixels of a line of bars, of a section's name above it, and of the edge."""


class LeadSheet(QWidget):
    """`show_draft`; as tall as its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.draft = Draft()
        self.drawn: list[str] = []
        self.setAccessibleName(strings.CHART)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_draft(self, draft: Draft) -> None:
        """Another chart."""
        self.draft = draft
        symbols = " | ".join(" ".join(text for _, text in bar.chords) for line in draft.lines for bar in line.bars)
        self.setAccessibleDescription(symbols)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(400), px(2 * SIDE) + sum(self._tall(line) for line in self.draft.lines))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(200), self.sizeHint().height())

    @staticmethod
    def _tall(line: SheetLine) -> int:
        return px(LINE) + (px(NAME) if line.section else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        self.drawn = []
        top = float(px(SIDE))
        for line in self.draft.lines:
            tall = self._tall(line)
            if top < event.rect().bottom() and top + tall > event.rect().top():
                self._paint_line(painter, line, QRectF(px(SIDE), top, self.width() - px(2 * SIDE), tall))
            top += tall

    def _paint_line(self, painter: QPainter, line: SheetLine, box: QRectF) -> None:
        if line.section:
            name = QRectF(box.left(), box.top(), box.width(), px(NAME))
            draw_text(painter, name, line.section, theme.face("label"), theme.colour.player, LEFT)
            box = box.adjusted(0, px(NAME), 0, 0)
        wide = box.width() / BARS_A_LINE
        for at, bar in enumerate(line.bars):
            place = QRectF(box.left() + at * wide, box.top(), wide, box.height() - px(8))
            self._bar_line(painter, place.left(), place)
            number = QRectF(place.left() + px(6), place.top(), wide - px(8), px(18))
            draw_text(
                painter, number, f"{bar.number}  {bar.metre}", theme.face("caption", 0.75), theme.colour.dim, LEFT
            )
            edges = [begin for begin, _ in bar.chords[1:]] + [1.0]
            for (begin, symbol), end in zip(bar.chords, edges, strict=True):
                left = place.left() + px(8) + begin * (wide - px(10))
                room = QRectF(
                    left,
                    place.top() + px(16),
                    max(4.0, (end - begin) * (wide - px(10)) - px(4)),
                    place.height() - px(16),
                )
                draw_text(painter, room, symbol, theme.face("head"), theme.colour.text, LEFT, least=0.4)
                self.drawn.append(symbol)
        self._bar_line(painter, box.left() + len(line.bars) * wide, QRectF(0, box.top(), 0, box.height() - px(8)))

    @staticmethod
    def _bar_line(painter: QPainter, x: float, box: QRectF) -> None:
        painter.setPen(QPen(theme.colour.line, max(1.0, px(2))))
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
