"""Devices or players as frames with all their controls, in a scrolled flow; Qt thread."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QScrollArea, QWidget

from ui import strings
from ui.groups import gather
from ui.model import Device
from ui.store import Store
from ui.style import theme
from ui.style.measures import PAD
from ui.widgets.choose import control_for
from ui.widgets.control import Control
from ui.widgets.flow import Flow
from ui.widgets.focus import focus_kept
from ui.widgets.frame import Frame, Words, column


class Bench(QScrollArea):
    """`controls` by address. Built anew only when the parameters themselves changed, so that focus and scroll stay."""

    def __init__(self, name: str, store: Store) -> None:
        super().__init__()
        self.store = store
        self.controls: dict[str, Control] = {}
        self.frames: list[Frame] = []
        self._built: tuple = ("nothing yet",)
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_devices(self, devices: list[Device], empty: str) -> None:
        """One frame a device."""
        shape = tuple(
            (d.root, d.title, d.kind, tuple((p.address, p.kind, p.low, p.high, p.labels) for p in d.parameters))
            for d in devices
        )
        if shape == self._built:
            return
        self._built = shape
        with focus_kept(self, lambda: self.controls):
            self._build(devices, empty)

    def _build(self, devices: list[Device], empty: str) -> None:
        self.controls, self.frames = {}, []
        holder = QWidget()
        holder.setAccessibleName(self.accessibleName())
        whole = column(*(self._frame(device) for device in devices), spacing=14, margins=(0, 0, 8, 0))
        if not devices:
            whole.addWidget(Words(empty, "head", "dim"))
        whole.addStretch(1)
        holder.setLayout(whole)
        self.setWidget(holder)

    def _frame(self, device: Device) -> Frame:
        tint = theme.kind_tint(device.kind)
        frame = Frame(device.title or strings.NONE)
        for group in gather(device.parameters):
            if group.caption:
                frame.body.addWidget(Words(group.caption, "label", tint))
            made = {one.address: self.store.bind(control_for(one, label, tint)) for one, label in group.members}
            self.controls |= made
            flow = Flow(gap=6)
            flow.fill(list(made.values()))
            frame.body.addWidget(flow)
        theme.lay(frame.body, (PAD, 50, PAD, PAD), 6)
        self.frames.append(frame)
        return frame
