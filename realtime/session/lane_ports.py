"""Numbers of the MIDI outputs that players' lanes name, for the callback; [main], control thread.

The callback knows outputs by number, 0 is Antiphon's own; the MIDI thread knows the pattern of each number. A number keeps its
name for as long as any lane has it, so that what sounds ends where it began.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from realtime.engine.layout import MAX_PORTS


class LanePorts:
    """route(patterns): tells the MIDI thread; used(): the names that lanes have now."""

    def __init__(
        self, route: Callable[[tuple[str, ...]], Any], used: Callable[[], Iterable[str]], say: Callable[[str], Any]
    ):
        self._route, self._used, self._say = route, used, say
        self._lock = threading.Lock()
        self.patterns: tuple[str, ...] = ("",) * (MAX_PORTS - 1)

    def number(self, name: str) -> int:
        """The number of an output, 0 for "" and for one too many, which is said."""
        if not name:
            return 0
        with self._lock:
            patterns = self.patterns
            if name not in patterns:
                used = set(self._used())
                at = next((at for at, known in enumerate(patterns) if not known or known not in used), None)
                if at is None:
                    self._say(
                        f"players go to more than {MAX_PORTS - 1} MIDI outputs; what is for {name!r} goes to Antiphon out"
                    )
                    return 0
                self.patterns = patterns = (*patterns[:at], name, *patterns[at + 1 :])
                self._route(patterns)
            return patterns.index(name) + 1
