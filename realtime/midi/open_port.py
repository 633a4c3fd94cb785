"""One open MIDI port, in or out, and who hears what comes in; made by [scan thread], used by [MIDI thread]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from realtime.midi.backend import Input
from realtime.midi.bytestream import ByteStream
from realtime.midi.jackwatch import RingBudget
from realtime.midi.sounding import Sounding


class Sink(Protocol):
    """Who hears the ports; every call comes from the MIDI thread, but `opened`, which comes from the scan thread."""

    def opened(self, source: int, name: str) -> Any:
        """A port is open and may be heard from now on."""

    def midi_in(self, source: int, data: bytes, when_ns: int) -> Any:
        """One complete message (not sysex), stamped with time.monotonic_ns() of its arrival."""

    def sysex(self, source: int, data: bytes) -> Any:
        """One complete system exclusive message, F0 ... F7."""

    def release_all(self, source: int) -> Any:
        """The source has gone away: end its notes."""

    def closed(self, source: int, name: str) -> Any:
        """A port has been unplugged, or is heard no longer. [scan thread]"""


@dataclass
class OpenIn:
    """An input. source: its number."""

    name: str
    source: int
    port: Input
    there: str | None = None
    """The system's name for what it was opened on; None: a virtual port of ours."""
    stream: ByteStream = field(default_factory=ByteStream)
    overflowed: bool = False
    sensing: bool = False
    heard_ns: int = 0


@dataclass
class OpenOut:
    """An output, and what waits until it takes it."""

    name: str
    port: Any
    budget: RingBudget | None
    hears_all: bool = True
    """Hears what is played; else only what is sent to it by name: the lights of a controller."""
    sounding: Sounding = field(default_factory=Sounding)
    waiting: list[bytes] = field(default_factory=list)
