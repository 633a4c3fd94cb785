"""One MIDI source seen from Python: bytes in, EVENT records out, by the callback's own keeper; [main]."""

from __future__ import annotations

import numpy as np

from realtime.contract.events import EVENT
from realtime.midi import decode as audio_side
from realtime.midi.keeper import new_keeper


class Source:
    """For offline rendering, MIDI files and tests.

    ids: int64 array of shape (1,), the note counter shared by all sources of one engine; an own one if None.
    capacity: events that one call may write.
    """

    def __init__(self, ids: np.ndarray | None = None, capacity: int = 4096):
        self.keeper = new_keeper()
        self._ids = np.zeros(1, np.int64) if ids is None else ids
        self._out = np.zeros(max(1, capacity), EVENT)
        self.capacity = capacity

    def _tail(self, offset: int, time: int, capacity: int | None) -> tuple[int, ...]:
        room = self.capacity if capacity is None else min(capacity, len(self._out))
        return offset, time, self._ids.ctypes.data, self._out.ctypes.data, room

    def feed(self, message: bytes, offset: int = 0, time: int = 0, capacity: int | None = None) -> np.ndarray:
        """Decode one complete message; returns its EVENT records, shape (n,)."""
        data = np.frombuffer(bytes(message) or b"\0", np.uint8)
        tail = self._tail(offset, time, capacity)
        return self._out[: audio_side.decode(self.keeper.ctypes.data, data.ctypes.data, len(message), *tail)].copy()

    def flush(self, offset: int = 0, time: int = 0, capacity: int | None = None) -> np.ndarray:
        """Events that earlier calls had no room for."""
        return self._out[: audio_side.flush(self.keeper.ctypes.data, *self._tail(offset, time, capacity))].copy()

    def release_all(self, offset: int = 0, time: int = 0, capacity: int | None = None) -> np.ndarray:
        """The source has gone away: all its notes end, its pedals and wheels go home."""
        return self._out[: audio_side.release_all(self.keeper.ctypes.data, *self._tail(offset, time, capacity))].copy()

    def panic(self, offset: int = 0, time: int = 0, capacity: int | None = None) -> np.ndarray:
        """Silence at once."""
        return self._out[: audio_side.panic(self.keeper.ctypes.data, *self._tail(offset, time, capacity))].copy()

    @property
    def sounding(self) -> int:
        """Notes that have begun and not yet ended."""
        return int(self.keeper["sounding"][0])
