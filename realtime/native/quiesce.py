"""Frees what the audio thread may still be reading once it has left the block it was in: one primitive for all; [main].

Epochs as in Fraser, "Practical lock-freedom" (2004); Linux's RCU calls the wait a grace period. The audio thread counts
the blocks it enters and leaves, two plain words. Whoever takes memory out of its sight (first unlink, then `retire`)
reads the count of blocks entered: once that many were left, no block that could have seen the memory is still running.
Nothing here waits, sleeps or guesses a duration: a thread preempted for a second inside a block delays the freeing by a
second, and a thread that never comes back keeps the memory for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.native.atomics import fetch_add, load_acquire, store_release
from realtime.native.jit import audio
from realtime.native.memory import aligned, load_i64

ENTERED, LEFT = 0, 64
"""Byte offsets of the two counts, each on a cache line of its own."""
_POLL_S = 0.0005


@audio
def enter(epochs):
    """The audio thread begins a block. [audio]"""
    # a full fence: what the block reads from here on is read after the count is seen by the other side
    fetch_add(epochs + ENTERED, 1)


@audio
def leave(epochs):
    """The audio thread has let go of all it saw in this block. [audio]"""
    store_release(epochs + LEFT, load_i64(epochs + ENTERED))


@audio
def _entered(epochs):
    return fetch_add(epochs + ENTERED, 0)


@audio
def _left(epochs):
    return load_acquire(epochs + LEFT)


class Quiesce:
    """The counts of one audio thread, and what waits to be freed behind them.

    address: of the two counts, for `enter` and `leave`.
    """

    def __init__(self) -> None:
        self._words = aligned(16, np.int64)
        self.address = self._words.ctypes.data
        self._waiting: list[tuple[int, Any, Callable[[], Any] | None]] = []
        self._lock = threading.Lock()

    def mark(self) -> int:
        """Blocks entered so far; take it after the memory was unlinked. [any]"""
        return int(_entered(self.address))

    def passed(self, mark: int) -> bool:
        """Whether every block that had been entered at `mark` was left again. [any]"""
        return bool(_left(self.address) >= mark)

    def retire(self, keep: Any = None, free: Callable[[], Any] | None = None) -> None:
        """Keep an object alive until the present block is over, then call `free` (on the thread that collects). [main]"""
        with self._lock:
            self._waiting.append((self.mark(), keep, free))

    def collect(self) -> int:
        """Free all that may be freed by now; returns how many still wait. [main]"""
        with self._lock:
            left = int(_left(self.address))
            ready = [entry for entry in self._waiting if left >= entry[0]]
            self._waiting = [entry for entry in self._waiting if left < entry[0]]
            waiting = len(self._waiting)
        for _, _, free in ready:
            if free is not None:
                free()
        return waiting

    def wait(self, timeout_s: float = 2.0) -> bool:
        """Until the present block is over; False if it is not within `timeout_s`: keep the memory then. [main]"""
        mark, deadline = self.mark(), time.monotonic() + timeout_s
        while not self.passed(mark):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True
