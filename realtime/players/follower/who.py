"""Whose keys make the chords: all, the left hand's, those of a channel, or none where a chart leads; [any]."""

from __future__ import annotations

import re
from dataclasses import dataclass

from realtime.native.errors import AntiphonError

ALL, LEFT_HAND, CHART, OFF, HEARD = "all", "left hand", "chart", "off", "heard"
CHOICES = f'"{ALL}", "{LEFT_HAND}", "channel 1" to "channel 16", or "{CHART}"'
_CHANNEL = re.compile(r"channel ([0-9]{1,2})")


@dataclass(frozen=True)
class Who:
    """channel: 0..15, None: any; zone: lowest and highest key; chart: nobody's keys do."""

    channel: int | None = None
    zone: tuple[int, int] = (0, 127)
    chart: bool = False

    @classmethod
    def read(cls, chords: str, zone: tuple[int, int]) -> Who:
        """From what a scene says. Raises AntiphonError."""
        if chords == ALL:
            return cls()
        if chords == LEFT_HAND:
            return cls(zone=zone)
        if chords == CHART:
            return cls(chart=True)
        match = _CHANNEL.fullmatch(chords)
        if match and 1 <= int(match[1]) <= 16:
            return cls(channel=int(match[1]) - 1)
        raise AntiphonError(f"chords = {chords!r} must be {CHOICES}")

    @property
    def led(self) -> bool:
        """Whether some keys lead, and the others do not."""
        return self.channel is not None or self.zone != (0, 127)

    def leads(self, key: int, channel: int) -> bool:
        """Whether a key's note is one of those that make the chords."""
        return not self.chart and self.channel in (None, channel) and self.zone[0] <= key <= self.zone[1]
