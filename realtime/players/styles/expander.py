"""One bar of a style as it is played: which rows, where in the bar, how loud and how long; no pitches yet, [any].

Swing of fast music is flatter: the ratio falls from 3.5 at 120 quarters a minute to none at 300, as jazz drummers play it
(Friberg and Sundström, Music Perception 19, 2002).
"""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

from realtime.music.swing import warp
from realtime.players.styles.style import DRUMS, LANES, Lane, Row, Section, Step, Style

UNEVEN = 0.05
"""Velocities differ by so much from stroke to stroke."""
SOFTEST, LOUDEST = 0.7, 1.3
"""Velocities at intensity 0 and 1."""


class Event(NamedTuple):
    """A step in a bar. at, beats: quarter notes from the bar line as played, and its sounding length; lane: a name; drum:
    its key or -1; atoms: else what sounds; velocity 0..1."""

    at: float
    beats: float
    lane: str
    drum: int
    atoms: tuple[str, ...]
    velocity: float


def bar_events(
    style: Style,
    section: Section,
    bar: int,
    bar_beats: float,
    intensity: float,
    dice: Random,
    *,
    fill: Section | None = None,
    fill_bar: int = 0,
    first: bool = False,
    swing: float = 0.0,
    tempo_bpm: float = 120.0,
) -> list[Event]:
    """Bar number `bar` of a section, as long as the music's bar is: what a bar has more than the style's begins the pattern
    anew, what it has less is left out. fill: whose rows play in place of the section's; first: of a section; swing: a ratio
    in place of the style's, 0 for that."""
    ratio = min(swing or style.swing, max(1.0, 1.0 + 2.5 * (300.0 - tempo_bpm) / 180.0))
    found: list[Event] = []
    for name in LANES:
        played, at_bar = section, bar
        if fill is not None and name in fill.lanes:
            played, at_bar = fill, fill_bar
        for row in played.lanes.get(name, ()):
            heard = (
                dice.random() < row.odds
            )  # thrown for each row, whether it plays or not: no row moves another's dice
            own = Random(dice.random())
            if heard and row.low <= intensity <= row.high and (first or not row.first):
                found += _row(row, style, name, at_bar, bar_beats, intensity, own, ratio)
    return sorted(found, key=lambda e: (e.at, LANES.index(e.lane), e.drum))


def _row(
    row: Row, style: Style, name: str, bar: int, bar_beats: float, intensity: float, dice: Random, ratio: float
) -> list[Event]:
    lane, length = style.lanes[name], style.bar_beats
    start = (bar % row.bars) * length
    swung = ratio if _swings(row, style) else 1.0
    found = []
    for turn in range(math.ceil(bar_beats / length - 1e-6)):
        for step in row.steps:
            at = step.at - start
            if -1e-6 <= at < length - 1e-6 and turn * length + at < bar_beats - 1e-6:
                found.append(
                    _event(step, row, lane, name, turn * length + at, intensity, dice, swung, style.swing_unit)
                )
    return found


def _event(
    step: Step, row: Row, lane: Lane, name: str, at: float, intensity: float, dice: Random, swing: float, unit: float
) -> Event:
    begin, end = (warp(beat, swing, unit) for beat in (at, at + step.beats))
    if name == DRUMS:
        sounding = min(end - begin, 0.25)
    else:
        sounding = (end - begin) * (0.45 if step.short else lane.length)
    strength = SOFTEST + (LOUDEST - SOFTEST) * intensity
    velocity = lane.velocity * step.weight * strength * (1.0 + UNEVEN * (2.0 * dice.random() - 1.0))
    return Event(begin, max(0.02, sounding), name, row.drum, step.atoms, min(1.0, max(0.02, velocity)))


def _swings(row: Row, style: Style) -> bool:
    """Triplets lie where they are written, and so does what is coarser than the swung pair."""
    parts = style.swing_unit / row.step_beats
    return parts >= 2.0 - 1e-6 and abs(math.log2(parts) - round(math.log2(parts))) < 1e-6
