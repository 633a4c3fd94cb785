"""The common roll: what all players plan ahead of now and what sounded behind it, with bars, chords and sections; Qt thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PyQt6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.format import key_name
from ui.state.band import Member
from ui.state.drum_kinds import DRUM_KINDS, drum_kind
from ui.state.piano import is_black, nearer
from ui.state.planbook import Course, PlanBook, PlannedNote
from ui.style import theme
from ui.style.draw import LEFT, draw_box, draw_text, text_width
from ui.style.theme import px

BEHIND_BARS, AHEAD_BARS = 2, 4
GUTTER, EDGE, DRUM_ROW = 190, 30, 20
"""Design pixels of the lanes' names, of a line on the upper edge, and of a drum's row."""
LEAST_SPAN = 24
NAMES_EVERY = 20
"""Frames between two looks at where the lanes' names belong."""
PALE, EMPTY, FULL = 0.3, 0.22, 0.92


@dataclass(frozen=True)
class Look:
    """How one player is drawn."""

    tint: str
    silent: bool = False


class PlanRoll(QWidget):
    """Draws a PlanBook. Set `beats_in_bar`, `bar_start`, `bar` as the transport has them; chords and sections may be empty;
    `next_beats`: until the next chord begins, 0 where nobody knows."""

    def __init__(self, book: PlanBook, chords: Course, sections: Course) -> None:
        super().__init__()
        self.book, self.chords, self.sections = book, chords, sections
        self.next_chord, self.next_beats = "", 0.0
        self.beats_in_bar, self.bar_start, self.bar = 4.0, 0.0, 0
        self.looks: dict[int, Look] = {}
        self.titles: dict[tuple[int, str], str] = {}
        self.drums: frozenset[tuple[int, str]] = frozenset()
        self.drum_rows: tuple[str, ...] = ()
        self.has_chords = False
        self._low, self._high = 48.0, 76.0
        self._names: list[tuple[float, tuple[int, str]]] = []
        self._frame = 0
        self._paper: QPixmap | None = None
        self._paper_shows: tuple = ()
        self._moved = True
        self.setAccessibleName(strings.PLAN)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(px(900), px(260))

    def show_band(self, band: Iterable[Member], silent: Iterable[int]) -> None:
        """Who plays, in which colour, and who is not heard."""
        band, mute = tuple(band), set(silent)
        self.looks = {0: Look("you")} | {one.number: Look(one.tint, one.number in mute) for one in band}
        self.titles = {(0, ""): strings.YOU}
        for one in band:
            title = f"{one.number} {one.title}"
            self.titles |= {
                (one.number, lane.name): f"{title} {lane.name}" if len(one.lanes) > 1 else title for lane in one.lanes
            }
        self.drums = frozenset((one.number, lane.name) for one in band for lane in one.lanes if lane.drums)
        self._moved = True

    # time and place

    def tick(self) -> None:
        """One frame."""
        self.book.behind = BEHIND_BARS * self.beats_in_bar + 1.0
        self.book.tick()
        self._frame += 1
        pitched = [one for one in self.book.notes if (one.player, one.lane) not in self.drums]
        self._follow_range(pitched)
        if self._frame % NAMES_EVERY == 1 or (pitched and not self._names):
            self._place_names(pitched)
            self._find_drums()
        moves = bool(self.book.paper.playing or self.book.notes)
        if moves or self._moved:
            self.update()
        self._moved = moves

    def _follow_range(self, notes: list[PlannedNote]) -> None:
        keys = [one.key for one in notes]
        low, high = (min(keys) - 2, max(keys) + 2) if keys else (54, 72)
        spare = max(0.0, (LEAST_SPAN - (high - low)) / 2)
        self._low, self._high = nearer(self._low, low - spare), nearer(self._high, high + spare)

    def _place_names(self, notes: list[PlannedNote]) -> None:
        """The middle key of each lane that has notes in sight."""
        keys: dict[tuple[int, str], list[int]] = {}
        edge = self.book.paper.now - BEHIND_BARS * self.beats_in_bar
        for one in notes:
            if self.book.lasting(one) > edge:
                keys.setdefault((one.player, one.lane), []).append(one.key)
        self._names = sorted((sum(found) / len(found), lane) for lane, found in keys.items())

    def _find_drums(self) -> None:
        """A row for each kind of drum that is played or planned."""
        kinds = {drum_kind(one.key) for one in self.book.notes if (one.player, one.lane) in self.drums}
        self.drum_rows = tuple(kind for kind in DRUM_KINDS if kind in kinds)

    def paper_box(self) -> QRectF:
        """Where pitched notes are: between the upper edge and the drums."""
        top, foot = px(EDGE) * (2 if self.has_chords else 1), self._drum_height()
        return QRectF(px(GUTTER), top, self.width() - px(GUTTER) - px(2), max(10.0, self.height() - top - foot - px(2)))

    def drum_box(self) -> QRectF:
        """Where the drums' rows are."""
        paper, tall = self.paper_box(), self._drum_height()
        return QRectF(paper.left(), self.height() - tall - px(2), paper.width(), tall)

    def _drum_height(self) -> float:
        return min(px(DRUM_ROW) * len(self.drum_rows), self.height() * 0.35)

    def beat_width(self) -> float:
        """Pixels of a beat."""
        return self.paper_box().width() / ((BEHIND_BARS + AHEAD_BARS) * max(0.25, self.beats_in_bar))

    def now_x(self) -> float:
        """The playhead."""
        return self.paper_box().left() + BEHIND_BARS * max(0.25, self.beats_in_bar) * self.beat_width()

    def note_box(self, one: PlannedNote) -> QRectF:
        """Where a note is drawn, whole."""
        now, beat = self.book.paper.now, self.beat_width()
        left = self.now_x() + (one.start - now) * beat
        right = self.now_x() + (self.book.lasting(one) - now) * beat
        row = self._row(one)
        return QRectF(left, row.top(), max(right - left, px(5)), row.height())

    def _row(self, one: PlannedNote) -> QRectF:
        if (one.player, one.lane) in self.drums:
            box, kind = self.drum_box(), drum_kind(one.key)
            each = box.height() / max(1, len(self.drum_rows))
            at = self.drum_rows.index(kind) if kind in self.drum_rows else 0
            return QRectF(0, box.top() + at * each + each * 0.15, 0, each * 0.7)
        box = self.paper_box()
        row = box.height() / (self._high - self._low + 1.0)
        tall = max(row - 1.0, float(px(9)))
        top = self._y(box, one.key, row) + row / 2 - tall / 2
        return QRectF(0, min(max(top, box.top()), box.bottom() - tall), 0, tall)

    def _y(self, box: QRectF, key: float, row: float) -> float:
        return box.bottom() - (key - self._low + 1) * row

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._standing())
        box = self.paper_box()
        whole = QRectF(box.left(), px(2), box.width(), self.height() - px(4))
        painter.setClipRect(whole)
        self._paint_bars(painter, whole)
        if self.has_chords:
            self._paint_course(painter, self.chords, px(EDGE), "value")
            self._paint_course(painter, self.sections, 0, "caption")
        self._paint_notes(painter)
        painter.setPen(QPen(theme.colour.text, max(2.0, px(3))))
        painter.drawLine(QPointF(self.now_x(), whole.top()), QPointF(self.now_x(), whole.bottom()))
        if not self.book.notes:
            words = QRectF(self.now_x() + px(20), box.top(), box.right() - self.now_x() - px(40), box.height())
            draw_text(painter, words, strings.NO_PLAN, theme.face("body"), theme.colour.dim, least=0.6)

    def _paint_notes(self, painter: QPainter) -> None:
        """Boxes by their look, so that there are few changes of pen: empty ones, full ones."""
        right = self.paper_box().right()
        empty: dict[int, list[QRectF]] = {}
        full: dict[int, list[QRectF]] = {}
        for one in self.book.notes:
            place = self.note_box(one)
            if place.left() > right or place.right() < px(GUTTER):
                continue
            share = self.book.filled(one) - one.start
            if one.sounded:
                part = QRectF(place)
                part.setWidth(max(px(4), min(place.width(), share * self.beat_width())))
                full.setdefault(one.player, []).append(part)
            if not one.sounded or part.right() < place.right() - 1.0:
                empty.setdefault(one.player, []).append(place)
        for player, boxes in empty.items():
            tint, pale = self._ink(player)
            painter.setPen(QPen(theme.faded(tint, PALE if pale else FULL), max(1.0, px(2))))
            painter.setBrush(theme.faded(tint, EMPTY / 2 if pale else EMPTY))
            painter.drawRects(*boxes)
        painter.setPen(Qt.PenStyle.NoPen)
        for player, boxes in full.items():
            tint, pale = self._ink(player)
            painter.setBrush(theme.faded(tint, PALE if pale else FULL))
            painter.drawRects(*boxes)

    def _ink(self, player: int) -> tuple[QColor, bool]:
        look = self.looks.get(player, Look("player"))
        return theme.tint(look.tint), look.silent

    def _paint_bars(self, painter: QPainter, box: QRectF) -> None:
        """Bar lines with their numbers, and fainter the beats."""
        paper = self.book.paper
        if not paper.playing:
            return
        here, length, beat, now_x = paper.transport_beat, max(0.25, self.beats_in_bar), self.beat_width(), self.now_x()
        number = int((here - BEHIND_BARS * length - self.bar_start) // length)
        bars: list[QLineF] = []
        beats: list[QLineF] = []
        face = theme.face("caption")
        while (x := now_x + (self.bar_start + number * length - here) * beat) < box.right():
            if self.bar + number >= 0:
                bars.append(QLineF(x, box.top(), x, box.bottom()))
                at = 1.0
                while at < length - 1e-6:
                    beats.append(QLineF(x + at * beat, box.top() + px(EDGE), x + at * beat, box.bottom()))
                    at += 1.0
                words = QRectF(x + px(5), box.bottom() - px(26), px(60), px(24))
                draw_text(painter, words, f"{self.bar + number + 1}", face, theme.colour.dim, LEFT)
            number += 1
        if not bars:
            return
        painter.setPen(QPen(theme.faded(theme.colour.line, 0.45), 1.0))
        if beats:
            painter.drawLines(*beats)
        painter.setPen(QPen(theme.colour.line, max(1.0, px(2))))
        painter.drawLines(*bars)

    def _paint_course(self, painter: QPainter, course: Course, top: float, role: str) -> None:
        """What held and holds, each at its place, and the announced one where the paper ends."""
        box, beat, now_x, now = self.paper_box(), self.beat_width(), self.now_x(), self.book.paper.now
        first, last = now - BEHIND_BARS * self.beats_in_bar, now + AHEAD_BARS * self.beats_in_bar
        face = theme.face(role)
        for start, end, text in course.seen(first, last):
            left, right = now_x + (start - now) * beat, now_x + (end - now) * beat
            is_now = start <= now < end
            painter.setPen(QPen(theme.colour.line, 1.0))
            painter.drawLine(QPointF(left, top + px(4)), QPointF(left, top + px(EDGE)))
            words = QRectF(left + px(6), top, max(1.0, right - left - px(10)), px(EDGE))
            draw_text(painter, words, text, face, theme.colour.text if is_now else theme.colour.dim, LEFT, least=0.6)
        if course is self.chords and self.next_chord:
            said = strings.THEN.format(self.next_chord)
            wide = text_width(said, face) + px(8)
            left = box.right() - wide - px(6)
            if self.next_beats > 0.0:
                left = min(now_x + self.next_beats * beat, left)
            words = QRectF(left, top, wide, px(EDGE))
            painter.fillRect(words, theme.colour.surface)
            draw_text(painter, words, said, face, theme.colour.you)

    # what stands from frame to frame

    def _standing(self) -> QPixmap:
        """Frame, keys and the lanes' names, drawn anew only when any of it is another."""
        look = (theme.theme_name(), theme.unit(), self.size(), self.devicePixelRatioF())
        shows = (
            *look,
            self._low,
            self._high,
            tuple(self._names),
            tuple(self.looks.items()),
            self.drums,
            self.has_chords,
        )
        if self._paper is None or shows != self._paper_shows:
            self._paper_shows = shows
            ratio = self.devicePixelRatioF()
            self._paper = QPixmap(self.size() * ratio)
            self._paper.setDevicePixelRatio(ratio)
            self._paper.fill(theme.colour.ground)
            painter = QPainter(self._paper)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_box(painter, QRectF(self.rect()), theme.colour.surface, theme.colour.line)
            box = self.paper_box()
            row = box.height() / (self._high - self._low + 1.0)
            self._paint_keys(painter, box, row)
            self._paint_drum_rows(painter)
            self._paint_names(painter, box, row)
            painter.end()
        return self._paper

    def _paint_keys(self, painter: QPainter, box: QRectF, row: float) -> None:
        painter.setClipRect(box)
        for key in range(int(self._low), int(self._high) + 2):
            y = self._y(box, key, row)
            if is_black(key):
                painter.fillRect(QRectF(box.left(), y, box.width(), row), theme.faded(theme.colour.ground, 0.7))
            elif key % 12 == 0:
                painter.setPen(QPen(theme.colour.line, 1.0))
                painter.drawLine(QPointF(box.left(), y + row), QPointF(box.right(), y + row))
                label = QRectF(box.left() + px(4), y + row - px(24), px(60), px(22))
                if label.top() >= box.top() and 12 * row > label.height():
                    draw_text(painter, label, key_name(key), theme.face("caption", 0.85), theme.colour.dim, LEFT)
        painter.setClipping(False)

    def _paint_drum_rows(self, painter: QPainter) -> None:
        if not self.drum_rows:
            return
        box = self.drum_box()
        painter.fillRect(QRectF(px(2), box.top(), self.width() - px(4), box.height()), theme.colour.sunken)
        each = box.height() / len(self.drum_rows)
        face = theme.face("caption", min(1.0, each / max(1, px(22))))
        for at, kind in enumerate(self.drum_rows):
            place = QRectF(px(10), box.top() + at * each, px(GUTTER) - px(16), each)
            draw_text(painter, place, strings.DRUM_NAMES[kind], face, theme.colour.dim, LEFT, least=0.7)

    def _paint_names(self, painter: QPainter, box: QRectF, row: float) -> None:
        """Each lane's name beside its notes, from below, none on another."""
        tall, below = float(px(24)), box.bottom()
        for key, lane in self._names:
            middle = min(self._y(box, key, row) + row / 2, below - tall / 2)
            if middle - tall / 2 < box.top():
                return
            self._name(painter, lane, middle, tall)
            below = middle - tall / 2

    def _name(self, painter: QPainter, lane: tuple[int, str], middle: float, tall: float) -> None:
        tint, pale = self._ink(lane[0])
        place = QRectF(px(10), middle - tall / 2, px(GUTTER) - px(16), tall)
        face = theme.face("caption", min(1.0, tall / max(1, px(22))))
        ink = theme.colour.dim if pale else tint
        draw_text(painter, place, self.titles.get(lane, ""), face, ink, LEFT, least=0.7)
