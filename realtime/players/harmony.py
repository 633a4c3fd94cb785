"""The chords that a player goes by: what it is told, else what it hears held, else its last or the key's; [player
process]."""

from __future__ import annotations

import math
from collections.abc import Collection

from realtime.music.chord import Chord
from realtime.music.chord_naming import chord_of_mask, name_chord
from realtime.music.chord_table import ORDER, mask_of
from realtime.players.hearing import Course, Told, ToldChord

GRID = 2
"""Places a beat where a chord that was played by hand is taken to begin."""
UNKNOWN = "unknown"
_NAMES = tuple(ORDER)
EARLY_BEATS = 0.25
EXPECT_SLOTS, LEAST_RUN = 64, 6
MIDDLE_BARS = 8
HELD_CLASSES = 3
"""So many pitch classes held at once are a chord."""


def chord_of(told: ToldChord) -> Chord:
    """A told chord by its name, or by its classes where its name says something else."""
    if 0 <= told.quality < len(_NAMES):
        named = Chord(told.root, _NAMES[told.quality], told.bass)
        if named.classes == told.classes or not told.classes:
            return named
    return chord_of_mask(told.root, mask_of((c - told.root) % 12 for c in told.classes), told.bass)


class Harmony:
    """Chords by beat. A chord that is let go without announcement goes on; one that a chart ends (N.C.) does not."""

    def __init__(self) -> None:
        self._course: Course[Chord | str | None] = Course(UNKNOWN)
        self._told = False  # somebody names the chords
        self._last: Chord | None = None  # of before the beats jumped

    def tell(self, beat: float, chord: ToldChord | None, now: float) -> bool:
        """A chord of the follower's; returns whether that is news."""
        self._told = True
        announced = beat > now
        if chord is None and not announced:
            return False
        return self._put(beat if announced else placed(beat), None if chord is None else chord_of(chord))

    def hold(self, beat: float, held: Collection[int]) -> bool:
        """Keys that are held; heeded where nobody names chords. Returns whether that is news."""
        if self._told or len({key % 12 for key in held}) < HELD_CLASSES:
            return False
        chord = name_chord(held)
        return chord is not None and self._put(placed(beat), chord)

    def _put(self, beat: float, chord: Chord | None) -> bool:
        news = self._course.at(beat) != chord or bool(self._course.after(beat))
        self._course.tell(beat, chord)
        return news

    def at(self, beat: float, told: Told) -> Chord | None:
        """The chord at a beat; None: it is silent, or nobody knows any."""
        found = self._course.at(beat)
        if not isinstance(found, str):
            return found
        if self._last is None and told.tonic >= 0:
            return tonic_chord(told.tonic, told.mode)
        return self._last

    def told_at(self, beat: float) -> bool:
        """Whether a chord began about a beat: within what hands and a follower need."""
        return any(beat - EARLY_BEATS <= at for at, _ in self._course.after(beat - EARLY_BEATS))

    def expect(self, beat: float, slot: float) -> Chord | None:
        """The chord that a song's returns lead one to expect from a beat on, as who plays along by ear learns a loop: what
        came last time after the longest run of equal slots (beats long) before this one. None: nothing returns."""
        past = [self._course.at(beat - slot * k) for k in range(1, EXPECT_SLOTS + 1)]
        best, longest = None, LEAST_RUN - 1
        for period in range(1, EXPECT_SLOTS - LEAST_RUN):
            run = 0
            while run + period < len(past) and past[run] == past[run + period] != UNKNOWN:
                run += 1
            if run > longest:
                best, longest = past[period - 1], run
        return best if isinstance(best, Chord) else None

    def moves_within(self, beat: float, bar_beats: float) -> bool:
        """Whether chords have changed in the middle of bars lately. beat: a bar line."""
        middles = (beat - bar_beats * k - bar_beats / 2 for k in range(MIDDLE_BARS))
        return any(self._course.at(middle) != self._course.at(middle - EARLY_BEATS) for middle in middles)

    def after(self, beat: float) -> list[tuple[float, Chord | None]]:
        """What is announced to come."""
        return [(at, chord) for at, chord in self._course.after(beat) if not isinstance(chord, str)]

    def jump(self, beat: float) -> None:
        """The beats have jumped from here: of what was known only the last chord is left."""
        found = self._course.at(beat)
        self._last = found if isinstance(found, Chord) else self._last
        self._course.cut(-math.inf)


def placed(beat: float) -> float:
    """Where a chord that came by hand at a beat is taken to begin."""
    return round(beat * GRID) / GRID


def tonic_chord(tonic: int, mode: str) -> Chord:
    """The triad of a key."""
    return Chord(tonic, "min" if mode == "minor" else "maj")
