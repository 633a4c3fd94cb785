"""Relative encoders: steps from a 7-bit value in three codings, and which coding some values are in; [any]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

ENOUGH = 4
"""Messages from which a coding can be told."""
_FAST = 20
"""Steps that a turn sends at most."""
STEP = 1.0 / 128.0
"""Share of the range that one step goes."""

DECODE: dict[str, Callable[[int], int]] = {
    "twos": lambda value: value if value < 64 else value - 128,
    "offset": lambda value: value - 64,
    "sign": lambda value: value if value < 64 else 64 - value,
}


def _fits(coding: str, values: Sequence[int]) -> bool:
    return all(0 < abs(DECODE[coding](value)) <= _FAST for value in values)


def _jumps(values: Sequence[int]) -> bool:
    """Values that a knob between two stops does not send: the same again, or far away at once."""
    repeats = sum(one == two for one, two in pairwise(values))
    far = sum(abs(one - two) > 40 for one, two in pairwise(values))
    return 3 * (repeats + far) >= len(values) - 1


def guess(values: Sequence[int]) -> str:
    """The coding of what an encoder has sent, "" if it says where it is. One turned both ways can be told for sure."""
    if len(values) < ENOUGH or set(values) <= {0, 127} or not _jumps(values):
        return ""
    fitting = [coding for coding in ("twos", "offset", "sign") if _fits(coding, values)]
    return fitting[0] if fitting else ""  # turned one way only, it may be two: the commoner one comes first
