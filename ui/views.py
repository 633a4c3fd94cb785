"""The window's views and how they share its room; rebuilt whole when the zoom changes; Qt thread."""

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from ui import text, theme
from ui.card import Card
from ui.keyboard import Keyboard
from ui.meters import LoadView, Meters
from ui.rack import Rack
from ui.roll import Roll
from ui.scope import Scope, Spectrum, Trace
from ui.status import StatusLine
from ui.strip import KeyboardStrip
from ui.transport import TransportBar

GAP = 8
LEAST_SIDE, WIDEST_SIDE, SIDE_SHARE = 324, 440, 0.22
SCOPE_FROM_HEIGHT = 740  # a lower window shows the spectrum alone


class Views(QWidget):
    """Transport on top; rack with meters, scope and spectrum beside it; roll and piano below; status at the bottom."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.transport = TransportBar()
        self.rack = Rack()
        self.meters = Meters()
        self.load = LoadView()
        self.scope = Scope(trace)
        self.spectrum = Spectrum(trace)
        self.roll = Roll()
        self.keyboard = Keyboard()
        self.strip = KeyboardStrip(self.keyboard)
        self.status = StatusLine()
        self._side = self._build_side()
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setHandleWidth(theme.dp(GAP))
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(_row(self.rack, self._side, gap=GAP))
        self.splitter.addWidget(self._build_lower())
        self.splitter.setStretchFactor(0, 5)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([theme.dp(470), theme.dp(236)])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.dp(GAP), theme.dp(4), theme.dp(GAP), theme.dp(2))
        whole.setSpacing(theme.dp(4))
        whole.addWidget(self.transport)
        whole.addWidget(self.splitter, 1)
        whole.addWidget(self.status)

    def _build_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.dp(GAP))
        sides = ((text.LEFT, theme.YOU), (text.RIGHT, theme.PLAYER))
        self.scope_card = Card(text.SCOPE, self.scope.widget, legend=sides)
        self.spectrum_card = Card(text.SPECTRUM, self.spectrum.widget)
        column.addWidget(Card(text.OUTPUT, self.meters, stretch=False))
        column.addWidget(Card(text.ENGINE, self.load, stretch=False))
        column.addWidget(self.scope_card, 1)
        column.addWidget(self.spectrum_card, 1)
        return side

    def _build_lower(self) -> QWidget:
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.dp(GAP))
        who = ((text.YOU, theme.YOU), (text.PLAYERS, theme.PLAYER))
        column.addWidget(Card(text.ROLL, self.roll, legend=who), 5)
        column.addWidget(_row(self.strip, self.keyboard), 4)
        lower.setMinimumHeight(theme.dp(200))
        return lower

    def resizeEvent(self, event: QResizeEvent) -> None:
        share = round(self.width() * SIDE_SHARE)
        self._side.setFixedWidth(min(max(share, theme.dp(LEAST_SIDE)), theme.dp(WIDEST_SIDE)))
        self.scope_card.setVisible(self.height() >= theme.dp(SCOPE_FROM_HEIGHT))


def _row(*widgets: QWidget, gap: float = 0) -> QWidget:
    """Widgets side by side; those that can grow do."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.dp(gap))
    for widget in widgets:
        row.addWidget(widget)
    return holder
