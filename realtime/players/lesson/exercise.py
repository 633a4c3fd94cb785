"""An exercise: what is to be played, its chords and its metre, by style, key, level, skill and hands; [player process].

Its notes are found by realtime.models.grade; here they get the metre and the swing of a style, and the hands that are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from realtime.models.grade import SKILLS, Grade, Recipe, chords_of
from realtime.music.chord import Chord
from realtime.music.keyfinding import MODES, Key
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.music.swing import swung
from realtime.players.styles import Style, style_named

RIGHT, LEFT = 0, 1
"""Channels of the two hands, as grade's recipes have them."""
HANDS = ("both", "right", "left")
OWN_METRE = frozenset(name for name, skill in SKILLS.items() if "numerator" in skill.start)
"""Skills that are a metre: in a style they are that of the style."""
SKILL_NAMES = tuple(name for name in SKILLS if name not in OWN_METRE)
PLAIN_LEFT, PLAIN_LEVEL = (1, 2), 3.0
"""Whole notes and halves, which every style has below a level: see grade's LEFTS."""
LEFTS = {
    3: ("waltz", "jazz_waltz", "musette", "march", "country", "tango", "seven_eight", "five_four", "swing"),
    4: ("pop_eighths", "disco", "four_on_the_floor", "funk", "blues_shuffle", "reggae"),
    5: ("ballad", "fingerstyle", "slow_rock", "gospel", "bossa", "samba"),
}
"""The left hand of a style, beside the plain ones."""
COMPOUND_RHYTHMS, COMPOUND_LEFTS = (1, 6), (1, 3)
"""What divides in threes: beats and triplets of the line, beats of the left hand."""
C_MAJOR = Key(0, "major")
SWINGING = (2, 3, 5)
"""Rhythms of grade's in which eighths swing; triplets and sixteenths are played as written."""
SLOWEST_BPM, FASTEST_BPM = 44.0, 184.0
"""Tempi that the grader knows exercises in; slower or faster ones are graded as these."""


@dataclass(frozen=True)
class Task:
    """What is asked for. style: its name; metre: None: the style's; tempo_bpm: quarter notes a minute, None: as the level
    wants it."""

    style: str
    key: Key = C_MAJOR
    level: float = 3.0
    skill: str = "any"
    hands: str = "both"
    bars: int = 8
    metre: tuple[int, int] | None = None
    tempo_bpm: float | None = None

    @property
    def sheet(self) -> Style:
        """The style. Raises AntiphonError."""
        return style_named(self.style)

    @property
    def played_metre(self) -> tuple[int, int]:
        """The metre asked for, else the style's."""
        return self.metre or (self.sheet.numerator, self.sheet.denominator)

    @property
    def trains(self) -> str:
        """The skill, where the hands can have it."""
        return "any" if self.hands == "right" and self.skill == "left hand" else self.skill


@dataclass(frozen=True)
class Exercise:
    """written: straight, as it is printed; played: in the style's swing. Channel RIGHT, LEFT. chords: one for each bar."""

    task: Task
    recipe: Recipe
    written: NoteSequence
    played: NoteSequence
    chords: tuple[Chord, ...]
    grade: float

    @property
    def bar_beats(self) -> float:
        """Quarter notes a bar."""
        return self.written.metres[0].bar_beats

    @property
    def beats(self) -> float:
        """Its length in quarter notes."""
        return self.bar_beats * self.task.bars

    @property
    def title(self) -> str:
        """Such as "Waltz in D major, level 3.0"."""
        return f"{self.task.sheet.title} in {self.task.key.name}, level {self.grade:.1f}"


def make_exercise(grade: Grade, task: Task, seed: int, steps: int = 160) -> Exercise:
    """The exercise whose grade comes nearest to the task's level; the same seed gives the same. steps: of the search."""
    numerator, denominator = task.played_metre
    compound = denominator >= 8 and numerator % 3 == 0 and numerator > 3
    stretch = 1.5 if compound else 1.0
    simple = (numerator // 3, 4) if compound else (numerator, denominator)
    recipe = grade.recipe(
        task.level, task.trains, task.bars, seed, task.key.tonic, task.key.mode == "minor", simple, steps,
        _among(task, compound, stretch),
    )  # fmt: skip
    simple_notes = recipe.play(task.bars)
    tempo = simple_notes.tempo.tempo_bpm(0.0) * stretch if task.tempo_bpm is None else task.tempo_bpm
    notes = [_stretched(note, stretch) for note in _for(task.hands, simple_notes.notes)]
    written = NoteSequence(notes, TempoMap([(0.0, tempo)]), [Metre(0.0, numerator, denominator)], task.sheet.title)
    swing = task.sheet.swing if recipe.rhythm in SWINGING and not compound else 1.0
    played = replace(written, notes=swung(notes, swing, task.sheet.swing_unit)) if swing != 1.0 else written
    level = grade.estimate(replace(simple_notes, notes=_for(task.hands, simple_notes.notes))).grade
    return Exercise(task, recipe, written, played, tuple(chords_of(recipe, task.bars)), level)


@lru_cache(maxsize=64)
def cached_exercise(package: str, task: Task, seed: int, steps: int) -> Exercise:
    """The same, made once: a player that comes back to a task has it at once. package: path of grade's."""
    return make_exercise(Grade.load(package), task, seed, steps)


def _among(task: Task, compound: bool, stretch: float) -> dict[str, Sequence[Any]]:
    """What grade's recipe may be made of."""
    found: dict[str, Sequence[Any]] = {}
    if task.tempo_bpm is not None:
        found["tempo_bpm"] = (min(FASTEST_BPM, max(SLOWEST_BPM, task.tempo_bpm / stretch)),)
    if compound:
        found["rhythm"] = COMPOUND_RHYTHMS
    lefts = [left for left, styles in LEFTS.items() if task.style in styles]
    lefts += PLAIN_LEFT if task.level < PLAIN_LEVEL or not lefts else ()
    found["left"] = COMPOUND_LEFTS if compound else lefts
    if task.hands == "right":
        found |= {"left": (0,), "lead": (0,)}
    elif task.hands == "left":
        found |= {"left": (0,), "lead": (1,)}
    elif task.skill in ("hands together", "two against three"):
        del found["left"]  # the skill says what the left hand does
    return found


def _for(hands: str, notes: Sequence[Note]) -> list[Note]:
    wanted = {"right": (RIGHT,), "left": (LEFT,)}.get(hands, (RIGHT, LEFT))
    return [note for note in notes if note.channel in wanted]


def _stretched(note: Note, by: float) -> Note:
    return note._replace(beat=note.beat * by, duration=note.duration * by)


def key_of(tonic: int, minor: bool) -> Key:
    """A key by the numbers of its controls."""
    return Key(tonic % 12, MODES[int(minor)])
