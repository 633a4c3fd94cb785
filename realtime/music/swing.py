"""Swing: how long the first eighth of a pair is against the second, measured, put in and taken out; [any] (Friberg
and Sundström 2002)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from realtime.music.sequence import Note

STRAIGHT, TRIPLET = 1.0, 2.0
# where the second of a pair may lie in its beat: from a little early to a dotted eighth's
EARLIEST, LATEST = 0.42, 0.80


def swing_ratio(onsets: Iterable[float], unit: float = 1.0, least: int = 4) -> float | None:
    """Length of the first against the second note of a pair: 1 straight, 2 triplets, 3 dotted; None of fewer than
    `least` pairs.

    onsets in beats. unit: the span of a pair, 1 for swung eighths, 0.5 for swung sixteenths. Only units with a note
    at their start and one other note count, so that triplets and runs of sixteenths are not taken for swing; a note
    on the last quarter (0.75) of a unit counts as swing only if most pairs are there.
    """
    by_unit: dict[int, list[float]] = {}
    for onset in onsets:
        place = onset / unit
        whole = round(place) if abs(place - round(place)) < 0.12 else int(place // 1)
        by_unit.setdefault(whole, []).append(place - whole)
    seconds = []
    for places in by_unit.values():
        distinct = sorted(places)
        later = [p for p in distinct if p > 0.2]
        if any(p < 0.12 for p in distinct) and later and max(later) - min(later) < 0.08:
            middle = sum(later) / len(later)
            if EARLIEST <= middle <= LATEST:
                seconds.append(middle)
    if len(seconds) < least:
        return None
    seconds.sort()
    middle = (seconds[(len(seconds) - 1) // 2] + seconds[len(seconds) // 2]) / 2
    return middle / (1.0 - middle)


def warp(beat: float, ratio: float, unit: float = 1.0) -> float:
    """A straight time moved to where it falls in swing of a ratio: the middle of each unit goes to
    ratio / (1 + ratio), what lies between is stretched evenly."""
    whole, inside = divmod(beat / unit, 1.0)
    middle = ratio / (1.0 + ratio)
    moved = inside * 2.0 * middle if inside < 0.5 else middle + (inside - 0.5) * 2.0 * (1.0 - middle)
    return (whole + moved) * unit


def unwarp(beat: float, ratio: float, unit: float = 1.0) -> float:
    """The inverse of `warp`."""
    return warp(beat, 1.0, unit) if ratio == 1.0 else _straight(beat, ratio, unit)


def _straight(beat: float, ratio: float, unit: float) -> float:
    whole, inside = divmod(beat / unit, 1.0)
    middle = ratio / (1.0 + ratio)
    moved = inside / (2.0 * middle) if inside < middle else 0.5 + (inside - middle) / (2.0 * (1.0 - middle))
    return (whole + moved) * unit


def swung(notes: Sequence[Note], ratio: float, unit: float = 1.0) -> list[Note]:
    """Straight notes in swing: starts and ends are both moved, so that legato stays legato."""
    return [_moved(n, warp(n.beat, ratio, unit), warp(n.end, ratio, unit)) for n in notes]


def straightened(notes: Sequence[Note], ratio: float, unit: float = 1.0) -> list[Note]:
    """Swung notes made straight: the inverse of `swung`."""
    return [_moved(n, unwarp(n.beat, ratio, unit), unwarp(n.end, ratio, unit)) for n in notes]


def _moved(note: Note, start: float, end: float) -> Note:
    return note._replace(beat=start, duration=max(0.0, end - start))
