"""The ladder of a player that is late: at once a rung down to cheaper means, and up again when some bars went well;
[player process]."""

from __future__ import annotations

from collections.abc import Iterable

from realtime.contract import player_wire as wire
from realtime.players.plan import Moment, Planned

STALL_S = 0.5
"""A turn so long is too long whatever it planned: others wait for theirs."""
GOOD_BARS, MOST_GOOD_BARS = 8, 64
"""Bars without trouble before a rung is climbed; twice as many after each climb that failed."""
LATE_BEATS = 1e-6


class Ladder:
    """rungs: how many there are; rung: the present one, 0 the best. hits, misses: notes planned in time and late."""

    def __init__(self, rungs: int):
        self.rungs, self.rung = max(1, rungs), 0
        self.hits = self.misses = 0
        self._patience = GOOD_BARS
        self._since = 0.0  # the beat of the last trouble or climb
        self._climbed = False

    def turn(self, took_s: float, planned: Iterable[Planned], now: Moment) -> int:
        """A turn is over, after some seconds; the rung for the next one."""
        done = now.beat + took_s * now.tempo_bpm / 60.0
        notes = [one.beat for one in planned if one.kind == wire.PLAN_NOTE]
        late = sum(beat < done - LATE_BEATS for beat in notes)
        self.hits, self.misses = self.hits + len(notes) - late, self.misses + late
        if now.beat < self._since:  # a jump
            self._since = now.beat
        good_beats = now.beat - self._since
        if late or took_s > STALL_S:
            self._step_down(now)
        elif self.rung > 0 and good_beats >= self._patience * now.bar_beats:
            self.rung, self._since, self._climbed = self.rung - 1, now.beat, True
        elif self._climbed and good_beats >= GOOD_BARS * now.bar_beats:
            self._climbed, self._patience = False, GOOD_BARS
        return self.rung

    def _step_down(self, now: Moment) -> None:
        if self._climbed:
            self._patience = min(MOST_GOOD_BARS, 2 * self._patience)
        self.rung, self._since, self._climbed = min(self.rungs - 1, self.rung + 1), now.beat, False
