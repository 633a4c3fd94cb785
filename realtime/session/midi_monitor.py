"""The MIDI monitor: the last messages in and out, in words; costs nothing while nobody watches; [main]."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from realtime.engine.layout import MONITORED
from realtime.midi.describe import Describer
from realtime.native.ring import Ring
from realtime.session.instrument import Rigged

LINES = 200
ROOM = 4096
GLANCE_S = 5.0
"""A look at the lines keeps the watch on for so long."""
_MOST_BYTES = 16


class MidiMonitor:
    """names: the engine's sources by number."""

    def __init__(self, session: Rigged, names: Callable[[], dict[int, str]]):
        self._session, self._names = session, names
        self.watched = False
        self._glance = 0.0
        self._ring: Ring | None = None
        self._engine: Any = None
        self._lines: deque[dict[str, Any]] = deque(maxlen=LINES)
        self._words: dict[tuple[str, str], Describer] = defaultdict(Describer)
        self._lock = threading.Lock()
        self._listener: Callable[[int, bytes], Any] | None = None
        self.news = False
        """Lines have come since the tree was told last."""

    def listen(self, listener: Callable[[int, bytes], Any] | None) -> None:
        """Show every message that comes in to one listener besides, as (source, first bytes); None: no more. [main]"""
        self._listener = listener

    def watch(self, on: bool) -> None:
        """Switch the watch. [any but audio]"""
        self.watched = bool(on)
        self._glance = 0.0

    def read(self) -> str:
        """The lines as JSON, newest last; whoever looks keeps the watch on a while. [any but audio]"""
        self._glance = time.monotonic() + GLANCE_S
        with self._lock:
            return json.dumps(list(self._lines), ensure_ascii=False)

    def long(self, source: int, data: bytes) -> None:
        """A dump that came by a port of the MIDI thread. [MIDI thread]"""
        if self._ring is not None:
            self._add(time.time(), source, data[:_MOST_BYTES], len(data))

    def attend(self) -> None:
        """Join or leave the callback, take what it shows."""
        wanted = self.watched or self._listener is not None or time.monotonic() < self._glance
        engine = self._session.engine
        if self._ring is not None and (not wanted or engine is not self._engine):
            self._engine.watch_midi(None)
            self._ring = None
        if wanted and self._ring is None:
            self._engine, self._ring = engine, Ring(MONITORED, ROOM)
            engine.watch_midi(self._ring)
        if self._ring is not None:
            self._take(self._ring)

    def _take(self, ring: Ring) -> None:
        engine = self._session.engine
        now, sample = time.time(), int(engine.record[0]["transport"]["sample"])
        for record in ring.pop_all(ROOM):
            size = int(record["size"])
            at = now + (int(record["sample"]) - sample) / engine.sample_rate
            source, data = int(record["source"]), record["data"][: min(size, _MOST_BYTES)].tobytes()
            self._add(at, source, data, size)
            if self._listener is not None and source >= 0:
                self._listener(source, data)

    def _add(self, at: float, source: int, data: bytes, size: int) -> None:
        native = self._session.driver.native_midi
        port = self._names().get(source, str(source)) if source >= 0 else ("midi_out" if native else "Antiphon out")
        direction = "in" if source >= 0 else "out"
        with self._lock:
            self._lines.append(
                {
                    "at": datetime.fromtimestamp(at).strftime("%H:%M:%S.%f")[:-3],
                    "port": port,
                    "direction": direction,
                    "text": self._words[port, direction].text(data, size),
                    "bytes": data.hex(" ").upper() + (" …" if size > len(data) else ""),
                }
            )
            self.news = True
