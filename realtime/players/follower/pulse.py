"""The tempo and the beat of somebody who plays without a clock, and a clock that goes with him; [player process].

Tempo: a comb over the autocorrelation of the last seconds of onsets, weighed towards the tempo that holds (Scheirer 1998;
Ellis 2007). Phase: the mean of the strokes' places in the beat, as an angle, pulls the clock there. The clock is led by its
tempo alone, so that no beat jumps: a little faster until it has caught up, a little slower until it is met.
"""

from __future__ import annotations

import cmath
import math
from collections import deque

import numpy as np

MEMORY_S = 8.0
STEP_S = 0.01
FEWEST = 6
"""Strokes in that time; below, nobody leads."""
SPREAD_OCTAVES = 0.35
"""How far from the tempo that holds another is still likely."""
SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
TEETH = 4
FADING = 0.75
"""Of the strokes before, in the mean of their places in the beat."""
PULL, SETTLE = 0.4, 0.2
"""Of the phase error in a beat, and of the tempo error at each stroke."""
MOST_CHANGE = 0.12
"""The clock goes at most so much faster or slower than the hands."""
SAME_STROKE_S = 0.06


class Pulse:
    """`stroke` takes an onset and gives the tempo that the clock should have from now on, None while nobody leads."""

    def __init__(self) -> None:
        self._strokes: deque[float] = deque()
        self._seconds, self._beat = 0.0, 0.0
        self._tempo: float | None = None
        self._place, self._weight = 0j, 0.0

    def clear(self) -> None:
        """Nothing was played."""
        self._strokes.clear()
        self._tempo = None
        self._place, self._weight = 0j, 0.0

    def tick(self, beat: float, tempo_bpm: float) -> None:
        """The clock goes on; its beats are turned into seconds here."""
        if beat > self._beat:
            self._seconds += (beat - self._beat) * 60.0 / tempo_bpm
        self._beat = beat

    def stroke(self, beat: float, tempo_bpm: float) -> float | None:
        """A key goes down at a beat of the clock."""
        at = self._seconds + (beat - self._beat) * 60.0 / tempo_bpm
        if self._strokes and at - self._strokes[-1] < SAME_STROKE_S:
            return None
        self._strokes.append(at)
        while self._strokes[0] < at - MEMORY_S:
            self._strokes.popleft()
        self._place = FADING * self._place + cmath.exp(2j * math.pi * beat)
        self._weight = FADING * self._weight + 1.0
        if len(self._strokes) < FEWEST:
            return None
        heard = self._comb(self._tempo or tempo_bpm)
        self._tempo = heard if self._tempo is None else self._tempo + SETTLE * (heard - self._tempo)
        error = cmath.phase(self._place) / (2.0 * math.pi)  # behind the clock's beat: the clock must wait
        pull = -PULL * error * abs(self._place) / self._weight  # strokes on and off the beat cancel: nobody is pulled
        return self._tempo * (1.0 + min(MOST_CHANGE, max(-MOST_CHANGE, pull)))

    def _comb(self, tempo_bpm: float) -> float:
        """The likeliest tempo of the strokes, near the one that holds."""
        strokes = np.asarray(self._strokes)
        apart = (strokes[:, None] - strokes[None, :])[np.tril_indices(len(strokes), -1)]
        tempi = tempo_bpm * 2.0 ** np.linspace(-1.0, 1.0, 241)
        tempi = tempi[(tempi >= SLOWEST_BPM) & (tempi <= FASTEST_BPM)]
        if not len(tempi):
            return tempo_bpm
        period = 60.0 / tempi
        score = np.zeros(len(tempi))
        for tooth in range(1, TEETH + 1):
            off = np.abs(apart[None, :] - tooth * period[:, None])
            score += np.exp(-0.5 * (off / (2.5 * STEP_S)) ** 2).sum(1) / tooth
        prior = np.exp(-0.5 * (np.log2(tempi / tempo_bpm) / SPREAD_OCTAVES) ** 2)
        best = int((score * prior).argmax())
        # between the rows of the table: the mean of the peak
        near = slice(max(0, best - 3), best + 4)
        weights = (score * prior)[near] ** 4
        found = float((tempi[near] * weights).sum() / max(float(weights.sum()), 1e-12))
        return found if math.isfinite(found) else tempo_bpm
