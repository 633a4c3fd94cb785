"""What a dead or silent engine looks like: a banner across the panel with one button, all else dimmed; Qt thread."""

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import painter_of
from ui.style.measures import EDGE
from ui.style.theme import px
from ui.widgets.button import Button
from ui.widgets.frame import Words


class Banner(QWidget):
    """Emits wanted(): the one button was pressed."""

    wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.words = Words(role="large", tint="text", least=0.5)
        self.button = Button(strings.REVIVE, tint="danger", loud=True, least=240, height=64)
        self.button.clicked.connect(self.wanted)
        layout = QHBoxLayout(self)
        theme.lay(layout, (28, 12, 28, 12), 24)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.button)
        theme.fix(self, height=96)
        self.hide()

    def tell(self, sentence: str, act: str, *, busy: bool = False) -> None:
        """Shows the banner; `act` is what the button does."""
        self.words.set_text(sentence)
        self.button.set_look(act)
        self.button.setAccessibleName(act)
        self.button.setEnabled(not busy)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        painter.fillRect(self.rect(), theme.colour.danger_ground)
        edge = px(EDGE + 1)
        painter.fillRect(QRectF(0, 0, self.width(), edge), theme.colour.danger)
        painter.fillRect(QRectF(0, self.height() - edge, self.width(), edge), theme.colour.danger)


class Shade(QWidget):
    """Lies over what shows an instrument that does not answer: dims it, and takes its presses."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over.parentWidget())
        self._over = over
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def cover(self, on: bool) -> None:
        """Covers, or not."""
        if on:
            self.setGeometry(self._over.geometry())
            self.raise_()
        self.setVisible(on)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter_of(self).fillRect(self.rect(), theme.faded(theme.colour.ground, 0.72))
