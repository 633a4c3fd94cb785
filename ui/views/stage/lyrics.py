"""Lyrics with the chords above them, scrolling with the transport; Qt thread."""

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import LEFT, draw_box, draw_text, fitted, painter_of
from ui.views.stage.part import Part

CHORD, LINE, GAP = 48, 62, 14


class Lyrics(Part):
    """`show_lines([{"beat", "bar", "text", "chords": [[column, "Dm7"]]}])`, `show_beat(transport's beat)`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(strings.LYRICS, parent)
        self.lines: list[dict] = []
        self.here = 0

    def show_lines(self, lines: list) -> None:
        """The song's lines in order."""
        self.lines = [line for line in lines if isinstance(line, dict)]
        self.here = 0
        self.setAccessibleName(strings.LYRICS)
        self.update()

    def show_beat(self, beat: float) -> None:
        """Marks the line that is sung at a beat."""
        here = 0
        for at, line in enumerate(self.lines):
            if line.get("beat") is not None and float(line["beat"]) <= beat + 1e-6:
                here = at
        if here != self.here:
            self.here = here
            self.setAccessibleName(f"{strings.LYRICS}: {self.lines[here].get('text', '')}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        draw_box(painter, QRectF(self.rect()), theme.colour.surface, theme.colour.line, unit=self.unit)
        top, at = self.px(8), self.here
        while at < len(self.lines):
            tall = self._height(self.lines[at])
            if top + tall > self.height():
                return
            self._paint_line(painter, self.lines[at], top, lit=at == self.here)
            top += tall
            at += 1

    def _height(self, line: dict) -> float:
        chords, text = line.get("chords"), str(line.get("text", "")).strip()
        return self.px((CHORD if chords else 0) + (LINE if text or not chords else 0) + GAP)

    def _paint_line(self, painter: QPainter, line: dict, top: float, *, lit: bool) -> None:
        left, wide = self.px(24), self.width() - self.px(48)
        text, chords = str(line.get("text", "")), line.get("chords") or []
        face = fitted(text, self.face("stage"), wide, 0.6)
        metrics = QFontMetricsF(face)
        edge = left
        for place, chord in chords:
            start = max(edge, left + metrics.horizontalAdvance(text[: int(place)]))
            name = QRectF(start, top, wide, self.px(CHORD))
            draw_text(painter, name, str(chord), self.face("large"), theme.colour.player, LEFT)
            edge = start + QFontMetricsF(self.face("large")).horizontalAdvance(f"{chord} ")
        if chords:
            top += self.px(CHORD)
        ink = theme.colour.text if lit else theme.colour.dim
        draw_text(painter, QRectF(left, top, wide, self.px(LINE)), text, face, ink, LEFT)
