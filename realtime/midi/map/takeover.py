"""What happens when a control stands elsewhere than the value it moves: jump, pickup, scale; [any], compiled for the
callback too.

pickup: nothing moves until the control comes by the value. scale: the value moves at once, by the share of the way that
is left to the end it goes to, so that both arrive there together (what Ableton calls value scaling).
"""

from __future__ import annotations

from realtime.midi.map.curves import OWN, STRAIGHT, position_of, value_at
from realtime.native.jit import audio

TAKEOVERS = ("jump", "pickup", "scale")
JUMP, PICKUP, SCALE = range(3)
NOTHING = -1.0
NEAR = 1.5 / 127.0
"""Within a step and a half of a 7-bit control it has come by."""


@audio
def take_over(mode, x, former, position, caught):
    """(where the value goes, caught): positions 0..1, NOTHING for a value that stays.

    x, former: where the control is and was (NOTHING: not known). position: where the value stands. caught: 1 while the
    control has the value in its hand.
    """
    if mode == JUMP or caught != 0:
        return x, 1
    near = abs(x - position) <= NEAR
    if mode == PICKUP:
        came_by = former >= 0.0 and (former - position) * (x - position) <= 0.0
        return (x, 1) if near or came_by else (NOTHING, 0)
    if former < 0.0:
        return NOTHING, 1 if near else 0
    if x > former:
        to = position + (x - former) * (1.0 - position) / max(1e-9, 1.0 - former)
    else:
        to = position + (x - former) * position / max(1e-9, former)
    to = min(1.0, max(0.0, to))
    return to, 1 if abs(x - to) <= NEAR else 0


def compile_rules() -> None:
    """Call the rules as the map thread does, so that the first turn of a knob compiles nothing. [main]"""
    take_over(SCALE, 0.5, 0.4, position_of(OWN, STRAIGHT, 0.0, 1.0, value_at(OWN, STRAIGHT, 0.0, 1.0, 0.5)), 0)
