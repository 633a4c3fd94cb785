"""Freeze: the last bars of what a player played, looped in its place; [player process]."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

from realtime.contract import player_wire as wire
from realtime.players.plan import Moment, Planned

MOST_NOTES = 4096
LEAD_BEATS = 0.1
"""The loop is taken so long before the bar line at which it begins."""
AHEAD_BEATS = 1.0


class Freezer:
    """Remembers what goes out; while frozen, sends that again in place of what comes."""

    def __init__(self) -> None:
        self._played: deque[Planned] = deque(maxlen=MOST_NOTES)
        self._loop: list[Planned] = []
        self._bars = 0  # asked for last
        self._spent = False  # silenced by a panic: until it is asked for anew
        self._start: float | None = None  # the bar line at which the loop begins, once it is known
        self._end = self._length = 0.0  # of what is looped, as a beat; in beats
        self._next = 0  # notes of the loop sent so far, over all rounds

    @property
    def looping(self) -> bool:
        """Whether the loop plays in the player's place."""
        return bool(self._loop) or self._length > 0.0

    def turn(self, planned: list[Planned], now: Moment, bars: int, serial: int) -> list[Planned]:
        """What goes out of what the player planned, at this moment and with `freeze` at so many bars."""
        out: list[Planned] = []
        if bars != self._bars:
            out += self._ask(bars, now, serial)
        if not self.looping:
            for one in planned:
                self._remember(one)
            out += planned
            if self._start is not None and now.beat >= self._start - LEAD_BEATS:
                out += self._close(now, serial)
        else:
            out += [one for one in planned if one.kind == wire.PLAN_STATUS]
        return out + self._ahead(now, serial)

    def relocate(self, now: Moment) -> None:
        """The engine has dropped what was planned, and has another bar line: the loop begins again on it."""
        if self.looping:
            self._start, self._next = _bar_line(now), 0

    def silence(self) -> None:
        """A panic: nothing is looped until it is asked for again."""
        self._played.clear()
        self._drop()
        self._spent = True

    def _ask(self, bars: int, now: Moment, serial: int) -> list[Planned]:
        former, self._bars = self.looping, bars
        end = self._end
        self._drop()
        if bars == 0:
            self._spent = False
        elif not self._spent:
            self._start = _bar_line(now)
            if former:  # another length of the same past
                self._end = end
                return self._close(now, serial, end)
        return [Planned(wire.PLAN_CANCEL, serial, beat=now.beat)] if former else []

    def _drop(self) -> None:
        self._loop, self._length, self._start, self._next = [], 0.0, None, 0

    def _close(self, now: Moment, serial: int, end: float | None = None) -> list[Planned]:
        """The loop is whole; what the player had planned beyond it is taken back."""
        assert self._start is not None
        self._end = self._start if end is None else end
        self._length, self._next = self._bars * now.bar_beats, 0
        first = self._end - self._length
        self._loop = sorted((n for n in self._played if first <= n.beat < self._end), key=lambda n: n.beat)
        return [Planned(wire.PLAN_CANCEL, serial, beat=min(self._start, self._end) - 1e-6)]

    def _ahead(self, now: Moment, serial: int) -> list[Planned]:
        out: list[Planned] = []
        while self._loop and self._start is not None:
            turn, place = divmod(self._next, len(self._loop))
            note = self._loop[place]
            beat = note.beat - (self._end - self._length) + self._start + turn * self._length
            if beat > now.beat + AHEAD_BEATS:
                break
            self._next += 1
            if beat >= now.beat - wire.LATE_BEATS:
                length = min(note.duration_beats, self._length)
                out.append(replace(note, beat=beat, duration_beats=length, serial=serial))
        return out

    def _remember(self, one: Planned) -> None:
        if one.kind == wire.PLAN_NOTE:
            self._played.append(one)
        elif one.kind in (wire.PLAN_CANCEL, wire.PLAN_RELEASE):
            kept = [n for n in self._played if n.serial > one.serial or n.beat < one.beat or not one.releases(n.lane)]
            self._played = deque(kept, maxlen=MOST_NOTES)


def _bar_line(now: Moment) -> float:
    """The first bar line that leaves time to plan."""
    bars = math.ceil((now.beat + LEAD_BEATS - now.bar_start_beat) / now.bar_beats)
    return now.bar_start_beat + bars * now.bar_beats
