"""Bars across the panel: an instrument that is dead (one button, all else dimmed), edits that a crash left; Qt thread."""

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ui import strings
from ui.store import Store
from ui.style import theme
from ui.style.draw import painter_of
from ui.style.measures import EDGE
from ui.style.theme import px
from ui.widgets.button import Button
from ui.widgets.frame import Words


class Bar(QWidget):
    """One sentence and what can be done about it, on a ground of its own; hidden until something is told."""

    def __init__(self, ground: str, edge: str, height: float, buttons: tuple[Button, ...]) -> None:
        super().__init__()
        self._ground, self._edge = ground, edge
        self.words = Words(role="large", tint="text", least=0.5)
        layout = QHBoxLayout(self)
        theme.lay(layout, (28, 12, 28, 12), 24)
        layout.addWidget(self.words, 1)
        for button in buttons:
            layout.addWidget(button)
        theme.fix(self, height=height)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        painter.fillRect(self.rect(), theme.tint(self._ground))
        edge, ink = px(EDGE + 1), theme.tint(self._edge)
        painter.fillRect(QRectF(0, 0, self.width(), edge), ink)
        painter.fillRect(QRectF(0, self.height() - edge, self.width(), edge), ink)


class Offer(Bar):
    """Follows /recover/offer: unsaved edits of a run that ended, brought back or let go by one press each."""

    def __init__(self, store: Store) -> None:
        self.take = Button(strings.RECOVER, tint="warn", least=200)
        self.drop = Button(strings.DROP, least=160)
        super().__init__("raised", "warn", 84, (self.take, self.drop))
        self.take.clicked.connect(lambda: store.send("/recover/take"))
        self.drop.clicked.connect(lambda: store.send("/recover/drop"))
        store.watch("/recover/offer", lambda _address, value: self.tell(str(value)), self)
        store.structure_changed.connect(lambda: self.tell(str(store.value("/recover/offer") or "")))

    def tell(self, sentence: str) -> None:
        """What was left; "" for nothing."""
        self.words.set_text(sentence[:1].upper() + sentence[1:])
        self.setVisible(bool(sentence))


class Banner(Bar):
    """Emits wanted(): the one button was pressed."""

    wanted = pyqtSignal()

    def __init__(self) -> None:
        self.button = Button(strings.REVIVE, tint="danger", loud=True, least=240, height=64)
        super().__init__("danger_ground", "danger", 96, (self.button,))
        self.button.clicked.connect(self.wanted)

    def tell(self, sentence: str, act: str, *, busy: bool = False) -> None:
        """Shows the banner; `act` is what the button does."""
        self.words.set_text(sentence)
        self.button.set_look(act)
        self.button.setAccessibleName(act)
        self.button.setEnabled(not busy)
        self.show()


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
