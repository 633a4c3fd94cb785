"""The Rig: audio, MIDI, monitor, keyboard, sync, tonight; Qt thread."""

from PyQt6.QtWidgets import QWidget

from ui import words
from ui.desk import Desk
from ui.views.rack.flow import Flow, scrolled
from ui.views.rig.audio_box import AudioBox
from ui.views.rig.keyboard_box import KeyboardBox
from ui.views.rig.midi_box import MidiBox
from ui.views.rig.monitor_box import MonitorBox
from ui.views.rig.sync_box import SyncBox
from ui.views.rig.tonight_box import TonightBox
from ui.views.view import View
from ui.widgets.frame import column, row


class RigView(View):
    """Three columns of two boxes."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        store = self.store
        self.audio, self.sync = AudioBox(store), SyncBox(store)
        self.midi, self.monitor = MidiBox(store), MonitorBox(store)
        self.keyboard, self.tonight = KeyboardBox(store), TonightBox(store)
        columns = [
            _pile(self.audio, self.sync, 7, 5),
            _pile(self.midi, self.monitor, 6, 5),
            _pile(self.keyboard, self.tonight, 6, 5),
        ]
        inner = QWidget()
        whole = row(*columns, spacing=14)
        for at in range(len(columns)):
            whole.setStretch(at, 1)
        inner.setLayout(whole)
        self.setLayout(column(scrolled(inner), margins=(16, 8, 16, 8)))

    def hint(self) -> str:
        return words.RIG_HINT

    def restyle(self) -> None:
        for flow in self.findChildren(Flow):
            flow.lay_out()


def _pile(upper: QWidget, lower: QWidget, *shares: int) -> QWidget:
    """Two boxes, one on the other."""
    holder = QWidget()
    pile = column(upper, lower, spacing=14)
    for at, share in enumerate(shares):
        pile.setStretch(at, share)
    holder.setLayout(pile)
    return holder
