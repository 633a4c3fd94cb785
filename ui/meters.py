"""Output meters (peak, RMS, hold, limiter reduction) and the engine's load, late callbacks and xruns; Qt thread."""

import time
from collections import deque

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QLinearGradient, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import text, theme
from ui.buttons import caption_font
from ui.format import level_text

LOW_DB, HIGH_DB = -60.0, 6.0
MARKS_DB = (-48, -24, -12, -6, 0, 6)
HOLD_S = 1.5
FALL_DB_S = 20.0
REDUCTION_RANGE_DB = 12.0
ROW, GAP = 12, 5


def place(level_db: float) -> float:
    """Position 0..1 on the meter: the upper 24 dB take 70 % of it."""
    level_db = min(max(level_db, LOW_DB), HIGH_DB)
    if level_db >= -18.0:
        return 0.3 + 0.7 * (level_db + 18.0) / (HIGH_DB + 18.0)
    return 0.3 * (level_db - LOW_DB) / (-18.0 - LOW_DB)


class Meters(QWidget):
    """Two level rows and one of gain reduction, over a dB scale."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = [LOW_DB, LOW_DB]
        self.rms = [LOW_DB, LOW_DB]
        self.hold = [LOW_DB, LOW_DB]
        self.clipped = [False, False]
        self.reduction_db = 0.0
        self._held_at = [0.0, 0.0]
        self._seen = time.monotonic()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.dp(3 * ROW + GAP + 18))

    def sizeHint(self) -> QSize:
        return QSize(theme.dp(280), theme.dp(3 * ROW + GAP + 18))

    def push(self, values: dict[str, float]) -> None:
        """New readings by name, see `ControlServer.publish_meters`."""
        now = time.monotonic()
        fall = FALL_DB_S * (now - self._seen)
        self._seen = now
        for side, name in enumerate(("l", "r")):
            peak = values.get(f"peak_{name}_db", LOW_DB)
            self.peak[side] = max(peak, self.peak[side] - fall)
            self.rms[side] = values.get(f"rms_{name}_db", LOW_DB)
            if peak >= self.hold[side] or now - self._held_at[side] > HOLD_S:
                self.hold[side], self._held_at[side] = peak, now
            self.clipped[side] |= peak > 0.0
        self.reduction_db = min(0.0, values.get("limiter_db", 0.0))
        self.update()

    def sounds(self) -> bool:
        """Whether anything was heard within the hold's time."""
        return max(self.peak + self.hold) > LOW_DB

    def mousePressEvent(self, event) -> None:
        self.clipped = [False, False]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = theme.dp(20), self.width() - theme.dp(46)
        row = theme.dp(ROW)
        for side, name in enumerate((text.LEFT, text.RIGHT)):
            box = QRectF(left, side * theme.dp(ROW + GAP), right - left, row)
            self._paint_name(painter, box, name)
            self._paint_level(painter, box, side)
            words = level_text(self.hold[side])
            ink = theme.DANGER if self.clipped[side] else theme.TEXT
            self._paint_figure(painter, box, words, ink)
        top = box.bottom() + theme.dp(2)
        for mark in MARKS_DB:
            x = left + (right - left) * place(mark)
            words = f"{mark:+d}" if mark > 0 else f"{mark}"
            scale = QRectF(x - theme.dp(14), top, theme.dp(28), theme.dp(12))
            theme.draw_text(painter, scale, words, theme.font(9.5), theme.FAINT)
        box = QRectF(left, top + theme.dp(16), right - left, row)
        self._paint_name(painter, box, text.REDUCTION)
        self._paint_trough(painter, box)
        share = min(-self.reduction_db / REDUCTION_RANGE_DB, 1.0)
        painter.setBrush(theme.WARN)
        painter.drawRoundedRect(QRectF(box.right() - box.width() * share, box.top(), box.width() * share, row), 2, 2)
        self._paint_figure(painter, box, level_text(self.reduction_db), theme.TEXT)

    def _paint_name(self, painter: QPainter, box: QRectF, name: str) -> None:
        where = QRectF(0, box.top() - 2, theme.dp(18), box.height() + 4)
        theme.draw_text(painter, where, name, theme.font(10.5, bold=True), theme.DIM, Qt.AlignmentFlag.AlignLeft)

    def _paint_figure(self, painter: QPainter, box: QRectF, words: str, ink) -> None:
        where = QRectF(box.right() + theme.dp(4), box.top() - 2, theme.dp(42), box.height() + 4)
        theme.draw_text(painter, where, words, theme.font(11), ink, Qt.AlignmentFlag.AlignRight)

    @staticmethod
    def _paint_trough(painter: QPainter, box: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.SUNKEN)
        painter.drawRoundedRect(box, 2, 2)

    def _paint_level(self, painter: QPainter, box: QRectF, side: int) -> None:
        self._paint_trough(painter, box)
        hues = QLinearGradient(box.topLeft(), box.topRight())
        for at, colour in (
            (0.0, theme.GOOD),
            (place(-12), theme.GOOD),
            (place(-5), theme.WARN),
            (place(0), theme.DANGER),
        ):
            hues.setColorAt(at, colour)
        full = QRectF(box.left(), box.top(), box.width() * place(self.peak[side]), box.height())
        painter.setOpacity(0.5)
        painter.setBrush(hues)
        painter.drawRoundedRect(full, 2, 2)
        painter.setOpacity(1.0)
        painter.drawRoundedRect(QRectF(box.left(), box.top(), box.width() * place(self.rms[side]), box.height()), 2, 2)
        if self.hold[side] > LOW_DB + 1:
            x = box.left() + box.width() * place(self.hold[side])
            painter.setPen(QPen(theme.DANGER if self.hold[side] > 0 else theme.TEXT, theme.dp(1.6)))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)


class LoadView(QWidget):
    """Load now with its last minute, the tail of its distribution, and what came late."""

    COLUMNS = (
        (text.P99, "load_p99_percent"),
        (text.WORST, "load_max_percent"),
        (text.LATENCY, "latency_ms"),
        (text.LATE, "late"),
        (text.XRUNS, "xruns"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, float] = {}
        self.past: deque[float] = deque(maxlen=240)
        self._next = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.dp(72))

    def push(self, values: dict[str, float]) -> None:
        """New readings by name."""
        self.values = values
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.25
            self.past.append(values.get("load_percent", 0.0))
            self.update()

    def figure(self, name: str) -> str:
        """A reading as shown; a dash before the first."""
        if name not in self.values:
            return "–"
        value = self.values[name]
        return (
            f"{value:.0f} %"
            if name.endswith("percent")
            else f"{value:.1f} ms"
            if name.endswith("ms")
            else f"{value:.0f}"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        big = QRectF(0, 0, theme.dp(84), theme.dp(34))
        load = self.values.get("load_percent")
        words = "–" if load is None else f"{load:.1f} %"
        ink = theme.DANGER if (load or 0) > 80 else theme.WARN if (load or 0) > 50 else theme.TEXT
        theme.draw_text(painter, big, words, theme.font(22, bold=True), ink, Qt.AlignmentFlag.AlignLeft)
        self._paint_past(painter, QRectF(theme.dp(92), theme.dp(2), self.width() - theme.dp(92), theme.dp(32)))
        width = self.width() / len(self.COLUMNS)
        for index, (caption, name) in enumerate(self.COLUMNS):
            left = index * width
            box = QRectF(left, theme.dp(40), width - theme.dp(2), theme.dp(13))
            theme.draw_text(painter, box, caption, caption_font(), theme.FAINT, Qt.AlignmentFlag.AlignLeft)
            bad = name in ("late", "xruns") and self.values.get(name, 0) > 0
            box = QRectF(left, theme.dp(53), width - theme.dp(2), theme.dp(17))
            theme.draw_text(
                painter,
                box,
                self.figure(name),
                theme.font(12.5, bold=True),
                theme.DANGER if bad else theme.TEXT,
                Qt.AlignmentFlag.AlignLeft,
            )

    def _paint_past(self, painter: QPainter, box: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.SUNKEN)
        painter.drawRoundedRect(box, theme.dp(3), theme.dp(3))
        if len(self.past) < 2:
            return
        top = max(25.0, *(1.25 * load for load in self.past))
        step = box.width() / (self.past.maxlen or 1)
        start = box.right() - step * (len(self.past) - 1)
        line = [
            QPointF(start + at * step, box.bottom() - 1 - (box.height() - 3) * min(load / top, 1.0))
            for at, load in enumerate(self.past)
        ]
        painter.setBrush(theme.faded(theme.GOOD, 0.2))
        painter.drawPolygon(QPolygonF([QPointF(start, box.bottom()), *line, QPointF(box.right(), box.bottom())]))
        painter.setPen(QPen(theme.GOOD, theme.dp(1.3)))
        painter.drawPolyline(QPolygonF(line))
