"""The MIDI monitor: the last messages, of one port or all, without what floods; watched only while it is seen; Qt thread."""

from typing import Any

from PyQt6.QtCore import QAbstractListModel, QModelIndex, Qt
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QListView

from ui import strings
from ui.state import rig
from ui.state.rig import Heard
from ui.store import Store
from ui.views.rig.parts import Pick
from ui.widgets.button import Button
from ui.widgets.frame import Frame, row

FLOODS = frozenset({"clock", "active"})


class MonitorModel(QAbstractListModel):
    """Lines as rows."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Heard] = []

    def show_lines(self, lines: list[Heard]) -> None:
        """Replaces all rows."""
        if lines != self.lines:
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.lines):
            return None
        line = self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            arrow = "→" if line.direction == "out" else "←"
            return f"{line.at}  {arrow} {line.port}   {line.text}"
        return strings.BYTES.format(line.bytes) if role == Qt.ItemDataRole.ToolTipRole else None


class MonitorBox(Frame):
    """The newest line at the foot; it stands still while it is held."""

    def __init__(self, store: Store) -> None:
        super().__init__(strings.MONITOR)
        self.store = store
        self.model, self.list = MonitorModel(), QListView()
        self.list.setModel(self.model)
        self.list.setAccessibleName(strings.MONITOR)
        self.list.setUniformItemSizes(True)
        self.list.setObjectName("monitor")
        self.port = Pick(strings.WHICH_PORT, self.refresh)
        self.hold = Button(strings.HOLD, checkable=True, height=44, role="label", tip=strings.TIP_HOLD)
        self.quiet = Button(strings.NO_CLOCK, checkable=True, height=44, role="label", tip=strings.TIP_NO_CLOCK)
        self.quiet.setChecked(True)
        self.hold.clicked.connect(self.refresh)
        self.quiet.clicked.connect(self.refresh)
        self.body.addLayout(row(self.port, self.hold, self.quiet, spacing=8))
        self.body.addWidget(self.list, 1)
        store.watch("/midi/monitor", lambda *_: self.refresh(), self)
        store.watch("/midi/ports", lambda *_: self._show_ports(), self)
        store.structure_changed.connect(self._on_structure)
        self._show_ports()

    def refresh(self) -> None:
        """Shows what was heard, unless it is held."""
        if self.hold.isChecked() or not self.isVisible():
            return
        hidden = FLOODS if self.quiet.isChecked() else frozenset()
        self.model.show_lines(rig.monitor(self.store.value("/midi/monitor"), self.port.value or "", hidden))
        self.list.scrollToBottom()

    def _show_ports(self) -> None:
        ports = dict.fromkeys(port.name for port in rig.ports(self.store.value("/midi/ports")))
        self.port.show_choices([("", strings.EVERY_PORT), *((name, name) for name in ports)], self.port.value or "")

    def _on_structure(self) -> None:
        self.set_head(strings.MONITOR if self.store.has("/midi/monitor") else strings.NO_MONITOR)
        self._watch(self.isVisible())
        self.refresh()

    def _watch(self, on: bool) -> None:
        if self.store.has("/midi/watch") and bool(self.store.value("/midi/watch")) != on:
            self.store.send("/midi/watch", on)

    def showEvent(self, event: QShowEvent) -> None:
        self._watch(True)
        self.refresh()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._watch(False)
        super().hideEvent(event)
