"""Metre: how a bar divides into groups, beats and parts, and how strong each place is; [any] (Lerdahl and Jackendoff
1983, chapter 4; Longuet-Higgins and Lee 1984)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from realtime.music.sequence import Metre, NoteSequence
from realtime.native.errors import AntiphonError

EPSILON = 1e-6


class Place(NamedTuple):
    """Where a time lies: bar number (0 first), beats (quarter notes) from its bar line, its weight and whether it is
    a beat and a strong beat."""

    bar: int
    beat_in_bar: float
    weight: int
    on_beat: bool
    strong: bool


def default_grouping(numerator: int, denominator: int) -> tuple[int, ...]:
    """Groups of a bar in units of its denominator: 4/4 2+2, 6/8 3+3, 7/8 2+2+3, 5/4 3+2, 8/8 3+3+2, 3/4 1+1+1."""
    if numerator < 1 or denominator < 1:
        raise AntiphonError(f"Metre {numerator}/{denominator}: both numbers must be 1 or more.")
    if numerator in (1, 2, 3):
        return (1,) * numerator
    if numerator == 4:
        return (2, 2)
    if numerator == 5:
        return (3, 2)
    if numerator % 3 == 0 and (denominator >= 8 or numerator > 6):
        return (3,) * (numerator // 3)
    if numerator == 6:
        return (3, 3)
    if numerator == 8 and denominator >= 8:
        return (3, 3, 2)
    # twos, and one three at the end of an odd bar: the aksak metres' common order
    twos = (numerator - 3) // 2 if numerator % 2 else numerator // 2
    return (2,) * twos + ((3,) if numerator % 2 else ())


@lru_cache(maxsize=256)
def metric_weights(
    numerator: int, denominator: int, steps_per_quarter: int = 4, grouping: tuple[int, ...] | None = None
) -> tuple[int, ...]:
    """Weight of every place of a bar on a grid: 0 the bar line, -1 the next level, and so on down.

    Levels: bar, half of the groups (where there are four), group, beat or unit, then halves; in a grid of threes
    (steps_per_quarter 3, 6, 12) parts that are no halves lie one level under the finest halves. 4/4 in sixteenths is
    0 -4 -3 -4 -2 -4 -3 -4 -1 -4 -3 -4 -2 -4 -3 -4, as Longuet-Higgins and Lee have it.
    Raises AntiphonError if the bar is no whole number of steps or the grouping does not fill it.
    """
    groups = _checked(numerator, denominator, grouping)
    steps = steps_per_quarter * 4 * numerator / denominator
    if abs(steps - round(steps)) > EPSILON:
        raise AntiphonError(
            f"Metre {numerator}/{denominator}: no whole number of steps at {steps_per_quarter} a quarter; take a "
            f"multiple of {denominator // 4 or 1}."
        )
    total = round(steps)
    unit = total / numerator
    levels = _levels(groups, numerator, unit)
    weights = []
    for step in range(total):
        weight = next((-i for i, places in enumerate(levels) if _among(step, places)), None)
        weights.append(weight if weight is not None else -len(levels) - _depth_below(step, unit))
    return tuple(weights)


def _checked(numerator: int, denominator: int, grouping: Sequence[int] | None) -> tuple[int, ...]:
    groups = tuple(grouping) if grouping else default_grouping(numerator, denominator)
    if sum(groups) != numerator or min(groups) < 1:
        raise AntiphonError(
            f"Grouping {'+'.join(map(str, groups))}: does not fill a bar of {numerator}/{denominator}; its numbers "
            f"must add up to {numerator}."
        )
    return groups


def _levels(groups: tuple[int, ...], numerator: int, unit: float) -> list[list[float]]:
    starts = [sum(groups[:i]) * unit for i in range(len(groups))]
    levels: list[list[float]] = [[0.0]]
    if len(groups) == 4 and len(set(groups)) == 1:  # 12/8, 8/4: two halves first
        levels.append([starts[0], starts[2]])
    for places in (starts, [i * unit for i in range(numerator)]):
        if len(places) > len(levels[-1]):
            levels.append(places)
    return levels


def _among(step: int, places: list[float]) -> bool:
    return any(abs(step - p) < EPSILON for p in places)


def _depth_below(step: int, unit: float) -> int:
    """How many halvings of the unit it takes to reach a place; thirds and their like lie below the halves a grid
    has."""
    inside = step % unit
    depth, part = 0, unit
    while part > 1 + EPSILON:
        part /= 2
        if abs(inside / part - round(inside / part)) < EPSILON:
            return depth
        if abs(part - round(part)) > EPSILON:
            break
        depth += 1
    return depth


def beats_of(numerator: int, denominator: int, grouping: Sequence[int] | None = None) -> list[float]:
    """Where the beats that one counts or dances lie, in quarter notes from the bar line: the groups of compound and
    uneven metres (6/8, 7/8), the units of all others."""
    groups = _checked(numerator, denominator, grouping)
    unit = 4.0 / denominator
    counted = groups if denominator >= 8 and numerator > 4 else (1,) * numerator
    return [sum(counted[:i]) * unit for i in range(len(counted))]


def strong_beats(numerator: int, denominator: int, grouping: Sequence[int] | None = None) -> list[float]:
    """The beats of greatest weight in quarter notes from the bar line: the first and third of 4/4 and 12/8, the first
    of each group of uneven metres, the first alone of 2/4, 3/4, 6/8 and 9/8."""
    groups = _checked(numerator, denominator, grouping)
    unit = 4.0 / denominator
    if max(groups) == 1 or (len(groups) <= 3 and set(groups) == {3}):
        return [0.0]
    if len(groups) == 4 and len(set(groups)) == 1:
        return [0.0, sum(groups[:2]) * unit]
    return [sum(groups[:i]) * unit for i in range(len(groups))]


def weight_at(beat_in_bar: float, metre: Metre, steps_per_quarter: int = 4) -> int:
    """Weight of the grid step nearest to a place in a bar of `metre` (steps are refined where the metre needs it)."""
    steps_per_quarter = max(steps_per_quarter, metre.denominator // 4)
    weights = metric_weights(metre.numerator, metre.denominator, steps_per_quarter)
    return weights[round(beat_in_bar * steps_per_quarter) % len(weights)]


def accent(place: float, bar: float, beat: float, part: float | None = None) -> int:
    """How a place is felt: 3 a bar line, 2 a beat, 1 a part of a beat (half of one), 0 between; all in one unit, counted
    from a bar line."""
    parts = beat / 2 if part is None else part
    return 3 if place % bar == 0 else 2 if place % beat == 0 else 1 if place % parts == 0 else 0


def place_of(sequence: NoteSequence, beat: float, tolerance: float = 0.05) -> Place:
    """Where a beat of a piece lies in its metre; on_beat and strong within a tolerance in quarter notes."""
    metre = sequence.metre_at(beat + tolerance)
    inside = (beat - metre.beat) % metre.bar_beats
    if metre.bar_beats - inside <= tolerance:  # a hair before the bar line is on it
        inside -= metre.bar_beats
    bar = sequence.bar_number(beat + tolerance)

    def near(places: list[float]) -> bool:
        return any(abs(inside - p) <= tolerance for p in places)

    beats = beats_of(metre.numerator, metre.denominator)
    strong = strong_beats(metre.numerator, metre.denominator)
    return Place(bar, inside, weight_at(max(inside, 0.0), metre), near(beats), near(strong))
