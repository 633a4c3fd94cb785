"""Nothing ends the show: runs a piece of work, and says in one sentence what went wrong with it; [any but audio]."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from realtime.native.crashlog import brief, log
from realtime.native.errors import AntiphonError

QUIET_S = 10.0
"""The same fault at the same place is said once in so long."""
_MOST_FAULTS = 256


def explain(error: Exception, what: str) -> str:
    """One sentence for a performer; what nobody foresaw goes to the log with its full text."""
    if isinstance(error, AntiphonError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{what}: there is not enough memory; end other programs, the music goes on"
    if isinstance(error, RecursionError):
        return f"{what}: it is nested too deeply; the music goes on ({log(error, what)})"
    return f"{what}: this should not have happened ({brief(error)}); the music goes on, {log(error, what)}"


class Guard:
    """say: told each sentence. A fault that comes back at once (in every turn of the main loop) is not said again."""

    def __init__(self, say: Callable[[str], Any]):
        self._say = say
        self._said: dict[tuple[str, str], float] = {}

    def run(self, what: str, work: Callable[..., Any], *arguments: Any) -> bool:
        """Do it; False if it failed, which has been said then. `what` begins the sentence."""
        try:
            work(*arguments)
        except Exception as error:
            self.fault(what, error)
            return False
        return True

    def fault(self, what: str, error: Exception) -> None:
        """Say it, unless it was said a moment ago. Never raises."""
        now, key = time.monotonic(), (what, "" if isinstance(error, AntiphonError) else brief(error))
        if not isinstance(error, AntiphonError) and now - self._said.get(key, -QUIET_S) < QUIET_S:
            return
        if len(self._said) >= _MOST_FAULTS:
            self._said.clear()
        self._said[key] = now
        self._say(explain(error, what))
