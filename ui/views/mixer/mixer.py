"""The mixer view: all strips side by side, scrolled where they need more room; Qt thread."""

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from ui import strings
from ui.desk import Desk
from ui.style import theme
from ui.style.measures import TOUCH
from ui.views.mixer.solo import Solo
from ui.views.mixer.strip import Strip
from ui.views.mixer.strips import MASTER, StripInfo, read
from ui.views.view import View
from ui.widgets.button import Button
from ui.widgets.control import SIZES, Control
from ui.widgets.focus import focus_kept
from ui.widgets.frame import column, row

FADER_AND_MORE = 400
"""Design pixels of a strip without its knobs."""
METER = "track_{}_peak_db"


class MixerView(View):
    """`strips` by address part. Built anew only when there are other strips or sends."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.strips: dict[str, Strip] = {}
        self._infos: list[StripInfo] = []
        self._scene = ""
        self.solo = Solo(
            lambda at, on: self.store.send(f"/mix/{at}/mute", on),
            lambda at: bool(self.store.value(f"/mix/{at}/mute", False)),
        )
        self.area = QScrollArea()
        self.area.setAccessibleName(strings.MIXER)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.flip = Button(strings.SENDS_AND_PAN, checkable=True, tip=strings.SENDS_AND_PAN, height=TOUCH)
        self.flip.clicked.connect(lambda _on: self._fit())
        self.setLayout(column(row(None, self.flip), self.area, spacing=4, margins=(16, 4, 16, 8)))
        self.store.structure_changed.connect(self.rebuild)
        self.store.watch("/rack/layout", lambda _a, _v: self.rebuild(), self)
        self.store.watch("/scene", self._on_scene, self)
        self.store.meters.connect(self._on_meters)
        self.rebuild()

    def hint(self) -> str:
        return strings.MIXER_HINT

    def rebuild(self) -> None:
        """The strips as the tree has them."""
        infos = read(self.store)
        if infos == self._infos:
            return
        self._infos = infos
        with focus_kept(self, self._controls):
            self._build(infos)
        self._show_solo()
        self._fit()

    def _controls(self) -> dict[str, Control]:
        return {address: made for strip in self.strips.values() for address, made in strip.controls.items()}

    def _build(self, infos: list[StripInfo]) -> None:
        holder = QWidget()
        holder.setAccessibleName(strings.MIXER)
        layout = QHBoxLayout(holder)
        theme.lay(layout, (0, 0, 0, 0), 10)
        self.strips = {}
        knobs = 1 + max((len(info.sends) for info in infos), default=0)
        for info in infos:
            made = Strip(info, self.store, knobs)
            made.solo_wanted.connect(lambda at=info.at: self.toggle_solo(at))
            self.strips[info.at] = made
            layout.addWidget(made, 1)
            made.setMaximumWidth(theme.px(260))
        layout.addStretch(0)
        self.area.setWidget(holder)

    def restyle(self) -> None:
        for strip in self.strips.values():
            strip.setMaximumWidth(theme.px(260))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """All of each strip, or where the height is short faders with a button that turns to sends and pan."""
        knobs = max((len(info.sends) for info in self._infos), default=0) + 1
        short = self.height() < theme.px(knobs * (SIZES["small"][1] + 6) + FADER_AND_MORE)
        self.flip.setVisible(short)
        part = "all" if not short else "knobs" if self.flip.isChecked() else "faders"
        for strip in self.strips.values():
            strip.show_part(part)

    def toggle_solo(self, at: str) -> None:
        """Solos a track by its own node where there is one, else by the mutes of the others."""
        own = f"/mix/{at}/solo"
        if self.store.has(own):
            self.store.send(own, not self.store.value(own, False))
        else:
            self.solo.toggle(at, [info.at for info in self._infos if info.kind == "track"])
        self._show_solo()

    def _show_solo(self) -> None:
        for at, strip in self.strips.items():
            if strip.solo is not None:
                strip.solo.setChecked(at in self.solo.soloed or bool(self.store.value(f"/mix/{at}/solo", False)))

    def _on_scene(self, _address: str, name: object) -> None:
        if name != self._scene:
            self._scene = str(name)
            self.solo.forget()
            self._show_solo()

    def _on_meters(self, values: dict[str, float]) -> None:
        for at, strip in self.strips.items():
            if at == MASTER:
                strip.push(max(values.get("peak_l_db", -120.0), values.get("peak_r_db", -120.0)))
                if strip.reduction is not None:
                    strip.reduction.push(values.get("limiter_db", 0.0))
            elif METER.format(at) in values:
                strip.push(values[METER.format(at)])
