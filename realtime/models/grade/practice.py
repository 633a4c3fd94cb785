"""Practice passages by rule and search: a recipe of rhythm, line, doubling, left hand and tempo is annealed until its grade
and its skill fit; [player process]."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import numpy as np

import realtime.models.grade.code as code
from realtime.music.chord import Chord
from realtime.music.chord_naming import chord_of_mask
from realtime.music.scale import move_in, nearest_in, pitch_classes, pitch_of_degree
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.sampling.annealing import anneal, geometric


@dataclass(frozen=True)
class Skill:
    """What a skill needs: a demand (see code) that must reach `least`, and what its recipes start with."""

    demand: str
    least: float
    start: dict = field(default_factory=dict)


SKILLS: dict[str, Skill] = {
    "any": Skill("hands", 0.0),
    "scales": Skill("pace", 0.5, {"figure": "scale"}),
    "arpeggios": Skill("pace", 0.5, {"figure": "arpeggio"}),
    "leaps": Skill("leaps", 0.15, {"figure": "leaps"}),
    "thirds": Skill("double_notes", 0.3, {"doubling": 2}),
    "octaves": Skill("chord_span", 11.0, {"doubling": 7}),
    "repeated notes": Skill("repeats", 0.08, {"figure": "repeats"}),
    "syncopation": Skill("syncopation", 0.12, {"rhythm": 5}),
    "triplets": Skill("tuplets", 0.15, {"rhythm": 6}),
    "two against three": Skill("polyrhythm", 0.2, {"rhythm": 6, "left": 4}),
    "5/4": Skill("odd_metre", 1.0, {"numerator": 5, "denominator": 4}),
    "7/8": Skill("odd_metre", 1.0, {"numerator": 7, "denominator": 8}),
    "left hand": Skill("hands", 1.0, {"lead": 1}),
    "hands together": Skill("hands", 1.0, {"left": 4}),
}
# onsets within a quarter note, from plain to dense; -1 starts with a tie over from before
RHYTHMS = (
    ("half",), ("quarter",), ("quarter", "eighths"), ("eighths",), ("eighths", "sixteenths"), ("syncopated",),
    ("triplets",), ("sixteenths",),
)  # fmt: skip
CELLS = {
    "half": (0.0, 2.0), "quarter": (0.0, 1.0), "eighths": (0.0, 0.5), "sixteenths": (0.0, 0.25, 0.5, 0.75),
    "triplets": (0.0, 1 / 3, 2 / 3), "syncopated": (0.5,),
}  # fmt: skip
FIGURES = ("scale", "walk", "arpeggio", "broken thirds", "leaps", "repeats")
DOUBLINGS = (0, 2, 5, 7)  # scale steps below the line: none, thirds, sixths, octaves
LEFTS = ("none", "whole notes", "halves", "waltz or alternating", "eighths", "broken chords", "stride")
PROGRESSION = (0, 3, 4, 0, 5, 3, 4, 0)  # scale degrees of the chords


@dataclass(frozen=True)
class Recipe:
    """All that makes a passage; `play` writes it. lead 0: the right hand has the line, 1: the left."""

    seed: int
    tonic: int = 0
    minor: bool = False
    numerator: int = 4
    denominator: int = 4
    tempo_bpm: float = 80.0
    rhythm: int = 1
    figure: str = "walk"
    doubling: int = 0
    left: int = 1
    lead: int = 0
    width: int = 5  # of the line, scale steps

    def play(self, bars: int) -> NoteSequence:
        """The passage: line on channel 0, the other hand on channel 1; the last bar rests on the tonic."""
        random = Random(self.seed)
        classes = pitch_classes(self.tonic, "harmonic minor" if self.minor else "major")
        bar_beats = self.numerator * 4.0 / self.denominator
        home = nearest_in((67 if self.lead == 0 else 48) // 12 * 12 + self.tonic, classes)
        low = nearest_in((48 if self.lead == 0 else 60) // 12 * 12 + self.tonic, classes)
        low -= 12 if low > (54 if self.lead == 0 else 70) else 0
        notes: list[Note] = []
        line = _Line(random, self.figure, self.width)
        for bar in range(bars):
            start, last = bar * bar_beats, bar + 1 == bars
            degree = 0 if last else PROGRESSION[bar % len(PROGRESSION)]
            below = degree if degree < 3 else degree - 7  # the hands keep apart
            chord = [move_in(low, below + k, classes) for k in (0, 2, 4)]
            places = [0.0] if last else _places(self.rhythm, bar, bar_beats)
            for place, after in zip(places, [*places[1:], bar_beats], strict=True):
                step = 0 if last else line.step(degree, place % 1.0 == 0.0)
                pitch = move_in(home, step, classes)
                length = (after - place) * 0.95
                notes.append(Note(start + place, length, pitch, 0.72, self.lead))
                if self.doubling:
                    notes.append(Note(start + place, length, move_in(pitch, -self.doubling, classes), 0.62, self.lead))
            notes += _left(LEFTS[self.left], chord, start, bar_beats, last, 1 - self.lead)
        metre = Metre(0.0, self.numerator, self.denominator)
        return NoteSequence(notes, TempoMap([(0.0, round(self.tempo_bpm, 1))]), [metre], "practice")


class _Line:
    """Scale steps above the home note, one figure; stays within the width."""

    def __init__(self, random: Random, figure: str, width: int):
        self.random, self.figure, self.width = random, figure, max(2, width)
        self.now, self.direction, self.count = 0, 1, 0

    def step(self, degree: int, on_beat: bool) -> int:
        r, width = self.random, self.width
        self.count += 1
        if self.figure == "scale":
            self._move(1)
        elif self.figure == "walk":
            if r.random() < 0.3:
                self.direction = -self.direction
            self._move(1 if r.random() < 0.8 else 2)
        elif self.figure == "arpeggio":
            tones = sorted(
                degree % 7 + o + t for t in (0, 2, 4) for o in (-7, 0, 7) if -2 <= degree % 7 + o + t <= width + 2
            )
            k = self.count % max(1, 2 * len(tones) - 2)
            self.now = tones[k if k < len(tones) else 2 * len(tones) - 2 - k]
        elif self.figure == "broken thirds":
            if self.count % 2:
                self._move(1)
            return self.now + (2 if self.count % 2 else 0)
        elif self.figure == "leaps":
            reach = r.choice((7, 7, 9, 4, 1))
            self.now = self.now + (reach if self.now < width / 2 else -reach)
            self.now = max(-3, min(max(width, 9) + 2, self.now))
        elif on_beat or r.random() < 0.2:  # repeats: moves on the beat only
            self._move(r.choice((1, 1, 2)))
        return self.now

    def _move(self, steps: int) -> None:
        if not 0 <= self.now + self.direction * steps <= self.width:
            self.direction = -self.direction
        self.now = max(0, min(self.width, self.now + self.direction * steps))


def _places(rhythm: int, bar: int, bar_beats: float) -> list[float]:
    """Onsets in one bar: the cells of a rhythm by turns."""
    cells = RHYTHMS[rhythm]
    places: list[float] = []
    beat, k = 0.0, bar
    while beat < bar_beats - 1e-6:
        name = cells[k % len(cells)]
        cell = CELLS[name]
        places += [beat + c for c in cell if c < 1.0 and beat + c < bar_beats - 1e-6]
        beat += 2.0 if name == "half" else 1.0
        k += 1
    if cells == ("syncopated",):  # on the bar line, then always off the beat
        places = [0.0, *places]
    return sorted(set(places))


def _left(kind: str, chord: list[int], start: float, bar_beats: float, last: bool, channel: int) -> list[Note]:
    if kind == "none":
        return []
    if last or kind == "whole notes":
        hits = [(0.0, chord if last else chord[:1], bar_beats)]
    elif kind == "halves":
        half = math.ceil(bar_beats - 1e-6) / 2  # on an eighth, the longer half first
        hits = [(0.0, chord[:1], half), (half, chord[1:], half)]
    else:
        step = 1.0 if kind in ("waltz or alternating", "stride") else 0.5
        count = math.ceil(bar_beats / step - 1e-6)
        hits = []
        for i in range(count):
            if kind == "eighths":
                tones = [chord[(0, 2, 1, 2)[i % 4]]]
            elif kind == "broken chords":
                tones = [[*chord, chord[0] + 12, chord[2]][(0, 1, 2, 3, 4, 1)[i % 6]]]
            elif kind == "stride":
                tones = [chord[0] - 12] if i % 2 == 0 else chord
            else:
                tones = chord[:1] if i == 0 else chord[1:]
            hits.append((i * step, tones, step))
    return [
        Note(start + place, min(length, bar_beats - place) * 0.95, pitch, 0.55, channel)
        for place, tones, length in hits
        for pitch in tones
        if place < bar_beats - 1e-6
    ]


def chords_of(recipe: Recipe, bars: int) -> list[Chord]:
    """The chord of each bar of a recipe's passage."""
    scale = "harmonic minor" if recipe.minor else "major"
    tones = [pitch_of_degree(degree, recipe.tonic, scale) for degree in range(1, 13)]
    degrees = [0 if bar + 1 == bars else PROGRESSION[bar % len(PROGRESSION)] for bar in range(bars)]
    return [
        chord_of_mask(tones[degree] % 12, sum(1 << (tones[degree + k] - tones[degree]) % 12 for k in (0, 2, 4)))
        for degree in degrees
    ]


def skill_of(sequence: NoteSequence, skill: str) -> float:
    """How much of a skill's demand a passage has."""
    return float(code.demands(sequence)[code.NAMES.index(SKILLS[skill].demand)])


def practice(
    level: float,
    skill: str,
    bars: int,
    seed: int,
    grade: Callable[[NoteSequence], float],
    tonic: int = 0,
    minor: bool = False,
    metre: tuple[int, int] = (4, 4),
    steps: int = 160,
    among: Mapping[str, Sequence[Any]] | None = None,
) -> Recipe:
    """The recipe whose passage comes nearest to a level and has its skill; the same seed gives the same. among: what some
    fields of the recipe may be, in place of anything."""
    wanted = SKILLS[skill]
    index = code.NAMES.index(wanted.demand)
    among = among or {}
    fixed = set(wanted.start) | {name for name, allowed in among.items() if len(allowed) == 1}
    known: dict[Recipe, float] = {}

    def energy(recipe: Recipe) -> float:
        if recipe not in known:
            passage = recipe.play(bars)
            if len(passage.notes) < 8:
                return np.inf
            lacking = max(0.0, wanted.least - float(code.demands(passage)[index])) / max(0.1, wanted.least)
            # an easy piece had better be slow and plain, a hard one rather rich than mad: tempi near 96 are preferred
            strain = 0.15 * abs(np.log2(recipe.tempo_bpm / 96.0))
            strain += 0.4 * (recipe.figure == "leaps" and skill != "leaps")
            # the grader sees one line's fingering: it takes double notes in a run for easier than they are
            strain += 0.2 * max(0.0, 8.0 - level) * (recipe.doubling > 0 and "doubling" not in fixed)
            known[recipe] = abs(grade(passage) - level) + 4.0 * lacking + strain
        return known[recipe]

    def propose(recipe: Recipe, random: Random) -> Recipe:
        gene = random.choice(
            [g for g in ("tempo_bpm", "tempo_bpm", "rhythm", "figure", "doubling", "left", "width") if g not in fixed]
        )
        new: dict = {
            "tempo_bpm": lambda: min(
                184.0, max(44.0, recipe.tempo_bpm * random.choice((0.8, 0.9, 0.95, 1.05, 1.1, 1.25)))
            ),
            "rhythm": lambda: random.randrange(len(RHYTHMS)),
            "figure": lambda: random.choice(FIGURES),
            "doubling": lambda: random.choice(DOUBLINGS),
            "left": lambda: random.randrange(len(LEFTS)),
            "width": lambda: random.randint(4, 14),
        }
        return replace(recipe, **{gene: random.choice(among[gene]) if gene in among else new[gene]()})

    random = Random(seed)
    left = min(len(LEFTS) - 1, round((level - 1) / 9 * (len(LEFTS) - 1)))
    rhythm = min(4, round((level - 1) / 2))
    start: dict[str, Any] = {
        "rhythm": rhythm,
        "left": left,
        "figure": random.choice(FIGURES[:3]),
        "width": 5 + round(level / 2),
    }
    start |= {"numerator": metre[0], "denominator": metre[1]}
    start |= {"tempo_bpm": 60.0 + 8.0 * level, **wanted.start}
    for name, allowed in among.items():
        if name not in wanted.start and start.get(name) not in allowed:
            start[name] = allowed[0]
    recipe = Recipe(seed, tonic, minor, **start)
    return anneal(recipe, energy, propose, steps, geometric(0.8, 0.05), seed).state
