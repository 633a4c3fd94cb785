"""The look that is in force: colours of the chosen theme, and design pixels at the window's and the performer's scale.

Everything asks while it draws or lays out (`px`, `face`, `colour`), so that a new theme or size needs no new widgets:
`relay` sets anew what Qt keeps (margins, fixed sizes, fonts of stock labels). Qt thread.
"""

from functools import cache

from PyQt6.QtCore import QMargins, QSize
from PyQt6.QtGui import QColor, QFont, QFontDatabase
from PyQt6.QtWidgets import QLayout, QWidget

from ui.style import measures
from ui.style.measures import SCALES, TYPE
from ui.style.palettes import NAMES, PALETTES

FAMILIES = (
    "Inter",
    "SF Pro Text",
    "Segoe UI",
    "Noto Sans",
    "Cantarell",
    "Ubuntu",
    "DejaVu Sans Condensed",
    "DejaVu Sans",
)
KINDS = {
    "instrument": "you",
    "effect": "effect",
    "neural": "neural",
    "plugin": "effect",
    "player": "player",
    "mix": "mix",
}
"""Tint of each kind of device."""


class Colours:
    """The colours in force by their names in `palettes.Palette`."""

    ground: QColor
    surface: QColor
    raised: QColor
    sunken: QColor
    line: QColor
    track: QColor
    text: QColor
    dim: QColor
    on_tint: QColor
    danger_ground: QColor
    you: QColor
    player: QColor
    neural: QColor
    effect: QColor
    mix: QColor
    good: QColor
    warn: QColor
    danger: QColor


colour = Colours()
_state = {"scale": 1.0, "fit": 1.0}
_name = "dark"


def set_theme(name: str) -> None:
    """Chooses dark, light or contrast; widgets show it when they draw next."""
    global _name
    _name = name
    for part in NAMES:
        setattr(colour, part, QColor(getattr(PALETTES[name], part)))


def theme_name() -> str:
    """The theme in force."""
    return _name


def tint(name: str) -> QColor:
    """A colour by name ("you", "player", "danger" ...)."""
    return getattr(colour, name)


def kind_tint(kind: str) -> str:
    """Name of the tint of a kind of device (instrument, effect, neural, plugin, player, mix)."""
    return KINDS.get(kind, "effect")


def faded(ink: QColor, alpha: float) -> QColor:
    """A colour at `alpha` 0..1."""
    made = QColor(ink)
    made.setAlphaF(alpha)
    return made


def scale() -> float:
    """The performer's zoom."""
    return _state["scale"]


def set_scale(factor: float) -> None:
    """Sets the performer's zoom, SCALES[0]..SCALES[-1]."""
    _state["scale"] = min(max(factor, SCALES[0]), SCALES[-1])


def set_window(width: int, height: int) -> bool:
    """Fits design pixels to a window's size; True when they changed."""
    fit = max(measures.LEAST_UNIT, min(width / measures.DESIGN_WIDTH, height / measures.DESIGN_HEIGHT))
    changed = abs(fit - _state["fit"]) > 0.004
    if changed:
        _state["fit"] = fit
    return changed


def fit() -> float:
    """Size of the window against the design's: 1.0 at 1920 by 1080."""
    return _state["fit"]


def unit() -> float:
    """Window pixels in a design pixel."""
    return _state["fit"] * _state["scale"]


def px(pixels: float) -> int:
    """Design pixels as window pixels; at least one where anything was asked for."""
    made = round(pixels * unit())
    return made or (1 if pixels > 0 else 0)


@cache
def family() -> str:
    """The best installed sans serif."""
    installed = set(QFontDatabase.families())
    return next((name for name in FAMILIES if name in installed), "")


@cache
def _made(pixels: int, bold: bool) -> QFont:
    font = QFont(family()) if family() else QFont()
    font.setPixelSize(max(7, pixels))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    if hasattr(font, "setFeature"):
        font.setFeature(QFont.Tag("tnum"), 1)  # figures of equal width: a value that runs does not shake
    return font


def face(role: str, factor: float = 1.0) -> QFont:
    """The type of a role in `measures.TYPE`, at the scale in force times `factor`."""
    size, bold = TYPE[role]
    return _made(round(size * unit() * factor), bold)


def sized(pixels: float, *, bold: bool = False) -> QFont:
    """Type of so many window pixels."""
    return _made(round(pixels), bold)


# what Qt keeps: given once in design pixels, set anew by `relay`


def lay(layout: QLayout, margins: tuple[float, float, float, float] = (0, 0, 0, 0), spacing: float = 0) -> QLayout:
    """Margins (left, top, right, bottom) and spacing of a layout in design pixels."""
    layout.setProperty("design", [*margins, spacing])
    _relay_layout(layout)
    return layout


def fix(widget: QWidget, width: float | None = None, height: float | None = None) -> QWidget:
    """A fixed width and/or height in design pixels."""
    widget.setProperty("design_size", [width or 0.0, height or 0.0])
    _relay_size(widget)
    return widget


def least(widget: QWidget, width: float = 0, height: float = 0) -> QWidget:
    """A least width and/or height in design pixels."""
    widget.setProperty("design_least", [width, height])
    _relay_size(widget)
    return widget


def speak(widget: QWidget, role: str) -> QWidget:
    """Sets a stock widget in a role's type."""
    widget.setProperty("type_role", role)
    widget.setFont(face(role))
    return widget


def relay(root: QWidget) -> None:
    """Sets everything below `root` anew after the scale or the theme changed."""
    for widget in [root, *root.findChildren(QWidget)]:
        _relay_size(widget)
        role = widget.property("type_role")
        if role:
            widget.setFont(face(role))
        widget.updateGeometry()
        widget.update()
    for layout in root.findChildren(QLayout):
        _relay_layout(layout)


def _relay_layout(layout: QLayout) -> None:
    design = layout.property("design")
    if design:
        left, top, right, bottom, spacing = (px(part) for part in design)
        layout.setContentsMargins(QMargins(left, top, right, bottom))
        layout.setSpacing(spacing)


def _relay_size(widget: QWidget) -> None:
    fixed, smallest = widget.property("design_size"), widget.property("design_least")
    if fixed:
        if fixed[0]:
            widget.setFixedWidth(px(fixed[0]))
        if fixed[1]:
            widget.setFixedHeight(px(fixed[1]))
    if smallest:
        widget.setMinimumSize(QSize(px(smallest[0]), px(smallest[1])))


set_theme("dark")
