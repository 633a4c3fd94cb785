"""How loud an answer is: as loud and as uneven as the performer, shaped by what the model learned and by the place in
the bar; [player process]."""

from __future__ import annotations

from random import Random

from realtime.music.metre import accent

LEAST_SPREAD = 0.04
FARTHEST = 2.0  # spreads from the mean


class Dynamics:
    """Velocities of one answer: mean and spread (0..1) are the performer's, level multiplies; bar and beat in ticks."""

    def __init__(self, mean: float, spread: float, level: float, bar: int, beat: int):
        self.mean, self.spread, self.level = mean, max(LEAST_SPREAD, spread), level
        self.bar, self.beat = bar, beat
        self._learned: list[float] = []

    def velocity(self, tick: int, learned: float | None, random: Random) -> float:
        """0.05..1 of a note. learned: 0..1 as the model has it, by its distance from its own notes so far; the less those
        differ (all the same, where its music is marked by sections), the more the metre says. None: the metre alone."""
        shape, share = self._shape(learned)
        value = self.mean + self.spread * (share * shape + (1.0 - share) * self._accent(tick, random))
        return min(1.0, max(0.05, value * self.level))

    def _shape(self, learned: float | None) -> tuple[float, float]:
        """How many spreads above its mean the model is, and how much that counts, 0..1."""
        if learned is None:
            return 0.0, 0.0
        notes = self._learned
        notes.append(learned)
        mean = sum(notes) / len(notes)
        own = (sum((v - mean) ** 2 for v in notes) / len(notes)) ** 0.5
        shape = (learned - mean) / max(LEAST_SPREAD, own)
        return min(FARTHEST, max(-FARTHEST, shape)), own / (own + LEAST_SPREAD)

    def _accent(self, tick: int, random: Random) -> float:
        """Spreads above the mean by the place in the bar, with a little unevenness."""
        return (-0.8, -0.4, 0.5, 1.2)[accent(tick, self.bar, self.beat, part=12)] + random.uniform(-0.3, 0.3)
