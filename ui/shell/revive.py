"""Brings a dead instrument back: `antiphon play` with the same scene, audio and port, in a process of its own; Qt thread.

It starts in a session of its own, so that the panel's end is not its end unless the hand says so (`end`).
"""

import json
import subprocess
import sys
import tempfile
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

WATCH_MS = 250


def command(values: dict[str, Any], port: int | None) -> list[str]:
    """The command line for what was known of the instrument: scene, audio as /audio/state told it, control port."""
    made = [sys.executable, "-m", "realtime.cli", "play"]
    scene = str(values.get("/scene") or "")
    if scene:
        made.append(scene)
    made.append("--headless")
    if port:
        made += ["--control-port", str(port)]
    try:
        audio = json.loads(values.get("/audio/state") or "{}")
    except ValueError:
        audio = {}
    for flag, name in (("--driver", "driver"), ("--device", "device"), ("--server", "server"), ("--rate", "sample_rate"),
                       ("--frames", "frames"), ("--outputs", "outputs")):  # fmt: skip
        if audio.get(name):
            found = audio[name]
            made += [flag, str(int(found) if isinstance(found, float) else found)]
    if not audio and str(values.get("/engine/driver") or "").lower().startswith("null"):
        made += ["--driver", "null"]
    return made


class Reviver(QObject):
    """Emits failed(last line of what the instrument said) when it ends before it answers."""

    failed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.process: subprocess.Popen | None = None
        self._said: Any = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether an instrument that this started runs."""
        return self.process is not None and self.process.poll() is None

    def start(self, line: list[str]) -> None:
        """Starts it."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        try:
            self.process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=self._said, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as error:
            self.failed.emit(str(error.strerror or error))
            return
        self._timer.start(WATCH_MS)

    def end(self) -> None:
        """Ends what this started."""
        self._timer.stop()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def _look(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        self._timer.stop()
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        self.failed.emit(lines[-1].removeprefix("antiphon: ") if lines else f"status {self.process.returncode}")
        self.process = None
