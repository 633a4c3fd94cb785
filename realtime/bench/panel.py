"""The panel beside the engine: its frames, its knobs' way to the engine, and what it costs the callback; [main].

The engine plays in this process on the null driver; the panel runs in a process of its own, offscreen: open, and stalled
(stopped by a signal while its lease runs on), as well as closed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session.session import Options, Session

KEYS = (50, 57, 62, 65, 69)
NOTE_S = 0.3
SETTLE_S = 1.0
PHRASE, REST = 7, 6
"""Notes of a phrase, and as many rests after it, where somebody is to answer."""
WITH_PLAYERS = "players"
"""The view that is measured with a band playing: of its scene, or of these three where none is named."""
BAND = """
tempo_bpm = 120
[[track]]
name = "keys"
[[track.device]]
device = "poly"
[[player]]
player = "answer"
gap_beats = 0.5
register = 1
[[player]]
player = "answer"
gap_beats = 1.0
seed = 7
[[player]]
player = "answer"
gap_beats = 0.25
register = -1
"""


class _Player:
    """Notes, so that roll, meters and scope have something to draw."""

    def __init__(self, session: Session, rests: bool = False):
        self.session, self.rests, self.key, self.count, self.due = session, rests, 0, 0, 0.0

    def tick(self) -> None:
        self.session.tick()
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + NOTE_S
        if self.key:
            self.session.note(0x80, self.key, 0)
            self.key = 0
        if self.rests and self.count % (PHRASE + REST) >= PHRASE:
            self.count += 1
            return
        self.key = KEYS[self.count % len(KEYS)]
        self.session.note(0x90, self.key, 96)
        self.count += 1


def _run(player: _Player, running) -> dict[str, float]:
    """The callback's durations while `running()`; in µs."""
    settled = time.monotonic() + SETTLE_S
    reset = False
    while running():
        player.tick()
        if not reset and time.monotonic() > settled:
            player.session.engine.meters.reset()
            reset = True
        time.sleep(1.0 / 120.0)
    meters = player.session.engine.meters.snapshot()
    return {**{f"callback_{name}_us": value for name, value in meters["duration_us"].items()}, "late": meters["late"]}


def _for(seconds: float):
    end = time.monotonic() + seconds + SETTLE_S
    return lambda: time.monotonic() < end


def _panel(port: int, seconds: float, view: str, size: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "ui.panel",
        "--port",
        str(port),
        "--measure",
        str(seconds),
        "--view",
        view,
        "--size",
        size,
    ]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _delays_ms(edits: list, heard: dict[tuple[str, float], float]) -> list[float]:
    pairs = ((at, heard.get((address, round(float(value), 3)))) for address, value, at in edits)
    return sorted(1000.0 * (came - at) for at, came in pairs if came is not None)


def bench_panel(seconds: float = 10.0, view: str = "stage", size: str = "1920x1080", scene: str = "") -> dict:
    """Frame time, knob to engine, and the engine's callback with the panel closed, open and stalled.

    scene: a name or path; "" for first_light, or for three players where they are looked at."""
    with TemporaryDirectory() as folder:
        if not scene and view == WITH_PLAYERS:
            path = Path(folder) / "band.toml"
            path.write_text(BAND, "utf-8")
            return _bench(seconds, view, size, str(path))
        return _bench(seconds, view, size, scene or "first_light")


def _bench(seconds: float, view: str, size: str, scene: str) -> dict:
    played = view == WITH_PLAYERS
    options = Options(scene=scene, driver="null", midi=False, players=played, aside=False)
    with Session(options) as session:
        assert session.control is not None
        tree, port, player = session.control.tree, session.control.server.port, _Player(session, rests=played)
        if played:
            session.engine.play()
        heard: dict[tuple[str, float], float] = {}
        for node in [*tree.nodes("/rack"), *tree.nodes("/macro")]:
            if node.set is not None and node.type == "f":
                node.set = _noting(node.address, node.set, heard)
        result: dict[str, Any] = {"scene": Path(scene).stem, "closed": _run(player, _for(seconds))}
        child = _panel(port, seconds, view, size)
        result["open"] = _run(player, lambda: child.poll() is None)
        said = json.loads((child.communicate()[0] or "{}").strip().splitlines()[-1] if child.returncode == 0 else "{}")
        if not said:
            raise AntiphonError("the panel ended before it was measured; try `antiphon panel --screenshot p.png`")
        delays = _delays_ms(said.pop("edits"), heard)
        result["panel"] = said
        result["knob_to_engine_ms"] = {
            "edits": len(delays), "p50": delays[len(delays) // 2] if delays else None, "max": delays[-1] if delays else None,
        }  # fmt: skip
        stalled = _panel(port, 600.0, view, size)
        try:
            waiting = _for(30.0)
            while session.control.server.clients == 0 and waiting():
                player.tick()
                time.sleep(0.01)
            if hasattr(signal, "SIGSTOP"):
                os.kill(stalled.pid, signal.SIGSTOP)
            result["stalled"] = _run(player, _for(seconds))
        finally:
            stalled.kill()
            stalled.wait()
    return result


def _noting(address: str, set_it, heard: dict[tuple[str, float], float]):
    def put(value: float):
        heard.setdefault((address, round(float(value), 3)), time.monotonic())
        return set_it(value)

    return put
