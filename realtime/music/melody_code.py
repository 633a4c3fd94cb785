"""The grid that melodies are written on for models: ticks, steps between onsets, metres; [any].

A time between onsets and a duration are classes of STEPS (24 ticks a quarter note). Both the workshop and the players
read this file: what was trained is what is played.
"""

from __future__ import annotations

from bisect import bisect_left

TICKS = 24  # a quarter note: 16ths and 32nds, triplets of 8ths and 16ths
STEPS = (
    0, 1, 2, 3, 4, 6, 8, 9, 12, 15, 16, 18, 20, 21, 24, 28, 30, 32, 36, 40, 42, 48, 54, 60, 72, 84, 96, 108, 120, 144,
    168, 192,
)  # fmt: skip
END = len(STEPS)  # delta class: the turn ends without another note
DELTAS = len(STEPS) + 1
DURATIONS = len(STEPS)  # class 0 = no duration
METRES = ((0, 0), (4, 4), (2, 4), (3, 4), (6, 8), (9, 8), (12, 8), (3, 2), (3, 8))  # class 0: any other
MODES = ("", "major", "minor")


def step_class(ticks: float, lowest: int = 0) -> int:
    """Class of the STEP nearest to `ticks`, at least class `lowest`."""
    i = bisect_left(STEPS, ticks)
    if i >= len(STEPS):
        i = len(STEPS) - 1
    elif i > 0 and ticks - STEPS[i - 1] <= STEPS[i] - ticks:
        i -= 1
    return max(i, lowest)


def on_step(ticks: float) -> int:
    """The step that a time between onsets counts as when runs of notes are compared."""
    return STEPS[step_class(ticks, lowest=1)]


def metre_class(numerator: int, denominator: int) -> int:
    """Class of a time signature; 2/2 is heard as 4/4, 6/4 as 3/2."""
    metre = {(2, 2): (4, 4), (6, 4): (3, 2)}.get((numerator, denominator), (numerator, denominator))
    return METRES.index(metre) if metre in METRES else 0


def bar_ticks(numerator: int, denominator: int) -> int:
    """Length of a bar in ticks (at least 1)."""
    return max(1, round(numerator * 4 * TICKS / denominator))


def beat_ticks(numerator: int, denominator: int) -> int:
    """Ticks of the beat one feels: a dotted quarter in 6/8, a quarter in 4/4 and 2/2, a whole bar in irregular metres
    such as 7/8."""
    if denominator >= 8 and numerator % 3 == 0 and numerator > 3:
        return 3 * 4 * TICKS // denominator
    if denominator >= 8:
        return bar_ticks(numerator, denominator)
    return TICKS
