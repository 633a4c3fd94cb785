"""Which played note is which note of the score: runs of playing on, and within each the pairs; [player process].

Runs: as long as the place in the score and the time go on together. Where they part, the player went back, left something out
or stopped. Pairs: within a run by pitch and nearness in time, then by octave, then as wrong notes; what is left is missing, too
much, or an ornament. (After the post-processing of Nakamura, Yoshii & Katayose, ISMIR 2017.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from realtime.music.sequence import Note
from realtime.players.lesson.align import Aligner

APART_BEATS = 1.0
"""Place and time may part by so much within a run."""
FEWEST = 3
"""Right notes of a run; fewer are slips."""
ON_THE_CLOCK_S, ON_THE_CLOCK_BEATS = 0.15, 0.45
"""A run that is off whole bars by less than both is played with the clock."""
SAME_BEATS, WRONG_BEATS = 0.9, 0.4
"""Farther from its place no note of the right pitch, no wrong note is taken for it."""
NEIGHBOURS = 5
"""Right notes by whose lateness the next one is looked for."""
TURN_SEMITONES, TURN_S, GRACE_S, STRUCK_S = 2, 0.3, 0.2, 0.03
"""An ornament's notes: how near in pitch to their note, how near to each other, how short; nearer is a slip."""
STARTED, WENT_ON, BACK, SKIPPED, STOPPED = "start", "on", "repeat", "skip", "pause"


class Pair(NamedTuple):
    """A note of the score and how it was played: indices; kind: right, octave or wrong; off_beats: behind its place."""

    note: int
    played: int
    kind: str
    off_beats: float


@dataclass(frozen=True)
class Run:
    """Playing on without a break. first, last: beats of the score; begun, ended: of the take; shift: from the score's beat to the
    take's; how: it came about; clocked: whether it is played with the clock; before: the score's beat where the run before
    ended."""

    first: float
    last: float
    begun: float
    ended: float
    shift: float
    how: str
    clocked: bool
    before: float = 0.0


@dataclass
class Matched:
    """runs in order of time; pairs; missing: notes of the score in no pair; extra: played notes in none, not even of a
    run that was then played again; ornaments: those of
    them that adorn a note (played, note of the score)."""

    runs: list[Run] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)
    ornaments: list[tuple[int, int]] = field(default_factory=list)
    run_of: list[int] = field(default_factory=list)
    """The run of each played note; -1 where there is none."""


def match(
    score: Sequence[Note], played: Sequence[Note], aligner: Aligner, bar_beats: float, clock: bool, beat_s: float
) -> Matched:
    """score, played: sorted, in quarter notes; aligner: has heard `played`. clock: both are on one clock. beat_s: seconds a
    quarter note."""
    path = aligner.path()
    good = [
        (played[i].beat, float(aligner.beats[at]), i)
        for i, at in enumerate(path)
        if any(score[n].pitch == played[i].pitch for n in aligner.strokes[at].notes)
    ]
    groups = _joined(_split(good))
    found = Matched(missing=list(range(len(score))), extra=list(range(len(played))), run_of=[-1] * len(played))
    for number, group in enumerate(groups):
        run = _run(group, groups[number - 1] if number else None, bar_beats, clock, beat_s)
        found.runs.append(run)
        begun = -1e9 if number == 0 else group[0][0]
        ended = groups[number + 1][0][0] if number + 1 < len(groups) else 1e9
        mine = [i for i, note in enumerate(played) if begun <= note.beat < ended]
        for i in mine:
            found.run_of[i] = number
        _pair(found, score, played, run, mine, group)
    used = {pair.played for pair in found.pairs}
    found.pairs = _best(found.pairs)
    matched = {pair.note for pair in found.pairs}
    found.missing = [n for n in range(len(score)) if n not in matched]
    found.extra = [i for i in range(len(played)) if i not in used]
    _adorn(found, score, played, beat_s)
    return found


Group = list[tuple[float, float, int]]


def _split(good: Group) -> list[Group]:
    groups: list[Group] = []
    for row in good:
        if groups:
            time, place = row[0] - groups[-1][-1][0], row[1] - groups[-1][-1][1]
            if abs(time - place) <= APART_BEATS and place > -APART_BEATS:
                groups[-1].append(row)
                continue
        groups.append([row])
    return groups


def _joined(groups: list[Group]) -> list[Group]:
    """Without the slips: groups too short to be runs; what they held apart is one run again."""
    kept = [group for group in groups if len(group) >= FEWEST] or groups[:1]
    found: list[Group] = []
    for group in kept:
        if found:
            last = found[-1][-1]
            time, place = group[0][0] - last[0], group[0][1] - last[1]
            if abs(time - place) <= APART_BEATS and place > -APART_BEATS:
                found[-1] = found[-1] + group
                continue
        found.append(group)
    return found


def _run(group: Group, before: Group | None, bar_beats: float, clock: bool, beat_s: float) -> Run:
    shift = median(time - place for time, place, _ in group)
    bars = round(shift / bar_beats) * bar_beats
    clocked = clock and abs(shift - bars) < min(ON_THE_CLOCK_BEATS, ON_THE_CLOCK_S / beat_s)
    first, last = min(row[1] for row in group), max(row[1] for row in group)
    run = Run(first, last, group[0][0], group[-1][0], bars if clocked else shift, STARTED, clocked)
    if before is None:
        return run
    time, place = group[0][0] - before[-1][0], group[0][1] - before[-1][1]
    how = BACK if place <= 0.0 else SKIPPED if place > time else STOPPED
    return replace(run, how=how, before=before[-1][1])


def _pair(
    found: Matched, score: Sequence[Note], played: Sequence[Note], run: Run, mine: list[int], group: Group
) -> None:
    """Pairs of one run, the surest first."""
    wanted = [n for n, note in enumerate(score) if run.first - WRONG_BEATS <= note.beat <= run.last + SAME_BEATS]
    first = {place: time for time, place, _ in reversed(group)}  # a trill comes back to its note later and later
    lateness = [(place, time - place - run.shift) for place, time in first.items()]

    def off(n: int, i: int) -> float:
        return played[i].beat - score[n].beat - run.shift

    def surprise(n: int, i: int) -> float:
        near = sorted(lateness, key=lambda row: abs(row[0] - score[n].beat))[:NEIGHBOURS]
        return abs(off(n, i) - median(late for _, late in near))

    expected = {n: score[n].beat + run.shift for n in wanted}
    left, free = set(wanted), set(mine)
    for kind, reach, fits in (
        ("right", SAME_BEATS, lambda a, b: a == b),
        ("octave", WRONG_BEATS, lambda a, b: (a - b) % 12 == 0),
        ("wrong", WRONG_BEATS, lambda a, b: True),
    ):
        rows = [
            (surprise(n, i) + (0.01 * abs(score[n].pitch - played[i].pitch) if kind == "wrong" else 0.0), n, i)
            for n in sorted(left)
            for i in sorted(free)
            if abs(played[i].beat - expected[n]) < reach + 0.5 and fits(score[n].pitch, played[i].pitch)
        ]
        for far, n, i in sorted(rows):
            if far < reach and n in left and i in free:
                left.discard(n)
                free.discard(i)
                found.pairs.append(Pair(n, i, kind, off(n, i)))


_RANK = {"right": 0, "octave": 1, "wrong": 2}


def _best(pairs: list[Pair]) -> list[Pair]:
    """Of what was played more than once the best, of equals the last."""
    best: dict[int, Pair] = {}
    for pair in pairs:
        if pair.note not in best or _RANK[pair.kind] <= _RANK[best[pair.note].kind]:
            best[pair.note] = pair
    return [best[note] for note in sorted(best)]


def _adorn(found: Matched, score: Sequence[Note], played: Sequence[Note], beat_s: float) -> None:
    """Short notes too many, a step from a note and close to it and to each other, adorn it: grace notes, mordents, trills."""
    right = [pair for pair in found.pairs if pair.kind == "right"]
    by_note: dict[int, list[int]] = {}
    for i in found.extra:
        near = [
            pair for pair in right
            if abs(score[pair.note].pitch - played[i].pitch) <= TURN_SEMITONES
            and (played[i].beat - played[pair.played].beat) * beat_s > -TURN_S
            and played[i].beat < played[pair.played].beat + score[pair.note].duration
        ]  # fmt: skip
        if near:
            closest = min(near, key=lambda pair: abs(played[pair.played].beat - played[i].beat))
            by_note.setdefault(closest.note, []).append(i)
    at = {pair.note: played[pair.played] for pair in right}
    for note, some in by_note.items():
        chain = sorted([at[note].beat, *(played[i].beat for i in some)])
        gaps = [(b - a) * beat_s for a, b in pairwise(chain)]
        short = all(
            played[i].duration * beat_s <= GRACE_S or played[i].pitch == score[note].pitch for i in some
        )  # the last of a trill may be long
        turns = any(played[i].pitch != score[note].pitch for i in some)
        if short and turns and all(STRUCK_S <= gap <= TURN_S for gap in gaps):
            found.ornaments += [(i, note) for i in some]
            found.extra = [i for i in found.extra if i not in some]
