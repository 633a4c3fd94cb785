"""What a collage costs: harmony, cadence, voice leading, dissonance, form, register, density, rhythm; [player process]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from realtime.models.collage.code import MAJOR, MINOR, ROLES, STEPS
from realtime.music.scale import key_classes

FORM = "AABA"
SKIP = 0.8
"""What a skip in the tune costs beside a step."""


class Cell(NamedTuple):
    """Half a bar: chord degree + 12 * quality, the parts of each role (sorted numbers)."""

    chord: int
    bass: tuple[int, ...]
    inner: tuple[int, ...]
    melody: tuple[int, ...]


@dataclass(frozen=True)
class Weights:
    """Of the terms; 0 leaves one out."""

    harmony: float = 0.6
    cadence: float = 3.0
    leading: float = 0.25
    dissonance: float = 1.0
    form: float = 1.2
    register: float = 0.15
    density: float = 0.7
    rhythm: float = 0.6
    motion: float = 0.4
    likeness: float = 1.0
    foreign: float = 0.6


@dataclass(frozen=True)
class Sounding:
    """A cell's notes relative to the tonic: rows (step, semitones above the tonic in octave 3, loudness) by role."""

    bass: tuple[tuple[int, int, float], ...]
    inner: tuple[tuple[int, int, float], ...]
    melody: tuple[tuple[int, int, float], ...]


@dataclass
class Goal:
    """What a piece of so many half bars should be: mode 0 major or 1 minor, notes a half bar in the melody from start to
    end, its middle (semitones above the tonic in octave 3), and how dear each part is (role -> (parts,), 0 is free).

    known: what of each role was played just so, (role, parts); anything else is dearer, where there is any.
    cells_a_bar: half bars that a bar is cut into (3 in five quarters). chords: of each place, where somebody else says
    them; empty: the search's own."""

    cells: int
    mode: int = 0
    density: float = 3.0
    middle: float = 21.0
    likeness: dict[str, np.ndarray] = field(default_factory=dict)
    known: frozenset[tuple[str, tuple[int, ...]]] = frozenset()
    cells_a_bar: int = 2
    chords: tuple[int, ...] = ()

    @property
    def phrase(self) -> int:
        """Half bars of a phrase: four bars, or two where the piece has but eight."""
        return self.cells_a_bar * (4 if self.cells > 8 * self.cells_a_bar else 2)

    def led(self, line: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """The line over the chords that are given."""
        if not self.chords:
            return line
        return tuple(c._replace(chord=chord) for c, chord in zip(line, self.chords, strict=False))

    def letter(self, place: int) -> str:
        """A or B: the form by phrases of four bars (of two where the piece has but eight)."""
        return FORM[place // self.phrase % 4]

    def model_of(self, place: int) -> int | None:
        """The earlier half bar that this one repeats, or None: A phrases repeat the first A, B the first B; the last bar
        of a phrase is free, for the cadence."""
        phrase = self.phrase
        number, inside = divmod(place, phrase)
        if inside >= phrase - 2:
            return None
        for earlier in range(number):
            if FORM[earlier % 4] == FORM[number % 4]:
                return earlier * phrase + inside
        return None

    def wanted_density(self, place: int) -> float:
        """An arc in each phrase, and cadences that come to rest."""
        phrase = self.phrase
        inside = place % phrase
        if inside == phrase - 1:
            return 1.0
        arc = 0.8 + 0.4 * np.sin(np.pi * inside / (phrase - 1))
        return self.density * arc * (1.15 if self.letter(place) == "B" else 1.0)


class Energy:
    """Sums the costs of a line of cells; costs of a place and of neighbours are remembered."""

    def __init__(self, goal: Goal, progressions: np.ndarray, sound, weights: Weights = Weights()):
        """progressions: (2, 24, 24) log-probabilities; sound: Cell -> Sounding."""
        self.goal, self.weights, self.sound = goal, weights, sound
        self.progression = progressions[goal.mode]
        self.classes = key_classes(0, ("major", "minor")[goal.mode])
        self._alone: dict[tuple[Cell, float, bool], float] = {}
        self._pair: dict[tuple[Cell, Cell], float] = {}

    def __call__(self, line: tuple[Cell, ...]) -> float:
        """Total cost of a line, complete or not, over the number of cells."""
        total = 0.0
        for place, cell in enumerate(line):
            total += self.at(place, cell)
            if place:
                total += self.between(line[place - 1], cell)
            total += self.far(line, place) + self.step(line, place)
        return total / max(1, len(line))

    def at(self, place: int, cell: Cell) -> float:
        """Cost of a cell at its place: cadence, dissonance, register, density, likeness."""
        w, goal = self.weights, self.goal
        density = goal.wanted_density(place)
        last = place + 1 == goal.cells
        key = (cell, density, last)
        if key not in self._alone:
            self._alone[key] = self._cell_cost(cell, density)
        cost = self._alone[key]
        tonic_quality = MAJOR if goal.mode == 0 else MINOR
        home = cell.chord == 12 * tonic_quality
        phrase = goal.phrase
        if place == 0 and not home:
            cost += 0.5 * w.cadence
        if last:
            melody = self.sound(cell).melody
            ends_home = bool(melody) and melody[-1][1] % 12 == 0
            cost += w.cadence * ((not home) + 0.5 * (not ends_home))
        elif place % phrase == phrase - 1 and cell.chord % 12 not in (0, 7, 5):
            cost += w.cadence * 0.5
        return cost

    def _cell_cost(self, cell: Cell, density: float) -> float:
        w, sound = self.weights, self.sound(cell)
        melody = sound.melody
        degree, quality = cell.chord % 12, cell.chord // 12
        tones = {(degree + t) % 12 for t in (0, 4 if quality == MAJOR else 3, 7)}
        cost = w.density * abs(len(melody) - density)
        cost += w.density * 0.5 * max(0, 2 - len(sound.inner)) + w.density * 0.5 * (not sound.bass)
        if melody:
            pitches = np.array([m[1] for m in melody])
            cost += w.register * max(0.0, abs(float(pitches.mean()) - self.goal.middle) - 4.0)
            leaps = np.abs(np.diff(pitches))
            skips = (leaps > 2).sum()  # a tune goes by step more often than not (Huron 2006)
            cost += w.motion * float(np.maximum(0, leaps - 4).sum() / 3.0 + 0.8 * (leaps == 0).sum() + SKIP * skips)
            for step, pitch, _ in melody:
                strong = step % 4 == 0
                if pitch % 12 not in self.classes and pitch % 12 not in tones:
                    cost += w.dissonance * 1.5
                elif strong and pitch % 12 not in tones:
                    cost += w.dissonance * 0.6
        for step, pitch, _ in (*sound.inner, *sound.bass):
            if pitch % 12 not in tones:
                inside = pitch % 12 in self.classes
                cost += w.dissonance * (0.15 if inside else 0.8) * (1.5 if step % 4 == 0 else 1.0)
        for rows, weight in ((sound.bass, 0.6), (sound.inner, 0.15), (melody, 0.25)):  # sixteenths off the eighths
            cost += w.rhythm * weight * sum(n[0] % 2 for n in rows)
        clashes = sum(
            1
            for s, p, _ in melody
            for t, q, _ in sound.inner
            if (abs(s - t) <= 1 and (p - q) % 12 in (1, 11)) or (q > p + 3 and s == t)
        )
        cost += w.dissonance * 0.5 * clashes
        if self.goal.known:
            cost += w.foreign * sum((role, getattr(cell, role)) not in self.goal.known for role in ROLES)
        for role, likeness in self.goal.likeness.items():
            cost += w.likeness * sum(float(likeness[k]) for k in getattr(cell, role))
        return cost

    def between(self, a: Cell, b: Cell) -> float:
        """Cost of neighbours: chord progression, voice leading of all roles, likeness of rhythm."""
        if (a, b) not in self._pair:
            self._pair[(a, b)] = self._pair_cost(a, b)
        return self._pair[(a, b)]

    def step(self, line: tuple[Cell, ...], place: int) -> float:
        """Cost of the harmony's pace: a chord had better change with the bar, and may within it."""
        same = place > 0 and line[place - 1].chord == line[place].chord
        inside = place % self.goal.cells_a_bar
        return self.weights.harmony * (3.0 if same and not inside else 1.2 if inside and not same else 0.0)

    def _pair_cost(self, a: Cell, b: Cell) -> float:
        w = self.weights
        cost = 0.0 if a.chord == b.chord else w.harmony * (-float(self.progression[a.chord, b.chord]) - 1.0)
        first, second = self.sound(a), self.sound(b)
        if first.melody and second.melody:
            leap = abs(second.melody[0][1] - first.melody[-1][1])
            cost += w.leading * (max(0, leap - 4) + 0.7 * (leap == 0) + SKIP * (leap > 2))
        if first.bass and second.bass:
            cost += w.leading * 0.3 * max(0, abs(second.bass[0][1] - first.bass[-1][1]) - 7)
        if first.inner and second.inner:
            for pick in (min, max):
                x, y = pick(n[1] for n in first.inner), pick(n[1] for n in second.inner)
                cost += w.leading * 0.3 * max(0, abs(x - y) - 3)
        for role in ("inner", "bass"):  # a figure goes on: accompaniments keep their rhythm
            x, y = ({n[0] for n in getattr(s, role)} for s in (first, second))
            cost += w.rhythm * 0.5 * len(x ^ y) / STEPS
        return cost

    def far(self, line: tuple[Cell, ...], place: int) -> float:
        """Cost of not repeating what the form repeats, and of a melody whose rhythm answers nothing a bar before."""
        w, cell = self.weights, line[place]
        model = self.goal.model_of(place)
        cost = 0.0
        if model is not None:
            other = line[model]
            cost += w.form * sum((cell.chord != other.chord, cell.melody != other.melody, 0.5 * (cell.inner != other.inner),
                                  0.5 * (cell.bass != other.bass)))  # fmt: skip
        elif place >= 2:
            x, y = ({n[0] for n in self.sound(c).melody} for c in (line[place - 2], cell))
            cost += w.rhythm * len(x ^ y) / STEPS
            if line[place - 2].melody == cell.melody and line[place - 2].chord == cell.chord:
                cost += w.form * 0.7  # form repeats phrases; bars had better move on
        if place and line[place - 1].melody == cell.melody:
            cost += w.form * 0.7
        phrase = self.goal.phrase
        if place % phrase == phrase - 1:  # a phrase goes somewhere: four chords in four bars
            cost += w.harmony * 2.0 * max(0, phrase // 2 - len({c.chord for c in line[place + 1 - phrase : place + 1]}))
        return cost
