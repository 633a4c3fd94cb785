"""One strip of the mixer: sends, pan, fader with meter, mute, solo, output; Qt thread."""

from PyQt6.QtCore import QPoint, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QMenu, QSizePolicy, QVBoxLayout, QWidget

from ui import strings
from ui.store import Store
from ui.style import theme
from ui.style.draw import CENTRE, draw_box, draw_text, painter_of
from ui.style.measures import TOUCH
from ui.views.mixer.strips import MASTER, StripInfo
from ui.widgets.button import Button
from ui.widgets.choose import control_for
from ui.widgets.control import SIZES, Control
from ui.widgets.fader import Fader
from ui.widgets.frame import Words, row
from ui.widgets.meter import Level

TINTS = {"track": "you", "bus": "effect", MASTER: "danger"}
SPACE = 6
PAIRS = ((1, "1/2"), (3, "3/4"), (5, "5/6"), (7, "7/8"))


class Reduction(QWidget):
    """What the limiter takes away, downwards from the top, 12 dB in all."""

    RANGE_DB = 12.0

    def __init__(self) -> None:
        super().__init__()
        self.reduction_db = 0.0
        self.setAccessibleName(strings.REDUCTION)
        theme.fix(self, height=24)

    def push(self, reduction_db: float) -> None:
        """A reading, 0 or below."""
        if abs(reduction_db - self.reduction_db) > 0.05:
            self.reduction_db = min(0.0, reduction_db)
            self.setAccessibleName(f"{strings.REDUCTION} {self.reduction_db:.1f} dB")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, box = painter_of(self), QRectF(self.rect())
        draw_box(painter, box, theme.colour.sunken, theme.colour.line, radius=4)
        share = min(-self.reduction_db / self.RANGE_DB, 1.0)
        painter.fillRect(
            QRectF(box.right() - box.width() * share, box.top(), box.width() * share, box.height()), theme.colour.warn
        )
        ink = theme.colour.dim if share < 0.5 else theme.colour.on_tint
        draw_text(painter, box, f"{strings.REDUCTION} {self.reduction_db:.1f}", theme.face("caption"), ink, least=0.7)


class Strip(QWidget):
    """Emits solo_wanted(). `push(peak_db)` moves its meter. knobs: how many the fullest strip has, so that all faders align."""

    solo_wanted = pyqtSignal()

    def __init__(self, info: StripInfo, store: Store, knobs: int) -> None:
        super().__init__()
        self.info, self.store = info, store
        self.setAccessibleName(info.title)
        self.controls: dict[str, Control] = {}
        self.mute: Button | None = None
        self.solo: Button | None = None
        self.reduction: Reduction | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        layout = self._column = QVBoxLayout(self)
        theme.lay(layout, (10, 8, 10, 10), SPACE)
        layout.addWidget(Words(info.title, "head", "text", CENTRE))
        for title, address in info.sends:
            self._add(address, title, "effect")
        self._add(f"/mix/{info.at}/pan", strings.PAN, "mix")
        self.knobs: list[QWidget] = list(self.controls.values())
        for _ in range(knobs - len(self.knobs)):
            room = theme.fix(QWidget(), height=SIZES["small"][1])
            layout.insertWidget(1, room)
            self.knobs.append(room)
        self.fader = self._fader()
        self._buttons()
        self._output()
        theme.least(self, width=142)

    def _add(self, address: str, title: str, tint: str) -> None:
        parameter = self.store.parameter(address)
        if parameter is None:
            return
        made = self.store.bind(control_for(parameter, title, tint, size="small"))
        self.controls[address] = made
        self._column.addWidget(made, 0, Qt.AlignmentFlag.AlignHCenter)

    def _fader(self) -> Fader | None:
        parameter = self.store.parameter(f"/mix/{self.info.at}/gain_db")
        if parameter is None:
            return None
        made = self.store.bind(Fader(parameter, self.info.title, TINTS[self.info.kind]))
        self.controls[parameter.address] = made
        self._column.addWidget(made, 1)
        return made

    def _foot(self, *parts: QWidget | None) -> None:
        """A row below the fader, as tall in every strip, so that all faders end on one line."""
        holder = theme.fix(QWidget(), height=TOUCH)
        holder.setLayout(row(*parts, spacing=8))
        self._column.addWidget(holder)

    def _buttons(self) -> None:
        address = f"/mix/{self.info.at}/mute"
        if self.info.kind == MASTER:
            self.reduction = Reduction()
            self._foot(self.reduction)
            return
        if not self.store.has(address):
            self._foot()
            return
        self.mute = self._switch(strings.MUTE_SHORT, strings.MUTE, "danger")
        self.mute.clicked.connect(lambda on: self.store.send(address, bool(on)))
        mute = self.mute
        self.store.watch(address, lambda _a, value: mute.setChecked(bool(value)), self)
        parts: list[QWidget | None] = [None, self.mute]
        if self.info.kind == "track":
            self.solo = self._switch(strings.SOLO_SHORT, strings.SOLO, "warn")
            self.solo.clicked.connect(lambda _on: self.solo_wanted.emit())
            parts.append(self.solo)
        self._foot(*parts, None)

    def _switch(self, letter: str, what: str, tint: str) -> Button:
        name = f"{what} {self.info.title}"
        return Button(letter, tint=tint, name=name, tip=what, checkable=True, height=TOUCH, least=TOUCH)

    def _output(self) -> None:
        info = self.info
        words = strings.OUT.format(f"{info.output}/{info.output + 1}") if info.output else ""
        if info.kind == "track" and info.output and self.store.has("/edit/set_track"):
            self.output = Button(words, "down", tip=strings.TIP_OUT, height=TOUCH, role="label")
            self.output.clicked.connect(self.open_outputs)
            self._foot(None, self.output, None)
        else:
            self._foot(Words(words, "label", "dim", CENTRE))

    def open_outputs(self) -> QMenu:
        """The pairs of outputs it may leave by."""
        menu = QMenu(self)
        for first, words in PAIRS:
            action = menu.addAction(strings.OUT.format(words))
            action.setCheckable(True)
            action.setChecked(first == self.info.output)
            action.triggered.connect(
                lambda _on, first=first: self.store.send_json(
                    "/edit/set_track", {"track": self.info.title, "output": first}
                )
            )
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.output.mapToGlobal(QPoint(0, self.output.height())))
        return menu

    def show_part(self, part: str) -> None:
        """ "all", or where there is not the height for it only "faders" or "knobs"."""
        for knob in self.knobs:
            knob.setVisible(part != "faders")
        if self.fader is not None:
            self.fader.setVisible(part != "knobs")

    def push(self, peak_db: float) -> None:
        """A new reading of its meter."""
        if self.fader is not None:
            self.fader.push_meter(peak_db)

    @property
    def level(self) -> Level | None:
        """Its meter."""
        return None if self.fader is None else self.fader.meter

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = theme.colour.line if self.info.kind == "track" else theme.tint(TINTS[self.info.kind])
        draw_box(
            painter_of(self),
            QRectF(self.rect()),
            theme.colour.surface,
            edge,
            wide=1 if self.info.kind == "track" else 2,
        )
