"""A private PipeWire with a null sink, under a message bus and a runtime folder of its own; [main]."""

from __future__ import annotations

import glob
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from realtime.bench.servers import Program, binary

_CONFIGURATION = """\
context.properties = {{
    default.clock.rate = {rate}
    default.clock.allowed-rates = [ {rate} ]
    default.clock.quantum = {frames}
    default.clock.min-quantum = 16
}}
context.objects = [
    {{ factory = adapter
      args = {{
        factory.name = support.null-audio-sink
        node.name = nullsink
        node.description = "nullsink"
        media.class = Audio/Sink
        audio.position = [ FL FR ]
        object.linger = true
      }}
    }}
]
"""


def library() -> str:
    """PipeWire's own libjack."""
    found = sorted(glob.glob("/usr/lib/*/pipewire-*/jack/libjack.so.0"))
    if not found:
        raise RuntimeError("PipeWire's libjack is missing: install pipewire-jack (or run 'make setup').")
    return found[0]


class PipeWire:
    """`with PipeWire(folder) as server`: this process's JACK clients reach it by PipeWire's libjack."""

    def __init__(self, folder: Path, sample_rate: int = 48_000, frames: int = 256):
        self.folder, self.sample_rate, self.frames = folder, sample_rate, frames
        self.log = folder / "pipewire.log"
        self.program: Any = None  # a Program while it runs
        self._former: dict[str, str | None] = {}

    @property
    def environment(self) -> dict[str, str]:
        runtime = str(self.folder / "run")
        return {
            "XDG_RUNTIME_DIR": runtime,
            "PIPEWIRE_RUNTIME_DIR": runtime,
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "ANTIPHON_LIBJACK": library(),
        }

    def start(self) -> PipeWire:
        for program in ("pipewire", "wireplumber"):
            binary(program)
        configuration = self.folder / "config/pipewire/pipewire.conf.d"
        configuration.mkdir(parents=True, exist_ok=True)
        (self.folder / "run").mkdir(mode=0o700, exist_ok=True)
        text = _CONFIGURATION.format(rate=self.sample_rate, frames=self.frames)
        (configuration / "null-sink.conf").write_text(text)
        script = "pipewire & sleep 0.3; exec wireplumber"
        self.program = Program(["dbus-run-session", "--", "sh", "-c", script], self.log, self.environment)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.program.alive:
            if "nullsink:playback_FR" in self.ports():
                return self
            time.sleep(0.1)
        text = self.log.read_text(errors="replace")[-500:]
        self.stop()
        raise RuntimeError(f"PipeWire did not start: {text}")

    def ports(self) -> str:
        """What jack_lsp -c sees."""
        folder = os.path.dirname(library())
        environment = {**os.environ, **self.environment, "LD_LIBRARY_PATH": folder}
        try:
            answer = subprocess.run(
                [binary("jack_lsp"), "-c"], env=environment, capture_output=True, text=True, timeout=3
            )
        except subprocess.TimeoutExpired:
            return ""
        return answer.stdout

    def use(self) -> None:
        self._former = {key: os.environ.get(key) for key in self.environment}
        os.environ.update(self.environment)

    def kill(self) -> None:
        """SIGKILL to the whole session: bus, PipeWire and WirePlumber."""
        self.program.kill()

    def stop(self) -> None:
        if self.program is not None:
            self.program.stop()
        for key, value in self._former.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})
        self._former = {}

    def __enter__(self) -> PipeWire:
        self.start()
        self.use()
        return self

    def __exit__(self, *_) -> None:
        self.stop()
