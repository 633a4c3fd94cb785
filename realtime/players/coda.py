"""How a player of the band stops: with you when you rest, or on the last bar of an ending; [player process]."""

from __future__ import annotations

import math
from collections.abc import Mapping

from realtime.contract.param import Param
from realtime.players.hearing import Told

RESTS = ("play on", "thin out", "close")
PLAY_ON, THIN_OUT, CLOSE = range(3)
CLOSES_AFTER = 4
"""`thin out` closes after so many times the rest that thins it out."""
ON_TIME_BEATS = 0.1
PARAMS = (
    Param("rest", "When you rest", "", 0, 2, THIN_OUT, curve="enum", labels=RESTS, doc="Thin out closes in the end."),
    Param("rest_bars", "Rest", "bars", 1.0, 16.0, 2.0, stepped=True, doc="Silence that is a rest of yours."),
)


class Coda:
    """closed: it has played its last bar, and waits for you or for another section."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing has ended."""
        self.closed = False
        self._until = -math.inf
        self._led = False  # by the section, not by your rest
        self._ending: tuple[float, float] | None = None  # begins at; bars

    def close(self, start: float, bar_beats: float, told: Told) -> None:
        """The bar that begins at a beat is the last."""
        self.closed, self._until = True, start + bar_beats
        self._led = told.sections.at(start) == "ending"

    def hear_note(self, beat: float, rested_bars: float) -> None:
        """You play: after the last bar that is another beginning, but for what still rings of an ending."""
        if self.closed and beat >= self._until - ON_TIME_BEATS and (rested_bars >= 1.0 or not self._led):
            self.clear()

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        """A section begins, or is announced."""
        if section == "ending":
            self._ending = (beat, bars)
        elif self.closed and beat >= self._until - ON_TIME_BEATS:
            self.clear()
        elif self._ending is not None and beat <= self._ending[0]:
            self._ending = None

    def thins(self, rested_bars: float, values: Mapping[str, float]) -> bool:
        """Whether it plays less by now."""
        return values["rest"] == THIN_OUT and rested_bars >= values["rest_bars"]

    def ends(self, start: float, bar_beats: float, rested_bars: float, values: Mapping[str, float], told: Told) -> bool:
        """Whether the bar that begins at a beat is the last."""
        patience = {CLOSE: 1.0, THIN_OUT: float(CLOSES_AFTER)}.get(int(values["rest"]), math.inf)
        if rested_bars >= patience * values["rest_bars"]:
            return True
        if self._ending is None or told.sections.at(start) != "ending":
            return False
        beat, bars = self._ending
        return start >= beat + max(0.0, bars - 1.0) * bar_beats - ON_TIME_BEATS
