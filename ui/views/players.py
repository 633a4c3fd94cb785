"""The players: what each does now, with all its parameters; Qt thread."""

from typing import Any

from ui import strings
from ui.desk import Desk
from ui.views.bench import Bench
from ui.views.view import View
from ui.widgets.frame import column

READINGS = ("status", "late", "latest_ms", "load")


class PlayersView(View):
    """One frame a player, its head saying what it does."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.bench = Bench(strings.PLAYERS, self.store)
        self.setLayout(column(self.bench, margins=(16, 8, 16, 8)))
        self.rebuild()
        self.store.structure_changed.connect(self.rebuild)
        self.store.watch("/player", self._on_value, self)

    def rebuild(self) -> None:
        """The players as the tree has them."""
        self.players = [one for one in self.store.instrument.devices if one.root.startswith("/player/")]
        self.bench.show_devices(self.players, strings.NO_PLAYERS)
        self._heads()

    def _on_value(self, address: str, _value: Any) -> None:
        if address.rsplit("/", 1)[-1] in (*READINGS, "bypass", "mute"):
            self._heads()

    def _heads(self) -> None:
        for device, frame in zip(self.players, self.bench.frames, strict=True):
            frame.set_head(self._words(device.root, device.number, device.title), self._tint(device.root))

    def _tint(self, root: str) -> str:
        return "" if self.store.value(f"{root}/bypass", False) else "player"

    def _words(self, root: str, number: int, title: str) -> str:
        value = self.store.value
        if value(f"{root}/bypass", False):
            return f"{number} {title} · {strings.OFF}"
        parts = [f"{number} {title}", str(value(f"{root}/status") or "")]
        if value(f"{root}/late", 0):
            parts.append(strings.PLAYER_LATE.format(int(value(f"{root}/late")), float(value(f"{root}/latest_ms", 0.0))))
        if value(f"{root}/load"):
            parts.append(strings.PLAYER_LOAD.format(float(value(f"{root}/load"))))
        return " · ".join(part for part in parts if part)
