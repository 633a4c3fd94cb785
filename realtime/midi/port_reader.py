"""Reads the open MIDI inputs: bytes to whole messages, ports that fall silent, overflow or go away; [MIDI thread]."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from realtime.midi.open_port import OpenIn, Sink

MESSAGES_A_TURN = 512
"""Messages read from one port before the others have their turn."""
SENSING_NS = 330_000_000
"""A port that has ever sent Active Sensing and then nothing for so long has gone: MIDI 1.0 allows it 300 ms."""
ACTIVE_SENSING = b"\xfe"


class Reader:
    """guard(function, *arguments): calls it, whatever it raises is told. look_again(): a port may be back. insensible():
    names of ports whose Active Sensing means nothing."""

    def __init__(
        self, sink: Sink, guard: Callable[..., Any], tell: Callable[[str], Any], look_again: Callable[[], Any],
        insensible: Callable[[], Collection[str]],
    ):  # fmt: skip
        self._sink, self._guard, self._tell, self._look_again = sink, guard, tell, look_again
        self._insensible = insensible

    def read(self, source: OpenIn) -> None:
        # before reading: what was lost, or not said, until now came after all that is read out below
        now_ns = time.monotonic_ns()
        source.overflowed |= source.port.overflowed()
        pieces = source.port.read(MESSAGES_A_TURN)
        for data, when_ns in pieces:
            source.heard_ns = when_ns
            for message in source.stream.feed(data):
                self._hear(source, message, when_ns)
        if len(pieces) == MESSAGES_A_TURN:
            return  # there may be more
        if source.port.unplugged():
            self._let_go(source)
            self._look_again()  # it may be back already
        if source.overflowed:
            source.overflowed = False
            self._tell(f"MIDI port '{source.name}' sends faster than it can be read; what it held is released.")
            self._let_go(source)
        elif source.sensing and now_ns - source.heard_ns > SENSING_NS:
            source.sensing = False
            self._let_go(source)

    def _hear(self, source: OpenIn, message: bytes, when_ns: int) -> None:
        if message == ACTIVE_SENSING:
            source.sensing = source.name not in self._insensible()
        elif message[0] == 0xF0:
            self._guard(self._sink.sysex, source.source, message)
        else:
            self._guard(self._sink.midi_in, source.source, message, when_ns)

    def _let_go(self, source: OpenIn) -> None:
        source.stream.reset()
        self._guard(self._sink.release_all, source.source)
