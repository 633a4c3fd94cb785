"""The Rig: audio, MIDI, monitor, keyboard, sync, tonight; Qt thread."""

from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QWidget

from ui import strings
from ui.desk import Desk
from ui.style import theme
from ui.views.rig.audio_box import AudioBox
from ui.views.rig.keyboard_box import KeyboardBox
from ui.views.rig.midi_box import MidiBox
from ui.views.rig.monitor_box import MonitorBox
from ui.views.rig.sync_box import SyncBox
from ui.views.rig.tonight_box import TonightBox
from ui.views.view import View
from ui.widgets.flow import Flow, scrolled
from ui.widgets.frame import column

BOX_WIDTH = 500
"""Design pixels that a column needs; there are as many columns as fit, three at most."""
HEIGHTS = (440, 440, 400, 330, 360, 330)
"""Least heights of the boxes in order."""


class RigView(View):
    """Six boxes on a grid."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        store = self.store
        self.audio, self.sync = AudioBox(store), SyncBox(store)
        self.midi, self.monitor = MidiBox(store), MonitorBox(store)
        self.keyboard, self.tonight = KeyboardBox(store), TonightBox(store)
        self.boxes = (self.audio, self.midi, self.keyboard, self.sync, self.monitor, self.tonight)
        for box, height in zip(self.boxes, HEIGHTS, strict=True):
            theme.least(box, 0, height)
        inner = QWidget()
        self.grid = QGridLayout(inner)
        theme.lay(self.grid, (0, 0, 0, 0), 14)
        self._columns = 0
        self.setLayout(column(scrolled(inner), margins=(16, 8, 16, 8)))
        self.place(3)

    def hint(self) -> str:
        return strings.RIG_HINT

    def restyle(self) -> None:
        for flow in self.findChildren(Flow):
            flow.lay_out()
        self.place(self.columns())

    def columns(self) -> int:
        """How many fit."""
        return max(1, min(3, round(self.width() / theme.unit()) // BOX_WIDTH))

    def place(self, columns: int) -> None:
        """Boxes on so many columns."""
        if columns == self._columns:
            return
        self._columns = columns
        for at, box in enumerate(self.boxes):
            self.grid.addWidget(box, at // columns, at % columns)
        for at in range(3):
            self.grid.setColumnStretch(at, int(at < columns))
            self.grid.setColumnMinimumWidth(at, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.place(self.columns())
        super().resizeEvent(event)
