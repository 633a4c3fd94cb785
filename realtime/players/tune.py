"""The tune among what is heard: the highest note that sounds, or one channel; how low it goes, and when you rest; [player
process]."""

from __future__ import annotations

from collections import deque

REMEMBERED = 256
LONGEST_HELD_BEATS = 32.0
"""A key that is down longer says no more that somebody plays."""


class Tune:
    """held: keys that are down, by (channel, key). last: the beat at which something sounded last."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], float] = {}
        self.last: float | None = None
        self._recent: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)

    def clear(self) -> None:
        """Nothing was heard."""
        self.held.clear()
        self._recent.clear()
        self.last = None

    def note_on(self, beat: float, key: int, channel: int, melody_channel: int) -> bool:
        """Returns whether it is a note of the tune. melody_channel: 1..16, 0: whatever is highest."""
        higher = [k for _, k in self.held if k > key]
        self.held[channel, key] = beat
        self.last = beat
        tune = channel + 1 == melody_channel if melody_channel else not higher
        if tune:
            self._recent.append((beat, key))
        return tune

    def note_off(self, beat: float, key: int, channel: int) -> None:
        """A key is let go."""
        if self.held.pop((channel, key), None) is not None:
            self.last = beat

    def rests(self, beat: float) -> float:
        """Beats since something sounded."""
        held = any(beat - since < LONGEST_HELD_BEATS for since in self.held.values())
        return 0.0 if held or self.last is None else beat - self.last

    def keys(self, but: int = 0) -> list[int]:
        """The keys that are down, but those of a channel 1..16."""
        return sorted({key for channel, key in self.held if channel + 1 != but})

    def lowest(self, since: float) -> int | None:
        """The lowest note of the tune since a beat; None: none."""
        return min((key for beat, key in self._recent if beat >= since), default=None)

    def middle(self, since: float) -> float | None:
        """Their mean pitch."""
        keys = [key for beat, key in self._recent if beat >= since]
        return sum(keys) / len(keys) if keys else None
