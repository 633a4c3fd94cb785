"""The forms of `collage`: which section comes next, how a bar is cut into half bars, and the notes of a section before anyone
knows its chords; [player process]."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import realtime.models.collage.code as code
from realtime.models.collage import Cell

FREE = "free"
FORMS = {"AABA": "AABA", "verse and chorus": "ABABCB", "rondo": "ABACA", FREE: ""}
"""Sections by letter, round and round; free draws each anew."""
RETURNS = 0.6
"""How likely a free form comes back to a section that it knows."""
SHORTEST_BEATS = 0.1
SMALL = 1e-6


def cut(bar_beats: float, compound: bool) -> list[float]:
    """Lengths of the parts of a bar, in beats: halves of four quarters, of six eighths; what is odd comes last."""
    unit = 1.5 if compound else code.CELL_BEATS
    whole = int(bar_beats / unit + SMALL)
    rest = bar_beats - whole * unit
    return [unit] * whole + ([rest] if rest > SMALL else [])


def next_letter(form: str, played: list[str], dice: Random) -> str:
    """The section after those of a round of the form so far; a round that is over begins again."""
    letters = FORMS[form]
    if letters:
        return letters[len(played) % len(letters)]
    known = sorted(set(played))
    if known and dice.random() < RETURNS:
        return dice.choice([one for one in known if one != played[-1]] or known)
    return chr(ord("A") + len(known) % 26)


class Part(NamedTuple):
    """A note of a section: beat in it, length in beats, role, semitones above the root (thirds folded), loudness 0..1, and the
    chord that the section itself has there (degree + 12 * quality)."""

    beat: float
    beats: float
    role: str
    above: int
    loud: float
    chord: int


@dataclass
class Section:
    """One section on its way. line: its half bars, so many a bar; lengths: of the parts of a bar that is played."""

    letter: str
    start: float
    bars: int
    line: tuple[Cell, ...]
    cells_a_bar: int
    lengths: list[float]
    notes: list[Part] = field(default_factory=list)

    @property
    def bar_beats(self) -> float:
        """Quarter notes."""
        return sum(self.lengths)

    @property
    def end(self) -> float:
        """The beat behind it."""
        return self.start + self.bars * self.bar_beats

    def cell(self, bar: int, part: int) -> Cell:
        """What the line has for a part of a bar, whatever metre it was made for."""
        bars = max(1, len(self.line) // self.cells_a_bar)
        return self.line[bar % bars * self.cells_a_bar + min(part, self.cells_a_bar - 1)]

    def write(self, notes_of: Callable[[str, tuple[int, ...]], list[tuple[int, int, float]]]) -> None:
        """Fills `notes`: each lasts until its role's next stroke, at most a half bar."""
        rows: dict[str, list[tuple[float, int, float, int]]] = {role: [] for role in code.ROLES}
        for bar in range(self.bars):
            start = bar * self.bar_beats
            for part, length in enumerate(self.lengths):
                cell = self.cell(bar, part)
                for role in code.ROLES:
                    for step, above, loud in notes_of(role, getattr(cell, role)):
                        if step / 4 < length - SMALL:
                            rows[role].append((start + step / 4, above, loud, cell.chord))
                start += length
        self.notes = []
        for role, found in rows.items():
            strokes = [*sorted({row[0] for row in found}), self.bars * self.bar_beats]
            after = {beat: strokes[i + 1] for i, beat in enumerate(strokes[:-1])}
            for beat, above, loud, chord in found:
                length = min(after[beat] - beat, code.CELL_BEATS)
                self.notes.append(Part(beat, max(SHORTEST_BEATS, length), role, above, loud, chord))
        self.notes.sort()

    def between(self, first: float, last: float) -> list[Part]:
        """Its notes that begin between two beats of the transport."""
        a, b = first - self.start - SMALL, last - self.start - SMALL
        return [note for note in self.notes if a <= note.beat < b]

    def part_ends(self) -> list[float]:
        """Beats at which its parts end, in order."""
        found, beat = [], self.start
        for _ in range(self.bars):
            for length in self.lengths:
                beat += length
                found.append(beat)
        return found


def octave_of(degree: int) -> int:
    """A degree as a distance from the tonic: chords and keys lie around it, not all above."""
    return degree if degree < 7 else degree - 12


def whole_bars(beats: float, bar_beats: float) -> int:
    """At least one."""
    return max(1, math.floor(beats / bar_beats + 1e-3))
