"""The tiles at the foot of the stage, eight in sight: which they are, and the one that shows and moves a macro; Qt thread."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QRectF, QSize
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui.model import Parameter
from ui.store import Store
from ui.style import theme
from ui.style.draw import draw_box, draw_focus, draw_tall_text, draw_text, painter_of, text_width
from ui.style.measures import TYPE
from ui.views.stage.macro_parameter import MacroParameter, macro_parameter
from ui.widgets.knob import Knob

COUNT = 8
HEIGHT = 200
"""Of a tile in design pixels: a name of two lines, a value, a bar."""
PRESSED = 0.7
"""So narrow may a name be set."""


@dataclass(frozen=True)
class Tile:
    """What one tile moves. badge: the control that it is mapped to."""

    parameter: Parameter
    label: str
    badge: str = ""


def chosen(store: Store) -> list[Tile]:
    """The scene's own macros, and what else is mapped; or what is mapped, and up to COUNT what a hand wants first of this
    scene. Nothing stands there twice."""
    mapped = mapped_parameters(store)
    rows = [row for row in store.json("/macro/list", []) if isinstance(row, dict)]
    tiles = []
    for row in rows:
        addresses = [str(target.get("address", "")) for target in row.get("targets") or []]
        node = store.parameter(f"/macro/{row.get('number')}")
        badge = next((mapped[one] for one in (f"/macro/{row.get('number')}", *addresses) if one in mapped), "")
        if node is not None:
            targets = [one for address in addresses if (one := store.parameter(address)) is not None]
            tiles.append((addresses, Tile(macro_parameter(node, row, targets), str(row.get("name", "")), badge)))
    own = any(row.get("own") for row in rows)
    moved_by_own = {address for addresses, _ in tiles for address in addresses} if own else set()
    by_hand = [
        Tile(parameter, short_name(store, parameter), text)
        for address, text in mapped.items()
        if not address.startswith("/macro/")
        and address not in moved_by_own
        and (parameter := store.parameter(address)) is not None
    ]
    if own:
        return [*(tile for _, tile in tiles), *by_hand]
    shown = {tile.parameter.address for tile in by_hand}
    rest = [tile for moved, tile in tiles if not shown.intersection(moved)]
    return [*by_hand, *rest[: max(0, COUNT - len(by_hand))]]


def on_page(tiles: list[Tile], page: int) -> list[Tile]:
    """Those of a page, from 0; all pages but the last are full."""
    return tiles[page * COUNT : (page + 1) * COUNT]


def mapped_parameters(store: Store) -> dict[str, str]:
    """Address -> the control, of all that knobs and faders move."""
    found: dict[str, str] = {}
    for entry in store.json("/map/list", []):
        for target in entry.get("targets") or []:
            parameter = store.parameter(str(target.get("address", "")))
            if parameter is not None and parameter.kind != "T":
                found.setdefault(parameter.address, str(entry.get("text") or ""))
    return found


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


def in_lines(text: str, width: Callable[[str], float], room: float) -> list[str]:
    """A name as it is set: on one line where that has room, else on two, cut where the longer one is shortest."""
    words = text.split()
    if width(text) <= room or len(words) < 2:
        return [text]
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return list(min(cuts, key=lambda cut: max(map(width, cut))))


class Macro(Knob):
    """A tile: name, large value, bar. Drags, wheels, types like every control."""

    def __init__(self, parameter: Parameter, label: str, parent: QWidget) -> None:
        super().__init__(parameter, label, "you", parent)
        self.unit = 1.0
        self.drawn: dict[str, tuple[str, int, bool]] = {}

    def sizeHint(self) -> QSize:
        return QSize(round(215 * self.unit), round(HEIGHT * self.unit))

    def label_box(self) -> QRectF:
        return QRectF(8 * self.unit, 2 * self.unit, self.width() - 16 * self.unit, 108 * self.unit)

    def value_box(self) -> QRectF:
        return QRectF(8 * self.unit, 108 * self.unit, self.width() - 16 * self.unit, 58 * self.unit)

    def neutral(self) -> float:
        return self.parameter.zero if isinstance(self.parameter, MacroParameter) else super().neutral()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, unit = painter_of(self), self.unit
        draw_box(painter, QRectF(self.rect()), theme.colour.surface, theme.colour.line, unit=unit)
        self._write_name(painter, self.label_box())
        if self._entry is None:
            self._write(painter, self.value_box(), short_text(self.value_text()), "stage", theme.colour.text, "value")
        self._paint_bar(painter)
        if self.badge:
            box = QRectF(self.width() - 84 * unit, self.height() - 30 * unit, 78 * unit, 26 * unit)
            draw_text(painter, box, self.badge, theme.sized(18 * unit), theme.colour.player, least=0.6)
        if self.hasFocus():
            draw_focus(painter, QRectF(self.rect()))

    def _write_name(self, painter: QPainter, box: QRectF) -> None:
        """On one line, or on two: pressed together sideways where it is long, never shortened while that will do."""
        size, bold = TYPE["stage_note"]
        face = theme.sized(size * self.unit, bold=bold)
        lines = in_lines(self.label, lambda text: text_width(text, face), box.width() / PRESSED)
        high = box.height() / len(lines)
        whole = [
            draw_tall_text(painter, QRectF(box.left(), box.top() + at * high, box.width(), high), line, face, theme.colour.dim,
                           least=PRESSED)
            for at, line in enumerate(lines)
        ]  # fmt: skip
        self.drawn["name"] = (self.label, face.pixelSize(), all(whole))

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
