"""The next song and whether it is loaded; a press goes there; Qt thread."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import LEFT, painter_of
from ui.views.stage.part import Part
from ui.views.stage.song import Song


class Coming(Part):
    """`show_song(Song or None, in_setlist)`."""

    def __init__(self, parent: QWidget, pressed) -> None:
        super().__init__(strings.NEXT, parent)
        self.song: Song | None = None
        self.in_setlist = False
        self._pressed = pressed
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_song(self, song: Song | None, *, in_setlist: bool) -> None:
        """What comes next; None: nothing."""
        if (song, in_setlist) != (self.song, self.in_setlist):
            self.song, self.in_setlist = song, in_setlist
            self.setAccessibleName(f"{strings.NEXT}: {song.title if song else strings.LAST_SONG} {self.facts()}")
            self.update()

    def facts(self) -> str:
        """Tempo, key, and whether it is loaded."""
        if self.song is None:
            return ""
        ready = strings.LOADED if self.song.ready else strings.LOADING if self.in_setlist else ""
        return " · ".join(part for part in (self.song.facts, ready) if part)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.song is not None:
            self._pressed()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, wide, px = painter_of(self), float(self.width()), self.px
        self.write(painter, QRectF(0, px(14), wide, px(40)), strings.NEXT, "head", theme.colour.dim, LEFT)
        title = self.song.title if self.song else strings.LAST_SONG
        box = QRectF(0, px(52), wide, px(84))
        self.write(painter, box, title, "stage_next", theme.colour.you, LEFT, least=0.5, read_as="next")
        ink = theme.colour.good if self.song and self.song.ready else theme.colour.dim
        self.write_far(
            painter, QRectF(0, px(132), wide, px(58)), self.facts(), "stage_note", ink, LEFT, read_as="coming"
        )
