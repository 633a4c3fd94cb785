"""A number without a dial, large and flat: tempo, metre; drags, wheels and types like a knob; Qt thread."""

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy

from ui.model import Parameter
from ui.style import theme
from ui.style.draw import draw_text, painter_of, text_width
from ui.style.measures import BUTTON
from ui.style.theme import px
from ui.widgets.knob import Knob


class Number(Knob):
    """`sample` is the widest text it must hold; double click types. `suffix` stands behind ("/4")."""

    def __init__(self, parameter: Parameter, sample: str, tip: str, role: str = "large"):
        self._sample, self._role = sample, role
        self.suffix = ""
        super().__init__(parameter)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(round(text_width(self._sample, theme.face(self._role))) + px(16), px(BUTTON))

    def value_text(self) -> str:
        return f"{self.value:.1f}" if not self.parameter.whole else f"{self.value:.0f}{self.suffix}"

    def show_suffix(self, suffix: str) -> None:
        """What stands behind the number."""
        if suffix != self.suffix:
            self.suffix = suffix
            self.update()

    def value_box(self) -> QRectF:
        return QRectF(self.rect())

    def nudge(self, clicks: float, *, fine: bool = False, coarse: bool = False) -> None:
        step = 1.0 if self.parameter.whole else 0.1 if fine else 10.0 if coarse else 1.0
        self.edit(self.value + clicks * step)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.go_home(factory=True)
        else:
            self.open_entry(f"{self.value:g}")

    def entered(self) -> None:
        self.open_entry(f"{self.value:g}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        if self._entry is None:
            ink = theme.colour.dim if not self.isEnabled() else theme.colour.text
            draw_text(painter, QRectF(self.rect()), self.value_text(), theme.face(self._role), ink)
        self.paint_focus(painter)
