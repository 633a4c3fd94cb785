"""Where a section ends, by ear: novelty of the bars, from what sounds in them; [player process].

Each bar is a vector: its pitch classes, density, loudness and register. A checkerboard kernel along the diagonal of the bars'
self-similarity is high where what follows is alike in itself and unlike what was (Foote, "Automatic audio segmentation using a
measure of audio novelty", ICME 2000). A section that is like an earlier one has its name again.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np

from realtime.players.plan import Moment

PAST, FUTURE = 4, 2
"""Bars of the kernel before and behind a bar line: a section is heard FUTURE bars after it has begun."""
SHORTEST = 4
"""Bars of a section."""
NOVEL = 0.8
"""Of the kernel's response from which on a bar line may begin a section."""
SETTLED = 0.1
"""Likeness of the bars behind it: less, and the change is yet to come."""
OFF_THE_PHRASE = 0.75
"""What novelty counts for where the section before would not be whole phrases of four bars."""
ALIKE = 0.6
"""Likeness, 0..1, of two sections with one name."""
CHROMA, DENSITY, LOUDNESS, REGISTER = 0.5, 0.8, 3.0, 0.08
"""Weights: of the pitch classes (little: chords change within a section), an octave of density, loudness, a semitone."""
MOST_BARS, MOST_SECTIONS = 256, 8
PUSHES = 0.3
"""What is denser and louder than the verse by so much is a chorus, else a bridge."""


class Novelty:
    """`note_on` hears; `bar` is called as a bar begins, and names the section that has begun, if one has."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing was heard."""
        self._chroma = np.zeros(12)
        self._count, self._loud, self._height = 0, 0.0, 0.0
        self._bars: deque[np.ndarray] = deque(maxlen=MOST_BARS)
        self._begun = 0  # bar at which the present section began, of those heard so far
        self._heard = 0
        self._known: list[tuple[str, np.ndarray]] = []
        self.now = ""

    def note_on(self, key: int, velocity: float) -> None:
        """A key goes down."""
        self._chroma[key % 12] += 0.5 + 0.5 * velocity
        self._count += 1
        self._loud += velocity
        self._height += key

    def bar(self, now: Moment) -> str | None:
        """A bar has begun: the one before is whole. Returns the name of a section that is new, else None."""
        self._bars.append(self._vector(now.bar_beats))
        self._heard += 1
        if not self._bars[-1].any() and self._heard == 1:
            self._heard = 0  # nobody has begun to play
            self._bars.clear()
            return None
        if not self.now and self._heard >= FUTURE:
            return self._name(self._heard)
        line = self._heard - FUTURE  # the bar line that can be judged now
        length = line - self._begun
        if length < SHORTEST:
            return None
        phrase = 1.0 if length % SHORTEST == 0 else OFF_THE_PHRASE
        if phrase * self.novelty() < NOVEL or self._still_rises() or not self._settled():
            return None
        self._remember(line)
        self._begun = line
        return self._name(FUTURE)

    def novelty(self, back: int = 0) -> float:
        """Response of the kernel at the bar line FUTURE bars ago; back: so many bars before that."""
        rows = list(self._bars)[: len(self._bars) - back] if back else list(self._bars)
        if len(rows) < PAST + FUTURE:
            return 0.0
        vectors = np.array(rows[-PAST - FUTURE :])
        alike = vectors @ vectors.T
        before, behind = alike[:PAST, :PAST].mean(), alike[PAST:, PAST:].mean()
        return float(before + behind - 2.0 * alike[:PAST, PAST:].mean())

    def _settled(self) -> bool:
        """Whether the bars behind the line are of one kind."""
        rows = list(self._bars)[-FUTURE:]
        return all(_likeness(a, b) >= SETTLED for a, b in pairwise(rows))

    def _still_rises(self) -> bool:
        """Whether a bar line a bar earlier or later is the better one, as far as can be heard."""
        return self.novelty(1) > self.novelty() and self._heard - FUTURE - 1 - self._begun >= SHORTEST

    def _vector(self, beats: float) -> np.ndarray:
        chroma = self._chroma / max(1e-9, float(np.linalg.norm(self._chroma)))
        count = max(1, self._count)
        rest = (
            DENSITY * np.log2(0.25 + self._count / beats), LOUDNESS * self._loud / count, REGISTER * self._height / count,
        )  # fmt: skip
        found = np.array([*(CHROMA * chroma), *rest]) if self._count else np.zeros(15)
        self._chroma = np.zeros(12)
        self._count, self._loud, self._height = 0, 0.0, 0.0
        return found

    def _mean(self, bars: int) -> np.ndarray:
        return np.mean(list(self._bars)[-max(1, bars) :], axis=0)

    def _remember(self, line: int) -> None:
        """The section that is over, by all its bars."""
        rows = list(self._bars)[: len(self._bars) - FUTURE][-(line - self._begun) :]
        mean = np.mean(rows, axis=0)
        for number, (name, former) in enumerate(self._known):
            if name == self.now:
                self._known[number] = (name, 0.5 * (former + mean))
                return
        self._known = [*self._known, (self.now, mean)][-MOST_SECTIONS:]

    def _name(self, bars: int) -> str:
        """The name of what the last bars are: that of a section like them, else a new one."""
        mean = self._mean(bars)
        likeness = [(_likeness(mean, known), name) for name, known in self._known]
        best = max(likeness, default=(0.0, ""))
        if best[0] >= ALIKE:
            self.now = best[1]
        elif not self._known:
            self.now = "verse"
        else:
            verse = dict(self._known).get("verse", self._known[0][1])
            pushes = mean[12] + mean[13] > verse[12] + verse[13] + PUSHES
            names = {name for name, _ in self._known}
            wanted = ("chorus", "bridge") if pushes else ("bridge", "chorus")
            self.now = next((name for name in wanted if name not in names), best[1])
        return self.now


def _likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.exp(-((a - b) ** 2).sum()))
