"""What a keyboard is, heard from a scale, from soft and hard touches, and from its pedals; [main]."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from realtime.midi.port_map import PEDALS

MIDDLE_C = 60
MAJOR = (2, 2, 1, 2, 2, 2, 1)
SCALE_KEYS = 5
"""So many steps of a major scale tell where it begins."""
FEWEST_TOUCHES, LEAST_SPREAD = 6, 20
FOOT = {
    64: "sustain",
    66: "sostenuto",
    67: "soft",
    69: "hold 2",
    11: "expression",
    4: "foot",
    1: "modulation",
    7: "volume",
}
_SWEPT = 4
_CURVE_POINTS = 8
_GAMMAS = (0.5, 2.0)


@dataclass
class Pedal:
    """A controller that a foot moved."""

    number: int
    values: list[int] = field(default_factory=list)

    @property
    def is_switch(self) -> bool:
        """One of those that are down or up."""
        return self.number in PEDALS

    @property
    def swung(self) -> bool:
        """It was seen on both sides."""
        return min(self.values) < 64 <= max(self.values)

    @property
    def inverted(self) -> bool:
        """It rests where a pedal should be down."""
        return self.is_switch and self.swung and self.values[-1] >= 64

    @property
    def continuous(self) -> bool:
        """It tells more than up and down."""
        return len(set(self.values)) > _SWEPT


class Touch:
    """Collects; the findings are there at any time."""

    def __init__(self) -> None:
        self.scale: list[tuple[int, int]] = []
        self.velocities: list[int] = []
        self.channels: Counter[int] = Counter()
        self.keys: set[int] = set()
        self.pedals: dict[int, Pedal] = {}

    def note(self, channel: int, key: int, velocity: int, in_scale: bool) -> None:
        """A key went down; channel from 1."""
        self.channels[channel] += 1
        self.keys.add(key)
        if in_scale:
            self.scale.append((channel, key))
        else:
            self.velocities.append(velocity)

    def control(self, number: int, value: int) -> None:
        """A controller moved."""
        if number in FOOT:
            self.pedals.setdefault(number, Pedal(number)).values.append(value)

    @property
    def channel(self) -> int | None:
        """Where it plays, from 1."""
        return self.channels.most_common(1)[0][0] if self.channels else None

    @property
    def shift(self) -> int | None:
        """Semitones that bring the scale to middle C; None if it was no major scale."""
        keys = [key for _, key in self.scale]
        steps = [b - a for a, b in itertools.pairwise(keys)]
        if len(keys) < SCALE_KEYS or any(step != MAJOR[at % 7] for at, step in enumerate(steps)):
            return None
        return MIDDLE_C - keys[0]

    @property
    def spread(self) -> tuple[int, int] | None:
        """Velocities of its softest and its hardest touch, without the outliers."""
        if len(self.velocities) < FEWEST_TOUCHES:
            return None
        low, high = np.percentile(self.velocities, (4, 96), method="nearest")
        return int(low), int(high)

    @property
    def curve(self) -> list[list[int]] | None:
        """Points that make soft 1 and hard 127, and the middle of what was played 64; None where all was alike.

        Between them a power: the ends are the performer's own, the bend puts the mean of the touches in the middle.
        """
        spread = self.spread
        if spread is None or spread[1] - spread[0] < LEAST_SPREAD:
            return None
        low, high = spread
        middle = (float(np.clip(np.mean(self.velocities), low + 1, high - 1)) - low) / (high - low)
        gamma = float(np.clip(math.log(0.5) / math.log(middle), *_GAMMAS))
        points = {0: 1} if low > 0 else {}
        for velocity in np.linspace(low, high, _CURVE_POINTS):
            points[round(float(velocity))] = round(1 + 126 * ((velocity - low) / (high - low)) ** gamma)
        points[high] = 127
        return [[velocity, points[velocity]] for velocity in sorted(points)]

    @property
    def histogram(self) -> list[int]:
        """int[128]: touches by velocity."""
        return [int(count) for count in np.bincount(self.velocities, minlength=128)[:128]]
