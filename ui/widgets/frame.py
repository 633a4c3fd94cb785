"""Boxes that hold others: the bordered frame with a head, and a line of words in one of the sheet's roles; Qt thread."""

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.draw import LEFT, draw_box, draw_text, painter_of, plain, text_width
from ui.style.measures import GAP, PAD, TYPE
from ui.style.theme import px

Margins = tuple[float, float, float, float]
Part = QWidget | QLayout | int | None


def row(*parts: Part, spacing: float = GAP, margins: Margins = (0, 0, 0, 0)) -> QHBoxLayout:
    """Widgets side by side; a number is a space in design pixels, None what stretches."""
    return _fill(QHBoxLayout(), parts, spacing, margins)  # type: ignore[return-value]


def column(*parts: Part, spacing: float = GAP, margins: Margins = (0, 0, 0, 0)) -> QVBoxLayout:
    """Widgets one above the other; a number is a space in design pixels, None what stretches."""
    return _fill(QVBoxLayout(), parts, spacing, margins)  # type: ignore[return-value]


def _fill(layout: QBoxLayout, parts: tuple[Part, ...], spacing: float, margins: Margins) -> QBoxLayout:
    theme.lay(layout, margins, spacing)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(px(part))
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)
    return layout


class Frame(QWidget):
    """A box with a border of its own: `head` on top in its type, `tint` of the border ("" = plain). Put a layout's
    contents with `body` (a QVBoxLayout)."""

    def __init__(self, head: str = "", tint: str = "", *, role: str = "head", parent: QWidget | None = None):
        super().__init__(parent)
        self.head, self.tint, self.role = head, tint, role
        self.setAccessibleName(head)
        self.body = QVBoxLayout(self)
        self._lay()

    def _lay(self) -> None:
        top = PAD + (TYPE[self.role][0] * 1.5 if self.head else 0)
        theme.lay(self.body, (PAD, top, PAD, PAD), GAP)

    def set_head(self, head: str, tint: str | None = None) -> None:
        """Changes head and border."""
        if (head, tint if tint is not None else self.tint) != (self.head, self.tint):
            self.head = head
            self.tint = self.tint if tint is None else tint
            self.setAccessibleName(head)
            self._lay()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        edge = theme.tint(self.tint) if self.tint else theme.colour.line
        draw_box(painter, QRectF(self.rect()), theme.colour.surface, edge, wide=3 if self.tint else 1)
        if self.head:
            box = QRectF(px(PAD), px(PAD * 0.6), self.width() - px(2 * PAD), px(TYPE[self.role][0] * 1.5))
            draw_text(painter, box, self.head, theme.face(self.role), theme.colour.text, LEFT)


class Words(QWidget):
    """A line of words that fits itself: set smaller down to `least`, then shortened. `role`, `tint` as in the sheet."""

    def __init__(
        self, text: str = "", role: str = "body", tint: str = "text", align: Qt.AlignmentFlag = LEFT, least: float = 0.6,
        parent: QWidget | None = None,
    ):  # fmt: skip
        super().__init__(parent)
        self.text, self.role, self.tint, self.align, self.least = text, role, tint, align, least
        self.is_whole = True
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str, tint: str | None = None) -> None:
        """Changes words and ink."""
        if text != self.text or (tint is not None and tint != self.tint):
            self.text, self.tint = text, self.tint if tint is None else tint
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        face = theme.face(self.role)
        return QSize(round(text_width(self.text, face)) + 2, round(face.pixelSize() * 1.3))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(20), round(theme.face(self.role).pixelSize() * 1.3))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        box, face = QRectF(self.rect()), theme.face(self.role)
        self.is_whole = draw_text(painter, box, self.text, face, theme.tint(self.tint), self.align, self.least)


class Sentence(QWidget):
    """Words on as many lines as its height allows, without a height of its own: `role` and `tint` as in the sheet."""

    def __init__(self, role: str = "caption", tint: str = "text", parent: QWidget | None = None):
        super().__init__(parent)
        self.text, self.role, self.tint = "", role, tint
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        """Changes the words."""
        if text != self.text:
            self.text = text
            self.setAccessibleName(text)
            self.setToolTip(plain(text))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        painter.setFont(theme.face(self.role))
        painter.setPen(theme.tint(self.tint))
        top_left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(self.rect()), int(top_left | Qt.TextFlag.TextWordWrap), self.text)
