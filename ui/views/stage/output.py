"""Output level, worst load, late callbacks, xruns, the recorder's clock: tonight's health at a glance; Qt thread."""

from PyQt6.QtCore import QRect, QRectF
from PyQt6.QtGui import QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.format import time_text
from ui.style import theme
from ui.style.draw import LEFT, draw_box, painter_of
from ui.views.stage.part import Part
from ui.widgets.meter import Level, paint_row

WORRY_PERCENT, BAD_PERCENT = 60.0, 85.0


class Output(Part):
    """`push(meters)`, `show_recording(seconds or None)`. A press forgets the clip marks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(strings.OUTPUT, parent)
        self.levels = [Level(), Level()]
        self.worst_percent = 0.0
        self.late = self.xruns = 0
        self.recording_s: float | None = None
        self._shown: tuple = ()

    def push(self, values: dict[str, float]) -> None:
        """Readings by name, see /stream/meters."""
        moved = [
            level.push(values.get(name, -120.0))
            for level, name in zip(self.levels, ("peak_l_db", "peak_r_db"), strict=True)
        ]
        self.worst_percent = values.get("load_max_percent", 0.0)
        self.late, self.xruns = int(values.get("late", 0)), int(values.get("xruns", 0))
        if self._words() != self._shown:
            self.update()
        elif any(moved):
            self.update(self._meters_box())

    def show_recording(self, seconds: float | None) -> None:
        """The recorder's clock."""
        if (None if seconds is None else int(seconds)) != (None if self.recording_s is None else int(self.recording_s)):
            self.update()
        self.recording_s = seconds

    def _meters_box(self) -> QRect:
        return QRectF(self.px(20), self.px(17), self.width() - self.px(40), self.px(62)).toAlignedRect()

    def _words(self) -> tuple:
        return round(self.worst_percent), self.late, self.xruns

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for level in self.levels:
            level.clipped = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, px, inner = painter_of(self), self.px, self.px(20)
        self._shown = self._words()
        wide = self.width() - 2 * inner
        only_meters = self._meters_box().contains(event.rect())
        if only_meters:
            painter.fillRect(event.rect(), theme.colour.surface)
        else:
            draw_box(painter, QRectF(self.rect()), theme.colour.surface, theme.colour.line, unit=self.unit)
        for side, level in enumerate(self.levels):
            paint_row(painter, QRectF(inner, px(18 + 32 * side), wide, px(28)), level)
        if only_meters:
            return
        worst = self.worst_percent
        ink = (
            theme.colour.danger
            if worst > BAD_PERCENT
            else theme.colour.warn
            if worst > WORRY_PERCENT
            else theme.colour.text
        )
        words = strings.WORST_LOAD.format(worst)
        self.write_far(painter, QRectF(inner, px(82), wide, px(58)), words, "stage", ink, LEFT, read_as="load")
        ink = theme.colour.danger if self.late or self.xruns else theme.colour.good
        words = strings.LATE_XRUNS.format(self.late, self.xruns)
        self.write_far(painter, QRectF(inner, px(138), wide, px(56)), words, "stage", ink, LEFT, read_as="late")
        if self.recording_s is not None:
            words = f"● {strings.RECORD} {time_text(self.recording_s)}"
            box = QRectF(inner, px(194), wide, px(40))
            self.write(painter, box, words, "head", theme.colour.danger, LEFT)
        self.setAccessibleName(
            f"{strings.OUTPUT}, {strings.WORST_LOAD.format(worst)}, {strings.LATE_XRUNS.format(self.late, self.xruns)}"
        )
