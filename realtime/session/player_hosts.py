"""Keeps the processes that players live in: several players share one; a dead or hung one is noticed and let go; [main].

A player whose own code was running as its process died or hung is the culprit: from then on it lives alone, so that it
takes no other with it a second time.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from typing import Any, Protocol

from realtime.contract import player_wire as wire
from realtime.players.memory import PlayerMemory

PLAYERS_A_PROCESS = 8
"""A process with a note model takes 240 MB, each further player in it 4 MB; but a process has one core alone."""
HANG_S = 4.0
"""Without a turn for so long a process counts as hung. A tick of a player takes milliseconds."""
LOAD_S = 120.0
"""Without a first turn for so long after its start a player counts as hung: a cold disk, a large model."""
LONGEST_TICK_S = 0.25
"""More than this between two looks was our own standstill, and proves nothing about others."""
KILLED = -9
"""What a process returns that was ended by SIGKILL: by a person, or by a system short of memory."""
LAST_S = 20.0
"""A process that was asked to end is made to after this."""


class Tenant(Protocol):
    """A player as its process's keeper sees it."""

    number: int
    title: str
    memory: PlayerMemory
    alone: bool
    report: str
    news: str

    def order(self) -> dict[str, Any]:
        """What its host must know to make it."""

    def lost(self, why: str, guilty: bool) -> None:
        """Its process is gone, or it was dropped there."""

    def say(self, text: str) -> None:
        """Something to tell the performer."""

    def keep(self, option: str, text: str) -> None:
        """An option of its own that it has found on stage."""


class _Process:
    """One host process and its tenants by the number of their order."""

    def __init__(self, whom: str, night: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "realtime.players.host", whom], env={**os.environ, wire.NIGHT: night},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        self.tenants: dict[int, Tenant] = {}
        self.waited: dict[int, float] = {}  # for a first turn
        self.private = False
        self._turns, self._still_s = -1, 0.0
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="player host", daemon=True).start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self._answers.put(json.loads(line))

    def order(self, number: int, **what: Any) -> None:
        try:
            assert self.popen.stdin is not None
            self.popen.stdin.write(json.dumps({"number": number, **what}) + "\n")
            self.popen.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended: the next look at it sees that

    def answers(self) -> list[dict[str, Any]]:
        found = []
        while not self._answers.empty():
            found.append(self._answers.get())
        return found

    def trouble(self, elapsed_s: float) -> str:
        """Why nothing is to be hoped from it, or ""."""
        if self.popen.poll() is not None:
            return f"ended (code {self.popen.returncode})"
        turns = 0
        for number, tenant in self.tenants.items():
            own = int(tenant.memory.vitals["turns"][0])
            turns += own
            if own:
                tenant.memory.unlink()
                self.waited.pop(number, None)
            elif number in self.waited:
                self.waited[number] += elapsed_s
        served = len(self.tenants) > len(self.waited)
        self._still_s = self._still_s + elapsed_s if served and turns == self._turns else 0.0
        self._turns = turns
        if self._still_s >= HANG_S:
            return f"hangs (no sign of life for {HANG_S:g} s)"
        if any(waited >= LOAD_S for waited in self.waited.values()):
            return f"hangs (not ready after {LOAD_S:g} s)"
        return ""

    def guilty(self) -> list[Tenant]:
        """Those whose own code was running, unless somebody from outside has killed the process."""
        if self.popen.returncode == KILLED:
            return []
        late = [self.tenants[number] for number, waited in self.waited.items() if waited >= LOAD_S]
        return late or [tenant for tenant in self.tenants.values() if tenant.memory.vitals["inside"][0]]

    def ask_to_end(self) -> None:
        try:
            assert self.popen.stdin is not None
            self.popen.stdin.close()
        except OSError:
            pass
        self.popen.terminate()


class PlayerHosts:
    """All processes of a session's players. whom: who lives in them, for those who read a list of processes.

    They share a folder for what players keep from song to song (wire.NIGHT); it goes as the session ends, unless whoever
    started us has made it.
    """

    def __init__(self, whom: str = "players") -> None:
        self._whom = whom
        self._given = os.environ.get(wire.NIGHT, "")
        self._night = ""
        self._processes: list[_Process] = []
        self._ending: list[tuple[float, _Process]] = []
        self._places: dict[Tenant, tuple[_Process, int]] = {}
        self._orders = 0
        self._looked = time.monotonic()

    @property
    def pids(self) -> list[int]:
        """Of the processes that serve players."""
        return [process.popen.pid for process in self._processes]

    def place(self, tenant: Tenant) -> None:
        """Have a player made in a process with room for it, or in a new one. Raises OSError where none can be started."""
        room = [p for p in self._processes if not p.private and len(p.tenants) < PLAYERS_A_PROCESS]
        process = room[0] if room and not tenant.alone else _Process(self._whom, self._folder())
        if process not in self._processes:
            process.private = tenant.alone
            self._processes.append(process)
        self._orders += 1
        process.tenants[self._orders], process.waited[self._orders] = tenant, 0.0
        self._places[tenant] = (process, self._orders)
        process.order(self._orders, do="serve", memory=tenant.memory.name, **tenant.order())

    def drop(self, tenant: Tenant) -> None:
        """A player is wanted no longer; a process without any ends."""
        process, number = self._places.pop(tenant, (None, 0))
        if process is None:
            return
        process.order(number, do="drop")
        self._forget(process, number)

    def watch(self) -> None:
        """Look after all of them; to be called often."""
        now = time.monotonic()
        elapsed_s, self._looked = min(LONGEST_TICK_S, now - self._looked), now
        for process in list(self._processes):
            for answer in process.answers():
                self._heed(process, answer)
            trouble = process.trouble(elapsed_s)
            if trouble and process in self._processes:
                self._give_up(process, trouble)
        self._reap(now)

    def close(self, wait_s: float = 2.0) -> None:
        """End all processes."""
        for process in self._processes:
            self._end(process)
        self._processes.clear()
        self._places.clear()
        for _, process in self._ending:
            try:
                process.popen.wait(wait_s)
            except subprocess.TimeoutExpired:
                process.popen.kill()
                process.popen.wait()
        self._ending.clear()
        if self._night:
            shutil.rmtree(self._night, ignore_errors=True)
            self._night = ""

    def _folder(self) -> str:
        """The night's, made as the first process needs it; "" where none can be had: then players keep nothing."""
        if not (self._given or self._night):
            with suppress(OSError):
                self._night = tempfile.mkdtemp(prefix="antiphon_night_")
        return self._given or self._night

    def _heed(self, process: _Process, answer: dict[str, Any]) -> None:
        number = int(answer["number"])
        tenant = process.tenants.get(number)
        if tenant is None:
            return  # dropped meanwhile
        if answer["what"] == "say":
            tenant.say(answer["text"])
            return
        if answer["what"] == "keep":
            tenant.keep(answer["option"], answer["text"])
            return
        if answer["what"] in ("news", "report"):
            setattr(tenant, answer["what"], answer["text"])
            return
        self._places.pop(tenant, None)
        self._forget(process, number)
        tenant.lost(f"failed ({answer['text']})", True)

    def _forget(self, process: _Process, number: int) -> None:
        process.tenants.pop(number, None)
        process.waited.pop(number, None)
        if not process.tenants and process in self._processes:
            self._processes.remove(process)
            self._end(process)

    def _give_up(self, process: _Process, why: str) -> None:
        self._processes.remove(process)
        guilty, tenants = process.guilty(), list(process.tenants.values())
        self._end(process)
        for tenant in tenants:
            self._places.pop(tenant, None)
        for tenant in tenants:
            shared = bool(guilty) and tenant not in guilty
            tenant.alone = tenant.alone or (tenant in guilty and len(tenants) > 1)
            tenant.lost(f"lost its process: another in it {why}" if shared else why, not shared)

    def _end(self, process: _Process) -> None:
        process.ask_to_end()
        self._ending.append((time.monotonic() + LAST_S, process))

    def _reap(self, now: float) -> None:
        for entry in list(self._ending):
            until, process = entry
            if process.popen.poll() is not None:
                self._ending.remove(entry)
            elif now >= until:
                process.popen.kill()
