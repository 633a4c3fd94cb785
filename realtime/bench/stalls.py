"""What a stage laptop's interpreter does at the wrong moment, on demand; ordinary Python threads."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable

HOLD_S, BREATH_S = 0.2, 0.05


def _gil(running: Callable[[], bool]) -> None:
    """Make garbage and collect it, never letting go of the interpreter for longer than it takes by itself."""
    table: dict[int, list] = {}
    while running():
        for number in range(20_000):
            table[number % 997] = [number, str(number)]
        rubbish = [[number] for number in range(50_000)]
        gc.collect()
        del rubbish


def _hold(running: Callable[[], bool]) -> None:
    """Keep the interpreter lock for 200 ms at a time, as a C extension that never releases it."""
    if sys.platform == "win32":
        sleep_ms = ctypes.PyDLL("kernel32").Sleep
        hold = lambda: sleep_ms(int(HOLD_S * 1000))  # noqa: E731
    else:
        usleep = ctypes.PyDLL(None).usleep  # PyDLL keeps the lock during the call
        hold = lambda: usleep(int(HOLD_S * 1_000_000))  # noqa: E731
    while running():
        hold()
        time.sleep(BREATH_S)


def _gc(running: Callable[[], bool]) -> None:
    """Walk a graph of a million objects, over and over: each collection holds the lock throughout."""
    graph: list[dict] = [{"next": None, "data": [number]} for number in range(400_000)]
    for number, item in enumerate(graph):
        item["next"] = graph[(number * 7919) % len(graph)]
    while running():
        gc.collect()
        time.sleep(0.001)


STALLS: dict[str, Callable | None] = {"none": None, "gil": _gil, "hold": _hold, "gc": _gc}


def start(kind: str) -> Callable[[], None]:
    """Begin a stall of this kind in this process; returns the function that ends it."""
    work = STALLS[kind]
    if work is None:
        return lambda: None
    ending = threading.Event()
    thread = threading.Thread(target=work, args=(lambda: not ending.is_set(),), name=f"stall {kind}", daemon=True)
    thread.start()

    def stop() -> None:
        ending.set()
        thread.join(30)

    return stop
