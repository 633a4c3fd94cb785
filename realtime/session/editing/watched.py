"""Whether files came, went or changed their names below some folders, seen by the times of the folders alone; [control thread].

A folder's time changes when an entry comes, goes or is renamed, so a look costs one `stat` a folder, however many files.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

LOOK_S = 1.0
FRESH_S = 2.0
"""A folder whose time is so young may change again within the clock's grain: it is looked into once more."""


class Watched:
    """roots(): the folders now; any of them may be missing."""

    def __init__(self, roots: Callable[[], Iterable[Path]], clock: Callable[[], float] = time.monotonic):
        self._roots, self._clock = roots, clock
        self._seen: dict[str, int] = {}
        self._next = 0.0
        self._fresh = True

    def changed(self) -> bool:
        """Whether something is other than at the last call that said so; looked at once in LOOK_S, so True may come late."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + LOOK_S
        found = {path: _time_of(path) for path in self._seen}
        if not self._fresh and found == self._seen and not self._new_root():
            return False
        self._seen = {path: _time_of(path) for root in self._roots() for path in _folders(root)}
        self._fresh = time.time() - max(self._seen.values(), default=0) / 1e9 < FRESH_S
        return True

    def _new_root(self) -> bool:
        return any(str(root) not in self._seen for root in self._roots())


def _time_of(path: str) -> int:
    """0 of a folder that is not there."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _folders(root: Path) -> list[str]:
    """A folder, there or not, and all below it."""
    return list(dict.fromkeys([str(root), *(folder for folder, _, _ in os.walk(root))]))
