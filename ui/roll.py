"""The scrolling piano roll: what you and the players play, and what players plan ahead of now; Qt thread.

Its paper moves with the wall clock at the tempo, so that it scrolls also while the transport stands; bar lines are
drawn where the transport's beats fall on it.
"""

import time
from collections import deque
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import text, theme
from ui.format import key_name

PAST_BEATS, AHEAD_BEATS = 14.0, 2.0
LONGEST_BEATS = 64.0  # a note whose end was lost is not drawn for ever
MAX_NOTES = 4000
LOWEST_SPAN = 24  # keys shown at least
YOU = "you"


@dataclass
class Note:
    """One bar of the roll, in beats of the paper."""

    source: str
    key: int
    velocity: float
    start: float
    end: float | None = None


class Paper:
    """Time of the roll: `now` in beats, and the offset to the transport's beats; no Qt."""

    def __init__(self, clock=time.monotonic) -> None:
        self._clock = clock
        self._seen = clock()
        self.now = 0.0
        self.tempo_bpm = 120.0
        self.playing = False
        self.transport_beat = 0.0  # the transport at `now`

    def advance(self) -> None:
        """Moves to the present."""
        seen = self._clock()
        beats = (seen - self._seen) * self.tempo_bpm / 60.0
        self._seen = seen
        self.now += beats
        if self.playing:
            self.transport_beat += beats

    def heard_beat(self, beat: float) -> None:
        """The transport's beat from the wire; small differences (network, polling) are smoothed away, jumps are not."""
        difference = beat - self.transport_beat
        self.transport_beat += difference if abs(difference) > 0.25 or not self.playing else 0.2 * difference

    def place(self, beat: float) -> float:
        """Where a note of the transport's `beat` belongs: planned ones ahead, all others now."""
        ahead = beat - self.transport_beat
        return self.now + ahead if self.playing and 0.15 < ahead < 64.0 else self.now


class Roll(QWidget):
    """The view."""

    def __init__(self) -> None:
        super().__init__()
        self.paper = Paper()
        self.notes: deque[Note] = deque(maxlen=MAX_NOTES)
        self.open: dict[tuple[str, int], Note] = {}
        self.beats_in_bar = 4
        self._low, self._high = 48.0, 84.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(theme.dp(70))

    def push(self, source: str, on: bool, key: int, velocity: float, beat: float) -> None:
        """One note event from the wire."""
        at = self.paper.place(beat)
        last = self.open.pop((source, key), None)
        if last is not None:
            last.end = max(at, last.start + 0.02)
        if on:
            note = Note(source, key, velocity, at)
            self.notes.append(note)
            self.open[source, key] = note

    def close_all(self) -> None:
        """Ends every open note (panic, engine gone)."""
        for note in self.open.values():
            note.end = max(self.paper.now, note.start + 0.02)
        self.open.clear()

    def sounding(self) -> dict[int, str]:
        """Keys down now, by who plays them."""
        now = self.paper.now
        return {key: source for (source, key), note in self.open.items() if note.start <= now}

    def tick(self) -> None:
        """One frame."""
        self.paper.advance()
        oldest = self.paper.now - PAST_BEATS - 1.0
        while self.notes and self.notes[0].end is not None and self.notes[0].end < oldest:
            self.notes.popleft()
        for key, note in list(self.open.items()):
            if self.paper.now - note.start > LONGEST_BEATS:
                note.end = self.paper.now
                del self.open[key]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.SUNKEN)
        painter.drawRoundedRect(box, theme.dp(4), theme.dp(4))
        painter.setClipRect(box)
        self._follow_range()
        beat_width = box.width() / (PAST_BEATS + AHEAD_BEATS)
        now_x = box.left() + PAST_BEATS * beat_width
        row = box.height() / (self._high - self._low + 1)
        self._paint_keys(painter, box, row)
        self._paint_grid(painter, box, now_x, beat_width)
        for note in self.notes:
            self._paint_note(painter, box, note, now_x, beat_width, row)
        painter.setPen(QPen(theme.faded(theme.TEXT, 0.55), theme.dp(1.4)))
        painter.drawLine(QPointF(now_x, box.top()), QPointF(now_x, box.bottom()))
        if not self.notes:
            theme.draw_text(painter, box, text.NOTHING_YET, theme.font(12), theme.FAINT)

    def _follow_range(self) -> None:
        """Shows the keys in use with some room, moving there softly."""
        keys = [note.key for note in self.notes] or [60, 72]
        low, high = min(keys) - 3, max(keys) + 3
        low_now, high_now = float(low), float(high)
        spare = LOWEST_SPAN - (high - low)
        if spare > 0:
            low_now, high_now = low - spare / 2, high + spare / 2
        self._low += (low_now - self._low) * 0.15
        self._high += (high_now - self._high) * 0.15

    def _paint_keys(self, painter: QPainter, box: QRectF, row: float) -> None:
        for key in range(int(self._low), int(self._high) + 2):
            y = self._y(box, key, row)
            if key % 12 in (1, 3, 6, 8, 10):
                painter.fillRect(QRectF(box.left(), y, box.width(), row), theme.faded(theme.BACKGROUND, 0.8))
        for key in range(int(self._low), int(self._high) + 2):
            y = self._y(box, key, row)
            if key % 12 == 0:
                painter.setPen(QPen(theme.LINE, 1.0))
                painter.drawLine(QPointF(box.left(), y + row), QPointF(box.right(), y + row))
                if y + row - theme.dp(13) < box.top():
                    continue
                label = QRectF(box.left() + theme.dp(4), y + row - theme.dp(13), theme.dp(30), theme.dp(12))
                theme.draw_text(painter, label, key_name(key), theme.font(9.5), theme.FAINT, Qt.AlignmentFlag.AlignLeft)

    def _paint_grid(self, painter: QPainter, box: QRectF, now_x: float, beat_width: float) -> None:
        if not self.paper.playing:
            return
        here = self.paper.transport_beat
        for beat in range(max(0, int(here - PAST_BEATS)), int(here + AHEAD_BEATS) + 1):
            x = now_x + (beat - here) * beat_width
            bar = beat % self.beats_in_bar == 0
            painter.setPen(QPen(theme.LINE if bar else theme.RAISED, 1.0))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            if bar and x > box.left() + theme.dp(34) and x + theme.dp(30) < box.right():
                words = QRectF(x + theme.dp(4), box.top() + theme.dp(2), theme.dp(30), theme.dp(12))
                number = f"{beat // self.beats_in_bar + 1}"
                theme.draw_text(painter, words, number, theme.font(9.5), theme.FAINT, Qt.AlignmentFlag.AlignLeft)

    def _paint_note(
        self, painter: QPainter, box: QRectF, note: Note, now_x: float, beat_width: float, row: float
    ) -> None:
        now = self.paper.now
        left = now_x + (note.start - now) * beat_width
        right = now_x + ((note.end if note.end is not None else max(now, note.start + 0.1)) - now) * beat_width
        if right < box.left():
            return
        colour = QColor(theme.YOU if note.source == YOU else theme.PLAYER)
        bar = QRectF(
            left, self._y(box, note.key, row) + 0.5, max(right - left, theme.dp(3)), max(row - 1.0, theme.dp(3))
        )
        radius = min(theme.dp(3), bar.height() / 2)
        if note.start > now:  # a plan: not played yet
            painter.setPen(QPen(theme.faded(colour, 0.8), 1.0, Qt.PenStyle.DashLine))
            painter.setBrush(theme.faded(colour, 0.15))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.faded(colour, 0.45 + 0.55 * min(max(note.velocity, 0.0), 1.0)))
        painter.drawRoundedRect(bar, radius, radius)

    def _y(self, box: QRectF, key: int, row: float) -> float:
        return box.bottom() - (key - self._low + 1) * row
