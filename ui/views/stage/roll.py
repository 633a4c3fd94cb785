"""The piano roll: what you and the players play on the left of the playhead, what players plan on the right; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.format import key_name
from ui.heard import YOU, Heard, Note, Plan
from ui.state.piano import nearer
from ui.style import theme
from ui.style.draw import LEFT, RIGHT, draw_box, draw_text, painter_of
from ui.views.stage.part import Part

PAST_BEATS, AHEAD_BEATS = 6.0, 10.0
LOWEST_SPAN = 18
HEAD = 56
BLACK = (1, 3, 6, 8, 10)


class Roll(Part):
    """Draws a Heard. `names` are the players' (from 1), for the head line."""

    def __init__(self, parent: QWidget, heard: Heard) -> None:
        super().__init__(strings.ROLL, parent)
        self.heard = heard
        self.names: dict[int, str] = {}
        self.chord, self.next_chord = "", ""
        self.beats_in_bar, self.bar_start, self.bar = 4.0, 0.0, 0
        self._low, self._high = 51.0, 75.0
        self._paper: QPixmap | None = None
        self._paper_shows: tuple = ()
        self._moved = True

    def tick(self) -> None:
        """One frame."""
        self._follow_range()
        heard = self.heard
        moves = bool(heard.paper.playing or heard.notes or heard.plans)
        if moves or self._moved:  # and once more when all has gone by
            self.update()
        self._moved = moves

    def _follow_range(self) -> None:
        """Shows the keys in use with some room, moving there softly."""
        heard = self.heard
        keys = [note.key for note in heard.notes if self._in_sight(note)] + [plan.key for plan in heard.plans]
        low, high = (min(keys) - 2, max(keys) + 2) if keys else (57, 69)
        spare = max(0.0, (LOWEST_SPAN - (high - low)) / 2)
        self._low = nearer(self._low, low - spare)
        self._high = nearer(self._high, high + spare)

    def _in_sight(self, note: Note) -> bool:
        return note.end is None or note.end > self.heard.paper.now - PAST_BEATS

    def paper_box(self) -> QRectF:
        """Below the head line."""
        top = self.px(HEAD) if self.height() > self.px(2.2 * HEAD) else self.px(6)
        return QRectF(self.px(6), top, self.width() - self.px(12), self.height() - top - self.px(6))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        box = self.paper_box()
        beat = box.width() / (PAST_BEATS + AHEAD_BEATS)
        now_x = box.left() + PAST_BEATS * beat
        row = box.height() / (self._high - self._low + 1.0)
        painter.drawPixmap(0, 0, self._standing(box, row))
        painter.setClipRect(box)
        self._paint_bars(painter, box, now_x, beat)
        now = self.heard.paper.now
        for note in self.heard.notes:
            if self._in_sight(note):
                self._paint_note(painter, box, note, now_x - now * beat, beat, row)
        for plan in self.heard.plans:
            self._paint_plan(painter, box, plan, now_x - now * beat, beat, row, max(now_x, 0.0))
        painter.setPen(QPen(theme.colour.text, max(2.0, self.px(4))))
        painter.drawLine(QPointF(now_x, box.top()), QPointF(now_x, box.bottom()))
        self._paint_harmony(painter, box, now_x)
        if not self.heard.notes and not self.heard.plans:
            words = box.adjusted(self.px(16), 0, -self.px(16), 0)
            draw_text(painter, words, strings.NOTHING_YET, self.face("stage_note"), theme.colour.dim, least=0.5)

    def show_harmony(self, chord: str, coming: str) -> None:
        """The chord that holds, and the one that a chart announces; "" where there is none."""
        if (chord, coming) != (self.chord, self.next_chord):
            self.chord, self.next_chord = chord, coming
            self._moved = True
            self.update()

    def _paint_harmony(self, painter: QPainter, box: QRectF, now_x: float) -> None:
        """What sounds on the left of the playhead, what comes on its right, as the notes have it."""
        high, apart = self.px(HEAD), self.px(14)
        if box.height() < 2 * high:
            return
        left = QRectF(box.left(), box.top(), now_x - box.left() - apart, high)
        right = QRectF(now_x + apart, box.top(), box.right() - now_x - apart, high)
        draw_text(painter, left, self.chord, self.face("large"), theme.colour.text, RIGHT, least=0.5)
        draw_text(painter, right, self.next_chord, self.face("large"), theme.colour.dim, LEFT, least=0.5)

    def _standing(self, box: QRectF, row: float) -> QPixmap:
        """What stays from frame to frame (frame, head, keys), drawn anew only when any of it is another."""
        ahead = self.heard.next_plan() if self._has_head(box) else None
        coming = (round(ahead[0]), ahead[1]) if ahead else None
        look = (theme.theme_name(), self.unit, self.size(), self.devicePixelRatioF())
        shows = (*look, self._low, self._high, tuple(self.names.items()), coming)
        if self._paper is None or shows != self._paper_shows:
            self._paper_shows = shows
            ratio = self.devicePixelRatioF()
            self._paper = QPixmap(self.size() * ratio)
            self._paper.setDevicePixelRatio(ratio)
            self._paper.fill(theme.colour.ground)
            painter = QPainter(self._paper)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_box(painter, QRectF(self.rect()), theme.colour.surface, theme.colour.line, unit=self.unit)
            if self._has_head(box):
                self._paint_head(painter, coming)
            painter.setClipRect(box)
            self._paint_keys(painter, box, row)
            painter.end()
        return self._paper

    def _has_head(self, box: QRectF) -> bool:
        return box.top() > self.px(HEAD) * 0.9

    def _paint_head(self, painter: QPainter, coming: tuple[int, int] | None) -> None:
        box = QRectF(self.px(20), self.px(4), self.width() - self.px(40), self.px(HEAD - 6))
        self.write(painter, box, strings.YOU, "large", theme.colour.you, LEFT)
        left = box.left() + self.px(110)
        names = ", ".join(self.names.values())
        if names:
            words = QRectF(left, box.top(), box.width() * 0.45, box.height())
            self.write(painter, words, strings.COMES_NEXT.format(names), "large", theme.colour.player, LEFT)
        if coming is not None:
            beats, player = coming
            words = QRectF(box.right() - box.width() * 0.4, box.top(), box.width() * 0.4, box.height())
            text = strings.IN_BEATS.format(beats, self.names.get(player, f"{strings.PLAYERS} {player}"))
            self.write(painter, words, text, "large", theme.colour.player, RIGHT)

    def _paint_keys(self, painter: QPainter, box: QRectF, row: float) -> None:
        for key in range(int(self._low), int(self._high) + 2):
            y = self._y(box, key, row)
            if key % 12 in BLACK:
                painter.fillRect(QRectF(box.left(), y, box.width(), row), theme.faded(theme.colour.ground, 0.7))
            elif key % 12 == 0:
                painter.setPen(QPen(theme.colour.line, 1.0))
                painter.drawLine(QPointF(box.left(), y + row), QPointF(box.right(), y + row))
                label = QRectF(box.left() + self.px(6), y + row - self.px(26), self.px(70), self.px(26))
                if 12 * row > label.height() and label.top() >= box.top():
                    draw_text(painter, label, key_name(key), self.face("caption"), theme.colour.dim, LEFT)

    def _paint_bars(self, painter: QPainter, box: QRectF, now_x: float, beat: float) -> None:
        if not self.heard.paper.playing:
            return
        here, length = self.heard.paper.transport_beat, max(0.25, self.beats_in_bar)
        number = int((here - PAST_BEATS - self.bar_start) // length)
        while True:
            at = self.bar_start + number * length
            x = now_x + (at - here) * beat
            if x > box.right():
                return
            if x > box.left() and self.bar + number >= 0:
                painter.setPen(QPen(theme.colour.line, max(1.0, self.px(2))))
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
                words = QRectF(x + self.px(6), box.top() + self.px(2), self.px(70), self.px(24))
                draw_text(painter, words, f"{self.bar + number + 1}", self.face("caption"), theme.colour.dim, LEFT)
            number += 1

    def _bar(self, box: QRectF, key: int, left: float, right: float, row: float) -> QRectF:
        tall = max(row - 1.0, self.px(8))
        middle = self._y(box, key, row) + row / 2
        return QRectF(left, middle - tall / 2, max(right - left, self.px(6)), tall)

    def _paint_note(self, painter: QPainter, box: QRectF, note: Note, zero: float, beat: float, row: float) -> None:
        end = note.end if note.end is not None else max(self.heard.paper.now, note.start + 0.05)
        colour = QColor(theme.colour.you if note.source == YOU else theme.colour.player)
        bar = self._bar(box, note.key, zero + note.start * beat, zero + end * beat, row)
        strength = 0.55 + 0.45 * min(max(note.velocity, 0.0), 1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(colour, strength))
        radius = min(self.px(5), bar.height() / 2)
        painter.drawRoundedRect(bar, radius, radius)

    def _paint_plan(
        self, painter: QPainter, box: QRectF, plan: Plan, zero: float, beat: float, row: float, now_x: float
    ) -> None:
        left, right = max(zero + plan.start * beat, now_x), zero + plan.end * beat
        if right <= now_x:
            return
        bar = self._bar(box, plan.key, left, right, row)
        painter.setPen(QPen(theme.colour.player, max(1.5, self.px(2))))
        painter.setBrush(theme.faded(theme.colour.player, 0.4))
        radius = min(self.px(5), bar.height() / 2)
        painter.drawRoundedRect(bar, radius, radius)

    def _y(self, box: QRectF, key: int, row: float) -> float:
        return box.bottom() - (key - self._low + 1) * row
