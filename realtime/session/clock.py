"""Whose MIDI clock leads, and whether ours is sent: set while it runs, kept through every change of the sound; [main]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from realtime.engine.engine import Engine
from realtime.midi.backend import matches
from realtime.session.midi_io import MidiIO

NOBODY, ANYBODY = "", "any"


class Clocked(Protocol):
    """What it needs of a session."""

    @property
    def engine(self) -> Engine: ...
    @property
    def midi(self) -> MidiIO | None: ...
    def do(self, job: Callable[[], Any], what: str = ...) -> None: ...


class Clock:
    """follow: "" (our own tempo), "any" (whoever sends one), or a port by its name or a pattern of names."""

    def __init__(self, session: Clocked, follow: str, send: bool):
        self._session, self.follow, self.send = session, follow, send

    def join(self) -> None:
        """Tell ports and engine; after either was exchanged, and before the ports are opened."""
        midi = self._session.midi
        self._session.engine.send_clock(self.send)
        if midi is not None:
            midi.follow_clock(None if self.follow == NOBODY else "" if self.follow == ANYBODY else self.follow)
        elif self.follow == NOBODY:
            self._session.engine.follow_clock(None)
        else:
            self._session.engine.follow_any_clock()

    def set_follow(self, name: str) -> None:
        """Let another clock lead soon. [any but audio] Raises AntiphonError for a pattern that is none."""
        matches("", (name,))
        self.follow = name
        self._session.do(self.join, "following a clock")

    def set_send(self, on: bool) -> None:
        """Send our clock, or cease to. [any but audio]"""
        self.send = bool(on)
        self._session.engine.send_clock(self.send)

    def getters(self) -> dict[str, Callable[[], Any]]:
        """What the tree reads."""
        return {"/clock/follow": lambda: self.follow, "/clock/send": lambda: self.send}

    def setters(self) -> dict[str, Callable[[Any], Any]]:
        """What the tree sets."""
        return {"/clock/follow": self.set_follow, "/clock/send": self.set_send}
