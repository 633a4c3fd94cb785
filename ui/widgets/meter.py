"""Levels: ballistics (peak that falls, peak that is held) and how they are drawn upright and lying; Qt thread."""

import time
from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.draw import draw_box, painter_of
from ui.style.theme import px

LOW_DB, HIGH_DB = -60.0, 6.0
WARN_DB, FULL_DB = -9.0, -0.1
HOLD_S = 1.5
FALL_DB_S = 24.0
SEEN_DB = 0.15
"""Less than this is no new picture."""


class Level:
    """One channel's reading: rises at once, falls FALL_DB_S, keeps its peak for HOLD_S; no Qt."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.shown_db = self.held_db = LOW_DB
        self.clipped = False
        self._clock = clock
        self._seen = self._held_at = clock()

    def push(self, peak_db: float) -> bool:
        """A new reading in dBFS; True when the picture changes."""
        now = self._clock()
        before = (self.shown_db, self.held_db)
        self.shown_db = max(LOW_DB, peak_db, self.shown_db - FALL_DB_S * (now - self._seen))
        self._seen = now
        if peak_db >= self.held_db or now - self._held_at > HOLD_S:
            self.held_db, self._held_at = max(LOW_DB, peak_db), now
        self.clipped |= peak_db > 0.0
        return abs(before[0] - self.shown_db) > SEEN_DB or abs(before[1] - self.held_db) > SEEN_DB

    @property
    def sounds(self) -> bool:
        """Whether anything was heard within the hold's time."""
        return max(self.shown_db, self.held_db) > LOW_DB


def place(level_db: float) -> float:
    """Position 0..1 on a meter: the upper 24 dB take 70 % of it."""
    level_db = min(max(level_db, LOW_DB), HIGH_DB)
    if level_db >= -18.0:
        return 0.3 + 0.7 * (level_db + 18.0) / (HIGH_DB + 18.0)
    return 0.3 * (level_db - LOW_DB) / (-18.0 - LOW_DB)


def level_ink(level_db: float) -> QColor:
    """Green, yellow near the top, red from full scale."""
    return (
        theme.colour.danger if level_db >= FULL_DB else theme.colour.warn if level_db >= WARN_DB else theme.colour.good
    )


def paint_column(painter: QPainter, box: QRectF, level: Level, where: Callable[[float], float] = place) -> None:
    """A meter that stands."""
    draw_box(painter, box, theme.colour.sunken, theme.colour.line, radius=4)
    inner = box.adjusted(px(2), px(2), -px(2), -px(2))
    if level.shown_db > LOW_DB + 0.5:
        high = inner.height() * min(max(where(level.shown_db), 0.0), 1.0)
        painter.fillRect(QRectF(inner.left(), inner.bottom() - high, inner.width(), high), level_ink(level.shown_db))
    if level.held_db > LOW_DB + 0.5:
        y = inner.bottom() - inner.height() * min(max(where(level.held_db), 0.0), 1.0)
        painter.setPen(QPen(level_ink(level.held_db), max(2, px(3))))
        painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))
    if level.clipped:
        painter.fillRect(QRectF(box.left(), box.top(), box.width(), max(3, px(6))), theme.colour.danger)


def paint_row(painter: QPainter, box: QRectF, level: Level) -> None:
    """A meter that lies."""
    draw_box(painter, box, theme.colour.sunken, theme.colour.line, radius=5)
    inner = box.adjusted(px(2), px(2), -px(2), -px(2))
    if level.shown_db > LOW_DB + 0.5:
        fill = QRectF(inner.left(), inner.top(), inner.width() * place(level.shown_db), inner.height())
        painter.fillRect(fill, level_ink(level.shown_db))
    if level.held_db > LOW_DB + 0.5:
        x = inner.left() + inner.width() * place(level.held_db)
        painter.setPen(QPen(level_ink(level.held_db), max(2, px(3))))
        painter.drawLine(QPointF(x, inner.top()), QPointF(x, inner.bottom()))
    if level.clipped:
        painter.fillRect(
            QRectF(box.right() - max(3, px(8)), box.top(), max(3, px(8)), box.height()), theme.colour.danger
        )


class ColumnMeter(QWidget):
    """Levels standing side by side: a track's, in a line of the rack. `push(index, peak_db)`."""

    def __init__(self, name: str, channels: int = 1, width: float = 14):
        super().__init__()
        self.levels = [Level() for _ in range(channels)]
        self._width = width
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(px((self._width + 3) * len(self.levels)), px(60))

    def push(self, index: int, peak_db: float) -> None:
        """A new reading."""
        if self.levels[index].push(peak_db):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        step = self.width() / len(self.levels)
        for index, level in enumerate(self.levels):
            paint_column(painter, QRectF(index * step, 0, step - px(3), self.height()), level)
