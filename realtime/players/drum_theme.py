"""Which of the model's grooves a drummer keeps: one that stands on one and on the backbeat, keeps time and goes with the bass;
[player process]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.models.groove import STEPS, STEPS_PER_BEAT, Pair, swing_of
from realtime.players.drum_bar import CLOSED, CRASH, KICK, OPEN, RIDE, SNARE

BAR = STEPS // 2
BACKBEATS = (STEPS_PER_BEAT, 3 * STEPS_PER_BEAT)
LOUD = 0.35
"""A snare softer than that is a ghost note."""
USUAL_KICKS, MOST_TIME = 2.5, 0.8
"""A bar; share of the eighths that hats and ride keep."""


def standing(pair: Pair, bass: Sequence[float] = ()) -> float:
    """How well two bars serve as a theme; more is better. bass: how often it plays on each sixteenth of a bar."""
    kick, snare = pair.hits[:, KICK], pair.hits[:, SNARE] & (pair.velocity[:, SNARE] >= LOUD)
    score = 0.0
    for first in (0, BAR):
        score += 2.5 * kick[first]
        score += sum(1.75 * snare[first + step] for step in BACKBEATS)
        score -= 1.0 * (snare[first] + 0.5 * snare[first + 2 * STEPS_PER_BEAT])
        score -= 0.35 * abs(float(kick[first : first + BAR].sum()) - USUAL_KICKS)
        if bass:
            score += 1.5 * agreement(kick[first : first + BAR], bass)
    hands = pair.hits[::2, CLOSED] | pair.hits[::2, OPEN] | pair.hits[::2, RIDE]
    score += 3.0 * min(MOST_TIME, float(hands.mean()))
    score -= 0.3 * float(pair.hits[:, 4:7].sum()) + 0.4 * max(0.0, float(pair.hits[:, CRASH].sum()) - 1.0)
    return score - 2.0 * abs(swing_of(pair))


def agreement(kick: np.ndarray, bass: Sequence[float]) -> float:
    """Share of a bar's kicks that the bass joins, -1..1 with those where it never plays against."""
    places = np.flatnonzero(kick)
    return float(np.mean([2.0 * min(1.0, 1.5 * bass[int(p)]) - 1.0 for p in places])) if len(places) else -1.0


class BassLine:
    """Where the bass plays in its bars, as heard lately: share of bars by sixteenth, of bars of one length."""

    MEMORY = 4
    """Bars."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing was heard."""
        self._bars: dict[float, set[int]] = {}
        self._length = 0.0

    def hear(self, bar: float, length: float, beat: float) -> None:
        """A bass note in the bar that begins at a beat."""
        if length != self._length:
            self._bars, self._length = {}, length
        self._bars.setdefault(bar, set()).add(round((beat - bar) * STEPS_PER_BEAT))
        for old in sorted(self._bars)[: -self.MEMORY]:
            del self._bars[old]

    def shares(self, length: float, before: float) -> tuple[float, ...]:
        """Of the bars before a beat; empty where fewer than two are known."""
        bars = [steps for bar, steps in self._bars.items() if bar + length <= before + 1e-6]
        if length != self._length or len(bars) < 2:
            return ()
        return tuple(sum(k in steps for steps in bars) / len(bars) for k in range(round(length * STEPS_PER_BEAT)))
