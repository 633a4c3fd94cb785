"""grade: how hard a passage is at the keyboard, 1 to 10, why, and practice pieces of a wanted grade; [player process]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import realtime.models.grade.code as code
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.models.grade.practice import SKILLS, Recipe, practice, skill_of
from realtime.models.net import Net
from realtime.music.passage import excerpt
from realtime.music.sequence import Metre, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

EASIEST, HARDEST = 1.0, 10.0
WINDOW_BEATS = 32.0


@dataclass(frozen=True)
class Graded:
    """grade 1..10; `demands` by name, standardised (0: as in the music it learned from, 1: a deviation more), the weightiest
    first; `along` the grade of each stretch of 32 beats (of one, if the passage is short)."""

    grade: float
    demands: dict[str, float]
    along: tuple[float, ...]

    def __str__(self) -> str:
        hardest = ", ".join(name.replace("_", " ") for name in list(self.demands)[:3])
        return f"grade {self.grade:.1f}; hardest: {hardest}"


class Grade(NoteModel):
    """`estimate` grades, `choose` picks or makes practice pieces, `generate` makes one."""

    name = "grade"
    CODE = code.CODE
    PARAMS = (
        Param("level", "Level", "", EASIEST, HARDEST, 4.0, doc="Grade of the practice piece; 0.5 off is on the mark."),
        Param("skill", "Skill", "", 0, len(SKILLS) - 1, 0, "enum", tuple(SKILLS), doc="What it trains."),
        Param("tonic", "Tonic", "", 0, 11, 0, stepped=True, doc="C is 0."),
        Param("minor", "Minor", "", 0, 1, 0, "bool"),
    )

    def __init__(self, package: Package):
        super().__init__(package)
        self.net = Net(package)
        self.knots = package.table("knots").astype(float)  # difficulties of grades 1..10
        if len(self.knots) != 10 or not (np.diff(self.knots) > 0).all():
            raise AntiphonError(f"{package.path}: its table of grades does not rise; export it again")
        self.mean, self.spread = package.table("mean"), package.table("spread")

    def difficulty(self, demands: np.ndarray) -> float:
        """The net's own number, without end either way."""
        self.net.inputs["demands"][...] = demands
        return float(self.net.run()["difficulty"].reshape(()))

    def grade_of(self, difficulty: float) -> float:
        """Grade 1..10 of a difficulty: linear between the table's knots, kept within them."""
        return float(np.interp(difficulty, self.knots, np.arange(EASIEST, HARDEST + 1)))

    def estimate(self, sequence: NoteSequence) -> Graded:
        """Grade of a passage: long ones by stretches of 32 beats, of which the 80th percentile counts (a piece is as
        hard as its hard pages). Raises AntiphonError if there are too few notes."""
        whole = code.demands(sequence)
        stretches = []
        end = sequence.end_beat
        for start in np.arange(0.0, max(end - WINDOW_BEATS / 2, 1.0), WINDOW_BEATS):
            try:
                stretches.append(self.difficulty(code.demands(excerpt(sequence, start, start + WINDOW_BEATS))))
            except AntiphonError:
                continue  # a rest
        if not stretches:
            stretches = [self.difficulty(whole)]
        z = (whole - self.mean) / self.spread
        order = np.argsort(-z)
        return Graded(
            self.grade_of(float(np.percentile(stretches, 80))),
            {code.NAMES[i]: float(z[i]) for i in order},
            tuple(self.grade_of(d) for d in stretches),
        )

    def choose(
        self,
        level: float,
        skill: str = "any",
        passages: Sequence[NoteSequence] = (),
        bars: int = 8,
        seed: int = 1,
        tonic: int = 0,
        minor: bool = False,
    ) -> NoteSequence:
        """A practice passage of a level 1..10 and a skill (see SKILLS): the given passage nearest to the level among
        those that train the skill, or, where none is within half a grade, one made for it.

        Raises AntiphonError for an unknown skill or level.
        """
        if skill not in SKILLS:
            raise AntiphonError(f"Skill {skill!r}: there is none; choose one of {', '.join(SKILLS)}.")
        if not EASIEST <= level <= HARDEST:
            raise AntiphonError(f"Level {level:g}: levels run from {EASIEST:g} to {HARDEST:g}.")
        best: tuple[float, int] | None = None
        for i, passage in enumerate(passages):
            if skill_of(passage, skill) >= SKILLS[skill].least:
                miss = abs(self.estimate(passage).grade - level)
                best = min(best or (np.inf, -1), (miss, i))
        if best is not None and best[0] <= 0.5:
            return passages[best[1]]
        return self.make(level, skill, bars, seed, tonic, minor)

    def make(
        self,
        level: float,
        skill: str,
        bars: int,
        seed: int,
        tonic: int = 0,
        minor: bool = False,
        metre: tuple[int, int] = (4, 4),
    ) -> NoteSequence:
        """A passage made for a level and a skill, found by annealing over recipes (see practice), in a metre
        unless the skill has its own."""
        return self.recipe(level, skill, bars, seed, tonic, minor, metre).play(bars)

    def recipe(
        self,
        level: float,
        skill: str,
        bars: int,
        seed: int,
        tonic: int = 0,
        minor: bool = False,
        metre: tuple[int, int] = (4, 4),
        steps: int = 160,
        among: Mapping[str, Sequence[Any]] | None = None,
    ) -> Recipe:
        """What `make` plays; steps: of the annealing; among: see practice."""

        def grade(sequence: NoteSequence) -> float:
            difficulty = self.difficulty(code.demands(sequence))
            below = min(0.0, difficulty - self.knots[0])  # beyond the scale's ends, distance still counts
            above = max(0.0, difficulty - self.knots[-1])
            return self.grade_of(difficulty) + below + above

        return practice(level, skill, min(bars, 8), seed, grade, tonic, minor, metre, steps, among)

    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """A practice piece of `level` that trains `skill`; with a prompt, of the prompt's own grade and metre instead
        (compound metres, which the recipes cannot fill with their beats, give 4/4)."""
        v = self.settings(values, bars)
        level = v["level"] if prompt is None else self.estimate(prompt).grade
        skill = tuple(SKILLS)[int(v["skill"])]
        metre = (4, 4) if prompt is None else _simple(prompt.metres[0])
        return self.make(level, skill, bars, seed, int(v["tonic"]), bool(v["minor"]), metre)


def _simple(metre: Metre) -> tuple[int, int]:
    compound = metre.denominator >= 8 and metre.numerator % 3 == 0
    return (4, 4) if compound else (metre.numerator, metre.denominator)
