"""A bar of drums as strokes, and bars by rule in any metre: kick and snare by turns on the groups of the bar, a steady hat over
them; [player process] (Riley, The Art of Bop Drumming 1994 and Chester, The New Breed 1985 on time and ghost notes)."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from realtime.models.groove import KIT, STEPS_PER_BEAT, Pair
from realtime.music.metre import default_grouping

KICK, SNARE, CLOSED, OPEN, LOW_TOM, MID_TOM, HIGH_TOM, CRASH, RIDE = range(len(KIT))
SIDE_STICK = len(KIT)
"""Beyond the kit of the model."""
BEAT_S = 0.006
"""A drummer's hits lie so far about the beat (standard deviation)."""
QUIET, LOUD = 0.3, 0.68
"""Below the first intensity a side stick, above the second a ride and ghost notes."""
EPSILON = 1e-6


class Stroke(NamedTuple):
    """place: beats from the bar line, as written; drum: index of KIT, or SIDE_STICK; late: beats behind its place."""

    place: float
    drum: int
    velocity: float
    late: float = 0.0


def model_bar(pair: Pair, half: int, beats: float = 4.0) -> list[Stroke]:
    """One of the two bars of the model's."""
    steps = round(beats * STEPS_PER_BEAT)
    first = half * 4 * STEPS_PER_BEAT
    return [
        Stroke(step / STEPS_PER_BEAT, drum, float(pair.velocity[first + step, drum]),
               float(pair.offset[first + step, drum]) / STEPS_PER_BEAT)
        for step in range(steps) for drum in range(len(KIT)) if pair.hits[first + step, drum]
    ]  # fmt: skip


def groups_of(numerator: int, denominator: int) -> list[float]:
    """Where the groups of a bar begin, in quarter notes."""
    unit = 4.0 / denominator
    starts, at = [], 0
    for group in default_grouping(numerator, denominator):
        starts.append(at * unit)
        at += group
    return starts


def ruled_bar(numerator: int, denominator: int, intensity: float, dice: Random) -> list[Stroke]:
    """A bar by rule. intensity 0..1."""
    length, groups = numerator * 4.0 / denominator, groups_of(numerator, denominator)
    compound = denominator >= 8
    strokes = _backbone(groups, length, denominator, intensity)
    pulse = 4.0 / denominator if compound else (1.0 if intensity < QUIET else 0.5)
    timekeeper = RIDE if intensity > LOUD + 0.1 else CLOSED
    count = max(1, round(length / pulse))
    for k in range(count):
        place = k * pulse
        on_group = any(abs(place - g) < EPSILON for g in groups)
        strokes.append(Stroke(place, timekeeper, 0.62 if on_group else 0.5 if place % 1.0 < EPSILON else 0.4))
    if intensity > LOUD and not compound:
        backbeats = {s.place for s in strokes if s.drum == SNARE}
        ghosts = [k * 0.25 for k in range(1, 4 * int(length), 2) if k * 0.25 + 0.25 not in backbeats]
        strokes += [Stroke(place, SNARE, 0.18) for place in ghosts if dice.random() < 0.3]
    loudest = {(s.place, s.drum): s for s in sorted(strokes, key=lambda s: s.velocity)}
    return sorted(loudest.values())


def _backbone(groups: list[float], length: float, denominator: int, intensity: float) -> list[Stroke]:
    """Kick and snare."""
    snare = SIDE_STICK if intensity < QUIET else SNARE
    if denominator < 8 and len(groups) * 4.0 / denominator == length:  # 2/4, 3/4: each beat a group of its own
        found = [Stroke(0.0, KICK, 0.78)]
        found += [Stroke(length - 4.0 / denominator, snare, 0.72)] if len(groups) > 1 else []
    elif denominator < 8:  # 4/4, 5/4: a kick on each group, the snare on its last beat
        ends = [*groups[1:], length]
        found = [Stroke(g, KICK, 0.8 - 0.06 * (g > 0)) for g in groups]
        found += [Stroke(e - 4.0 / denominator, snare, 0.74) for e in ends]
    else:
        found = [Stroke(g, KICK if k % 2 == 0 else snare, 0.76) for k, g in enumerate(groups)]
        if len(groups) % 2 and len(groups) > 1:
            found.append(Stroke(length - 4.0 / denominator, snare, 0.6))
    if intensity > 0.45 and length >= 3.0:  # a push into the second half
        middle = groups[len(groups) // 2]
        found.append(Stroke(middle + (0.5 if denominator < 8 else -0.5), KICK, 0.6))
    return [s for s in found if s.place < length - EPSILON]


def played(strokes: list[Stroke], humanise: float, tempo_bpm: float, dice: Random) -> list[Stroke]:
    """Bars of a rule as a person plays them: no two hits are alike. humanise 0..2."""
    spread = humanise * BEAT_S * tempo_bpm / 60.0
    return [
        s._replace(
            velocity=min(1.0, max(0.05, s.velocity * (1.0 + 0.07 * humanise * dice.gauss(0.0, 1.0)))),
            late=s.late + max(-2.0, min(2.0, dice.gauss(0.0, 1.0))) * spread,
        )
        for s in strokes
    ]
