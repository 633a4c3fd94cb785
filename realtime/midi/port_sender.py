"""Sends to the open MIDI outputs, each message at its time, as fast as a port takes it; [MIDI thread]."""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections.abc import Callable, Iterable
from typing import Any

from realtime.midi.open_port import OpenOut

POLL_S = 0.001
LINGER_S = 0.05
"""A port outlives its last messages by this much: JACK hands them on a cycle later."""
Pull = Callable[[], Iterable[tuple[int, int, bytes]]]


class Sender:
    """pull: asked in every turn for messages to send, as (port, when_ns, bytes). guard: as of the reader."""

    def __init__(self, pull: Pull | None, guard: Callable[..., Any]):
        self._pull_from, self._guard = pull, guard
        self.lost = 0
        """Messages out that no port could take."""
        self._new: queue.SimpleQueue = queue.SimpleQueue()
        self._heap: list[tuple[int, int, bytes, str]] = []
        self._count = itertools.count()

    def send(self, data: bytes, when_ns: int, to: str) -> None:
        """One message, at a time of the monotonic clock, to all that hear what is played or to the one of a name. [any]"""
        self._new.put((when_ns, bytes(data), to))

    def silence(self, outs: Iterable[OpenOut]) -> None:
        """Forget what is planned and end what sounds."""
        self._heap.clear()
        for out in outs:
            out.waiting = out.sounding.silence()

    def _pull(self) -> None:
        assert self._pull_from is not None
        for _, when_ns, data in self._pull_from():
            heapq.heappush(self._heap, (when_ns, next(self._count), bytes(data), ""))

    def turn(self, outs: Iterable[OpenOut]) -> None:
        """Send what is due."""
        if self._pull_from is not None:
            self._guard(self._pull)
        while not self._new.empty():
            when_ns, data, to = self._new.get()
            heapq.heappush(self._heap, (when_ns, next(self._count), data, to))
        for out in outs:
            self._send_waiting(out)
        while self._heap and self._heap[0][0] <= time.monotonic_ns():
            _, _, data, to = heapq.heappop(self._heap)
            for out in outs:
                if out.name == to or (not to and out.hears_all):
                    out.waiting.append(data)
                    self._send_waiting(out)

    def _send_waiting(self, out: OpenOut) -> None:
        sent = 0
        for data in out.waiting:
            if out.budget is not None and not out.budget.take(len(data)):
                if out.budget.fits(len(data)):
                    break
                self.lost += 1  # a dump longer than RtMidi's ring can never go
            else:
                try:
                    out.port.send_message(data)
                    out.sounding.heard(data)
                except Exception:
                    self.lost += 1
            sent += 1
        del out.waiting[:sent]

    def finish(self, out: OpenOut) -> None:
        """The port is about to close: whoever listens must not keep our notes."""
        out.waiting += out.sounding.release()
        if not out.waiting:
            return
        deadline = time.monotonic() + 0.2
        while out.waiting and time.monotonic() < deadline:
            self._send_waiting(out)
            time.sleep(POLL_S)
        time.sleep(LINGER_S)
