"""How much the music pushes, and its mood: from what was played in the last bars; [player process]."""

from __future__ import annotations

import math
from collections import deque
from pathlib import Path

from realtime.models.mood import MODEL as MoodModel
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.players.plan import Moment

MOST_NOTES = 1024
MOOD_BEATS = 16.0
"""A mood is heard over so long a passage."""
FEWEST_NOTES = 8
LOUDNESS, DENSITY, REGISTER = 0.55, 0.35, 0.1
"""Their shares in intensity."""
SOFT, LOUD = 0.2, 0.95
SPARSE_A_BEAT, DENSE_A_BEAT = 0.5, 8.0
LOW, HIGH = 48.0, 84.0
RESTING = 0.25
"""Where intensity goes while nothing is played, within RESTING_BARS."""
RESTING_BARS = 4.0


def _within(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


class Feel:
    """intensity: 0..1, smoothed over a bar; mood: (valence, arousal), each -1..1, None while too little was played."""

    def __init__(self, mood_package: Path | None):
        self._model: MoodModel | None = None
        if mood_package is not None and mood_package.is_file():
            try:
                self._model = MoodModel.load(mood_package)
            except AntiphonError:
                self._model = None  # it tells no mood: nothing else depends on it
        self.clear()

    def clear(self) -> None:
        """Nothing was heard."""
        self._notes: deque[tuple[float, float, int, float]] = deque(maxlen=MOST_NOTES)
        self._held: dict[int, tuple[float, float]] = {}
        self.intensity: float | None = None
        self.mood: tuple[float, float] | None = None
        self._last = 0.0

    def note_on(self, beat: float, key: int, velocity: float) -> None:
        """A key goes down."""
        self.note_off(beat, key)
        self._held[key] = (beat, velocity)

    def note_off(self, beat: float, key: int) -> None:
        """A key goes up."""
        found = self._held.pop(key, None)
        if found is not None:
            self._notes.append((found[0], max(0.05, beat - found[0]), key, found[1]))

    def tick(self, now: Moment) -> None:
        """Time goes on; intensity follows."""
        passed = max(0.0, now.beat - self._last)
        self._last = now.beat
        bar = now.bar_beats
        recent = [row for row in self._rows(now.beat) if row[0] > now.beat - bar]
        if not recent:
            if self.intensity is not None and not self._held:
                self.intensity += (RESTING - self.intensity) * (1.0 - math.exp(-passed / (RESTING_BARS * bar)))
            return
        loud = _within(sum(row[3] for row in recent) / len(recent), SOFT, LOUD)
        density = _within(math.log2(len(recent) / bar), math.log2(SPARSE_A_BEAT), math.log2(DENSE_A_BEAT))
        height = _within(sum(row[2] for row in recent) / len(recent), LOW, HIGH)
        raw = LOUDNESS * loud + DENSITY * density + REGISTER * height
        if self.intensity is None:
            self.intensity = raw
        self.intensity += (raw - self.intensity) * (1.0 - math.exp(-2.0 * passed / bar))

    def listen(self, now: Moment) -> None:
        """A bar is over: its mood is heard, if there was enough to hear."""
        first = now.beat - max(MOOD_BEATS, 2.0 * now.bar_beats)
        rows = [row for row in self._rows(now.beat) if row[0] >= first]
        if self._model is None or len(rows) < FEWEST_NOTES:
            return
        notes = sorted(Note(on - first, length, key, velocity, 0) for on, length, key, velocity in rows)
        metre = [Metre(0.0, now.numerator, now.denominator)]
        try:
            heard = self._model.estimate(NoteSequence(notes, TempoMap([(0.0, now.tempo_bpm)]), metre))
        except AntiphonError:
            return
        self.mood = (min(1.0, max(-1.0, heard.valence)), min(1.0, max(-1.0, heard.arousal)))

    def _rows(self, beat: float) -> list[tuple[float, float, int, float]]:
        held = [(on, max(0.05, beat - on), key, velocity) for key, (on, velocity) in self._held.items()]
        return [*self._notes, *held]
