"""Joins the MIDI ports to the engine: what comes goes in stamped, what it plays goes out on time; [MIDI thread]."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from realtime.engine.engine import Engine
from realtime.engine.layout import HARDWARE_SOURCE, PLAYER_SOURCE, PORT_SOURCE
from realtime.midi.ports import MidiPorts


class MidiIO:
    """The sink of the ports. native: the driver has MIDI ports of its own, so none are made here beside hardware."""

    def __init__(self, engine: Engine, patterns: Iterable[str], native: bool, say: Callable[[str], Any]):
        self.engine = engine
        self.sysex_heard = 0
        self._say = say
        self.ports = MidiPorts(
            self,
            inputs=tuple(patterns),
            outputs=(),
            api="alsa" if native else "auto",
            virtual=not native,
            pull=None if native else (lambda: self.engine.midi_out()),
            max_sources=PLAYER_SOURCE - PORT_SOURCE,
        )

    def start(self) -> None:
        """Open what there is; the rest is opened as it appears."""
        self.ports.start()

    def stop(self) -> None:
        """Close all ports; what sounds outside ends."""
        self.ports.stop()

    @staticmethod
    def engine_source(source: int) -> int:
        """The engine's number of a port: 0, the virtual one, is the port source; hardware follows."""
        return PORT_SOURCE if source == 0 else min(PLAYER_SOURCE - 1, HARDWARE_SOURCE + source - 1)

    def midi_in(self, source: int, data: bytes, when_ns: int) -> None:
        """One message of a port."""
        self.engine.midi_in(self.engine_source(source), data, when_ns)

    def sysex(self, source: int, data: bytes) -> None:
        """System exclusive passes through to MIDI out."""
        self.sysex_heard += 1
        self.ports.send(data)

    def release_all(self, source: int) -> None:
        """A port has gone: its notes end."""
        self.engine.release(self.engine_source(source))
