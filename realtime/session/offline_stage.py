"""A scene's engine off stage with what stands around it: its players, and who writes the notes down; [main]."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from realtime.drivers.offline import Message, OfflineDriver
from realtime.session.note_take import NoteTake
from realtime.session.offline_band import OfflineBand

PATIENCE_BARS, LONGEST_BARS = 3.0, 4.0
"""Bars that an answer is waited for; and those by which it may end later than after as long as was played."""
REST_BEATS = 4.0
"""A player that has answered and rests for so long is done."""
LOOKS_A_SECOND = 8


class OfflineStage:
    """Renders as the driver does, and lets the band play and the take be written after every block."""

    def __init__(self, driver: OfflineDriver, band: OfflineBand | None, take: NoteTake | None):
        self.driver, self.band, self.take = driver, band, take
        self._playing = band is not None
        self.last_struck = 0.0
        """The beat at which a key was last pressed, to within a block."""

    def render(self, frames: int, audio_in: np.ndarray | None = None, midi: Sequence[Message] = ()) -> np.ndarray:
        """The next frames: float32 (outputs, frames). midi: (frame from here on, source, bytes), sorted."""
        if self.band is None and self.take is None:
            return self.driver.render(frames, audio_in, midi)[0]
        block = int(self.driver.control.record["block_frames"])
        sound = np.zeros((self.driver.engine.outputs, frames), np.float32)
        row = 0
        for at in range(0, frames, block):
            count = min(block, frames - at)
            first = row
            while row < len(midi) and midi[row][0] < at + count:
                row += 1
            due = [(frame - at, source, data) for frame, source, data in midi[first:row]]
            inside = None if audio_in is None else audio_in[:, at : at + count]
            sound[:, at : at + count] = self._block(count, inside, due)
        return sound

    def _block(self, frames: int, audio_in: np.ndarray | None, due: list[Message]) -> np.ndarray:
        if any(data[0] & 0xF0 == 0x90 and data[2] > 0 for _, _, data in due):
            self.last_struck = self.beat
        if self.take is not None:
            self.take.begin(due)
        sound, _ = self.driver.render(frames, audio_in, due)
        if self.take is not None:
            self.take.end()
        if self._playing and self.band is not None:
            self.band.turn()
        return sound

    @property
    def beat(self) -> float:
        """The song's, in quarter notes."""
        return float(self.driver.engine.record[0]["transport"]["beat"])

    @property
    def bar_beats(self) -> float:
        """Quarter notes a bar."""
        t = self.driver.engine.record[0]["transport"]
        return float(t["numerator"]) * 4.0 / float(t["denominator"])

    def frames_to_bar(self) -> int:
        """Frames up to the next bar line; 0 on one."""
        t = self.driver.engine.record[0]["transport"]
        into = float(t["beat"]) - float(t["bar_start_beat"])
        left = math.ceil(into / self.bar_beats - 1e-6) * self.bar_beats - into
        return max(0, round(left / float(t["beats_per_sample"])))

    def end_band(self) -> None:
        """The players leave: what they have planned is void, what they sound ends."""
        self._playing = False
        if self.band is not None:
            self.band.end()


class Answers:
    """Whether what was played has been answered, asked LOOKS_A_SECOND times a second from its end on.

    Who still plays as you end has kept you company and answers nothing, unless it says that it answers (on a form it may be
    decided before your last note has ended): the others are waited for.
    """

    def __init__(self, stage: OfflineStage):
        assert stage.band is not None
        self._stage, self._band = stage, stage.band
        along = stage.band.busy() | {s.number for s in stage.band.seats if s.planned_to > stage.last_struck}
        self._waited = {seat.number for seat in stage.band.seats} - (along - stage.band.answering())
        self._start = stage.beat
        self._last_busy: dict[int, float] = {}

    def done(self) -> bool:
        """Whether everyone has had their say, or has had the time for it."""
        now, bar = self._stage.beat, self._stage.bar_beats
        if now - self._start > self._start + LONGEST_BARS * bar:
            return True
        for number in self._band.busy() & self._waited:
            self._last_busy[number] = now
        return all(self._rests(number, now, bar) for number in self._waited)

    def _rests(self, number: int, now: float, bar: float) -> bool:
        if number in self._last_busy:
            return now - self._last_busy[number] >= REST_BEATS
        return now - self._start >= PATIENCE_BARS * bar
