"""What a style is: sections of some bars, in each of them rows of steps for every lane; plain data, [any]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

LANES = ("drums", "bass", "chords1", "chords2", "pad", "riff")
DRUMS = "drums"
SECTIONS = ("intro", "verse", "chorus", "bridge", "fill", "break", "solo", "ending")
NEEDED = ("intro", "verse", "chorus", "fill", "break", "ending")
MAIN = {"verse": "verse", "chorus": "chorus", "bridge": "verse", "solo": "chorus"}
"""Sections that go on until another is told, each with the one played in its stead where the style has none of its own."""
VOICINGS = ("close", "triad", "open", "drop2", "shell", "rootless", "power", "guitar")
RESTRIKE, CUT, HOLD = CHANGES = ("restrike", "cut", "hold")
"""What a held note does where the chord changes under it: it moves to the new chord, it ends, it rings on. A tone of both
chords is held in each case."""


class Step(NamedTuple):
    """One stroke of a row. at, beats: quarter notes from the row's beginning, and how long it is written; atoms: what
    sounds, see notation.py; weight: velocity against the row's; short: staccato."""

    at: float
    beats: float
    atoms: tuple[str, ...]
    weight: float
    short: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a pattern. drum: key of the General MIDI percussion map, or -1; low, high: the intensities at which it
    plays; odds: how often it plays, a bar at a time; first: only in a section's first bar and after a fill; step_beats: its
    grid; bars: its length."""

    steps: tuple[Step, ...]
    bars: int
    step_beats: float
    drum: int = -1
    low: float = 0.0
    high: float = 1.0
    odds: float = 1.0
    first: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """bars: its length; lanes: rows by lane. A lane that is not there is silent, in a fill it goes on as before."""

    bars: int
    lanes: dict[str, tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class Lane:
    """How a lane plays in every section. lowest, highest: MIDI keys; voicing: one of VOICINGS; velocity 0..1; length: share
    of a written note that sounds; strum_ms: from the first to the last string; change: one of CHANGES; extend: plain
    triads are played with their sixth (major) or seventh (minor)."""

    lowest: int = 48
    highest: int = 76
    voicing: str = "close"
    velocity: float = 0.62
    length: float = 0.9
    strum_ms: float = 0.0
    change: str = RESTRIKE
    extend: bool = False


DEFAULT_LANES = {
    "drums": Lane(velocity=0.7),
    "bass": Lane(28, 50, velocity=0.72),
    "chords1": Lane(52, 76, velocity=0.58),
    "chords2": Lane(48, 74, velocity=0.55),
    "pad": Lane(50, 74, velocity=0.45, length=1.0),
    "riff": Lane(60, 84, velocity=0.62),
}


@dataclass(frozen=True, slots=True)
class Style:
    """swing: length of the first of a pair against the second, of eighths (swing_unit 1.0) or sixteenths (0.5); metre as
    numerator and denominator; source: what its rhythms were written from, and what to read on."""

    name: str
    title: str
    source: str
    numerator: int = 4
    denominator: int = 4
    tempo_bpm: float = 120.0
    swing: float = 1.0
    swing_unit: float = 1.0
    lanes: dict[str, Lane] = field(default_factory=lambda: dict(DEFAULT_LANES))
    sections: dict[str, Section] = field(default_factory=dict)

    @property
    def bar_beats(self) -> float:
        """Quarter notes a bar."""
        return self.numerator * 4.0 / self.denominator

    def main(self, section: str) -> str:
        """The name under which a main section stands in this style."""
        return section if section in self.sections else MAIN[section]
