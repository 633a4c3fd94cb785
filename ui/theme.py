"""Colours, type and measures of the panel in one place; Qt thread."""

import html

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPalette
from PyQt6.QtWidgets import QApplication

BACKGROUND = QColor("#121418")
SURFACE = QColor("#1b1e24")
RAISED = QColor("#262b33")
SUNKEN = QColor("#0d0f12")
LINE = QColor("#2e343e")
TEXT = QColor("#e8eaee")
DIM = QColor("#9aa3b2")
FAINT = QColor("#5d6675")

YOU = QColor("#f4b350")
PLAYER = QColor("#4cc9c3")
NEURAL = QColor("#b694f6")
EFFECT = QColor("#6fa8f7")
MIX = QColor("#a3b18a")
GOOD = QColor("#6fd08c")
WARN = QColor("#f0c64a")
DANGER = QColor("#ee5d50")

KIND_COLOURS = {"instrument": YOU, "effect": EFFECT, "neural": NEURAL, "plugin": EFFECT, "player": PLAYER, "mix": MIX}

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
SCALES = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)

_scale = 1.0
_family = ""


def scale() -> float:
    """The zoom of the whole panel."""
    return _scale


def set_scale(factor: float) -> None:
    """Sets the zoom; widgets built afterwards follow."""
    global _scale
    _scale = min(max(factor, SCALES[0]), SCALES[-1])


def dp(pixels: float) -> int:
    """Design pixels as device-independent pixels at the current zoom."""
    return round(pixels * _scale)


def family() -> str:
    """The best installed sans serif."""
    global _family
    if not _family:
        installed = set(QFontDatabase.families())
        _family = next((name for name in FAMILIES if name in installed), "")
    return _family


def font(size: float = 12.0, *, bold: bool = False, spaced: bool = False) -> QFont:
    """The panel's type at `size` design pixels; figures of equal width where the face has them."""
    made = QFont(family()) if family() else QFont()
    made.setPixelSize(max(7, dp(size)))
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    if spaced:
        made.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 108)
    if hasattr(made, "setFeature"):
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def faded(colour: QColor, alpha: float) -> QColor:
    """A colour at `alpha` 0..1."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def plain(text: str) -> str:
    """Text for a tip, where Qt would take what looks like markup for markup."""
    may_be_taken = "<" in text or "&lt;" in text  # Qt::mightBeRichText looks for these
    return f"<qt>{html.escape(text)}</qt>".replace("\n", "<br>") if may_be_taken else text


def menu_text(text: str) -> str:
    """Text for a menu's entry, where Qt takes & for a shortcut's mark."""
    return text.replace("&", "&&")


def text_width(text: str, type_face: QFont) -> float:
    """Width of a line of text in pixels."""
    return QFontMetricsF(type_face).horizontalAdvance(text)


def draw_text(
    painter: QPainter,
    box: QRectF,
    text: str,
    type_face: QFont,
    colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignCenter,
) -> bool:
    """Draws one line; a line too long is set smaller (to 80 %), and only then shortened. True if it is whole."""
    fitted = QFont(type_face)
    while text_width(text, fitted) > box.width() and fitted.pixelSize() > type_face.pixelSize() * 0.8:
        fitted.setPixelSize(fitted.pixelSize() - 1)
    whole = text_width(text, fitted) <= box.width() + 0.5
    if not whole:
        text = QFontMetricsF(fitted).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.setFont(fitted)
    painter.setPen(colour)
    painter.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), text)
    return whole


def draw_label(painter: QPainter, box: QRectF, text: str, colour: QColor) -> bool:
    """Draws a control's label at the foot of its box: on one line, or on two smaller ones. True if it is whole."""
    foot = QRectF(box.left(), box.bottom() - dp(13), box.width(), dp(13))
    if text_width(text, font(10)) <= box.width() or " " not in text:
        return draw_text(painter, foot, text, font(11), colour)
    words = text.split()
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    upper, lower = min(cuts, key=lambda cut: max(text_width(part, font(9.5)) for part in cut))
    head = QRectF(box.left(), box.bottom() - dp(21), box.width(), dp(11))
    foot = QRectF(box.left(), box.bottom() - dp(11), box.width(), dp(11))
    whole = draw_text(painter, head, upper, font(9.5), colour)
    return draw_text(painter, foot, lower, font(9.5), colour) and whole


def apply(app: QApplication) -> None:
    """Dresses the application."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: BACKGROUND,
        QPalette.ColorRole.WindowText: TEXT,
        QPalette.ColorRole.Base: SUNKEN,
        QPalette.ColorRole.AlternateBase: SURFACE,
        QPalette.ColorRole.Text: TEXT,
        QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT,
        QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT,
        QPalette.ColorRole.Highlight: YOU,
        QPalette.ColorRole.HighlightedText: SUNKEN,
        QPalette.ColorRole.PlaceholderText: FAINT,
    }
    for role, colour in roles.items():
        palette.setColor(role, colour)
    app.setPalette(palette)
    app.setFont(font(12))
    app.setStyleSheet(style_sheet())


def style_sheet() -> str:
    """Qt style for the few stock widgets (menus, scroll bars, tool tips, entries)."""
    edge = f"border: 1px solid {LINE.name()}; padding: {dp(4)}px;"
    bar = f"background: {LINE.name()}; border-radius: {dp(4)}px; min-height: {dp(32)}px; margin: {dp(1)}px;"
    return f"""
    QToolTip {{ background: {RAISED.name()}; color: {TEXT.name()}; {edge} }}
    QMenu {{ background: {RAISED.name()}; color: {TEXT.name()}; {edge} }}
    QMenu::item {{ padding: {dp(6)}px {dp(22)}px {dp(6)}px {dp(14)}px; border-radius: {dp(4)}px; }}
    QMenu::item:selected {{ background: {LINE.name()}; }}
    QMenu::item:checked {{ color: {YOU.name()}; }}
    QLineEdit {{ background: {SUNKEN.name()}; color: {TEXT.name()}; border: 1px solid {YOU.name()};
        border-radius: {dp(3)}px; padding: 0px {dp(2)}px; selection-background-color: {YOU.name()}; }}
    QScrollArea {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ background: transparent; width: {dp(10)}px; margin: 0; }}
    QScrollBar::handle:vertical {{ {bar} }}
    QScrollBar::handle:vertical:hover {{ background: {FAINT.name()}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QSplitter::handle {{ background: transparent; }}
    """
