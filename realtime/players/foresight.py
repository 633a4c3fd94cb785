"""The chord to come where nobody announces it: expected from the song's returns, or else waited for, as long as hands and
follower need; [player process]."""

from __future__ import annotations

from realtime.music.chord_table import ORDER
from realtime.players.harmony import Harmony
from realtime.players.hearing import Told, ToldChord
from realtime.players.plan import Moment

NEWS_BEATS = 0.25
"""A chord that begins later than this from now is an announcement."""
PATIENCE_S, LONGEST_PATIENCE_BEATS = 0.1, 0.35
EPSILON = 1e-6


class Foresight:
    """harmony: the chords as they were told; charted: somebody announces them."""

    def __init__(self) -> None:
        self.harmony = Harmony()
        self.charted = False
        self._heard = False
        self._guess: tuple[float, ToldChord | None] | None = None  # from when on, and what held before

    def tell(self, beat: float, chord: ToldChord | None, now: Moment) -> None:
        """A chord of the follower's."""
        self._heard = True
        self.charted |= beat > now.beat + NEWS_BEATS
        self.harmony.tell(beat, chord, now.beat + NEWS_BEATS)
        if self._guess is not None and beat > self._guess[0] - NEWS_BEATS:
            self._guess = None

    def jump(self, beat: float) -> None:
        """The beats have jumped."""
        self.harmony.jump(beat)
        self.charted, self._guess = False, None

    @staticmethod
    def patience(now: Moment) -> float:
        """Beats after which a chord that is played by hand would have been told."""
        return min(LONGEST_PATIENCE_BEATS, PATIENCE_S * now.tempo_bpm / 60.0)

    def unknown(self, beat: float, now: Moment, told: Told) -> bool:
        """Whether the chord of a beat is to be waited for. One that is expected is told, until it is `failed`."""
        if self.charted or not self._heard or self.harmony.told_at(beat) or not self._may_change(beat, now):
            return False
        if self._guess is not None and abs(self._guess[0] - beat) < EPSILON:
            return False
        expected = self.harmony.expect(beat, slot(now))
        if expected is None:
            return True
        before = told.chords.at(beat)
        guess = ToldChord(expected.root, ORDER[expected.quality], expected.bass, expected.classes)
        if before is None or before.classes != guess.classes or before.bass != guess.bass:
            told.chords.tell(beat, guess)
            self._guess = (beat, before)
        return False

    def failed(self, beat: float, now: Moment, told: Told) -> float | None:
        """By a beat: from where on what was expected has not come, and the chord before it goes on; None: nothing failed."""
        if self._guess is None or beat < self._guess[0] + self.patience(now):
            return None
        (start, before), self._guess = self._guess, None
        told.chords.tell(start, before)
        return start

    def _may_change(self, beat: float, now: Moment) -> bool:
        place = beat - now.bar_of(beat + EPSILON)
        if place < EPSILON:
            return True
        return abs(place - slot(now)) < EPSILON and self.harmony.moves_within(beat - place, now.bar_beats)


def slot(now: Moment) -> float:
    """Beats after which chords mostly change: half bars of an even metre."""
    return now.bar_beats / 2.0 if now.bar_beats % 2.0 == 0.0 else now.bar_beats
