"""Fills: a rhythm played down the kit, growing, that ends on the bar line; [player process] (as drum methods teach them:
Chapin 1948, linear phrases of threes and fours)."""

from __future__ import annotations

from random import Random

from realtime.players.drum_bar import CLOSED, HIGH_TOM, KICK, LOW_TOM, MID_TOM, SNARE, Stroke

RHYTHMS = ("xxxxxxxx", "x.xxx.xx", "x.xxxxxx", "xx.xx.xx", "x.x.xxxx", "x..x..xx", "xxx.xxx.", "x.xx.xxx")
"""Sixteenths of two beats."""
PATHS = (
    (SNARE, HIGH_TOM, MID_TOM, LOW_TOM),
    (SNARE, SNARE, HIGH_TOM, LOW_TOM),
    (HIGH_TOM, SNARE, MID_TOM, LOW_TOM),
    (SNARE, MID_TOM, SNARE, LOW_TOM),
)
SOFT = 0.35
"""Below this intensity a fill is a few strokes of the snare."""


def fill(start: float, end: float, intensity: float, dice: Random, compound: bool = False) -> list[Stroke]:
    """The strokes from one place of a bar to another (beats from its bar line), in eighths where it is compound or calm."""
    step = 0.5 if compound or intensity < SOFT else 0.25
    count = max(1, round((end - start) / step))
    rhythm = dice.choice(RHYTHMS)
    path = (SNARE,) if intensity < SOFT else dice.choice(PATHS)
    strokes = [Stroke(start, KICK, 0.7)]
    for k in range(count):
        if rhythm[(k + len(rhythm) - count) % len(rhythm)] == "." and k > 0:
            continue
        done = k / count
        accent = 0.1 if k % (3 if compound else 4) == 0 else 0.0
        velocity = min(1.0, 0.42 + 0.2 * intensity + 0.3 * done + accent)
        strokes.append(Stroke(start + k * step, path[int(done * len(path))], velocity))
    if intensity > SOFT:
        strokes += [Stroke(start + b, KICK, 0.62) for b in range(1, int(end - start))]
    else:
        strokes += [Stroke(start + b, CLOSED, 0.4) for b in range(int(end - start))]
    return sorted(set(strokes))
