"""The eight macros at the foot of the stage: which they are, and the tile that shows and moves one; Qt thread."""

import re

from PyQt6.QtCore import QRectF, QSize
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui.model import Parameter
from ui.store import Store
from ui.style import theme
from ui.style.draw import draw_box, draw_focus, draw_tall_text, draw_text, painter_of
from ui.style.measures import TYPE
from ui.widgets.knob import Knob

COUNT = 8
LIKELY = (
    # what a hand wants first where nothing is mapped: (prefix, names)
    ("/rack/", ("cutoff_hz", "filter_cutoff_hz")), ("/rack/", ("drive_db", "drive", "input_db")),
    ("/mix/", ("send_hall", "send_reverb", "send_room")), ("/mix/", ("send_echo", "send_delay")),
    ("/player/", ("temperature", "density", "level")), ("/rack/", ("speed", "rotor", "rate_hz", "tone_hz")),
    ("/rack/", ("mix", "decay_s", "size")), ("/mix/master/", ("gain_db",)),
)  # fmt: skip


def chosen(store: Store) -> list[tuple[Parameter, str]]:
    """(parameter, what it is mapped to) of up to COUNT: what is mapped, then what is likely, then what comes first."""
    found: dict[str, str] = {}
    for entry in store.json("/map/list", []):
        for target in entry.get("targets") or []:
            address = str(target.get("address", ""))
            parameter = store.parameter(address)
            if parameter is not None and parameter.kind != "T" and len(found) < COUNT:
                found.setdefault(address, str(entry.get("text") or ""))
    for prefix, ends in LIKELY:
        fit = [one.address for one in store.parameters(prefix) if one.id in ends and one.kind != "T"]
        if fit and len(found) < COUNT:
            found.setdefault(fit[0], "")
    for one in store.parameters("/rack"):
        if len(found) >= COUNT:
            break
        if one.kind == "f":
            found.setdefault(one.address, "")
    parameters = store.instrument.parameters
    order = sorted(found, key=lambda address: address.startswith("/mix/master"))  # the master stands last
    return [(parameters[address], found[address]) for address in order if address in parameters][:COUNT]


def short_name(store: Store, parameter: Parameter) -> str:
    """A name for a tile: a send by its bus, a strip's gain by its track."""
    parts = parameter.address.split("/")
    if parts[1] == "mix":
        strip = str(store.value(f"/mix/{parts[2]}/name") or parts[2])
        name = parts[3].removeprefix("send_") if parts[3].startswith("send_") else strip
        return name[:1].upper() + name[1:]
    return parameter.title.rsplit("/", 1)[-1]


def short_text(text: str) -> str:
    """A value for a tile, with its unit in two figures or so: 1.3 kHz for 1.30 kHz, -13 dB for -13.0 dB."""
    found = re.fullmatch(r"([-+]?)(\d+\.\d+)(\D*)", text)
    if not found:
        return text
    sign, number, unit = found.groups()
    value = float(number)
    return f"{sign}{value:.0f}{unit}" if value >= 10.0 else f"{sign}{value:.1f}{unit}".replace(".0", "")


class Macro(Knob):
    """A tile: name, large value, bar. Drags, wheels, types like every control."""

    def __init__(self, parameter: Parameter, label: str, parent: QWidget) -> None:
        super().__init__(parameter, label, "you", parent)
        self.unit = 1.0
        self.drawn: dict[str, tuple[str, int, bool]] = {}

    def sizeHint(self) -> QSize:
        return QSize(round(215 * self.unit), round(161 * self.unit))

    def label_box(self) -> QRectF:
        return QRectF(8 * self.unit, 6 * self.unit, self.width() - 16 * self.unit, 54 * self.unit)

    def value_box(self) -> QRectF:
        return QRectF(8 * self.unit, 60 * self.unit, self.width() - 16 * self.unit, 60 * self.unit)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, unit = painter_of(self), self.unit
        draw_box(painter, QRectF(self.rect()), theme.colour.surface, theme.colour.line, unit=unit)
        self._write(painter, self.label_box(), self.label, "stage_note", theme.colour.dim, "name")
        if self._entry is None:
            self._write(painter, self.value_box(), short_text(self.value_text()), "stage", theme.colour.text, "value")
        self._paint_bar(painter)
        if self.badge:
            box = QRectF(self.width() - 84 * unit, self.height() - 30 * unit, 78 * unit, 26 * unit)
            draw_text(painter, box, self.badge, theme.sized(18 * unit), theme.colour.player, least=0.6)
        if self.hasFocus():
            draw_focus(painter, QRectF(self.rect()))

    def _write(self, painter: QPainter, box: QRectF, text: str, role: str, ink: QColor, read_as: str) -> None:
        size, bold = TYPE[role]
        face = theme.sized(size * self.unit, bold=bold)
        whole = draw_tall_text(painter, box, text, face, ink)
        self.drawn[read_as] = (text, face.pixelSize(), whole)

    def _paint_bar(self, painter) -> None:
        unit, place = self.unit, self.parameter.position
        right = self.width() - (100 if self.badge else 20) * unit
        box = QRectF(20 * unit, self.height() - 28 * unit, right - 20 * unit, 14 * unit)
        draw_box(painter, box, theme.colour.sunken, theme.colour.line, radius=5, unit=unit)
        first, last = sorted((self.neutral(), place(self.value)))
        bar = QRectF(box.left() + first * box.width(), box.top(), max(2.0, (last - first) * box.width()), box.height())
        draw_box(painter, bar, self.accent, radius=5, unit=unit)
        x = box.left() + place(self.home) * box.width()
        painter.fillRect(
            QRectF(x - unit, box.top() - 5 * unit, max(2.0, 2 * unit), box.height() + 10 * unit), theme.colour.text
        )
