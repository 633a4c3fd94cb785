"""The rack: all device panels on shelves of one grid, scrolled; Qt thread."""

from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QScrollArea, QWidget

from ui import arrange, text, theme
from ui.control import CELL_WIDTH
from ui.device import PAD, DevicePanel
from ui.model import Instrument

GAP = 8


class Shelves(QWidget):
    """The scrolled content: places panels in signal order, shelf by shelf."""

    def __init__(self) -> None:
        super().__init__()
        self.panels: list[DevicePanel] = []
        self.message = ""
        self._rows: list[list[tuple[int, int]]] = []
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)

    def columns(self, width: int) -> int:
        """Grid columns that fit a width."""
        return max(arrange.MIN_COLUMNS, (width - 2 * theme.dp(PAD)) // theme.dp(CELL_WIDTH))

    def lay_out(self) -> None:
        """Places every panel and takes the height that this needs."""
        width, gap = self.width(), theme.dp(GAP)
        columns = self.columns(width)
        wanted = [self._needed(panel, columns) for panel in self.panels]
        bottom = 0
        for slot in arrange.shelve(wanted, self._height_of, width, gap):
            panel = self.panels[slot.index]
            height = self._height_of(slot.index, slot.width) if panel.is_folded else slot.height
            panel.setGeometry(QRect(slot.left, slot.top, slot.width, height))
            bottom = max(bottom, slot.top + slot.height)
        self.setFixedHeight(max(bottom, theme.dp(60)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self.lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.message:
            painter = QPainter(self)
            theme.draw_text(painter, self.rect().toRectF(), self.message, theme.font(14), theme.DIM)

    def _needed(self, panel: DevicePanel, columns: int) -> int:
        return min(self.width(), panel.natural_columns(columns) * theme.dp(CELL_WIDTH) + 2 * theme.dp(PAD))

    def _height_of(self, index: int, pixels: int) -> int:
        columns = max(1, (pixels - 2 * theme.dp(PAD)) // theme.dp(CELL_WIDTH))
        return self.panels[index].height_for(columns)


class Rack(QScrollArea):
    """Emits what its panels emit."""

    edited = pyqtSignal(str, float, float, int)
    bypass_wanted = pyqtSignal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.shelves = Shelves()
        self.setWidget(self.shelves)
        self.viewport().setAutoFillBackground(False)
        self.shelves.setAutoFillBackground(False)
        self._owner: dict[str, DevicePanel] = {}
        self._roots: dict[str, DevicePanel] = {}

    @property
    def panels(self) -> list[DevicePanel]:
        """The device panels in order."""
        return self.shelves.panels

    def show_instrument(self, instrument: Instrument) -> None:
        """Builds the panels anew, keeping what was folded."""
        was_folded = {panel.device.title for panel in self.panels if panel.is_folded}
        for panel in self.panels:
            panel.setParent(None)
            panel.deleteLater()
        self.shelves.panels = []
        self._owner, self._roots = {}, {}
        for device in instrument.devices:
            panel = DevicePanel(device, self.shelves)
            panel.edited.connect(self.edited)
            panel.bypass_wanted.connect(self.bypass_wanted)
            panel.folded.connect(self.shelves.lay_out)
            self.shelves.panels.append(panel)
            self._roots[device.root] = panel
            self._owner.update(dict.fromkeys(panel.controls, panel))
            if device.title in was_folded:
                panel.toggle_fold()
            panel.show()
        self.show_message("" if instrument.devices else text.EMPTY_RACK)
        self.shelves.lay_out()
        for panel in self.panels:
            panel.lay_out()

    def show_message(self, message: str) -> None:
        """A sentence in place of an empty rack."""
        self.shelves.message = message if not self.panels else ""
        self.shelves.update()

    def show_value(self, address: str, value: float) -> None:
        """A value from the wire: parameter, bypass or load."""
        owner = self._owner.get(address)
        if owner is not None:
            owner.show_value(address, float(value))
            return
        root, _, name = address.rpartition("/")
        panel = self._roots.get(root)
        if panel is not None and name == "bypass":
            panel.show_bypass(bool(value))
        elif panel is not None and name == "load":
            panel.show_load(float(value))

    def settle(self, address: str) -> None:
        """Takes a control's value as the one before the next edit."""
        owner = self._owner.get(address)
        if owner is not None:
            owner.settle(address)

    def control(self, address: str):
        """The control of a parameter, or None."""
        owner = self._owner.get(address)
        return owner.controls.get(address) if owner else None
