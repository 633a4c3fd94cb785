"""The rack: every device of the scene with its controls; Qt thread."""

from ui import strings
from ui.desk import Desk
from ui.views.bench import Bench
from ui.views.view import View
from ui.widgets.frame import column


class RackView(View):
    """One frame a device."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.bench = Bench(strings.RACK, self.store)
        self.setLayout(column(self.bench, margins=(16, 8, 16, 8)))
        self.store.structure_changed.connect(self.rebuild)
        self.rebuild()

    def rebuild(self) -> None:
        """The devices as the tree has them."""
        devices = [one for one in self.store.instrument.devices if one.root.startswith("/rack/")]
        self.bench.show_devices(devices, strings.EMPTY_RACK)
