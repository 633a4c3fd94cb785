"""Commands and news on their way to the callback, from as many threads as like; [any but audio]."""

from __future__ import annotations

import threading

from realtime.engine.engine_memory import EngineMemory


class CommandPort:
    """The writing end of an engine's command ring, and of the ring that tells all players of the music."""

    def __init__(self, memory: EngineMemory):
        self._memory = memory
        self._lock = threading.Lock()

    def send(self, kind: int, number: int = 0, value: float = 0.0, value2: float = 0.0) -> bool:
        """One command; False if no callback runs and the ring is full."""
        with self._lock:
            return self._memory.commands.push(kind=kind, number=number, value=value, value2=value2)

    def tell(self, kind: int, fields: dict[str, float]) -> bool:
        """Fields of wire.LISTEN; False if there is no room."""
        with self._lock:
            return self._memory.tells.push(kind=kind, **fields)
