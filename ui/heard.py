"""What is played and what players plan, on a paper that moves with the wall clock at the tempo; no widgets.

The paper moves also while the transport stands; bar lines are drawn where the transport's beats fall on it.
"""

import time
from collections import deque
from dataclasses import dataclass

YOU = "you"
KEPT_BEATS = 24.0
LONGEST_BEATS = 64.0
"""A note whose end was lost is not drawn for ever."""
MAX_NOTES = 4000
AHEAD_BEATS = 64.0
STANDSTILL_BEATS = 1.0
"""So far apart the transport and the clock on the wall get by a standstill of either; what is further is a jump to elsewhere."""


@dataclass
class Note:
    """One bar of the roll, in beats of the paper."""

    source: str
    key: int
    velocity: float
    start: float
    end: float | None = None


@dataclass
class Plan:
    """A note that a player (from 1) means to play, in beats of the paper; `serial` counts its plans."""

    player: int
    lane: str
    serial: int
    key: int
    velocity: float
    start: float
    end: float


class Paper:
    """Time of the roll: `now` in beats, and the transport's beat at `now`."""

    def __init__(self, clock=time.monotonic) -> None:
        self._clock = clock
        self._seen = clock()
        self.now = 0.0
        self.tempo_bpm = 120.0
        self.playing = False
        self.transport_beat = 0.0

    def advance(self) -> None:
        """Moves to the present."""
        seen = self._clock()
        beats = (seen - self._seen) * self.tempo_bpm / 60.0
        self._seen = seen
        self.now += beats
        if self.playing:
            self.transport_beat += beats

    def heard_beat(self, beat: float) -> None:
        """The transport's beat from the wire; small differences (network, polling) are smoothed away, larger ones are not.

        The paper goes with it, so that notes stay where they lie between the bar lines, unless the transport has jumped."""
        difference = beat - self.transport_beat
        step = difference if abs(difference) > 0.25 or not self.playing else 0.2 * difference
        self.transport_beat += step
        if self.playing and abs(difference) < STANDSTILL_BEATS:
            self.now += step

    def place(self, beat: float) -> float:
        """Where a note of the transport's `beat` belongs on the paper: planned ones ahead, all others now."""
        ahead = beat - self.transport_beat
        return self.now + ahead if 0.15 < ahead < AHEAD_BEATS else self.now


class Heard:
    """Notes, open notes and plans, as /stream/notes and /stream/plan tell of them."""

    def __init__(self, paper: Paper | None = None) -> None:
        self.paper = paper or Paper()
        self.notes: deque[Note] = deque(maxlen=MAX_NOTES)
        self.open: dict[tuple[str, int], Note] = {}
        self.plans: list[Plan] = []

    def push(self, source: str, on: bool, key: int, velocity: float, beat: float) -> None:
        """One note event from the wire."""
        at = self.paper.now
        last = self.open.pop((source, key), None)
        if last is not None:
            last.end = max(at, last.start + 0.02)
        if on:
            note = Note(source, key, velocity, at)
            self.notes.append(note)
            self.open[source, key] = note

    def push_plan(self, event: tuple) -> None:
        """(player, lane, kind, serial, beat, duration, key, velocity): see realtime.control.streams."""
        player, lane, kind, serial, beat, duration, key, velocity = event
        at = self.paper.now + (beat - self.paper.transport_beat)
        if kind == "note":
            if beat - self.paper.transport_beat < AHEAD_BEATS:
                self.plans.append(Plan(player, lane, serial, key, velocity, at, at + max(0.02, duration)))
        elif kind == "cancel":
            self.plans = [one for one in self.plans if not (_of(one, player, serial) and one.start >= at - 1e-6)]
        elif kind == "release":
            self.plans = [one for one in self.plans if not _of(one, player, serial)]

    def close_all(self) -> None:
        """Ends every open note and forgets the plans (panic, another scene, engine gone)."""
        for note in self.open.values():
            note.end = max(self.paper.now, note.start + 0.02)
        self.open.clear()
        self.plans.clear()

    def sounding(self) -> dict[int, str]:
        """Keys down now, by who plays them."""
        return {key: source for (source, key) in self.open}

    def next_plan(self) -> tuple[float, int] | None:
        """Beats until the next planned note, and its player from 1; None when nothing is planned."""
        ahead = [(one.start - self.paper.now, one.player) for one in self.plans if one.start > self.paper.now]
        return min(ahead, default=None)

    def tick(self) -> None:
        """One frame: moves the paper, drops what has left it."""
        self.paper.advance()
        now = self.paper.now
        while self.notes and self.notes[0].end is not None and self.notes[0].end < now - KEPT_BEATS:
            self.notes.popleft()
        for key, note in list(self.open.items()):
            if now - note.start > LONGEST_BEATS:
                note.end = now
                del self.open[key]
        if self.plans and any(one.end < now for one in self.plans):
            self.plans = [one for one in self.plans if one.end >= now]

    def follow(self, name: str, value) -> None:
        """A value under /transport."""
        self.paper.advance()
        if name == "playing":
            self.paper.playing = bool(value)
        elif name == "tempo_bpm":
            self.paper.tempo_bpm = float(value)
        elif name == "beat":
            self.paper.heard_beat(float(value))


def _of(plan: Plan, player: int, serial: int) -> bool:
    return plan.player == player and plan.serial <= serial
