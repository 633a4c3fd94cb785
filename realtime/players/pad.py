"""A pad: the chord's own tones held and led smoothly, always below the tune; [player process] (Tymoczko 2006 on small voice
leadings)."""

from __future__ import annotations

from typing import NamedTuple

from realtime.music.chord import Chord
from realtime.music.voicing import HIGHEST, voicing

LONGEST_BEATS = 16.0
DEEPEST = 43
"""G2: a chord lower than that is mud."""
SPAN = 12
BELOW = 2
"""Semitones that it keeps under the lowest note of the tune."""


class Change(NamedTuple):
    """kept: pitches that sound on; struck: those that begin."""

    kept: list[int]
    struck: list[int]


class Pad:
    """What is held now, since and until which beat it was planned."""

    def __init__(self) -> None:
        self.held: list[int] = []
        self.since = self.until = 0.0

    def clear(self) -> None:
        """Nothing sounds."""
        self.held, self.until = [], 0.0

    def change(self, beat: float, chord: Chord | None, ceiling: int | None) -> Change:
        """From one chord to the next at a beat. ceiling: the lowest pitch of the tune; None: there is none."""
        highest = HIGHEST if ceiling is None else min(HIGHEST, ceiling - BELOW)
        lowest = max(DEEPEST, highest - 22)
        if chord is None or highest - lowest < SPAN:
            kept, struck = [], []
        else:
            sounding = self.held if beat < self.until - 0.5 else []
            new = voicing(chord, [p for p in self.held if p <= highest], lowest, highest)
            kept = [p for p in new if p in sounding]
            struck = [p for p in new if p not in sounding]
        if struck or not kept:
            self.until = beat + LONGEST_BEATS if not kept else min(self.until, beat + LONGEST_BEATS)
        self.since = beat if struck else self.since
        self.held = sorted(kept + struck)
        return Change(kept, struck)

    def above(self, pitch: int) -> list[int]:
        """What of it does not stay under a note of the tune."""
        return [p for p in self.held if p >= pitch]

    def drop(self, pitches: list[int]) -> None:
        """These sound no more."""
        self.held = [p for p in self.held if p not in pitches]
