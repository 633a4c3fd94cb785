"""From a performance to the grid: onsets in beats become ticks of 1/24 beat, simple places being preferred; [any]."""

from __future__ import annotations

from realtime.music.melody_code import TICKS

# places within a beat and what each costs in ticks of displacement: simple places attract (after Longuet-Higgins 1976)
PLACES = {0: 0.0, 12: 0.4, 6: 1.0, 18: 1.0, 8: 1.4, 16: 1.4, 3: 2.4, 9: 2.4, 15: 2.4, 21: 2.4, 4: 2.6, 20: 2.6}
# every place of the beat before, this one and the next, with its cost
_CANDIDATES = [(beat * TICKS + place, cost) for beat in (0, 1) for place, cost in PLACES.items()]


def quantise(beat: float, after: int | None = None) -> int:
    """The tick (24 a beat) a note at `beat` is meant to be on; always later than tick `after` if given."""
    whole = int(beat // 1)
    inside = (beat - whole) * TICKS
    floor = -(10**9) if after is None else after - whole * TICKS
    best, best_cost = None, 1e9
    for place, cost in _CANDIDATES:
        total = abs(place - inside) + cost
        if place > floor and total < best_cost:
            best, best_cost = place, total
    return (whole * TICKS + best) if best is not None else floor + whole * TICKS + 3


def quantise_duration(beats: float) -> int:
    """Ticks of a sounding duration, at least a 32nd."""
    return max(3, round(beats * TICKS / 3) * 3 if beats < 0.3 else round(beats * TICKS / 6) * 6)


def pulse_period(onsets: list[float], shortest: float = 0.4, longest: float = 1.6) -> float | None:
    """The performer's own pulse, in the unit of `onsets` (seconds or beats): the period whose half and quarter grid the times
    between onsets fit best, near 0.5..1 preferred; None of fewer than 4 onsets."""
    gaps = [b - a for a, b in zip(onsets, onsets[1:], strict=False) if b - a > 0.06]
    if len(gaps) < 3:
        return None
    best, best_cost = None, 1e9
    steps = 97
    for k in range(steps):
        period = shortest * (longest / shortest) ** (k / (steps - 1))
        cost = 0.0
        for gap in gaps:
            units = gap / period
            cost += min(abs(units - round(units * n) / n) + c for n, c in ((1, 0.0), (2, 0.02), (4, 0.06), (3, 0.08)))
        cost = cost / len(gaps) + 0.02 * abs(period - 0.6)
        if cost < best_cost:
            best, best_cost = period, cost
    return best
