"""The session's end of a player: starts its process, joins it to the engine by two rings, brings it back; [main]."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.device import Param
from realtime.engine.engine import Engine
from realtime.engine.layout import HARDWARE_SOURCE, PANEL_SOURCE, PLAYER_SOURCE
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring
from realtime.players.player import player_class
from realtime.session.paths import MODELS, user_folder
from realtime.session.player_slot import PlayerSlot

CAPACITY = 4096
_RESTART_S = 1.0


def _shared(dtype) -> tuple[shared_memory.SharedMemory, Ring]:
    memory = shared_memory.SharedMemory(create=True, size=Ring.bytes_needed(dtype, CAPACITY))
    return memory, Ring(dtype, CAPACITY, memory.buf)


def _mask(hears: tuple[str, ...]) -> int:
    mask = 0
    for name in hears:
        if name == "keys":
            mask |= (1 << PLAYER_SOURCE) - 1
        elif name == "panel":
            mask |= 1 << PANEL_SOURCE
        elif name.startswith("player ") and name[7:] in ("1", "2", "3", "4"):
            mask |= 1 << (PLAYER_SOURCE + int(name[7:]) - 1)
        elif name.startswith("port ") and name[5:].isdigit():
            mask |= 1 << (HARDWARE_SOURCE + int(name[5:]) - 1)
        else:
            raise AntiphonError(f'a player hears "keys", "panel", "port N" or "player N", not {name!r}')
    return mask


class PlayerLink:
    """One player process. number: 0..3, its place in the scene."""

    def __init__(self, number: int, slot: PlayerSlot, engine: Engine, say: Callable[[str], Any]):
        self.number, self.slot, self._say = number, slot, say
        player = player_class(slot.player)
        self.name, self.title = slot.player, slot.player.capitalize()
        self.params: tuple[Param, ...] = player.PARAMS
        self._values = {param.id: param.default for param in self.params}
        self._check(slot)
        self._listen: Ring | None
        self._plan: Ring | None
        self._listen_memory, self._listen = _shared(wire.LISTEN)
        self._plan_memory, self._plan = _shared(wire.PLAN)
        self._closed = False
        self._starts: list[float] = []
        self.process: subprocess.Popen | None = None
        self.engine = engine
        self.connect(engine)
        self._start()

    def _check(self, slot: PlayerSlot) -> None:
        table = {param.id: param for param in self.params}
        for name, raw in slot.values.items():
            if name == "seed":
                continue
            if name not in table:
                raise AntiphonError(
                    f"player {slot.player!r} has no parameter {name!r}; it has: seed, {', '.join(table)}"
                )
            try:
                self._values[name] = table[name].parse(raw)
            except AntiphonError as error:
                raise AntiphonError(f"player {slot.player!r}: {error}") from None

    def connect(self, engine: Engine) -> None:
        """Join the rings to an engine (also to a new one, after the sample rate changed)."""
        self.engine = engine
        if self._listen is not None and self._plan is not None:
            engine.connect_player(self.number, self._listen, self._plan, _mask(self.slot.hears))

    def _start(self) -> None:
        package = self.slot.options.get("file", f"{player_class(self.slot.player).MODEL}.onnx")
        candidates = [Path(str(package)), user_folder("models") / str(package), MODELS / str(package)]
        path = next((candidate for candidate in candidates if candidate.is_file()), candidates[-1])
        seed = int(self.slot.values.get("seed", 0))
        command = [
            sys.executable, "-m", "realtime.players.host", self.slot.player,
            "--listen", self._listen_memory.name, "--plan", self._plan_memory.name, "--capacity", str(CAPACITY),
            "--package", str(path), "--seed", str(seed), "--parent", str(os.getpid()),
        ]  # fmt: skip
        for name, value in self._values.items():
            command += ["--set", f"{name}={value}"]
        self._starts.append(time.monotonic())
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    @property
    def values(self) -> dict[str, float]:
        """All parameters as set last."""
        return dict(self._values)

    def get(self, row: int) -> float:
        """A parameter as set last."""
        return self._values[self.params[row].id]

    def set(self, row: int, value: float) -> None:
        """Move a parameter; heard with the next note it plans."""
        param = self.params[row]
        self._values[param.id] = param.clamp(float(value))
        self.engine.set_player_param(self.number, row, self._values[param.id])

    def update(self, slot: PlayerSlot) -> None:
        """Another scene uses the same player: keep the process, change its values."""
        self.slot = slot
        self._values = {param.id: param.default for param in self.params}
        self._check(slot)
        self.connect(self.engine)
        for row, param in enumerate(self.params):
            self.set(row, self._values[param.id])

    def watch(self) -> None:
        """Bring a dead process back, at most three times in ten seconds; its notes end meanwhile."""
        if self._closed or self.process is None or self.process.poll() is None:
            return
        code = self.process.returncode
        self.process = None
        self.engine.release(PLAYER_SOURCE + self.number)
        now = time.monotonic()
        self._starts = [start for start in self._starts if now - start < 10.0]
        if len(self._starts) >= 3:
            self._say(
                f"player {self.name} ended three times in ten seconds (code {code}); it stays off, the music goes on"
            )
            return
        self._say(f"player {self.name} ended (code {code}); starting it again")
        if self._listen is not None:
            self._listen.pop_all()
        self._start()

    def close(self) -> None:
        """End the process, its notes, and the shared memory."""
        if self._closed:
            return
        self._closed = True
        self.engine.disconnect_player(self.number)
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(2.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        time.sleep(0.03)  # the callback may still be in the block that read the rings
        self._listen = self._plan = None
        for memory in (self._listen_memory, self._plan_memory):
            memory.unlink()
            with contextlib.suppress(BufferError):  # someone still looks at it: it goes with the process
                memory.close()
