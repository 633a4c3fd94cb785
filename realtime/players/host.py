"""Runs one player in a process of its own, between two rings in shared memory; [player process, its only thread].

    python -m realtime.players.host answer --listen NAME --plan NAME --capacity 4096 --package FILE --seed 0 --set
    density=1

Killed at any moment, it leaves both rings whole: the session starts another one on them.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from multiprocessing import resource_tracker, shared_memory

from realtime.contract import player_wire as wire
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring
from realtime.players.player import Planned, Player, player_class

POLL_S = 0.002
ORPHAN_CHECK_S = 0.5
BACKLOG = 2048  # records taken at once


def attach(name: str, dtype, capacity: int) -> tuple[shared_memory.SharedMemory, Ring]:
    """A ring that another process made. Raises AntiphonError if it is not there."""
    try:
        memory = shared_memory.SharedMemory(name=name)
        # Python 3.11 registers what it only attaches, and would unlink the session's memory when this process ends
        if os.name == "posix":
            resource_tracker.unregister(memory._name, "shared_memory")  # type: ignore[attr-defined]
        return memory, Ring(dtype, capacity, memory.buf, attach=True)
    except (OSError, ValueError) as error:
        raise AntiphonError(
            f"Shared memory {name}: no ring of the right kind is there ({error}); start the player by `antiphon play`."
        ) from error


def send(ring: Ring, planned: list[Planned]) -> int:
    """Pushes what was planned; returns how many did not fit (the engine has stopped reading)."""
    refused = 0
    for p in planned:
        refused += not ring.push(
            beat=p.beat,
            duration_beats=p.duration_beats,
            value=p.value,
            kind=p.kind,
            serial=p.serial,
            channel=p.channel,
            key=p.key,
            velocity=p.velocity,
            number=p.number,
        )
    return refused


def serve_once(player: Player, listen: Ring, plan: Ring) -> tuple[int, bool]:
    """Hears all that waits and sends what was planned: (records heard, whether to go on). Of transports that follow each
    other only the newest is heard, so that after a stall the player is at once where the music is."""
    records = listen.pop_all(BACKLOG)
    transport = [*(r["kind"] == wire.TRANSPORT for r in records), False]
    for i, record in enumerate(records):
        if transport[i] and transport[i + 1]:
            continue
        if not player.hear(record):
            return len(records), False
        send(plan, player.take())
    return len(records), True


def serve(player: Player, listen: Ring, plan: Ring, parent: int = 0) -> None:
    """Until QUIT, or until the parent process is gone (POSIX: a child of the dead is adopted)."""
    next_check = 0.0
    while True:
        heard, go_on = serve_once(player, listen, plan)
        if not go_on:
            return
        if not heard:
            time.sleep(POLL_S)
        now = time.monotonic()
        if now >= next_check:
            next_check = now + ORPHAN_CHECK_S
            if parent and os.name == "posix" and os.getppid() != parent:
                return


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after QUIT, 2 for bad arguments or shared memory (one sentence on stderr)."""
    parser = argparse.ArgumentParser(prog="realtime.players.host", description=__doc__.splitlines()[0])
    parser.add_argument("player")
    parser.add_argument("--listen", required=True, help="shared memory of the ring of LISTEN records")
    parser.add_argument("--plan", required=True, help="shared memory of the ring of PLAN records")
    parser.add_argument("--capacity", type=int, default=4096)
    parser.add_argument("--package", default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parent", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the session, which then ends us
    try:
        values = {name: float(value) for name, _, value in (pair.partition("=") for pair in options.set)}
        player = player_class(options.player)(package=options.package, seed=options.seed, **values)  # type: ignore[call-arg]
        listen_memory, listen = attach(options.listen, wire.LISTEN, options.capacity)
        plan_memory, plan = attach(options.plan, wire.PLAN, options.capacity)
    except (AntiphonError, ValueError) as error:
        print(f"player {options.player}: {error}", file=sys.stderr)
        return 2
    if warning := getattr(player, "warning", ""):
        print(warning, file=sys.stderr, flush=True)
    serve(player, listen, plan, options.parent)
    del listen, plan
    for memory in (listen_memory, plan_memory):
        with suppress(BufferError):  # views live as long as this process
            memory.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
