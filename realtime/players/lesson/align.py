"""Where in a score each played note belongs, note by note while it is played; [player process].

A hidden Markov model over the score's strokes with Viterbi decoding: the player goes on to the next stroke, stays (the notes of
a chord, ornaments, notes too many), leaves some out, or jumps anywhere (repeats, skips, restarts), all at a cost; a note that
is not in its stroke costs too, less by an octave or a step. After Nakamura, Nakamura & Sagayama, "Real-time audio-to-score
alignment of music performances containing errors and arbitrary repeats and skips" (IEEE/ACM TASLP 24(2), 2016), with the time
between strokes as in Nakamura, Yoshii & Katayose (ISMIR 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from realtime.music.sequence import Note

TOGETHER_BEATS = 0.03
"""Notes of a score so near to each other are one stroke."""
BACK, AHEAD = 3, 16
"""Strokes that a hand may be behind the other, and that may be left out, without a jump."""
RIGHT, OCTAVE, STEP, OTHER = 0.0, 1.5, 2.5, 3.0
"""What a played note costs by what it is to its stroke."""
LEFT_OUT, GONE_BACK, JUMP = 1.2, 1.0, 10.0
TIME_A_BEAT, MOST_TIME = 3.0, 3.0
CLOCK_A_BEAT, MOST_CLOCK = 1.0, 0.5
"""What it costs to be elsewhere than the clock, where one leads: so little that a restart is followed."""
LATER_START = 2.0


class Stroke(NamedTuple):
    """Notes of the score that are struck together: indices of them, and their beat."""

    beat: float
    notes: tuple[int, ...]


def strokes_of(score: Sequence[Note]) -> list[Stroke]:
    """The strokes of sorted notes."""
    found: list[Stroke] = []
    for index, note in enumerate(score):
        if found and note.beat - found[-1].beat <= TOGETHER_BEATS:
            found[-1] = Stroke(found[-1].beat, (*found[-1].notes, index))
        else:
            found.append(Stroke(note.beat, (index,)))
    return found


class Aligner:
    """`hear` takes the notes in order of time, `path` gives the stroke of each. score: sorted, one note at least. clock:
    whether times are the score's own, but for what the player does to them."""

    def __init__(self, score: Sequence[Note], clock: bool = False):
        self.strokes = strokes_of(score)
        self.beats = np.array([stroke.beat for stroke in self.strokes])
        self._clock = clock
        self._costs = _costs([{score[i].pitch for i in stroke.notes} for stroke in self.strokes])
        count = len(self.strokes)
        steps = np.arange(-BACK, AHEAD + 1)
        self._from = np.arange(count)[None, :] - steps[:, None]  # (steps, strokes): where each step comes from
        self._outside = (self._from < 0) | (self._from >= count)
        self._from = self._from.clip(0, count - 1)
        self._apart = self.beats[None, :] - self.beats[self._from]
        self._steps = np.where(steps < 0, -GONE_BACK * steps, LEFT_OUT * np.maximum(0, steps - 1))[:, None]
        self._stay = BACK  # the row of those that stay
        self.clear()

    def clear(self) -> None:
        """Nothing was heard."""
        self._cost = np.zeros(len(self.beats))
        self._since = np.zeros(len(self.beats))
        self._back: list[np.ndarray] = []

    def hear(self, beat: float, key: int) -> None:
        """A key goes down, not before those heard."""
        where = np.minimum(CLOCK_A_BEAT * np.abs(beat - self.beats), MOST_CLOCK) if self._clock else 0.0
        heard = self._costs[:, key] + where
        every = np.arange(len(self.beats))
        if not self._back:
            self._cost = heard + (0.0 if self._clock else LATER_START * (every > 0))
            self._since[:] = beat
            self._back.append(every.astype(np.int32))
            return
        off = np.abs((beat - self._since[self._from]) - self._apart)
        ways = self._cost[self._from] + self._steps + np.minimum(TIME_A_BEAT * off, MOST_TIME)
        ways[self._outside] = np.inf
        best = ways.argmin(0)
        cost, source = ways[best, every], self._from[best, every]
        start = int(self._cost.argmin())
        jumps = self._cost[start] + JUMP < cost
        source = np.where(jumps, start, source)
        stays = ~jumps & (best == self._stay)
        self._since = np.where(stays, self._since, beat)
        self._cost = np.where(jumps, self._cost[start] + JUMP, cost) + heard
        self._cost -= self._cost.min()
        self._back.append(source.astype(np.int32))

    @property
    def now(self) -> int:
        """The stroke at which the player most likely is."""
        return int(self._cost.argmin())

    def path(self) -> list[int]:
        """The stroke of each note heard, by all that was heard."""
        found: list[int] = []
        at = self.now
        for back in reversed(self._back):
            found.append(at)
            at = int(back[at])
        return found[::-1]


def _costs(keys: Sequence[set[int]]) -> np.ndarray:
    """(strokes, 128): what each key costs at each stroke."""
    found = np.full((len(keys), 128), OTHER)
    every = np.arange(128)
    for row, stroke in zip(found, keys, strict=True):
        for key in stroke:
            row[(np.abs(every - key) <= 2) & (row > STEP)] = STEP
        for key in stroke:
            octaves = (every % 12 == key % 12) & (row > OCTAVE)
            row[octaves] = OCTAVE
        row[list(stroke)] = RIGHT
    return found
