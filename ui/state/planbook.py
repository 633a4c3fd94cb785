"""What the players plan and what of it sounds, for a roll that shows both sides of now; no Qt.

A planned note stays empty until the engine tells that it sounds; then it fills. One that never sounds (muted, thinned out,
too late) stays empty and goes by. What was taken back is gone. Times are beats of `ui.heard.Paper`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ui.heard import AHEAD_BEATS, LONGEST_BEATS, YOU, Paper

MOST_NOTES = 3000
SAME_BEATS = 0.6
"""A note that begins to sound is the planned one of its key that lies, or was planned, within so many beats."""
NEWS_BEATS = 8.0
"""News of a note that is further from now is of another time: the transport has been moved meanwhile."""
SHORTEST_BEATS = 0.03
EXACT_BEATS, NEWS_JITTER_BEATS = 1e-6, 0.06


@dataclass(slots=True)
class PlannedNote:
    """One note of a player (from 1; 0: of yours). `sounded`: the engine has told of its beginning; `open`: not yet of its end;
    `planned`: its end is known from the beginning; `beat`: the transport's, for which it was planned."""

    player: int
    lane: str
    serial: int
    key: int
    velocity: float
    start: float
    end: float
    sounded: bool = False
    open: bool = False
    planned: bool = True
    beat: float = math.nan


class PlanBook:
    """All notes from `behind` beats before now to what is planned; bounded by MOST_NOTES.

    names: number of a player by the name that its notes come with.
    """

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.names: dict[str, int] = {}
        self.behind = 8.0
        self.notes: list[PlannedNote] = []

    def push_plan(self, event: tuple) -> None:
        """(player, lane, kind, serial, beat, duration, key, velocity): see realtime.control.streams."""
        player, lane, kind, serial, beat, duration, key, velocity = event
        now = self.paper.now
        at = now + (beat - self.paper.transport_beat)
        if kind == "note":
            if at - now < AHEAD_BEATS:
                end = at + max(SHORTEST_BEATS, duration)
                self._add(PlannedNote(player, lane, serial, key, velocity, at, end, beat=beat))
        elif kind in ("cancel", "release"):
            kept = [one for one in self.notes if not (_of(one, player, serial) and self._void(one, kind, beat, at))]
            self.notes = kept
            if kind == "release":
                for one in kept:
                    if one.open and _of(one, player, serial):
                        self._close(one, now)

    def _void(self, one: PlannedNote, kind: str, beat: float, at: float) -> bool:
        """Whether a note is taken back. While the song runs its beats are exact; while it stands, places on the paper are as
        exact as the news is fresh."""
        if one.sounded:
            return False
        if kind == "release":
            return one.start >= self.paper.now
        return one.beat >= beat - EXACT_BEATS if self.paper.playing else one.start >= at - NEWS_JITTER_BEATS

    def push_note(self, source: str, on: bool, key: int, velocity: float, beat: float, lane: str = "") -> None:
        """A note that begins or ends to sound at a beat of the transport, from /stream/notes; lane: of a player."""
        player = 0 if source == YOU else self.names.get(source, -1)
        if player < 0:
            return
        since = beat - self.paper.transport_beat
        now = self.paper.now + (since if abs(since) < NEWS_BEATS else 0.0)
        for one in self.notes:
            if one.open and (one.player, one.lane, one.key) == (player, lane, key):
                self._close(one, now)
        if not on:
            return
        near = [
            one
            for one in self.notes
            if (one.player, one.lane, one.key) == (player, lane, key) and not one.sounded and _is_it(one, now, beat)
        ]
        if near and player:
            one = min(near, key=lambda one: abs(one.start - now))
            if abs(one.start - now) >= SAME_BEATS:  # it lies where it sounds
                one.start, one.end = now, one.end + now - one.start
            one.sounded = one.open = True
        else:  # yours, or one whose plan was not seen: the hold of a silent player, a panel that came later
            self._add(PlannedNote(player, lane, 0, key, velocity, now, now + LONGEST_BEATS, True, True, planned=False))

    @staticmethod
    def _close(one: PlannedNote, now: float) -> None:
        one.open = False
        one.end = min(one.end, max(now, one.start + SHORTEST_BEATS))

    def _add(self, note: PlannedNote) -> None:
        self.notes.append(note)
        if len(self.notes) > MOST_NOTES:
            del self.notes[: len(self.notes) - MOST_NOTES]

    def filled(self, one: PlannedNote) -> float:
        """To which beat a note has sounded; its start while it has not begun."""
        return min(one.end, max(one.start, self.paper.now)) if one.sounded else one.start

    def lasting(self, one: PlannedNote) -> float:
        """The end that is drawn: of what nobody has planned, how far it has come."""
        return self.filled(one) if one.open and not one.planned else one.end

    def tick(self) -> None:
        """Drops what has gone by."""
        edge = self.paper.now - self.behind
        if self.notes and any(self.lasting(one) < edge for one in self.notes):
            self.notes = [one for one in self.notes if self.lasting(one) >= edge]

    def clear(self) -> None:
        """Another scene, a panic, the engine gone."""
        self.notes.clear()


def _of(one: PlannedNote, player: int, serial: int) -> bool:
    return one.player == player and one.serial <= serial


def _is_it(one: PlannedNote, now: float, beat: float) -> bool:
    """Whether what begins to sound is this one: by its place, or by its beat where a standstill has put the place wrong."""
    away = abs(one.start - now)
    return away < SAME_BEATS or (away < NEWS_BEATS and abs(one.beat - beat) < SAME_BEATS)


@dataclass(frozen=True, slots=True)
class Mark:
    """What holds from a beat of the paper on: a chord, a section."""

    start: float
    text: str


class Course:
    """Chords or sections as they were told, bounded; what is announced next stands apart."""

    MOST = 64

    def __init__(self) -> None:
        self.marks: list[Mark] = []

    def tell(self, at: float, text: str) -> None:
        """From `at` on; the same again changes nothing."""
        if not self.marks or self.marks[-1].text != text:
            self.marks = [*self.marks[-self.MOST :], Mark(at, text)]

    def seen(self, first: float, last: float) -> list[tuple[float, float, str]]:
        """(start, end, text) of what holds between two beats."""
        ends = [one.start for one in self.marks[1:]] + [last]
        rows = zip(self.marks, ends, strict=True) if self.marks else ()
        return [(max(m.start, first), min(end, last), m.text) for m, end in rows if end > first and m.text]

    def clear(self) -> None:
        """Nothing is known."""
        self.marks.clear()
