"""Sync and click: what leads, what is sent, where the click goes; Qt thread."""

from ui import strings
from ui.store import Store
from ui.widgets.choose import control_for
from ui.widgets.control import Control
from ui.widgets.flow import Flow, scrolled
from ui.widgets.frame import Frame, Words

PREFIXES = ("/sync", "/clock", "/link", "/click")


class SyncBox(Frame):
    """A control for every node of the tree that leads, follows or counts; a sentence where there is none."""

    def __init__(self, store: Store) -> None:
        super().__init__(strings.SYNC)
        self.store = store
        self.controls: dict[str, Control] = {}
        self._shown: tuple = ()
        self.said = Words("", "label", "dim")
        self.flow = Flow(gap=8)
        self.body.addWidget(self.said)
        self.body.addWidget(scrolled(self.flow), 1)
        store.watch("/log", lambda _address, value: self._on_log(str(value)), self)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """What there is to set."""
        found = [one for prefix in PREFIXES for one in self.store.parameters(prefix)]
        shown = tuple((one.address, one.kind, one.low, one.high, one.labels) for one in found)
        has_sync = any(one.address.startswith(PREFIXES[:3]) for one in found)
        self.said.set_text("" if has_sync else strings.NO_SYNC)
        self.said.setVisible(not has_sync)
        if shown == self._shown:
            return
        self._shown = shown
        self.controls = {one.address: self.store.bind(control_for(one, "", "mix", None, "small")) for one in found}
        self.flow.fill(list(self.controls.values()))

    def _on_log(self, sentence: str) -> None:
        """What the instrument says of a clock stays to be read."""
        if "clock" in sentence.lower():
            self.said.set_text(sentence, "warn")
            self.said.show()
