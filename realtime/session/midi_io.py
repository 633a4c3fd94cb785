"""Joins the MIDI ports to the engine: what comes goes in stamped, what it plays goes out on time; [MIDI thread]."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from realtime.engine.engine import Engine
from realtime.engine.layout import CLOCK_LEADS, CLOCK_SILENT, HARDWARE_SOURCE, PLAYER_SOURCE, PORT_SOURCE
from realtime.midi.backend import matches
from realtime.midi.ports import MidiPorts

NATIVE_IN, NATIVE_OUT = "midi_in", "midi_out"
"""Names of the ports of a driver that has its own."""
MOST_WAITING = 16384
"""Messages kept while the engine takes none; a source that goes on sending loses the rest, and then its notes end."""


class Policy(Protocol):
    """Whoever knows what the performer wants of each port. sources are the engine's."""

    def allowed(self, name: str) -> bool:
        """Whether an input may be open. [scan thread]"""

    def opened(self, source: int, name: str) -> Any:
        """It is, from the next message on. [scan thread]"""

    def closed(self, source: int, name: str) -> Any:
        """It is no longer. [scan thread]"""

    def sysex(self, source: int, data: bytes) -> bool:
        """Whether a system exclusive message may go on to MIDI out. [MIDI thread]"""


def _is(name: str, pattern: str) -> bool:
    return name == pattern or matches(name, (pattern,))


class MidiIO:
    """The sink of the ports. native: the driver has MIDI ports of its own, so none are made here beside hardware."""

    def __init__(
        self,
        engine: Engine,
        patterns: Iterable[str],
        native: bool,
        say: Callable[[str], Any],
        policy: Policy | None = None,
    ):
        self.engine = engine
        self.sysex_heard = 0
        self.native, self._say = native, say
        self._waiting: deque[tuple[int, bytes, int]] = deque()
        self._cut: set[int] = set()
        self._clock_pattern = ""
        self._clock_state = CLOCK_SILENT
        self._leader: int | None = -1  # source of the clock that leads, None = any, -1 = nobody's
        self._policy = policy
        self.ports = MidiPorts(
            self,
            inputs=tuple(patterns),
            outputs=(),
            api="alsa" if native else "auto",
            virtual=not native,
            pull=self._turn,
            max_sources=PLAYER_SOURCE - PORT_SOURCE,
            say=say,
            allowed=policy.allowed if policy is not None else lambda name: True,
        )

    def start(self) -> None:
        """Open what there is; the rest is opened as it appears."""
        self.ports.start()

    def stop(self) -> None:
        """Close all ports; what sounds outside ends."""
        self.ports.stop()

    def follow_clock(self, pattern: str | None = "") -> None:
        """Follow the clock of a port by its name or a pattern of names, now or once it is there; "": of whichever port sends
        one; None: of nobody.

        The driver's own port is called midi_in. Raises AntiphonError for a wrong pattern.
        """
        self._clock_pattern = pattern or ""
        if not pattern:
            self._lead(-1 if pattern is None else None)
            return
        there = [source for source, name in self.sources.items() if _is(name, pattern)]
        self._lead(there[0] if there else -1)

    def _lead(self, source: int | None) -> None:
        self._leader = source
        if source == -1:
            self.engine.follow_clock(None)
        elif source is None:
            self.engine.follow_any_clock()
        else:
            self.engine.follow_clock(source)

    def join(self, engine: Engine) -> None:
        """Go on with another engine (the sample rate has changed), led by the same clock."""
        self.engine = engine
        self._lead(self._leader)

    @property
    def sources(self) -> dict[int, str]:
        """The engine's numbers of all inputs, the absent ones too, and their names."""
        found = {self.engine_source(source): name for source, name in self.ports.sources.items()}
        return {PORT_SOURCE: NATIVE_IN} | found if self.native else found

    @staticmethod
    def engine_source(source: int) -> int:
        """The engine's number of a port: 0, the virtual one, is the port source; hardware follows."""
        return PORT_SOURCE if source == 0 else min(PLAYER_SOURCE - 1, HARDWARE_SOURCE + source - 1)

    def address(self, patterns: Iterable[str]) -> None:
        """Outputs of these patterns are to be sent to by `send_to`; those that play anyway stay as they are."""
        wanted = tuple(dict.fromkeys(patterns))
        if wanted != self.ports.addressed:
            self.ports.addressed = wanted
            self.ports.look_again()

    def route(self, patterns: tuple[str, ...]) -> None:
        """Outputs that the engine's ports 1, 2 ... are; "" for one that is not used. [any]"""
        self.ports.route(patterns)

    def send_to(self, data: bytes, pattern: str) -> bool:
        """One message to the outputs that match a pattern; False if there is none now."""
        found = [name for name in self.ports.status()["outputs"] if matches(name, (pattern,))]
        for name in found:
            self.ports.send(data, to=name)
        return bool(found)

    # what the ports tell

    def opened(self, source: int, name: str) -> None:
        """A port is open. [scan thread]"""
        if self._policy is not None:
            self._policy.opened(self.engine_source(source), name)
        if self._clock_pattern and _is(name, self._clock_pattern):
            self._lead(self.engine_source(source))

    def closed(self, source: int, name: str) -> None:
        """A port is open no longer. [scan thread]"""
        if self._policy is not None:
            self._policy.closed(self.engine_source(source), name)

    def midi_in(self, source: int, data: bytes, when_ns: int) -> None:
        """One message of a port."""
        self._put(self.engine_source(source), data, when_ns)

    def sysex(self, source: int, data: bytes) -> None:
        """System exclusive passes through to MIDI out."""
        self.sysex_heard += 1
        if self._policy is None or self._policy.sysex(self.engine_source(source), data):
            self.ports.send(data)

    def release_all(self, source: int) -> None:
        """A port has gone: its notes end, after what it sent before."""
        self._put(self.engine_source(source), b"", 0)

    # what the engine takes and gives

    def _put(self, source: int, data: bytes, when_ns: int) -> None:
        """Hand a message on, or (no bytes) the news that its source has gone; in order, whatever room there is."""
        if source in self._cut:
            return
        if not self._waiting and self._taken(source, data, when_ns):
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((source, data, when_ns))
        else:
            self._cut.add(source)

    def _taken(self, source: int, data: bytes, when_ns: int) -> bool:
        return self.engine.midi_in(source, data, when_ns) if data else self.engine.release(source)

    def _turn(self) -> list[tuple[int, int, bytes]]:
        """Once a millisecond: hand on what waits, watch the clock, take what the engine plays to the outside."""
        while self._waiting and self._taken(*self._waiting[0]):
            self._waiting.popleft()
        while self._cut and not self._waiting and self.engine.release(next(iter(self._cut))):
            self._cut.pop()
        self._watch_clock()
        return self.engine.midi_out()

    def _watch_clock(self) -> None:
        former, self._clock_state = self._clock_state, int(self.engine.record["clock_state"][0])
        if former == CLOCK_LEADS and self._clock_state == CLOCK_SILENT and self._leader != -1:
            tempo_bpm = float(self.engine.record["transport"]["tempo_bpm"][0])
            self._say(f"the MIDI clock has gone: press play to go on at {tempo_bpm:.1f} BPM")
        elif self._clock_state == CLOCK_LEADS and former != CLOCK_LEADS:
            self._say("following the MIDI clock")
