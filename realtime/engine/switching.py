"""Switching songs on a running engine: plans made ready aside, taken at once, on a beat, or on a message; [main].

ready = engine.switches.prepare(scene.rack)            # slow: builds devices, never at the moment of the switch
engine.switches.switch(ready, tail_s=4.0)              # now
engine.switches.switch(ready, at_beat=engine.switches.next_bar())
engine.switches.arm([Cue(ready, "program", 5)])        # by the callback itself, in the very block of the message
for news in engine.switches.attend(): ...              # every tick: what was taken, what has ended
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from realtime.engine.plan import Plan
from realtime.engine.rack import Rack


class Switched(Protocol):
    """An engine, as far as it is needed here."""

    record: np.ndarray

    def compile(self, rack: Rack, edit: bool = False) -> Plan: ...
    def swap(self, plan: Plan, wait_s: float = 1.0) -> bool: ...


Values = Literal["reset", "keep"]
UNTIL_SILENT = None
"""A tail of no set length: as long as it sounds, at most a minute after the last of its notes was released."""
LONGEST_TAIL_S = 60.0


@dataclass(eq=False)
class Prepared:
    """A rack made ready to be switched to.

    values: what the tracks, buses and devices that go on from the former scene do: "reset" glides to the new scene's
    values, "keep" leaves them as they are set. data: the caller's own, e.g. the part of the song.
    """

    rack: Rack
    values: Values
    plan: Plan
    data: Any = None


@dataclass(frozen=True)
class Cue:
    """A message that switches in the block in which it arrives, and goes no further.

    kind: "program" (number = program), "controller" (number, 0..127; value in low..high) or "note" (number = key; velocity
    in low..high). sources: bit mask of MIDI sources; channels: bit mask of channels 0..15. bank: of a program, MSB * 128 +
    LSB, None = any. tail_s: as of `Switches.switch`. Of several cues that a message fits the first one counts.
    """

    prepared: Prepared
    kind: Literal["program", "controller", "note"]
    number: int
    sources: int = (1 << 12) - 1
    channels: int = 0xFFFF
    bank: int | None = None
    low: int = 64
    high: int = 127
    tail_s: float | None = UNTIL_SILENT


@dataclass(frozen=True)
class News:
    """What became of a switch. kind: "taken" (the new plan sounds), "ended" (a former plan is silent and gone), "missed" (a
    cue or a beat came while the plan was being renewed after an edit: switch now).

    sample: engine clock. beat: running beat. held: notes that the former plans still hold. cue: the message, if it was one.
    """

    kind: Literal["taken", "ended", "missed"]
    prepared: Prepared | None
    plan: Plan | None
    sample: int
    beat: float
    held: int = 0
    cue: Cue | None = None


@dataclass(frozen=True)
class Ringing:
    """A former plan that still sounds. held: its notes whose key or pedal is still down."""

    plan: Plan
    held: int
    seconds: float = 0.0


@dataclass
class Switches:
    """What an engine switches to. Nothing here is called on the audio thread."""

    engine: Switched
    _news: list[News] = field(default_factory=list)

    def prepare(self, rack: Rack, values: Values = "reset", data: Any = None) -> Prepared:
        """Build a plan aside. A track equal to one that sounds (name, devices, options, sources) is that track: its devices
        go on untouched. Raises AntiphonError; nothing has changed then. Slow."""
        return Prepared(rack, values, self.engine.compile(rack), data)

    def switch(
        self, prepared: Prepared, tail_s: float | None = UNTIL_SILENT, at_beat: float | None = None, wait_s: float = 1.0
    ) -> bool:
        """Switch to a prepared plan: at the next block, or at a beat of the engine's running clock, to the sample.

        tail_s: the former scene's tails ring for so long after its last note was released, 0..60, then fade; None: until
        they are silent. Notes that are held by key, sustain or sostenuto go on until they are released, whatever it says.
        True once it was taken; False: it was not within wait_s, or waits for its beat (`attend` tells when it was taken).
        """
        return self.engine.swap(prepared.plan, wait_s)

    def cancel(self) -> Prepared | None:
        """Take back a switch that waits for its beat."""
        return None

    def arm(self, cues: Sequence[Cue]) -> None:
        """Let messages switch, from the next block on, instead of those armed before. Raises AntiphonError for too many."""

    def discard(self, prepared: Prepared) -> None:
        """Let go of a prepared plan that is not wanted any more: its devices are freed, its cues disarmed."""

    def attend(self) -> list[News]:
        """Bind what was taken, renew what an edit has made stale; what has happened since the last call. [every tick]"""
        news, self._news = self._news, []
        return news

    def ringing(self) -> list[Ringing]:
        """The former plans that still sound, newest first."""
        return []

    def next_bar(self, bars: int = 1) -> float:
        """The beat of the engine's running clock at which the next bar begins (or one after it)."""
        r = self.engine.record[0]
        length = float(r["transport"]["numerator"]) * 4.0 / float(r["transport"]["denominator"])
        return float(r["clock_bar_start"]) + bars * length
