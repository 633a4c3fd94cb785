"""Where a planned beat falls in the performance: swing and laziness; a map that keeps all order, so that taking back
still takes back the same notes; [player process]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from realtime.music.swing import STRAIGHT, warp
from realtime.players.plan import Moment, Planned

SPARE_S = 0.02
"""Nothing is moved ahead to less than this from now: the engine would hear of it late."""
UNITS = (1.0, 0.5)
"""Beats of a pair, by `swing_of`."""


def performed_beat(
    beat: float, now: Moment, values: Mapping[str, float], shapes: frozenset[str] = frozenset()
) -> float:
    """A beat as written, as it is played."""
    if values["swing"] != STRAIGHT and "swing" not in shapes:
        beat = _swung(beat, now, values["swing"], UNITS[int(values["swing_of"])])
    if values["lazy_ms"] and "lazy_ms" not in shapes:
        beat += values["lazy_ms"] / 60_000.0 * now.tempo_bpm
    return beat


def performed(note: Planned, now: Moment, values: Mapping[str, float], shapes: frozenset[str] = frozenset()) -> Planned:
    """A note as it is played: start and end are both moved, and neither to before now."""
    start = performed_beat(note.beat, now, values, shapes)
    if start < note.beat:
        start = max(start, min(note.beat, now.beat + SPARE_S * now.tempo_bpm / 60.0))
    if start == note.beat and values["swing"] == STRAIGHT:
        return note
    end = performed_beat(note.beat + note.duration_beats, now, values, shapes)
    return replace(note, beat=start, duration_beats=max(0.02, end - start))


def _swung(beat: float, now: Moment, ratio: float, unit: float) -> float:
    """Pairs are counted from the bar line; eighths of a compound metre are threes, and the odd eighth that ends a bar of 7/8
    has no partner: they stay straight."""
    if now.compound and unit == UNITS[0]:
        return beat
    bar = now.bar_of(beat)
    place = beat - bar
    if place >= math.floor(now.bar_beats / unit + 1e-9) * unit:
        return beat
    return bar + warp(place, ratio, unit)
