"""The flat button: words, a drawn sign, or both; touch-sized; Qt thread."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QKeyEvent, QPaintEvent
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui.style import theme
from ui.style.draw import draw_box, draw_focus, draw_icon, draw_text, painter_of, plain, text_width
from ui.style.measures import BUTTON
from ui.style.theme import px


class Button(QAbstractButton):
    """words and/or icon (see ui.style.draw: play, start, stop, record, undo, redo, lock, unlock, loop, power, left, right,
    down, plus, dice); `name` is what a screen reader says (default: the words, else the tip); `tint` fills it while it is
    checked or pressed; `loud` shows the tint always (panic); `height` and `least` width in design pixels; `role` its type.
    """

    def __init__(
        self, words: str = "", icon: str = "", tint: str = "you", *, name: str = "", tip: str = "", checkable: bool = False,
        loud: bool = False, height: float = BUTTON, least: float = 0, role: str = "button", parent: QWidget | None = None,
    ):  # fmt: skip
        super().__init__(parent)
        self.setText(words)
        self.icon_name = icon
        self.tint = tint
        self.loud = loud
        self.lit = False
        self.role = role
        self._height, self._least = height, least
        self.setCheckable(checkable)
        self.setToolTip(plain(tip))
        self.setAccessibleName(name or words or tip)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def _parts(self) -> tuple[float, float, float]:
        words = text_width(self.text(), theme.face(self.role)) if self.text() else 0.0
        icon = px(26) if self.icon_name else 0
        return words, icon, px(10) if words and icon else 0

    def sizeHint(self) -> QSize:
        side = px(16 if self.text() else 14) * 2
        return QSize(max(round(sum(self._parts())) + side, px(self._least)), px(self._height))

    def set_look(self, words: str, icon: str = "") -> None:
        """Changes words and sign."""
        if (words, icon) != (self.text(), self.icon_name):
            self.icon_name = icon
            self.setText(words)
            self.updateGeometry()
            self.update()

    def show_lit(self, on: bool) -> None:
        """Filled with its tint though it is not pressed: what it stands for is done elsewhere."""
        if on != self.lit:
            self.lit = on
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        box = QRectF(self.rect())
        tint = theme.tint(self.tint)
        lit = self.isChecked() or self.isDown() or self.lit
        ground = tint if lit else theme.colour.danger_ground if self.loud else theme.colour.raised
        edge = tint if lit or self.loud or (self.underMouse() and self.isEnabled()) else theme.colour.line
        ink = theme.colour.on_tint if lit else tint if self.loud else theme.colour.text
        if not self.isEnabled():
            ground, edge, ink = theme.colour.surface, theme.colour.line, theme.colour.dim
        draw_box(painter, box, ground, edge, wide=2 if self.loud else 1)
        words, icon, gap = self._parts()
        room = box.width() - px(12)
        left = box.center().x() - min(words + icon + gap, room) / 2
        if icon and self.icon_name == "down" and words:  # a list opens below: its sign stands last
            draw_icon(painter, "down", QPointF(left + words + gap + icon / 2, box.center().y()), px(8), ink)
            icon = gap = 0
        elif icon:
            sign = theme.colour.danger if self.icon_name == "record" and not lit and self.isEnabled() else ink
            draw_icon(painter, self.icon_name, QPointF(left + icon / 2, box.center().y()), px(10), sign)
        if words:
            where = QRectF(left + icon + gap - 1, box.top(), min(words, room - icon - gap) + 2, box.height())
            draw_text(painter, where, self.text(), theme.face(self.role), ink, least=0.7)
        if self.hasFocus():
            draw_focus(painter, box)
