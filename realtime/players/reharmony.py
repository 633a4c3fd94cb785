"""Which chords a tune could have, found by beam search a little ahead of it: what was heard, what a phrase that returns will
bring, the field of `changes` for all of it; [player process] (beam search: Lowerre 1976; field: Lafferty, McCallum and
Pereira 2001).

A step is the time from one strong beat to the next. Chords change with the steps; labels are those of
realtime.models.changes, relative to the tonic.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from realtime.models.changes import STYLES, Changes, beat_units, frames_of, unit_features
from realtime.models.changes.code import LABELS, NO_CHORD, PLACES, TEMPLATES, metrical_place
from realtime.music.keyfinding import MODES, Key
from realtime.music.scale import key_classes
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.players.plan import Moment

WIDTH, CANDIDATES = 8, 12
"""Courses that are kept, and labels that are tried for each step."""
REMEMBERED_BARS = 32
BEHIND_BARS = 2
"""Bars before the first step whose tune counts: the field looks at neighbours and whole bars."""
LEAST_ALIKE = 0.75
"""A bar has returned when so much of what was struck in it, of both, is the same."""
GRID = 4
FOREIGN, CLASH = 1.0, 3.0
"""Nats against a chord for a long or strong note that is none of its tones, and for one a semitone above one of them."""
STALE = 1.5
"""Nats a bar against a chord that stays, where one a bar is wished for."""
STRONG_BEATS = 0.75
RETURN = 1.5
"""Nats by which the chord of the phrase's last time is asked for, or avoided."""
_MASKS = np.array(
    [[(c - label % 12) % 12 in TEMPLATES[label // 12] for c in range(12)] for label in range(NO_CHORD)] + [[False] * 12],
    dtype=float,
)  # fmt: skip
"""(labels, classes): which are tones."""
_ABOVE = _MASKS[:, np.arange(-1, 11)] * (1.0 - _MASKS)
"""(labels, classes): which lie a semitone above one."""


class Melody:
    """The tune as it was heard, and the bars that it takes after."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._down: dict[int, float] = {}

    def clear(self) -> None:
        """Nothing was heard."""
        self.notes.clear()
        self._down.clear()

    def on(self, beat: float, key: int) -> None:
        """A note of the tune begins; the tune has one voice."""
        for other in list(self._down):
            self.off(beat, other)
        self._down[key] = beat

    def off(self, beat: float, key: int) -> None:
        """It ends."""
        begun = self._down.pop(key, None)
        if begun is not None and beat > begun:
            self.notes.append(Note(begun, beat - begun, key, 0.8, 0))

    def forget(self, before: float) -> None:
        """What is older is of no use any more."""
        self.notes = [note for note in self.notes if note.end > before]

    def between(self, first: float, last: float, now: float) -> list[Note]:
        """What sounds from one beat to another; what is down now is taken to last."""
        held = [Note(begun, max(0.05, now - begun), key, 0.8, 0) for key, begun in self._down.items()]
        return [note for note in [*self.notes, *held] if note.beat < last and note.end > first]

    def expected(self, bar: float, length: float, last: float, now: float) -> tuple[list[Note], float]:
        """(the notes from now on up to a beat, the beats back that they are taken from): the last two bars that are over
        are looked for among those before; 0: nothing returns."""
        first = bar - BEHIND_BARS * length
        best, back = LEAST_ALIKE, 0.0
        wanted = self._struck(first, bar, 0.0)
        if len(wanted) < 4:
            return [], 0.0
        for bars in range(BEHIND_BARS, REMEMBERED_BARS - BEHIND_BARS):
            found = self._struck(first, bar, bars * length)
            alike = len(wanted & found) / max(1, len(wanted | found))
            if alike > best + 1e-9:
                best, back = alike, bars * length
        if not back:
            return [], 0.0
        notes = self.between(now - back, last - back, now)
        return [note._replace(beat=note.beat + back) for note in notes if now - back <= note.beat < last - back], back

    def _struck(self, first: float, last: float, back: float) -> set[tuple[int, int]]:
        rows = self.between(first - back, last - back, last)
        return {(round((n.beat + back - first) * GRID), n.pitch) for n in rows if n.beat + back >= first - 0.1}


@dataclass(frozen=True)
class Wishes:
    """style: of STYLES; novelty: -1 the chords of the phrase's last time, 1 others; colour: nats for sevenths and more;
    temperature: of the choice among the best courses; pace: chords a bar."""

    style: str = "pop"
    novelty: float = 0.0
    colour: float = 0.0
    temperature: float = 0.0
    pace: float = 1.0


@dataclass
class Course:
    """score: nats; held: beats that its last chord has sounded; labels: a step each."""

    score: float
    held: float
    labels: list[int] = field(default_factory=list)


class Reharmoniser:
    """changes: the note model, or None: by rule."""

    def __init__(self, changes: Changes | None):
        self.changes = changes

    def label(
        self,
        steps: Sequence[float],
        melody: Sequence[Note],
        former: int | None,
        held: float,
        last_time: Mapping[int, int],
        key: Key,
        now: Moment,
        wishes: Wishes,
        dice: Random,
        by_rule: bool = False,
    ) -> int:
        """The absolute label of the first step.

        steps: its beat and those of the following, the last one their end; melody: what sounds from BEHIND_BARS before on,
        as far as it is known; former: the label that sounds, since `held` beats; last_time: labels that this phrase had, by
        step; all absolute.
        """
        mode = MODES.index(key.mode)
        relative = lambda label: label if label >= NO_CHORD else label // 12 * 12 + (label - key.tonic) % 12  # noqa: E731
        weights = self._weights(steps, melody, key, now, wishes.style, by_rule)
        weights -= self._against(steps, melody, key, now)
        for step, label in last_time.items():
            if step < len(weights):
                weights[step, relative(label)] -= RETURN * wishes.novelty
        weights[:, 12 * 2 : NO_CHORD] += wishes.colour
        weights[:, NO_CHORD] -= 20.0
        places = [metrical_place(now.numerator, now.denominator, beat - now.bar_of(beat)) for beat in steps[:-1]]
        moves = self._moves(mode, by_rule)
        courses = [Course(0.0, held, [] if former is None else [relative(former)])]
        stale = STALE * wishes.pace / now.bar_beats
        for row, place, length in zip(weights, places, np.diff(steps), strict=True):
            courses = _step(courses, row, moves[place], stale, float(length))
        lead = 0 if former is None else 1
        found = _chosen([(course.score, course.labels[lead]) for course in courses], wishes.temperature, dice)
        return found if found >= NO_CHORD else found // 12 * 12 + (found + key.tonic) % 12

    def _moves(self, mode: int, by_rule: bool) -> list[np.ndarray]:
        """(labels, labels) by metrical place."""
        if self.changes is None or by_rule:
            return [_ruled_moves()] * PLACES
        return [self.changes.field.between(place, mode) for place in range(PLACES)]

    def _weights(
        self, steps: Sequence[float], melody: Sequence[Note], key: Key, now: Moment, style: str, by_rule: bool
    ) -> np.ndarray:
        """(steps, labels) nats, relative to the tonic."""
        if self.changes is None or by_rule:
            return _ruled_weights(steps, melody, key)
        first = now.bar_of(steps[0]) - BEHIND_BARS * now.bar_beats
        notes = [note._replace(beat=max(0.0, note.beat - first)) for note in melody if note.end > first]
        metre = Metre(0.0, now.numerator, now.denominator)
        sounding, onsets, bass, places, bar, compound = frames_of(
            NoteSequence(notes, metres=[metre]), steps[-1] - first
        )
        units = beat_units(bar, compound)
        x = unit_features(sounding, onsets, bass, places, bar, units, key.tonic, style)
        of_units = self.changes.field.weights(x, MODES.index(key.mode))
        within = np.diag(self.changes.field.move[MODES.index(key.mode)])
        beats = first + 0.5 * units
        rows = []
        for begin, end in itertools.pairwise(steps):
            inside = np.flatnonzero((beats >= begin - 1e-6) & (beats < end - 1e-6))
            inside = inside if len(inside) else np.array([np.abs(beats - begin).argmin()])
            rows.append(of_units[inside].sum(0) + within * (len(inside) - 1))
        return np.array(rows)

    def _against(self, steps: Sequence[float], melody: Sequence[Note], key: Key, now: Moment) -> np.ndarray:
        """(steps, labels) nats against chords that the tune's strong and long notes do not fit, relative to the tonic."""
        found = np.zeros((len(steps) - 1, LABELS))
        for at, (begin, end) in enumerate(itertools.pairwise(steps)):
            for note in melody:
                inside = min(note.end, end) - max(note.beat, begin)
                strong = begin - 0.1 <= note.beat < begin + 0.1
                if inside <= 0.0 or not (strong or inside >= STRONG_BEATS):
                    continue
                tone = (note.pitch - key.tonic) % 12
                found[at] += (1.0 + strong) * (FOREIGN * (1.0 - _MASKS[:, tone]) + CLASH * _ABOVE[:, tone])
        return found


def _step(
    courses: Sequence[Course], weights: np.ndarray, moves: np.ndarray, stale: float, length: float
) -> list[Course]:
    """The best courses, one step longer: CANDIDATES of each, WIDTH in all. stale: nats a beat against a chord that stays;
    length: of the step, beats."""
    longer: list[Course] = []
    for course in courses:
        last = course.labels[-1] if course.labels else -1
        total = weights + (moves[last] if course.labels else 0.0)
        if course.labels:
            total[last] -= stale * course.held
        likely = np.argsort(-total, kind="stable")[:CANDIDATES]
        longer += [
            Course(
                course.score + float(total[label]),
                length + course.held * (label == last),
                [*course.labels, int(label)],
            )
            for label in likely
        ]
    return sorted(longer, key=lambda course: -course.score)[:WIDTH]


def _chosen(rows: Sequence[tuple[float, int]], temperature: float, dice: Random) -> int:
    """One of the first labels, each as good as its best course."""
    best: dict[int, float] = {}
    for score, label in rows:
        best.setdefault(label, score)
    if temperature < 1e-3:
        return max(best, key=lambda label: best[label])
    top = max(best.values())
    return dice.choices(list(best), [float(np.exp((score - top) / temperature)) for score in best.values()])[0]


def _ruled_weights(steps: Sequence[float], melody: Sequence[Note], key: Key) -> np.ndarray:
    """Triads of the scale, sevenths on its fifth, and what of the tune they hold."""
    scale = {(c - key.tonic) % 12 for c in key_classes(key.tonic, key.mode)}
    outside = _MASKS @ np.array([c not in scale for c in range(12)], float)
    plain = np.array([0.0 if label < 24 or label == 24 + 7 else 1.5 for label in range(LABELS)])
    rows = []
    for begin, end in itertools.pairwise(steps):
        tones = np.zeros(12)
        for note in melody:
            tones[(note.pitch - key.tonic) % 12] += max(0.0, min(note.end, end) - max(note.beat, begin))
        rows.append(2.0 * (_MASKS @ tones) - 2.5 * outside - plain)
    return np.array(rows)


def _ruled_moves() -> np.ndarray:
    """A fifth down, a fourth down or a step: as roots go."""
    by_interval = np.full(12, -1.5)
    by_interval[[5, 7, 2, 10, 9, 0]] = (0.5, 0.0, -0.3, -0.5, -0.3, 0.2)
    roots = np.arange(LABELS) % 12
    return by_interval[(roots[None, :] - roots[:, None]) % 12]


assert set(STYLES) >= {"pop"}
