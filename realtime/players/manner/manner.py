"""How somebody plays: their melodies as intervals, durations and steps, each by what was before it and by its place; [any].

Three viewpoints of one line (Conklin and Witten, "Multiple viewpoint systems for music prediction", J. New Music Research
24, 1995), each its own Ppm: an interval by the degree of the note it leaves and the intervals before, a duration by its
place in the bar and the durations before, the step to the next note by the note's duration and place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

import realtime.models.phrase.code as code
from realtime.players.manner.ppm import DISLIKED_FROM, Ppm
from realtime.players.manner.prior import delta_prior, duration_prior, pitch_prior

ORDERS = (4, 3, 3)
"""Longest contexts of interval, duration and step."""
MOST_NOTES = 8000
"""What is kept of one performer: an hour or two of melody, 20 MB at most; older phrases are forgotten."""
LONGEST_BAR = 1 << 12
Row = tuple[int, int, int]
"""A note of a line: tick from a bar line, duration in ticks, MIDI pitch."""


class Played(NamedTuple):
    """A phrase as somebody played it. take: the second (since 1970) in which its take began; tonic 0..11; bar: ticks of
    its bars; weight: how often it counts, below 0 of what was disliked; known: notes at its beginning that were learned
    with a phrase before, and stand there as context."""

    take: int
    tonic: int
    bar: int
    rows: tuple[Row, ...]
    weight: float = 1.0
    known: int = 0

    @property
    def notes(self) -> int:
        """Notes that are new in it."""
        return len(self.rows) - self.known


class Manner:
    """What is known of one performer. phrases: in order of time."""

    def __init__(self) -> None:
        self.pitch, self.duration, self.delta = (Ppm(order) for order in ORDERS)
        self.phrases: deque[Played] = deque()
        self._notes = 0

    @property
    def notes(self) -> int:
        """Notes learned that they played (of what they liked or not none is counted)."""
        return sum(p.notes for p in self.phrases if p.weight == 1.0)

    @property
    def takes(self) -> int:
        """Takes they were played in."""
        return len({p.take for p in self.phrases if p.weight == 1.0})

    def __str__(self) -> str:
        return f"{self.notes:,} notes in {self.takes} take{'' if self.takes == 1 else 's'}"

    def learn(self, played: Played) -> None:
        """One more phrase; the oldest go where there are too many notes."""
        self.phrases.append(played)
        self._notes += len(played.rows)
        self._count(played, played.weight)
        while self._notes > MOST_NOTES and len(self.phrases) > 1:
            self._unlearn(self.phrases.popleft())

    def forget(self, which: Callable[[Played], bool]) -> None:
        """Those phrases never were."""
        gone = [p for p in self.phrases if which(p)]
        self.phrases = deque(p for p in self.phrases if not which(p))
        for played in gone:
            self._unlearn(played)

    def _unlearn(self, played: Played) -> None:
        self._notes -= len(played.rows)
        self._count(played, -played.weight)

    def _count(self, played: Played, weight: float) -> None:
        """Lowest contexts by the phrase's own sign: what is taken back goes from where it was learned."""
        rows, bar = played.rows, max(1, played.bar)
        lowest = DISLIKED_FROM if played.weight < 0.0 else 1
        for k in range(max(0, played.known), len(rows)):
            tick, duration, pitch = rows[k]
            before = rows[max(0, k - max(ORDERS) - 1) : k]
            if before:
                self.pitch.learn(pitch_context(before, played.tonic), pitch - before[-1][2], weight, lowest)
                step = code.step_class(tick - before[-1][0], lowest=1)
                self.delta.learn(delta_context(before, bar), step, weight, lowest)
            length = code.step_class(duration, lowest=1)
            self.duration.learn(duration_context(before, tick, bar), length, weight, lowest)

    def bits(self, rows: Sequence[Row], tonic: int, bar: int) -> tuple[float, int]:
        """Bits that a line costs under what was learned, over nothing but the priors, and its notes; each by the notes
        before it."""
        total = 0.0
        for k, (tick, duration, pitch) in enumerate(rows):
            before = rows[max(0, k - max(ORDERS) - 1) : k]
            length = code.step_class(duration, lowest=1)
            total += _bits(self.duration.blended(duration_context(before, tick, bar), duration_prior()), length)
            if before:
                last = token(before[-1][2], tonic)
                p = self.pitch.blended(pitch_context(before, tonic), pitch_prior(last), last)
                total += _bits(p, min(code.PITCHES - 1, max(0, last + pitch - before[-1][2])))
                context, base = delta_context(before, bar), delta_prior(code.step_class(before[-1][1], lowest=1))
                total += _bits(self.delta.blended(context, base), code.step_class(tick - before[-1][0], lowest=1))
        return total, len(rows)


def token(pitch: int, tonic: int) -> int:
    """A pitch as `phrase` has it, in the octave around middle C."""
    return code.Frame(60 + (tonic + 6) % 12 - 6).encode(pitch)


def place(tick: int, bar: int) -> int:
    """A place in a bar, told apart by the bar's length."""
    return bar * LONGEST_BAR + tick % bar


def pitch_context(before: Sequence[Row], tonic: int) -> tuple[int, ...]:
    """The degree (in semitones) of the last note, then the intervals that led to it, nearest first."""
    if not before:
        return ()
    leaps = (b[2] - a[2] for a, b in zip(before[-2::-1], before[:0:-1], strict=False))
    return ((before[-1][2] - tonic) % 12, *leaps)


def duration_context(before: Sequence[Row], tick: int, bar: int) -> tuple[int, ...]:
    """Its place, then the durations before it."""
    return (place(tick, bar), *(code.step_class(row[1], lowest=1) for row in reversed(before)))


def delta_context(before: Sequence[Row], bar: int) -> tuple[int, ...]:
    """The duration of the last note, its place, then the steps that led to it."""
    if not before:
        return ()
    steps = (code.step_class(b[0] - a[0], lowest=1) for a, b in zip(before[-2::-1], before[:0:-1], strict=False))
    return (code.step_class(before[-1][1], lowest=1), place(before[-1][0], bar), *steps)


def _bits(p: np.ndarray, index: int) -> float:
    return -float(np.log2(max(1e-12, p[index])))
