"""Where the devices of one chain stand beside each other, line after line, and which gap a point means; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

ONTO = 0.5
"""The middle half of a device means the device itself: what is dropped there takes its place."""


@dataclass(frozen=True)
class Place:
    """Left, top, width and height in pixels."""

    left: float
    top: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height


def places(count: int, left: float, right: float, size: tuple[float, float], last: float, gap: float) -> list[Place]:
    """`count` devices of one size from `left` to `right`, and behind them the sign for a new one, `last` wide.

    A line that is full goes on below; the sign never stands alone where the last device could go with it.
    """
    width, height = size
    found: list[Place] = []
    x, y = left, 0.0
    for at in range(count):
        needed = width + (gap + last if at == count - 1 else 0.0)
        if found and x + needed > right and x > left:
            x, y = left, y + height + gap
        found.append(Place(x, y, width, height))
        x += width + gap
    found.append(Place(x, y, last, height))
    return found


def lowest(found: list[Place]) -> float:
    """The bottom of all lines."""
    return max(one.top + one.height for one in found)


def gap_at(found: list[Place], x: float, y: float) -> tuple[int, bool]:
    """What a point means: the gap before which device (their count for the end), and whether the device itself.

    found: as `places` gives them, the sign for a new one last.
    """
    devices = found[:-1]
    for at, place in enumerate(devices):
        if place.holds(x, y):
            share = (x - place.left) / place.width
            inside = abs(share - 0.5) < ONTO / 2
            return (at, True) if inside else (at + (share > 0.5), False)
    line = [at for at, place in enumerate(devices) if place.top <= y < place.top + place.height]
    if not line:
        return (len(devices), False)
    before = [at for at in line if devices[at].left + devices[at].width / 2 < x]
    return (before[-1] + 1 if before else line[0]), False


def caret(found: list[Place], gap: float, at: int) -> tuple[float, float, float]:
    """Where the line that shows gap `at` is drawn: x, top, bottom."""
    place = found[min(at, len(found) - 1)]
    return place.left - gap / 2, place.top, place.top + place.height
