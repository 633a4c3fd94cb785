"""The players' tiles: name and what each does; a press mutes or wakes one; Qt thread."""

from dataclasses import dataclass

from PyQt6.QtCore import QRectF, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import LEFT, RIGHT, draw_box, painter_of, text_width
from ui.views.stage.part import Part

GAP = 12
ROWS = 3
MOST_TILES, A_PAGE = 6, 5
"""Tiles that there is room for; of a page, beside the tile that turns it."""
LEAST_WIDE = 0.75
"""So narrow may a line be set."""
NAME_SHARE = 0.6
"""Of a tile's width, at most: what a player does has the rest."""


@dataclass(frozen=True)
class PlayerState:
    """One player as it is now."""

    root: str
    title: str
    status: str = ""
    on: bool = True
    late: int = 0


class PlayerTiles(Part):
    """Emits wanted(root, on): up to three say what they do; more of them show their names, six at a time."""

    wanted = pyqtSignal(str, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(strings.PLAYERS, parent)
        self.players: list[PlayerState] = []
        self.page = 0

    def show_players(self, players: list[PlayerState]) -> None:
        """All of the scene."""
        if players != self.players:
            self.players, self.page = players, self.page if len(players) == len(self.players) else 0
            words = ", ".join(f"{one.title} {one.status if one.on else strings.OFF}" for one in players)
            self.setAccessibleName(f"{strings.PLAYERS}: {words or strings.NO_PLAYERS}")
            self.update()

    @property
    def shown(self) -> list[PlayerState]:
        """Those that have a tile now: all, or a page of them."""
        if len(self.players) <= MOST_TILES:
            return self.players
        return self.players[self.page * A_PAGE : (self.page + 1) * A_PAGE]

    @property
    def others(self) -> int:
        """How many stand on the other pages."""
        return len(self.players) - len(self.shown)

    def boxes(self) -> list[tuple[PlayerState, QRectF]]:
        """Each player's tile: one column of three, or two columns of narrower ones."""
        return [(one, self._place(at)) for at, one in enumerate(self.shown)]

    def _place(self, at: int) -> QRectF:
        columns = 1 if len(self.players) <= ROWS else 2
        gap = self.px(GAP)
        wide = (self.width() - gap * (columns - 1)) / columns
        tall = (self.height() - gap * (ROWS - 1)) / ROWS
        return QRectF(at // ROWS * (wide + gap), at % ROWS * (tall + gap), wide, tall)

    def turn(self, pages: int = 1) -> None:
        """To the next players, round and round."""
        count = -(-len(self.players) // A_PAGE) if len(self.players) > MOST_TILES else 1
        self.page = (self.page + pages) % count
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.others and self._place(A_PAGE).contains(event.position()):
            self.turn()
            return
        for one, box in self.boxes():
            if box.contains(event.position()):
                self.wanted.emit(one.root, not one.on)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.others and event.angleDelta().y():
            self.turn(-1 if event.angleDelta().y() > 0 else 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, px = painter_of(self), self.px
        if not self.players:
            box = QRectF(0, 0, self.width(), px(60))
            self.write_far(painter, box, strings.NO_PLAYERS, "stage_note", theme.colour.dim, LEFT)
        narrow = len(self.players) > ROWS
        for one, box in self.boxes():
            edge = theme.colour.player if one.on else theme.colour.line
            draw_box(painter, box, theme.colour.surface, edge, wide=4 if one.on else 2, unit=self.unit)
            self._paint_narrow(painter, box, one) if narrow else self._paint_wide(painter, box, one)
        if self.others:
            box = self._place(A_PAGE)
            draw_box(painter, box, theme.colour.raised, theme.colour.line, unit=self.unit)
            self.write_far(
                painter, box, strings.MORE_PLAYERS.format(self.others), "stage", theme.colour.text, read_as="more"
            )

    def _paint_wide(self, painter: QPainter, box: QRectF, one: PlayerState) -> None:
        """Name, and what it does."""
        px = self.px
        inner = box.adjusted(px(18), 0, -px(18), 0)
        named = min(text_width(one.title, self.face("stage")), inner.width() * NAME_SHARE)
        left = QRectF(inner.left(), inner.top(), named, inner.height())
        right = inner.adjusted(named + px(18), 0, 0, 0)
        self.write_far(painter, left, one.title, "stage", theme.colour.text, LEFT, read_as=one.root)
        status = one.status if one.on else strings.OFF
        words = self._fitting(f"{status} · {one.late} !", f"{one.late} !", right) if one.late and one.on else status
        ink = theme.colour.warn if one.late and one.on else theme.colour.player if one.on else theme.colour.dim
        self.write_far(painter, right, words, "stage", ink, RIGHT, read_as=f"{one.root} status")

    def _fitting(self, words: str, short: str, box: QRectF) -> str:
        """The words where they can be set whole, else what matters of them."""
        return words if LEAST_WIDE * text_width(words, self.face("stage")) <= box.width() else short

    def _paint_narrow(self, painter: QPainter, box: QRectF, one: PlayerState) -> None:
        """The name alone, in the colour of what it does; a mark if it was late."""
        px = self.px
        inner = box.adjusted(px(14), 0, -px(14), 0)
        mark = px(34) if one.late and one.on else 0.0
        ink = theme.colour.text if one.on else theme.colour.dim
        self.write_far(painter, inner.adjusted(0, 0, -mark, 0), one.title, "stage", ink, LEFT, read_as=one.root)
        if mark:
            self.write_far(painter, inner, "!", "stage", theme.colour.warn, RIGHT, read_as=f"{one.root} late")
