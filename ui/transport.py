"""The bar on top: play, tempo, tap, metre, position, loop; scene; record and panic; Qt thread."""

import time
from typing import Any

from PyQt6.QtCore import QPoint, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from ui import text, theme
from ui.buttons import HEIGHT, Button, DragNumber, draw_captioned
from ui.choice import draw_arrow
from ui.format import time_text
from ui.model import Parameter

WIDE = 1500  # design pixels from which the loop points are shown too
TAPS = 5
TAP_PAUSE_S = 2.0


class TapTempo:
    """Tempo from the last few taps; a long pause starts anew; no Qt."""

    def __init__(self, clock=time.monotonic) -> None:
        self._clock = clock
        self._taps: list[float] = []

    def tap(self) -> float | None:
        """Beats a minute, from the second tap on."""
        now = self._clock()
        if self._taps and now - self._taps[-1] > TAP_PAUSE_S:
            self._taps.clear()
        self._taps = [*self._taps, now][-TAPS:]
        if len(self._taps) < 2 or self._taps[-1] <= self._taps[0]:
            return None
        return 60.0 * (len(self._taps) - 1) / (self._taps[-1] - self._taps[0])


class Position(QWidget):
    """Bar and beat, with one light a beat."""

    def __init__(self) -> None:
        super().__init__()
        self.beats_in_bar = 4
        self.bar = 0
        self.beat_in_bar = 0
        self.playing = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        wide = theme.text_width("8888 : 88", theme.font(18, bold=True))
        return QSize(round(wide) + theme.dp(8), theme.dp(HEIGHT + 4))

    def show_beat(self, beat: float, beats_in_bar: int, *, playing: bool) -> None:
        """The transport's position in beats."""
        beats_in_bar = max(1, beats_in_bar)
        shown = (int(beat // beats_in_bar), int(beat % beats_in_bar), beats_in_bar, playing)
        if shown != (self.bar, self.beat_in_bar, self.beats_in_bar, self.playing):
            self.bar, self.beat_in_bar, self.beats_in_bar, self.playing = shown
            self.update()

    def words(self) -> str:
        """As shown: bars and beats count from one."""
        return f"{self.bar + 1} : {self.beat_in_bar + 1}"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_captioned(painter, QRectF(self.rect()), text.POSITION, self.words(), lit=self.playing)


class SceneButton(Button):
    """Shows the scene's name; opens the menu."""

    def __init__(self) -> None:
        super().__init__(tip=text.TIP_SCENE)
        self.scene = ""

    def sizeHint(self) -> QSize:
        return QSize(theme.dp(190), theme.dp(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(theme.dp(12), 0, -theme.dp(26), 0)
        words = self.scene or text.NO_SCENE
        theme.draw_text(
            painter,
            box,
            words,
            theme.font(13, bold=True),
            theme.TEXT if self.scene else theme.FAINT,
            Qt.AlignmentFlag.AlignLeft,
        )
        draw_arrow(
            painter,
            QRectF(self.rect()).adjusted(0, 0, -theme.dp(28), 0).topRight()
            + QPoint(theme.dp(14), self.height() // 2).toPointF(),
            theme.DIM,
        )


class Wordmark(QWidget):
    """The name."""

    def __init__(self) -> None:
        super().__init__()
        self._face = theme.font(14, bold=True, spaced=True)
        self.setFixedSize(round(theme.text_width(text.WORDMARK, self._face)) + theme.dp(14), theme.dp(HEIGHT + 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme.draw_text(
            painter,
            QRectF(self.rect()).adjusted(theme.dp(4), 0, 0, 0),
            text.WORDMARK,
            self._face,
            theme.TEXT,
            Qt.AlignmentFlag.AlignLeft,
        )


class TransportBar(QWidget):
    """Emits `wanted(address, value)` for what the hand asks."""

    wanted = pyqtSignal(str, object)
    record_wanted = pyqtSignal(bool)
    panic_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.scenes: list[str] = []
        self._tap = TapTempo()
        self._recording_since: float | None = None
        self.play = Button(icon="play", accent=theme.GOOD, tip=text.TIP_PLAY, checkable=True, least_width=52)
        self.play.clicked.connect(lambda on: self.wanted.emit("/transport/playing", on))
        self.tempo = self._number("tempo_bpm", text.TEMPO, 20, 300, 120, "888.8", text.TIP_TEMPO)
        self.tap = Button(text.TAP, tip=text.TIP_TAP)
        self.tap.pressed.connect(self._on_tap)
        self.numerator = self._number("numerator", text.METRE, 1, 32, 4, "88/88", text.TIP_METRE, whole=True)
        self.position = Position()
        self.loop = Button(text.LOOP, "loop", accent=theme.YOU, tip=text.TIP_LOOP, checkable=True)
        self.loop.clicked.connect(lambda on: self.wanted.emit("/transport/looping", on))
        self.loop_start = self._number("loop_start", text.LOOP_FROM, 0, 100000, 0, "8888.8", text.TIP_LOOP)
        self.loop_end = self._number("loop_end", text.LOOP_TO, 0, 100000, 16, "8888.8", text.TIP_LOOP)
        self.before = Button(icon="left", tip=text.TIP_SCENE)
        self.before.clicked.connect(lambda: self.step_scene(-1))
        self.scene = SceneButton()
        self.scene.clicked.connect(self.open_scenes)
        self.after = Button(icon="right", tip=text.TIP_SCENE)
        self.after.clicked.connect(lambda: self.step_scene(1))
        self.record = Button(
            text.RECORD, "record", accent=theme.DANGER, tip=text.TIP_RECORD, checkable=True, least_width=82
        )
        self.record.clicked.connect(lambda on: self.record_wanted.emit(on))
        self.panic = Button(text.PANIC, accent=theme.DANGER, tip=text.TIP_PANIC, loud=True)
        self.panic.clicked.connect(self.panic_wanted)
        self._lay_out()

    def _number(
        self,
        name: str,
        caption: str,
        low: float,
        high: float,
        default: float,
        sample: str,
        tip: str,
        *,
        whole: bool = False,
    ) -> DragNumber:
        parameter = Parameter(
            f"/transport/{name}", caption.title(), "i" if whole else "f", low, high, default, value=default
        )
        number = DragNumber(parameter, caption, sample, tip)
        number.edited.connect(lambda value, _gesture: self.wanted.emit(parameter.address, parameter.for_wire(value)))
        return number

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.dp(6), 0, theme.dp(2), 0)
        row.setSpacing(theme.dp(8))
        middle = Qt.AlignmentFlag.AlignVCenter
        for part in (
            Wordmark(),
            self.play,
            6,
            self.tempo,
            self.tap,
            6,
            self.numerator,
            self.position,
            2,
            self.loop,
            self.loop_start,
            self.loop_end,
        ):
            row.addSpacing(theme.dp(part)) if isinstance(part, int) else row.addWidget(part, 0, middle)
        row.addStretch(1)
        for part in (self.before, self.scene, self.after):
            row.addWidget(part, 0, middle)
        row.addStretch(1)
        row.addWidget(self.record, 0, middle)
        row.addWidget(self.panic, 0, middle)
        self.setFixedHeight(theme.dp(46))

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= theme.dp(WIDE)
        self.loop_start.setVisible(wide)
        self.loop_end.setVisible(wide)

    # from the wire

    def show_value(self, name: str, value: Any) -> None:
        """One value under /transport."""
        number = {
            "tempo_bpm": self.tempo,
            "numerator": self.numerator,
            "loop_start": self.loop_start,
            "loop_end": self.loop_end,
        }.get(name)
        if number is not None:
            number.show_value(float(value))
        elif name == "playing":
            self.show_playing(bool(value))
        elif name == "denominator":
            self.numerator.show_suffix(f"/{int(value)}")
        elif name == "looping":
            self.loop.setChecked(bool(value))

    def show_playing(self, playing: bool) -> None:
        """Play or stop on the button."""
        self.play.setChecked(playing)
        self.play.set_look("", "stop" if playing else "play")

    def show_scene(self, name: str) -> None:
        """The scene that sounds."""
        self.scene.scene = name
        self.scene.update()

    def show_recording(self, state: str) -> None:
        """/record/state: stopped, recording, or failed: why."""
        on = state.startswith("recording")
        if on and self._recording_since is None:
            self._recording_since = time.monotonic()
        if not on:
            self._recording_since = None
        self.record.setChecked(on)
        self.tick()

    def tick(self) -> None:
        """The recorder's clock."""
        words = text.RECORD if self._recording_since is None else time_text(time.monotonic() - self._recording_since)
        if words != self.record.text():
            self.record.set_look(words, "record")

    # from the hand

    def step_scene(self, step: int) -> None:
        """The next or the last scene of the list."""
        if self.scenes:
            here = self.scenes.index(self.scene.scene) if self.scene.scene in self.scenes else -1 if step > 0 else 0
            self.choose_scene(self.scenes[(here + step) % len(self.scenes)])

    def choose_scene(self, name: str) -> None:
        """Asks for a scene."""
        self.wanted.emit("/scene", name)

    def open_scenes(self) -> None:
        """The scene menu."""
        menu = QMenu(self)
        menu.setFont(theme.font(13))
        for name in self.scenes:
            action = menu.addAction(theme.menu_text(name))
            action.setCheckable(True)
            action.setChecked(name == self.scene.scene)
            action.triggered.connect(lambda _on, name=name: self.choose_scene(name))
        menu.setMinimumWidth(self.scene.width())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.scene.mapToGlobal(QPoint(0, self.scene.height() + theme.dp(2))))

    def _on_tap(self) -> None:
        tempo = self._tap.tap()
        if tempo is not None:
            self.tempo.edit_once(round(tempo, 1))
