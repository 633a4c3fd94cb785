"""Serves players in a process of their own, each by its shared memory; [player process].

    python -m realtime.players.host [WHOM]

WHOM only tells who lives here, to those who read a list of processes.
Orders come as lines of JSON on stdin, what is to be said goes out so on stdout. One thread runs all players in turn; a
second one reads the orders and makes the players, so that loading a model holds up none that plays. The end of stdin is
the end of the session, and of this process. Killed at any moment, it leaves all rings whole.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from typing import IO, Any

from realtime.contract import player_wire as wire
from realtime.native.ring import Ring
from realtime.players.ladder import Ladder
from realtime.players.lead import Lead
from realtime.players.memory import PlayerMemory
from realtime.players.plan import Planned
from realtime.players.player import Player
from realtime.players.registry import player_fault, served_class

POLL_S = 0.002
BACKLOG = 1024
"""Records taken at once."""
LOAD_S = 0.25
"""Time over which a player's share of the processor is measured."""
LAST_S = 2.0
"""What a player may still do after the session's end."""


def send(ring: Ring, planned: list[Planned]) -> int:
    """Pushes what was planned; returns how many did not fit."""
    refused = 0
    for p in planned:
        refused += not ring.push(
            beat=p.beat, duration_beats=p.duration_beats, value=p.value, kind=p.kind, serial=p.serial, lane=p.lane,
            key=p.key, velocity=p.velocity, number=p.number, value2=p.value2, bass=p.bass, classes=p.classes,
        )  # fmt: skip
    return refused


def serve_once(player: Player, memory: PlayerMemory, ladder: Ladder | None = None) -> int:
    """Hears all that waits and sends what was planned, to the engine and to its mirror; returns the records heard. Of
    transports that follow each other only the newest is heard, so that after a stall the player is at once where the
    music is."""
    records = memory.listen.pop_all(BACKLOG)
    transport = [*(r["kind"] == wire.TRANSPORT for r in records), False]
    for i, record in enumerate(records):
        if transport[i] and transport[i + 1]:
            continue
        started = time.perf_counter()
        player.hear(record)
        planned = player.take()
        if ladder is not None:
            player.rung = ladder.turn(time.perf_counter() - started, planned, player.now)
        if planned:
            memory.vitals["refused"] += send(memory.plan, [p for p in planned if p.kind != wire.PLAN_STATUS])
            send(memory.mirror, planned)
    return len(records)


class Served:
    """One player and its memory. Raises AntiphonError where it cannot be made."""

    def __init__(self, order: dict[str, Any]):
        self.name = order["player"]
        self.player = served_class(self.name)(package=order["package"], options=order.get("options"), **order["values"])
        self.player.keeps = True
        self.memory = PlayerMemory.attach(order["memory"])
        self.warned = self.told = self.reported = ""
        self.ladder = Ladder(len(self.player.LADDER))
        self._lead = Lead()
        self._spent = 0.0
        self._since = time.monotonic()

    def turn(self) -> int:
        """Serve it once, and count its time."""
        vitals = self.memory.vitals
        vitals["inside"] = 1
        started = time.perf_counter()
        self.player.lead_s = self._lead.turn(started)
        try:
            heard = serve_once(self.player, self.memory, self.ladder)
        finally:
            vitals["inside"] = 0
        self._spent += time.perf_counter() - started
        now = time.monotonic()
        if now - self._since >= LOAD_S:
            vitals["busy"] += 0.3 * (self._spent / (now - self._since) - vitals["busy"])
            self._spent, self._since = 0.0, now
        ladder = self.ladder
        vitals["rung"], vitals["hits"], vitals["misses"] = ladder.rung, ladder.hits, ladder.misses
        vitals["turns"] += 1
        return heard


class Host:
    """Runs players until its orders end."""

    def __init__(self, orders: IO[str], answers: IO[str]):
        self._orders, self._answers = orders, answers
        self._served: dict[int, Served] = {}
        self._made: queue.SimpleQueue[tuple[int, Served | None]] = queue.SimpleQueue()
        self._ended = threading.Event()

    def run(self) -> None:
        """[player process, its main thread]"""
        threading.Thread(target=self._read, name="orders", daemon=True).start()
        while not self._ended.is_set():
            while not self._made.empty():
                number, served = self._made.get()
                former = self._served.pop(number, None)
                if former is not None:
                    former.player.leave()
                    former.memory.free()
                if served is not None:
                    self._served[number] = served
            if not sum([self._turn(number) for number in list(self._served)]):
                time.sleep(POLL_S)
        for served in self._served.values():
            served.player.leave()

    def _turn(self, number: int) -> int:
        try:
            heard = self._served[number].turn()
            self._warn(number, self._served[number])
            self._keep(number, self._served[number].player)
            return heard
        except Exception as error:  # a player's file is anyone's: its fault is its own alone
            served = self._served.pop(number)
            served.memory.free()
            self._tell(number, "failed", str(player_fault(served.name, error)))
            return 0

    def _read(self) -> None:
        for line in self._orders:
            order = json.loads(line)
            number = int(order["number"])
            if order["do"] == "drop":
                self._made.put((number, None))
                continue
            try:
                served = Served(order)
            except Exception as error:
                self._tell(number, "failed", str(player_fault(order["player"], error)))
                continue
            self._warn(number, served)
            self._made.put((number, served))
        self._ended.set()
        time.sleep(LAST_S)
        os._exit(1)  # a player hangs, and there is nobody left to see it

    def _warn(self, number: int, served: Served) -> None:
        """What a player has to say to the performer, once, its news, and what it has found."""
        former, warning = served.warned, served.player.warning
        served.warned = warning
        if warning and warning != former:
            self._tell(number, "say", warning)
        if served.player.report != served.reported:
            served.reported = served.player.report
            self._tell(number, "report", served.reported)
        if served.player.news != served.told:
            served.told = served.player.news
            self._tell(number, "news", served.told)

    def _keep(self, number: int, player: Player) -> None:
        """What it has learned on stage, for its scene."""
        for option, text in player.kept.items():
            self._tell(number, "keep", text, option=option)
        player.kept.clear()

    def _tell(self, number: int, what: str, text: str, **more: str) -> None:
        try:
            print(json.dumps({"number": number, "what": what, "text": text, **more}), file=self._answers, flush=True)
        except OSError:
            self._ended.set()


def main() -> int:
    """Runs until stdin ends."""
    for name in ("SIGINT", "SIGHUP"):  # Ctrl-C and a closed terminal are for the session, which then ends us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a player's file prints is no answer of ours
    Host(sys.stdin, answers).run()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # memory that a player still looks at goes with the process
