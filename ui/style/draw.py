"""Lines of text, boxes and signs as all widgets draw them; Qt thread."""

import html

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from ui.style import theme
from ui.style.measures import EDGE, RADIUS

LEFT, RIGHT, CENTRE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


def painter_of(widget: QWidget) -> QPainter:
    """A painter with smooth edges."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter


def plain(text: str) -> str:
    """Text for a tip, where Qt would take what looks like markup for markup."""
    may_be_taken = "<" in text or "&lt;" in text  # Qt::mightBeRichText looks for these
    return f"<qt>{html.escape(text)}</qt>".replace("\n", "<br>") if may_be_taken else text


def menu_text(text: str) -> str:
    """Text for a menu's entry or a button, where Qt takes & for a shortcut's mark."""
    return text.replace("&", "&&")


def text_width(text: str, face: QFont) -> float:
    """Width of a line of text in pixels."""
    return QFontMetricsF(face).horizontalAdvance(text)


def fitted(text: str, face: QFont, width: float, least: float = 0.8) -> QFont:
    """The face, set smaller (down to `least` of its size) where the line is too long for `width`."""
    needed = text_width(text, face)
    if needed <= width or not text:
        return face
    made = QFont(face)
    made.setPixelSize(max(7, int(face.pixelSize() * max(least, width / needed))))
    while text_width(text, made) > width and made.pixelSize() > max(7, face.pixelSize() * least):
        made.setPixelSize(made.pixelSize() - 1)
    return made


def draw_text(
    painter: QPainter, box: QRectF, text: str, face: QFont, ink: QColor, align: Qt.AlignmentFlag = CENTRE,
    least: float = 0.8,
) -> bool:  # fmt: skip
    """Draws one line; a line too long is set smaller (to `least`), and only then shortened. True if it is whole."""
    made = fitted(text, face, box.width(), least)
    whole = text_width(text, made) <= box.width() + 0.5
    if not whole:
        text = QFontMetricsF(made).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.setFont(made)
    painter.setPen(ink)
    painter.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), text)
    return whole


def draw_tall_text(
    painter: QPainter, box: QRectF, text: str, face: QFont, ink: QColor, align: Qt.AlignmentFlag = CENTRE,
    least: float = 0.75,
) -> bool:  # fmt: skip
    """Draws one line that is never set smaller: where it is too long it is pressed together sideways (to `least`), its
    letters as tall as ever, and only then shortened. True if it is whole."""
    share = min(1.0, max(least, box.width() / max(1.0, text_width(text, face))))
    painter.save()
    painter.translate(box.topLeft())
    painter.scale(share, 1.0)
    whole = draw_text(painter, QRectF(0, 0, box.width() / share, box.height()), text, face, ink, align, 1.0)
    painter.restore()
    return whole


def draw_label(painter: QPainter, box: QRectF, text: str, face: QFont, ink: QColor) -> bool:
    """Draws a control's label into its box: on one line, or on two smaller ones. True if it is whole."""
    if text_width(text, face) <= box.width() or " " not in text:
        return draw_text(painter, box, text, face, ink)
    words = text.split()
    small = theme.sized(face.pixelSize() * 0.86, bold=face.bold())
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    upper, lower = min(cuts, key=lambda cut: max(text_width(part, small) for part in cut))
    half = box.height() / 2
    whole = draw_text(painter, QRectF(box.left(), box.top(), box.width(), half), upper, small, ink)
    return draw_text(painter, QRectF(box.left(), box.top() + half, box.width(), half), lower, small, ink) and whole


def draw_box(
    painter: QPainter, box: QRectF, fill: QColor | None, edge: QColor | None = None, *, wide: float = 1.0,
    radius: float = RADIUS, unit: float | None = None,
) -> None:  # fmt: skip
    """A rounded box, its edge inside; `wide` and `radius` in design pixels of `unit` window pixels (None: the theme's)."""
    unit = theme.unit() if unit is None else unit
    line, corner = max(1, round(wide * unit)), round(radius * unit)
    half = line / 2 if edge is not None else 0.0
    painter.setPen(QPen(edge, line) if edge is not None else Qt.PenStyle.NoPen)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box.adjusted(half, half, -half, -half), corner, corner)


def draw_focus(painter: QPainter, box: QRectF, radius: float = RADIUS) -> None:
    """The ring around what has the keys: seen on every ground."""
    draw_box(painter, box, None, theme.colour.text, wide=EDGE + 1, radius=radius)


ICONS: dict[str, list[list[tuple[float, float]]]] = {
    "play": [[(-0.8, -1.0), (1.0, 0.0), (-0.8, 1.0)]],
    "start": [[(-1.0, -1.0), (-0.65, -1.0), (-0.65, 1.0), (-1.0, 1.0)], [(1.0, -1.0), (-0.5, 0.0), (1.0, 1.0)]],
    "stop": [[(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]],
    "left": [[(0.5, -0.9), (-0.7, 0.0), (0.5, 0.9)]],
    "right": [[(-0.5, -0.9), (0.7, 0.0), (-0.5, 0.9)]],
    "down": [[(-0.9, -0.5), (0.9, -0.5), (0.0, 0.7)]],
    "plus": [
        [(-0.15, -0.9), (0.15, -0.9), (0.15, -0.15), (0.9, -0.15), (0.9, 0.15), (0.15, 0.15), (0.15, 0.9), (-0.15, 0.9),
         (-0.15, 0.15), (-0.9, 0.15), (-0.9, -0.15), (-0.15, -0.15)],
    ],
}  # fmt: skip
"""Signs as polygons in -1..1; those with curves are drawn by `draw_icon`."""


def draw_icon(painter: QPainter, name: str, centre: QPointF, reach: float, ink: QColor) -> None:
    """A sign of ICONS, or record, power, loop, lock, unlock, undo, redo, dice."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    for corners in ICONS.get(name, ()):
        painter.drawPolygon(QPolygonF([centre + QPointF(x, y) * reach for x, y in corners]))
    stroke = QPen(ink, max(1.4, reach * 0.3), cap=Qt.PenCapStyle.RoundCap)
    whole = QRectF(centre.x() - reach, centre.y() - reach, 2 * reach, 2 * reach)
    if name == "record":
        painter.drawEllipse(centre, reach * 0.95, reach * 0.95)
    elif name == "power":
        painter.setPen(stroke)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(whole, 120 * 16, 300 * 16)
        painter.drawLine(centre + QPointF(0, -reach), centre + QPointF(0, -reach * 0.1))
    elif name in ("undo", "redo", "loop"):
        side = 1.0 if name == "undo" else -1.0
        painter.setPen(stroke)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        start = 150 if name == "undo" else 30
        painter.drawArc(
            whole.adjusted(reach * 0.1, reach * 0.1, -reach * 0.1, -reach * 0.1), start * 16, int(-side * 250 * 16)
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        corners = [(-1.3, -0.25), (-0.2, -0.25), (-0.85, -1.1)]
        painter.drawPolygon(QPolygonF([centre + QPointF(side * x, y) * reach for x, y in corners]))
    elif name in ("lock", "unlock"):
        painter.drawRoundedRect(
            QRectF(centre.x() - 0.8 * reach, centre.y() - 0.1 * reach, 1.6 * reach, 1.15 * reach), 2, 2
        )
        painter.setPen(stroke)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        shift = reach * 0.75 if name == "unlock" else 0.0
        bow = QRectF(centre.x() - 0.5 * reach + shift, centre.y() - 1.05 * reach, reach, 1.5 * reach)
        painter.drawArc(bow, 0, 180 * 16)
    elif name == "dice":
        painter.setPen(stroke)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(whole.adjusted(reach * 0.1, reach * 0.1, -reach * 0.1, -reach * 0.1), 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for x, y in ((-0.4, -0.4), (0.0, 0.0), (0.4, 0.4)):
            painter.drawEllipse(centre + QPointF(x, y) * reach, reach * 0.16, reach * 0.16)
