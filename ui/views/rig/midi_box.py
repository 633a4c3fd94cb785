"""MIDI: every port with its activity, used or ignored; how each is set up; Qt thread."""

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QRectF, QSize
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QMenu, QSizePolicy, QWidget

from ui import strings
from ui.state import reading, rig
from ui.state.reading import dumps
from ui.state.rig import Port
from ui.store import Store
from ui.style import draw, theme
from ui.style.theme import face, px
from ui.views.rig.parts import Switch, bound_number
from ui.widgets.button import Button
from ui.widgets.flow import scrolled
from ui.widgets.frame import Frame, Words, column, row

FILTERS = (
    "notes", "aftertouch", "control_change", "program_change", "pitch_bend", "sysex", "clock", "transport", "active_sensing",
)  # fmt: skip


class PortLine(QWidget):
    """A port's name, state and activity, painted in one."""

    def __init__(self, port: Port) -> None:
        super().__init__()
        self.port = port
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_port(port)

    def show_port(self, port: Port) -> None:
        """What the tree says of it now."""
        self.port = port
        self.setAccessibleName(f"{port.name}, {strings.DIRECTIONS[port.direction]}, {port.state()}, {port.last}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(260), px(60))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        port = self.port
        tint = theme.colour.danger if port.missing else theme.colour.good if port.open else theme.colour.warn
        tint = theme.colour.dim if port.ignored else tint
        dot = QRectF(px(4), px(14), px(14), px(14))
        draw.draw_box(painter, dot, tint if port.open else None, tint, wide=3, radius=8)
        left = dot.right() + px(12)
        half = self.height() / 2
        bars = QRectF(self.width() - px(64), px(10), px(60), px(22))
        self._paint_activity(painter, bars)
        upper = QRectF(left, 0, bars.left() - left - px(6), half)
        ink = theme.colour.dim if port.ignored or port.missing else theme.colour.text
        name = f"{port.name}  {strings.DIRECTIONS[port.direction]}"
        draw.draw_text(painter, upper, name, face("label"), ink, draw.LEFT, 0.75)
        lower = QRectF(left, half, self.width() - left, half)
        said = port.state() if not port.last or not port.open else f"{port.state()} · {port.last}"
        draw.draw_text(painter, lower, said, face("caption"), tint if port.missing else theme.colour.dim, draw.LEFT)

    def _paint_activity(self, painter, box: QRectF) -> None:
        lit = round(self.port.activity * 4 + 0.49) if self.port.activity > 0 else 0
        for at in range(4):
            bar = QRectF(box.left() + at * box.width() / 4, box.top(), box.width() / 4 - px(4), box.height())
            draw.draw_box(
                painter, bar, theme.colour.good if at < lit else theme.colour.sunken, theme.colour.line, radius=3
            )


class PortRow(QWidget):
    """A port with its buttons."""

    def __init__(self, port: Port, store: Store, set_up: Callable[[Port, QWidget], Any]) -> None:
        super().__init__()
        self.port, self.store = port, store
        self.line = PortLine(port)
        self.use = Button("", height=44, role="caption", least=86)
        self.use.clicked.connect(self._toggle)
        self.more = Button(strings.SET_UP, height=44, role="caption")
        self.more.clicked.connect(lambda: set_up(self.port, self.more))
        self.setLayout(row(self.line, self.use, self.more, spacing=8))
        self.show_port(port)

    def show_port(self, port: Port) -> None:
        """What the tree says of it now."""
        self.port = port
        self.line.show_port(port)
        inward = port.direction == "in"
        wanted = strings.USE if port.ignored or (not port.open and not port.missing) else strings.IGNORE
        self.use.set_look(wanted)
        self.use.setAccessibleName(f"{wanted} {port.name}")
        self.more.setAccessibleName(f"{strings.SET_UP} {port.name}")
        self.use.setVisible(inward and self.store.has("/midi/use"))
        self.more.setVisible(inward and self.store.has("/midi/port"))

    def _toggle(self) -> None:
        self.store.send("/midi/use" if self.use.text() == strings.USE else "/midi/ignore", self.port.name)


class MidiBox(Frame):
    """All ports; what is asked, thru, transposition."""

    def __init__(self, store: Store) -> None:
        super().__init__(strings.MIDI)
        self.store = store
        self.rows: dict[tuple[str, str], PortRow] = {}
        self.empty = Words("", "label", "dim")
        self._list = QWidget()
        self._column = column(None, spacing=6)
        self._list.setLayout(self._column)
        self.body.addWidget(self.empty)
        self.body.addWidget(scrolled(self._list), 1)
        self.ask = Switch(store, "/midi/ask", strings.ASK, strings.TIP_ASK)
        self.thru = Switch(store, "/midi/thru", strings.THRU, strings.TIP_THRU)
        self._transpose_line = row(spacing=8)
        self.body.addLayout(row(self.ask, self.thru, self._transpose_line, None, spacing=8))
        self._transpose: QWidget | None = None
        store.watch("/midi/ports", lambda _address, value: self._on_ports(value), self)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """There or not."""
        self._on_ports(self.store.value("/midi/ports"))
        if self._transpose is None and self.store.parameter("/midi/transpose") is not None:
            number, _missing = bound_number(self.store, "/midi/transpose", strings.TIP_TRANSPOSE_ALL, 90)
            name = Words(strings.TRANSPOSE, "label", "dim")
            theme.fix(name, 110)
            self._transpose_line.addWidget(name)
            self._transpose_line.addWidget(number)
            self._transpose = number

    def _on_ports(self, value: Any) -> None:
        ports = rig.ports(value)
        self.empty.setVisible(not ports)
        self.empty.set_text(strings.NO_PORTS if self.store.has("/midi/ports") else strings.NO_PORT_LIST)
        known = {(port.direction, port.name): port for port in ports}
        for key in set(self.rows) - set(known):
            gone = self.rows.pop(key)
            gone.hide()
            gone.deleteLater()
        for at, (key, port) in enumerate(known.items()):
            if key not in self.rows:
                self.rows[key] = PortRow(port, self.store, self.open_set_up)
                self._column.insertWidget(at, self.rows[key])
            else:
                self.rows[key].show_port(port)

    # how a port is set up

    def settings(self, port: str) -> dict[str, Any]:
        """What is set for a port, where it differs from plain."""
        found = reading.table(self.store.value("/midi/settings")).get(port)
        return found if isinstance(found, dict) else {}

    def set_port(self, port: Port, **parts: Any) -> None:
        """Asks for another set-up of a port."""
        self.store.send("/midi/port", dumps({"port": port.name, **parts}))

    def open_set_up(self, port: Port, at: QWidget) -> QMenu:
        """Velocity curve, octaves, channels, filters, pedals, thru of a port."""
        menu, now = QMenu(self), self.settings(port.name)
        curves = [(name, strings.VELOCITY_CURVES[name]) for name in ("soft", "linear", "hard")]
        self._choices(menu, strings.VELOCITY_CURVE, curves, now.get("curve", "linear"), port, "curve")
        octaves = [(n, strings.OCTAVES.format(n)) for n in (-2, -1, 0, 1, 2)]
        self._choices(menu, strings.OCTAVE_SHIFT, octaves, now.get("octave", 0), port, "octave")
        channels = now.get("channels")
        every = channels.get("*", 0) if isinstance(channels, dict) else 0
        to = [({}, strings.AS_THEY_COME), *(({"*": n}, strings.CHANNEL.format(n)) for n in range(1, 17))]
        self._choices(menu, strings.ALL_TO, to, {"*": every} if every else {}, port, "channels")
        self._toggles(
            menu, strings.KEEP_OUT, [(n, strings.FILTERS[n]) for n in FILTERS], now.get("filter"), port, "filter"
        )
        pedals = [(64, strings.PEDAL_SUSTAIN), (66, strings.SOSTENUTO), (67, strings.SOFT_PEDAL)]
        self._toggles(menu, strings.INVERTED, pedals, now.get("pedal_inverted"), port, "pedal_inverted")
        drums = [(n, strings.CHANNEL.format(n)) for n in range(1, 17)]
        self._toggles(menu, strings.DRUMS_ON, drums, now.get("drums", [10]), port, "drums")
        thru = [(None, strings.AS_THE_RIG), (True, strings.YES), (False, strings.NO)]
        self._choices(menu, strings.THRU, thru, now.get("thru"), port, "thru")
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at.mapToGlobal(at.rect().bottomLeft()))
        return menu

    def _choices(self, menu: QMenu, title: str, choices, now: Any, port: Port, part: str) -> None:
        inner = QMenu(title, menu)
        menu.addMenu(inner)
        for value, said in choices:
            act = inner.addAction(said, lambda value=value: self.set_port(port, **{part: value}))
            act.setCheckable(True)
            act.setChecked(value == now)

    def _toggles(self, menu: QMenu, title: str, choices, now: Any, port: Port, part: str) -> None:
        chosen = now if isinstance(now, list) else []
        inner = QMenu(title, menu)
        menu.addMenu(inner)
        for value, said in choices:
            fresh = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
            act = inner.addAction(said, lambda fresh=fresh: self.set_port(port, **{part: fresh}))
            act.setCheckable(True)
            act.setChecked(value in chosen)
