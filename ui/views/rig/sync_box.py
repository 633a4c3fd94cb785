"""Sync and click: what leads, what is sent, where the click goes; Qt thread."""

from ui import strings
from ui.state import rig
from ui.store import Store
from ui.views.rig.parts import Pick, named
from ui.widgets.choose import control_for
from ui.widgets.control import Control
from ui.widgets.flow import Flow, scrolled
from ui.widgets.frame import Frame, Words

FOLLOW = "/clock/follow"
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
        self.leads = Pick(strings.CLOCK_FOLLOW, self._follow)
        self.leads.setToolTip(strings.TIP_CLOCK_FOLLOW)
        self.body.addWidget(self.said)
        self.body.addLayout(named(strings.CLOCK_FOLLOW, self.leads))
        self.body.addWidget(scrolled(self.flow), 1)
        for address in (FOLLOW, "/midi/ports"):
            store.watch(address, lambda _address, _value: self._show_leads(), self)
        store.watch("/log/recent", lambda _address, _value: self._on_log(), self)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """What there is to set."""
        found = [one for prefix in PREFIXES for one in self.store.parameters(prefix)]
        shown = tuple((one.address, one.kind, one.low, one.high, one.labels) for one in found)
        self._show_leads()
        has_sync = self.store.has(FOLLOW) or any(one.address.startswith(PREFIXES[:3]) for one in found)
        self.said.set_text("" if has_sync else strings.NO_SYNC)
        self.said.setVisible(not has_sync)
        if shown == self._shown:
            return
        self._shown = shown
        self.controls = {one.address: self.store.bind(control_for(one, "", "mix", None, "small")) for one in found}
        self.flow.fill(list(self.controls.values()))

    def _show_leads(self) -> None:
        """Nobody, anybody, or one of the inputs that are there; and what is set, whatever it is."""
        self.leads.setEnabled(self.store.has(FOLLOW))
        inputs = [one.name for one in rig.ports(self.store.value("/midi/ports")) if one.direction == "in"]
        choices = [("", strings.CLOCK_NOBODY), ("any", strings.CLOCK_ANY), *((name, name) for name in inputs)]
        self.leads.show_choices(choices, str(self.store.value(FOLLOW, "") or ""))

    def _follow(self) -> None:
        wished = self.leads.value
        self._show_leads()  # until the tree says otherwise
        self.store.send(FOLLOW, wished)

    def _on_log(self) -> None:
        """What the instrument says of a MIDI clock stays to be read."""
        said = [
            str(line)
            for line in self.store.json("/log/recent", {}).get("last", [])
            if "midi clock" in str(line).lower()
        ]
        if said:
            self.said.set_text(said[-1], "warn")
            self.said.show()
