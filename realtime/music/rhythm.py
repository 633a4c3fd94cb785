"""From a performance to the grid: onsets in beats become ticks of 1/24 beat, simple places being preferred; [any]."""

from __future__ import annotations

import math

from realtime.music.melody_code import TICKS

# places within a beat and what each costs in ticks of displacement: simple places attract (after Longuet-Higgins
# 1976)
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


def pulse_period(onsets: list[float], expected: float = 1.0) -> float | None:
    """The performer's own beat in the unit of `onsets`, between half and one and a half of what is expected: the
    period on whose halves, thirds or quarters, counted from the first onset, the onsets lie best; None of fewer than
    4 onsets."""
    if len(onsets) < 4:
        return None
    times = [b - onsets[0] for b in onsets]
    # fine enough that the last onset moves by less than a tenth of a sixteenth from one candidate to the next
    steps = int(min(800, max(60, 40 * times[-1] / expected)))
    best, best_score = None, -1.0
    for i in range(steps):
        period = expected * 0.55 * (1.5 / 0.55) ** (i / (steps - 1))
        fits = [sum(math.cos(2 * math.pi * k * t / period) for t in times) / len(times) for k in (2, 4, 3)]
        score = max(fits[0], fits[1] - 0.08, fits[2] - 0.1) - 0.12 * abs(math.log2(period / expected))
        if score > best_score:
            best, best_score = period, score
    return best
