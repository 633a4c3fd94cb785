"""A real session on the silent clock, its main loop on a thread of its own, that remembers the notes and panics it is told."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from realtime.control.osc import ControlServer
from realtime.control.tree import Tree
from realtime.session.session import Options, Session

DEVICES = ("poly", "saturator", "eq", "compressor", "delay", "reverb")
TITLE = "Valve"
"""Of the second device."""
SCENE = '[[track]]\nname = "keys"\n' + "".join(
    f'[[track.device]]\ndevice = "{name}"\n' + (f'title = "{TITLE}"\n' if name == "saturator" else "")
    for name in DEVICES
)


class _Attentive(Session):
    """Plays what it is told, and keeps count of it."""

    def __init__(self, options: Options):
        self.told: list[tuple[int, int, int]] = []
        self.panics = 0
        super().__init__(options)

    def note(self, status: int, data1: int, data2: int) -> None:
        self.told.append((status, data1, data2))
        super().note(status, data1, data2)

    def panic(self) -> None:
        self.panics += 1
        super().panic()


class RealShow:
    """Opened on a UDP port (0: any); devices number 1 to 6 of the rack are DEVICES."""

    def __init__(self, port: int = 0):
        self._folder = tempfile.TemporaryDirectory(prefix="antiphon-show-")
        scene = Path(self._folder.name) / "six.toml"
        scene.write_text(SCENE)
        self.session = _Attentive(
            Options(scene=scene, driver="null", midi=False, players=False, control_port=port)
        ).open()
        self._stop = threading.Event()
        self._main = threading.Thread(target=self.session.run, kwargs={"stop": self._stop}, name="main loop")
        self._main.start()

    @property
    def midi(self) -> list[tuple[int, int, int]]:
        """The messages that reached it."""
        return self.session.told

    @property
    def tree(self) -> Tree:
        return self.session.control.tree

    @property
    def server(self) -> ControlServer:
        return self.session.control.server

    @property
    def port(self) -> int:
        return self.server.port

    def stop(self) -> None:
        """The end of the show."""
        self._stop.set()
        self._main.join()
        self.session.close()
        self._folder.cleanup()

    def __enter__(self) -> RealShow:
        return self

    def __exit__(self, *_) -> None:
        self.stop()
