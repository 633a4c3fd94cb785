"""The players' tiles: name and what each does; a press mutes or wakes one; Qt thread."""

from dataclasses import dataclass

from PyQt6.QtCore import QRectF, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import LEFT, RIGHT, draw_box, painter_of, text_width
from ui.views.stage.part import Part

GAP = 12
ROWS = 3
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
    """Emits wanted(root, on): one column of three, then two of smaller ones."""

    wanted = pyqtSignal(str, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(strings.PLAYERS, parent)
        self.players: list[PlayerState] = []

    def show_players(self, players: list[PlayerState]) -> None:
        """All of the scene."""
        if players != self.players:
            self.players = players
            words = ", ".join(f"{one.title} {one.status if one.on else strings.OFF}" for one in players)
            self.setAccessibleName(f"{strings.PLAYERS}: {words or strings.NO_PLAYERS}")
            self.update()

    def boxes(self) -> list[tuple[PlayerState, QRectF]]:
        """Each player's tile."""
        columns = max(1, -(-len(self.players) // ROWS))
        gap = self.px(GAP)
        wide = (self.width() - gap * (columns - 1)) / columns
        tall = (self.height() - gap * (ROWS - 1)) / ROWS
        return [
            (one, QRectF(at // ROWS * (wide + gap), at % ROWS * (tall + gap), wide, tall))
            for at, one in enumerate(self.players)
        ]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for one, box in self.boxes():
            if box.contains(event.position()):
                self.wanted.emit(one.root, not one.on)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, px = painter_of(self), self.px
        if not self.players:
            box = QRectF(0, 0, self.width(), px(60))
            self.write_far(painter, box, strings.NO_PLAYERS, "stage_note", theme.colour.dim, LEFT)
        for one, box in self.boxes():
            edge = theme.colour.player if one.on else theme.colour.line
            draw_box(painter, box, theme.colour.surface, edge, wide=4 if one.on else 2, unit=self.unit)
            inner = box.adjusted(px(18), 0, -px(18), 0)
            named = min(text_width(one.title, self.face("stage")), inner.width() * NAME_SHARE)
            left = QRectF(inner.left(), inner.top(), named, inner.height())
            right = inner.adjusted(named + px(18), 0, 0, 0)
            self.write_far(painter, left, one.title, "stage", theme.colour.text, LEFT, read_as=one.root)
            status = one.status if one.on else strings.OFF
            words = f"{status} · {one.late} !" if one.late and one.on else status
            ink = theme.colour.warn if one.late and one.on else theme.colour.player if one.on else theme.colour.dim
            self.write_far(painter, right, words, "stage", ink, RIGHT, read_as=f"{one.root} status")
