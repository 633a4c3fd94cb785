"""Trading fours: whose turn it is on a form of equal turns, yours first, counted in bars whatever anyone plays;
[player process]."""

from __future__ import annotations

import math
from typing import NamedTuple

from realtime.players.plan import Moment

UPBEAT_BEATS = 1.0
"""What you play so long before your turn is its upbeat."""
SAME_BEAT = 1e-6


class Turn(NamedTuple):
    """Beats; mine: the player's."""

    start: float
    end: float
    mine: bool


class Form:
    """Turns of some bars from the bar in which you first played."""

    def __init__(self) -> None:
        self.bars = 0
        self._first: float | None = None

    def set(self, bars: int) -> None:
        """Bars of a turn, 0: none are traded. Another length of turns begins a new form."""
        if bars != self.bars:
            self.bars, self._first = bars, None

    def forget(self) -> None:
        """The beat has jumped: the form begins with your next note."""
        self._first = None

    @property
    def on(self) -> bool:
        """Whether turns are traded."""
        return self.bars > 0

    @property
    def begun(self) -> bool:
        """Whether there has been a first note."""
        return self._first is not None

    def begin(self, beat: float, now: Moment) -> None:
        """The first note: its bar is the form's first; an upbeat belongs to the bar it leads to."""
        if self._first is None:
            line = now.bar_of(beat + 0.1)
            upbeat = now.bar_beats > UPBEAT_BEATS and line + now.bar_beats - beat <= UPBEAT_BEATS + 0.1
            self._first = line + now.bar_beats * upbeat

    def turn(self, beat: float, now: Moment) -> Turn:
        """The turn at a beat; before the first bar of the form it is yours."""
        assert self._first is not None
        length = self.bars * now.bar_beats
        count = max(0, math.floor((beat - self._first) / length + SAME_BEAT))
        start = self._first + count * length
        return Turn(start, start + length, count % 2 == 1)
