"""How far ahead a reaction must be planned to be there in time: what the machine lately took between two turns of a player,
at its worst; [player process]."""

from __future__ import annotations

LEAST_S, MOST_S = 0.025, 0.15
"""More than a tick of the engine's and a look of the host's; and what the ear would take for a late entry."""
SPARE_S = 0.015
"""Of the time after a turn: planning and the way to the engine."""
REMEMBERED_S = 20.0
"""Within so long a stall is forgotten by two thirds."""


class Lead:
    """seconds: of now. Off stage, where every turn comes, it stays the least, and the same playing gives the same notes."""

    def __init__(self) -> None:
        self.seconds = LEAST_S
        self._worst = 0.0
        self._at: float | None = None

    def turn(self, at_s: float) -> float:
        """A turn begins, by a steady clock; the lead from now on."""
        if self._at is not None:
            waited = max(0.0, at_s - self._at)
            self._worst -= self._worst * min(1.0, waited / REMEMBERED_S)
            self._worst = max(self._worst, waited)
            self.seconds = min(MOST_S, max(LEAST_S, self._worst + SPARE_S))
        self._at = at_s
        return self.seconds
