"""The bar on top: views, transport, record, panic; what is least needed goes first where room is short; Qt thread."""

import time
from typing import Any

from PyQt6.QtCore import QRectF, QSize, pyqtSignal
from PyQt6.QtGui import QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ui import strings
from ui.format import time_text
from ui.model import Parameter
from ui.shell.tabs import Tabs
from ui.store import Store
from ui.style import theme
from ui.style.draw import draw_text, painter_of, text_width
from ui.style.measures import BUTTON, HEADER
from ui.style.theme import px
from ui.widgets.button import Button
from ui.widgets.number import Number

SIDE, SPACE = 16, 10


class Position(QWidget):
    """Bar and beat; dim while the transport stands."""

    def __init__(self) -> None:
        super().__init__()
        self.bar, self.beat, self.playing = 0, 0, False
        self.setAccessibleName(strings.POSITION)
        self.setToolTip(strings.POSITION)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(round(text_width("888 : 8", theme.face("stage"))) + px(8), px(BUTTON))

    def show_position(self, bar: int, beat: int, *, playing: bool) -> None:
        """Bar and beat from 0, as counted by the engine."""
        if (bar, beat, playing) != (self.bar, self.beat, self.playing):
            self.bar, self.beat, self.playing = bar, beat, playing
            self.setAccessibleName(f"{strings.POSITION} {self.words()}")
            self.update()

    def words(self) -> str:
        """As shown: bars and beats count from one."""
        return f"{self.bar + 1} : {self.beat + 1}"

    def paintEvent(self, event: QPaintEvent) -> None:
        ink = theme.colour.text if self.playing and self.isEnabled() else theme.colour.dim
        draw_text(painter_of(self), QRectF(self.rect()), self.words(), theme.face("stage"), ink, least=0.6)


class Header(QWidget):
    """Sets the transport through the store; emits what is the window's: view_chosen(name), record_wanted(on),
    panic_wanted(), lock_wanted(on)."""

    view_chosen = pyqtSignal(str)
    record_wanted = pyqtSignal(bool)
    panic_wanted = pyqtSignal()

    def __init__(self, store: Store, views: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.store = store
        self._recording_since: float | None = None
        self.tabs = Tabs(views)
        self.tabs.chosen.connect(self.view_chosen)
        self.play = Button(icon="play", tint="good", name=strings.PLAY, tip=strings.TIP_PLAY, checkable=True, least=64)
        self.play.clicked.connect(lambda _on: self.toggle_playing())
        self.tempo = self._number("tempo_bpm", strings.TEMPO, 20, 300, 120, "888.8", strings.TIP_TEMPO)
        self.metre = self._number("numerator", strings.METRE, 1, 32, 4, "88/88", strings.TIP_METRE, whole=True)
        self.position = Position()
        self.tap = Button(strings.TAP, tip=strings.TIP_TAP)
        self.tap.pressed.connect(self.tap_tempo)
        self.lock = Button(icon="unlock", tint="warn", name=strings.LOCK, tip=strings.TIP_LOCK, checkable=True)
        self.lock.clicked.connect(lambda on: store.send("/lock", bool(on)))
        self.record = Button(strings.RECORD, "record", tint="danger", tip=strings.TIP_RECORD, checkable=True, least=128)
        self.record.clicked.connect(self.record_wanted)
        self.panic = Button(strings.PANIC, tint="danger", tip=strings.TIP_PANIC, loud=True, least=140)
        self.panic.clicked.connect(self.panic_wanted)
        self._lay_out()
        store.watch("/transport", self._on_transport, self)
        store.watch("/record/state", lambda _a, value: self._on_recording(str(value)), self)
        store.watch("/lock", lambda _a, value: self._on_lock(bool(value)), self)
        store.structure_changed.connect(self.fit)

    def _number(
        self, name: str, title: str, low: float, high: float, first: float, sample: str, tip: str, *, whole=False
    ) -> Number:
        parameter = Parameter(f"/transport/{name}", title, "i" if whole else "f", low, high, first, value=first)
        return self.store.bind(Number(parameter, sample, tip))

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        theme.lay(layout, (SIDE, 0, SIDE, 0), SPACE)
        for part in (
            self.tabs,
            None,
            self.play,
            self.tempo,
            self.metre,
            self.position,
            self.tap,
            None,
            self.lock,
            self.record,
            self.panic,
        ):
            if part is None:
                layout.addStretch(1)
            else:
                layout.addWidget(part)
        theme.fix(self, height=HEADER)

    def fit(self) -> None:
        """Shows what there is room for: tap, metre, lock and tempo go first, then the row of views becomes one button."""
        spare = [self.tap, self.metre, self.lock, self.tempo]
        shown = dict.fromkeys(spare, True)
        shown[self.lock] = self.store.has("/lock")
        always = [self.play, self.position, self.record, self.panic]

        def needed(narrow: bool) -> int:
            parts = [*always, *(part for part in spare if shown[part])]
            return (
                self.tabs.width_needed(narrow) + sum(one.sizeHint().width() for one in parts)
                + px(SPACE) * (len(parts) + 2) + 2 * px(SIDE)
            )  # fmt: skip

        narrow = needed(False) > self.width()
        for part in spare:
            if needed(narrow) <= self.width():
                break
            shown[part] = False
        self.tabs.set_narrow(narrow)
        for part, on in shown.items():
            part.setVisible(on)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.fit()

    # from the wire

    def _on_transport(self, address: str, value: Any) -> None:
        name = address.rsplit("/", 1)[-1]
        if name == "playing":
            self.play.setChecked(bool(value))
            self.play.set_look("", "stop" if value else "play")
        elif name == "denominator":
            self.metre.show_suffix(f"/{int(value)}")

    def _on_recording(self, state: str) -> None:
        on = state.startswith("recording")
        self._recording_since = (self._recording_since or time.monotonic()) if on else None
        self.record.setChecked(on)
        if state.startswith("failed"):
            self.store.notice.emit(state)
        self.tick()

    def _on_lock(self, on: bool) -> None:
        self.lock.setChecked(on)
        self.lock.set_look("", "lock" if on else "unlock")

    @property
    def recording_s(self) -> float | None:
        """Seconds recorded as far as this panel saw; None while nothing is."""
        return None if self._recording_since is None else time.monotonic() - self._recording_since

    def tick(self) -> None:
        """The recorder's clock."""
        seconds = self.recording_s
        words = strings.RECORD if seconds is None else f"{strings.RECORD} {time_text(seconds)}"
        if words != self.record.text():
            self.record.set_look(words, "record")
            self.fit()

    # from the hand

    def toggle_playing(self) -> None:
        """Starts or stops."""
        playing = bool(self.store.value("/transport/playing", False))
        self.store.send("/transport/playing", not playing)
        self.play.setChecked(not playing)

    def stop(self) -> None:
        """Stops; once more while it stands: back to bar 1."""
        if self.store.value("/transport/playing", False):
            self.store.send("/transport/playing", False)
        else:
            self.store.send("/transport/rewind")

    def tap_tempo(self) -> None:
        """One tap: it leads tempo and beat, in the engine's own time."""
        self.store.send("/transport/tap")
