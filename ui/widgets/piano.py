"""The on-screen piano, played by mouse and by computer keyboard; every note it starts it also ends; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QHideEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.format import key_name
from ui.heard import YOU
from ui.style import theme
from ui.style.draw import draw_box, draw_text, painter_of
from ui.style.theme import px
from ui.widgets import keymap

NOTE_OFF, NOTE_ON, CONTROL_CHANGE = 0x80, 0x90, 0xB0
SUSTAIN = 64
BLACK = (1, 3, 6, 8, 10)
BLACK_SHIFT = {1: -0.58, 3: -0.42, 6: -0.62, 8: -0.5, 10: -0.38}  # of a black key's width, as on a real keyboard
WHITE_WIDTH = 44.0
MOUSE = "mouse"
WHITE_KEY, BLACK_KEY = "#eceef2", "#15171b"
"""The same in every theme; the names on them keep 15:1."""


class Piano(QWidget):
    """Emits `midi(status, data 1, data 2)`. `octave_c` is the key of the lower row's C."""

    midi = pyqtSignal(int, int, int)
    octave_changed = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.velocity = 96
        self.octave_c = 48
        self.sustained = False
        self.sounding: dict[int, str] = {}
        self._down: dict[str, int] = {}  # by what holds it: the mouse, or a place on the computer keyboard
        self.setMouseTracking(False)
        self.setAccessibleName(strings.PIANO)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    # playing

    def press(self, holder: str, key: int, velocity: int) -> None:
        """Starts a note for a holder; one that already holds another lets go of it."""
        if not 0 <= key <= 127 or self._down.get(holder) == key:
            return
        self.release(holder)
        fresh = key not in self._down.values()
        self._down[holder] = key
        if fresh:
            self.midi.emit(NOTE_ON, key, min(max(velocity, 1), 127))
        self.update()

    def release(self, holder: str) -> None:
        """Ends a holder's note unless another one holds it too."""
        key = self._down.pop(holder, None)
        if key is not None and key not in self._down.values():
            self.midi.emit(NOTE_OFF, key, 0)
        self.update()

    def release_all(self) -> None:
        """Ends every note and lifts the pedal: focus lost, panel closing."""
        for holder in list(self._down):
            self.release(holder)
        self.set_sustain(False)

    def set_sustain(self, down: bool) -> None:
        """The sustain pedal."""
        if down != self.sustained:
            self.sustained = down
            self.midi.emit(CONTROL_CHANGE, SUSTAIN, 127 if down else 0)

    def shift_octave(self, octaves: int) -> None:
        """Moves the playing octave within the keys in sight, or all while none are; notes held keep their pitch."""
        first, last = self.span() if self.isVisible() else (0, 120)
        self.octave_c = min(max(self.octave_c + 12 * octaves, first), last - 24)
        self.octave_changed.emit(self.octave_c)
        self.update()

    def key_pressed(self, event) -> bool:
        """A computer key went down; True if it plays."""
        step = keymap.semitone(event)
        if step is None:
            return False
        if not event.isAutoRepeat():
            self.press(keymap.position(event), self.octave_c + step, self.velocity)
        return True

    def key_released(self, event) -> bool:
        """A computer key came up; True if it plays."""
        if keymap.semitone(event) is None:
            return False
        if not event.isAutoRepeat():
            self.release(keymap.position(event))
        return True

    @property
    def held(self) -> set[int]:
        """Keys down by this panel."""
        return set(self._down.values())

    def show_sounding(self, sounding: dict[int, str]) -> None:
        """Keys that sound, by who plays them."""
        if sounding != self.sounding:
            self.sounding = sounding
            self.update()

    # geometry

    def span(self) -> tuple[int, int]:
        """First and last key in sight: whole octaves around middle C, and the C on top."""
        octaves = min(max(int(self.width() / px(WHITE_WIDTH)) // 7, 3), 8)
        first = 60 - 12 * ((octaves + 1) // 2)
        return first, min(first + 12 * octaves, 127)

    def boxes(self) -> dict[int, QRectF]:
        """The rectangle of every key in sight."""
        first, last = self.span()
        whites = [key for key in range(first, last + 1) if key % 12 not in BLACK]
        width = self.width() / len(whites)
        found = {key: QRectF(at * width, 0.0, width, float(self.height())) for at, key in enumerate(whites)}
        slim = width * 0.62
        for key in range(first, last + 1):
            if key % 12 in BLACK:
                edge = found[key - 1].right()
                found[key] = QRectF(edge + BLACK_SHIFT[key % 12] * slim, 0.0, slim, self.height() * 0.62)
        return found

    def key_at(self, point: QPointF) -> int | None:
        """The key under a point; black ones lie above."""
        hits = [key for key, box in self.boxes().items() if box.contains(point)]
        return max(hits, key=lambda key: key % 12 in BLACK, default=None)

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._play_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._play_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.release(MOUSE)

    def hideEvent(self, event: QHideEvent) -> None:
        self.release_all()
        super().hideEvent(event)

    def _play_at(self, point: QPointF) -> None:
        key = self.key_at(point)
        if key is None:
            self.release(MOUSE)
            return
        depth = point.y() / max(1.0, self.boxes()[key].height())  # towards the player's edge is louder
        self.press(MOUSE, key, round(40 + 80 * min(max(depth, 0.0), 1.0)))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        boxes = self.boxes()
        held = self.held
        for blacks in (False, True):
            for key, box in boxes.items():
                if (key % 12 in BLACK) == blacks:
                    self._paint_key(painter, key, box, held)
        self._paint_letters(painter, boxes)

    def _colour(self, key: int, held: set[int]) -> QColor | None:
        if key in held:
            return theme.colour.you
        source = self.sounding.get(key)
        return None if source is None else theme.colour.you if source == YOU else theme.colour.player

    def _paint_key(self, painter: QPainter, key: int, box: QRectF, held: set[int]) -> None:
        ground = QColor(BLACK_KEY) if key % 12 in BLACK else QColor(WHITE_KEY)
        draw_box(
            painter,
            box.adjusted(0.5, -px(6), -0.5, -1.0),
            self._colour(key, held) or ground,
            QColor(BLACK_KEY),
            radius=5,
        )

    def _paint_letters(self, painter: QPainter, boxes: dict[int, QRectF]) -> None:
        playable = {
            self.octave_c + step: letter.upper()
            for letter, step in sorted(keymap.SEMITONES.items(), key=lambda pair: pair[0] in keymap.UPPER)
        }
        face = theme.face("caption")
        for key, box in boxes.items():
            black = key % 12 in BLACK
            lit = self._colour(key, self.held) is not None
            ink = theme.colour.on_tint if lit else QColor(WHITE_KEY if black else BLACK_KEY)
            letter = playable.get(key)
            if letter:
                place = QRectF(box.left(), box.bottom() - px(28), box.width(), px(24))
                draw_text(painter, place, letter, face, ink)
            if key % 12 == 0 and not black:
                place = QRectF(box.left(), box.bottom() - px(54), box.width(), px(24))
                draw_text(painter, place, key_name(key), face, ink)
