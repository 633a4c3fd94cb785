"""The song: place in the setlist, title, key and notes; a press opens the list of scenes; Qt thread."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import LEFT, painter_of, plain
from ui.views.stage.part import Part
from ui.views.stage.song import Song


class Title(Part):
    """`show_song(Song)`."""

    def __init__(self, parent: QWidget, pressed) -> None:
        super().__init__(strings.SONG, parent)
        self.song = Song()
        self._pressed = pressed
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(strings.TIP_SCENE)

    def show_song(self, song: Song) -> None:
        """What plays now."""
        if song != self.song:
            self.song = song
            self.setAccessibleName(f"{strings.SONG} {song.place} {song.title}, {song.facts}")
            self.setToolTip(plain(f"{song.facts}\n{strings.TIP_SCENE}".strip()))
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, wide = painter_of(self), float(self.width())
        song, px = self.song, self.px
        if song.place:
            box = QRectF(0, px(16), wide, px(50))
            self.write(painter, box, song.place, "stage", theme.colour.dim, LEFT, read_as="place")
        box = QRectF(0, px(70), wide, px(160))
        self.write(painter, box, song.title, "stage_title", theme.colour.text, LEFT, least=0.38, read_as="title")
        box = QRectF(px(4), px(228), wide - px(4), px(62))
        self.write_far(painter, box, song.facts, "stage_note", theme.colour.dim, LEFT, read_as="facts")
