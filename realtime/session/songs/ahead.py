"""Switches that a song's bars call for, given to the callback beforehand, so that they come in the sample of their beat; [main].

Only what is ready can wait for its beat; what is not, or was refused there, is switched to at the next turn of the main loop.
"""

from __future__ import annotations

from dataclasses import dataclass

from realtime.engine.switching import Prepared
from realtime.session.songs.position import Place
from realtime.session.songs.show import Show, Stage

AHEAD_S = 1.0
"""How long before its beat a switch is given away: long enough for any stall of this thread."""
GRACE_S = 0.2
"""A switch that has not come so long after its beat is made by hand."""
SAME_BEATS = 1e-3


@dataclass(frozen=True)
class Goal:
    """Where to go at a beat of the transport; starts: the next song, which begins by itself."""

    place: Place
    beat: float
    starts: bool = False


class Ahead:
    """At most one switch waits."""

    def __init__(self, stage: Stage, show: Show):
        self._stage, self._show = stage, show
        self._goal: Goal | None = None
        self._prepared: Prepared | None = None
        self._at = 0.0

    def look(self, goal: Goal | None) -> None:
        """The next switch that the bars call for is this one; None: there is none. [every turn while it plays]"""
        running, beat, pace = self._clock()
        if self._goal is not None and running > self._at + GRACE_S * pace:
            late = self._goal
            self.drop()
            self._show.go(*late.place)
            return
        if self._goal is not None and running >= self._at - SAME_BEATS:
            return  # it is being taken
        prepared = self._show.ready_for(goal.place) if goal is not None else None
        if goal is None or prepared is None or not 0.0 < goal.beat - beat < AHEAD_S * pace or self._loops(goal.beat):
            self.drop()
            return
        at = running + goal.beat - beat
        if prepared is not self._prepared or abs(at - self._at) > SAME_BEATS:
            self._goal, self._prepared, self._at = goal, prepared, at
            song = self._show.opened.songs[goal.place.song - 1]
            self._stage.engine.switches.switch(prepared, song.tail_s, at_beat=at)

    def waits_for(self, place: Place) -> bool:
        """Whether the callback goes there by itself."""
        return self._goal is not None and self._goal.place == place

    def arrived(self, place: Place) -> Goal | None:
        """A place was entered; the goal that it was, if it was."""
        goal = self._goal if self.waits_for(place) else None
        self.drop()
        return goal

    def drop(self) -> None:
        """Nothing waits any more."""
        if self._goal is not None:
            self._goal = self._prepared = None
            self._stage.engine.switches.cancel()

    def _clock(self) -> tuple[float, float, float]:
        """Running beat, beat of the transport, beats a second, all of one block."""
        record = self._stage.engine.record[0]
        transport = record["transport"]
        while True:
            running, beat = float(record["clock_beat"]), float(transport["beat"])
            if float(record["clock_beat"]) == running:
                return running, beat, float(transport["tempo_bpm"]) / 60.0

    def _loops(self, beat: float) -> bool:
        transport = self._stage.engine.record[0]["transport"]
        return bool(transport["looping"]) and float(transport["loop_end"]) <= beat
