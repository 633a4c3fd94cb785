"""Writes as `phrase` does, in somebody's manner: each of the net's opinions is blended with what they are known to play;
[player process]."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import realtime.models.phrase.code as code
from realtime.models.phrase import Line, Model, PhraseWriter
from realtime.players.manner.manner import (
    ORDERS,
    Manner,
    Row,
    delta_context,
    duration_context,
    pitch_context,
)
from realtime.sampling.copyguard import CopyGuard
from realtime.sampling.drawing import FORBIDDEN, log_softmax

REMEMBERED = max(ORDERS) + 1
"""Notes of the past that any context reaches back over."""


class MannerWriter(PhraseWriter):
    """share: 0 the net alone .. 1 the manner, which says what the net says where nothing is known."""

    def __init__(self, net: Model, guard: CopyGuard | None, manner: Manner):
        self.manner, self.share = manner, 1.0
        super().__init__(net, guard)

    def _pitch(self, line: Line) -> np.ndarray:
        net, before = super()._pitch(line), self._before(line)
        if not before:
            return net
        last = self.frame.encode(before[-1][2])
        return self._blend(net, lambda p: self.manner.pitch.blended(pitch_context(before, self.frame.origin), p, last))

    def _duration(self, line: Line, tick: int, pitch: int) -> np.ndarray:
        context = duration_context(self._before(line), tick, code.bar_ticks(line.numerator, line.denominator))
        return self._blend(super()._duration(line, tick, pitch), lambda p: self.manner.duration.blended(context, p))

    def _delta(self, line: Line) -> np.ndarray:
        net = super()._delta(line)
        if not line.notes:
            return net  # where a turn begins is not a step from one note to the next
        context = delta_context(self._rows(line), code.bar_ticks(line.numerator, line.denominator))
        return self._blend(net, lambda p: self.manner.delta.blended(context, p))

    def bits(self, rows: Sequence[Row], numerator: int, denominator: int) -> float:
        """Bits a note of a line, the first left out: how surprising it is, each note told after it was guessed. The frame
        is to be that of its key; all turns before are forgotten."""
        self.clear()
        line = self.begin(code.SONG, rows[0][0], 0, numerator, denominator)
        total = 0.0
        for count, (tick, duration, pitch) in enumerate(rows):
            length, sign = code.step_class(duration, lowest=1), self.frame.encode(pitch)
            if count:
                last = line.notes[-1]
                self.net.ask(self.frame.encode(last[2]), code.step_class(last[1], lowest=1))
                total -= log_softmax(self._delta(line))[code.step_class(tick - last[0], lowest=1)]
            line.notes.append([tick, duration, pitch, 0])
            self.catch_up()
            note = line.notes.pop()
            if count:
                total -= log_softmax(self._pitch(line))[sign]
                self.net.ask(sign, 0)
                total -= log_softmax(self._duration(line, tick, pitch))[length]
            line.notes.append(note)
        return total / math.log(2.0) / max(1, len(rows) - 1)

    def _blend(self, logits: np.ndarray, blended) -> np.ndarray:
        if self.share <= 0.0:
            return logits
        net = np.exp(log_softmax(logits))
        p = (1.0 - self.share) * net + self.share * blended(net)
        return np.where(p > 0.0, np.log(np.maximum(p, 1e-300)), FORBIDDEN)

    def _before(self, line: Line) -> Sequence[Row]:
        """The notes before the next one: of its turn, and where that has few, of the turn before, whose ticks only their
        place in the bar tells."""
        rows = self._rows(line)
        if len(rows) >= REMEMBERED or len(self.lines) < 2 or self.lines[-1] is not line:
            return rows
        former = self._rows(self.lines[-2])
        return [*former[-(REMEMBERED - len(rows)) :], *rows]

    def _rows(self, line: Line) -> list[Row]:
        return [(tick, duration, pitch) for tick, duration, pitch, _ in line.notes[-REMEMBERED:]]
