"""The key one plays in, heard over phrases: it changes only when another one fits clearly better; [player process]."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from realtime.music.keyfinding import Key, pitch_class_weights, rank_keys
from realtime.players.ear import Heard

RECENT = 64  # notes in which the key is heard
HYSTERESIS = 0.06  # a new key must beat the old by this much correlation
SHORTEST_BEATS, LONGEST_BEATS = 0.1, 4.0


class KeySense:
    """`now` is the key as of the last look."""

    def __init__(self) -> None:
        self.now = Key(0, "major")
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT)

    def look(self, notes: Sequence[Heard], beat: float) -> Key:
        """The key of the last RECENT notes, those of the present phrase among them; held ones last until `beat`."""
        weighted = [*self._recent, *((n.key, max(SHORTEST_BEATS, (n.off or beat) - n.on)) for n in notes)][-RECENT:]
        weights = pitch_class_weights([k for k, _ in weighted], [min(LONGEST_BEATS, d) for _, d in weighted])
        ranked = rank_keys(weights)
        same = next((k for k in ranked if (k.tonic, k.mode) == (self.now.tonic, self.now.mode)), ranked[0])
        self.now = same if self._recent and ranked[0].score - same.score < HYSTERESIS else ranked[0]
        return self.now

    def remember(self, notes: Sequence[Heard]) -> None:
        """The notes of a phrase that is over."""
        self._recent.extend((n.key, max(SHORTEST_BEATS, (n.off or n.on) - n.on)) for n in notes)
