"""A keyboard that shows what is played now, with the names of the notes to be read; Qt thread."""

from PyQt6.QtCore import QRectF, QSize, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.format import key_name
from ui.state.piano import SLIM, Piano, is_black
from ui.style import draw, theme
from ui.style.theme import face, px

IVORY, EBONY, ON_IVORY = QColor("#eceef1"), QColor("#17191d"), QColor("#23272e")
NAMES, YOU = 28, "you"


class PianoPicture(QWidget):
    """88 keys. `pressed(key)` when one is clicked; `sounding` maps keys to who plays them."""

    pressed = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.sounding: dict[int, str] = {}
        self.marked: int | None = None
        self.setAccessibleName(strings.KEYBOARD)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(px(600), px(NAMES + 74))

    def push(self, source: str, on: bool, key: int) -> None:
        """A note that began or ended."""
        before = dict(self.sounding)
        if on:
            self.sounding[key] = source
        else:
            self.sounding.pop(key, None)
        if before != self.sounding:
            self.setAccessibleDescription(" ".join(key_name(key) for key in sorted(self.sounding)))
            self.update()

    def clear(self) -> None:
        """Nothing sounds: the engine went."""
        self.sounding = {}
        self.update()

    def mark(self, key: int | None) -> None:
        """A key to show as the one chosen."""
        self.marked = key
        self.update()

    def piano(self) -> Piano:
        """Where its keys lie."""
        return Piano(width=float(max(1, self.width())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        depth = (event.position().y() - px(NAMES)) / max(1, self.height() - px(NAMES))
        key = self.piano().key_at(event.position().x(), depth)
        if key is not None and depth >= 0:
            self.pressed.emit(key)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        piano, top = self.piano(), px(NAMES)
        tall = self.height() - top
        names = []
        for blacks in (False, True):
            for key in range(piano.first, piano.last + 1):
                if is_black(key) != blacks:
                    continue
                left, width = piano.span(key)
                box = QRectF(left, top, width, tall * SLIM if blacks else tall)
                draw.draw_box(painter, box, self._fill(key), EBONY, radius=3)
                if key % 12 == 0 and not blacks:
                    names.append((key_name(key), QRectF(left + px(3), box.bottom() - px(26), 4 * width, px(24))))
        for name, box in names:  # over the keys beside it, where one key is too narrow for its name
            if box.right() <= self.width():
                draw.draw_text(painter, box, name, face("caption", 0.85), ON_IVORY, draw.LEFT)
        self._paint_names(painter, piano)

    def _fill(self, key: int) -> QColor:
        if key in self.sounding:
            return theme.colour.you if self.sounding[key] == YOU else theme.colour.player
        if key == self.marked:
            return theme.colour.warn
        return EBONY if is_black(key) else IVORY

    def _paint_names(self, painter, piano: Piano) -> None:
        """The names over the keys, moved aside where two would lie on each other."""
        font, free = face("caption"), 0.0
        for key in sorted(self.sounding):
            left, width = piano.span(key)
            said = key_name(key)
            needed = draw.text_width(said, font) + px(10)
            start = max(free, min(left + width / 2 - needed / 2, self.width() - needed))
            box = QRectF(start, 0, needed, px(NAMES - 4))
            draw.draw_box(painter, box, self._fill(key))
            draw.draw_text(painter, box, said, font, theme.colour.on_tint)
            free = box.right() + px(3)
