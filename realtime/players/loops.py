"""Freeze, again, mutate, undo: the last bars of what a player played, looped in its place, in part drawn anew, or given back;
[player process]."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

from realtime.contract import player_wire as wire
from realtime.players.plan import Moment, Planned, damped

MOST_NOTES = 4096
MOST_TAKES = 32
"""That can be undone."""
AGAIN_BARS = 4
"""Bars of again, mutate and undo while nothing is frozen."""
LEAD_BEATS = 0.1
"""A loop is taken so long before the bar line at which it begins."""
AHEAD_BEATS = 1.0
JUST_BEFORE = 1e-6


@dataclass(frozen=True, slots=True)
class Take:
    """Some bars as they were played; beats from their first bar line. number: the player's take_number then."""

    length: float
    notes: tuple[Planned, ...]
    number: int


@dataclass(slots=True)
class _Wish:
    """What begins at a bar line. take: None: what was played last."""

    start: float
    bars: int
    endless: bool
    mutated: Random | None = None
    take: Take | None = None
    optional: bool = True  # not begun where there is nothing to repeat
    number: int = 0


@dataclass(slots=True)
class _Loop:
    """open: spans, in beats from `start`, in which the player plays in the first round; fresh: what it plays there."""

    take: Take
    start: float
    endless: bool
    open: list[tuple[float, float]] = field(default_factory=list)
    fresh: list[Planned] = field(default_factory=list)
    until: float = 0.0  # the beat up to which its notes are sent

    @property
    def stop(self) -> float:
        return math.inf if self.endless else self.start + self.take.length

    def is_open(self, beat: float) -> bool:
        return any(first <= beat - self.start < last for first, last in self.open)


class Looper:
    """Remembers what goes out; while it loops, sends that again in place of what comes."""

    def __init__(self) -> None:
        self._played: deque[Planned] = deque(maxlen=MOST_NOTES)
        self._aside: list[Planned] = []  # what the player planned to be played meanwhile
        self._past: deque[Take] = deque(maxlen=MOST_TAKES)
        self._wish: _Wish | None = None
        self._loop: _Loop | None = None
        self._bars = 0  # of freeze, asked for last
        self._spent = False  # silenced by a panic: until freeze is asked for anew

    @property
    def looping(self) -> bool:
        """Whether a loop plays in the player's place."""
        return self._loop is not None

    # -- what is asked for ---------------------------------------------------------------------------------------------

    def again(self, now: Moment) -> None:
        """The last bars once more, from the next bar line on; what is frozen is so already."""
        if self._bars == 0 or self._spent:
            self._wish = _Wish(_bar_line(now), AGAIN_BARS, endless=False)

    def mutate(self, now: Moment, seed: int, number: int) -> None:
        """The last bars with part of them open to the player. number: of the take that is left."""
        dice = Random(f"{seed}:{number + 1}:mutate")
        self._wish = _Wish(_bar_line(now), self._span(), self._bars > 0, mutated=dice, number=number)

    def undo(self, now: Moment) -> int | None:
        """Back to the take before the last mutation; its number, or None where there is none."""
        if self._wish is not None and self._wish.mutated is not None:  # not begun yet
            number, self._wish = self._wish.number, None
            return number
        if not self._past:
            return None
        take = self._past.pop()
        self._wish = _Wish(_bar_line(now), self._span(), self._bars > 0, take=take)
        return take.number

    def relocate(self, now: Moment) -> None:
        """The engine has dropped what was planned, and has another bar line: a loop begins again on it."""
        self._played = deque((n for n in self._played if n.beat < now.beat), maxlen=MOST_NOTES)
        self._aside.clear()
        if self._loop is not None:
            self._loop.start = self._loop.until = _bar_line(now)
            self._loop.fresh.clear()
        if self._wish is not None:
            self._wish.start = _bar_line(now)

    def silence(self) -> None:
        """A panic: nothing is looped until it is asked for again."""
        self._played.clear()
        self._aside.clear()
        self._loop = self._wish = None
        self._spent = True

    # -- the notes -----------------------------------------------------------------------------------------------------

    def turn(self, planned: Iterable[Planned], now: Moment, bars: int, serial: int) -> list[Planned]:
        """What goes out of what the player planned, at this moment and with `freeze` at so many bars."""
        out: list[Planned] = []
        if bars != self._bars:
            self._freeze(bars, now, serial, out)
        for one in planned:
            self._pass(one, out)
        if self._wish is not None and now.beat >= self._wish.start - LEAD_BEATS:
            self._begin(self._wish, now, serial, out)
        if self._loop is not None:
            self._ahead(self._loop, now, serial, out)
        return out

    def _span(self) -> int:
        return self._bars or AGAIN_BARS

    def _freeze(self, bars: int, now: Moment, serial: int, out: list[Planned]) -> None:
        self._bars, self._spent = bars, self._spent and bars > 0
        if bars > 0 and not self._spent:
            self._wish = _Wish(_bar_line(now), bars, endless=True, optional=False)
        elif bars == 0:
            self._wish = None
            if self._loop is not None:
                self._end(now, serial, out)

    def _end(self, now: Moment, serial: int, out: list[Planned]) -> None:
        """The player plays on at once, with what it had planned for this time."""
        assert self._loop is not None
        waiting = [n for n in (*self._loop.fresh, *self._aside) if n.beat >= now.beat]
        self._loop = None
        self._aside.clear()
        self._send(Planned(wire.PLAN_CANCEL, serial, beat=now.beat), out)
        for note in sorted(waiting, key=lambda n: n.beat):
            self._send(note, out)

    def _begin(self, wish: _Wish, now: Moment, serial: int, out: list[Planned]) -> None:
        self._wish = None
        start, length = wish.start, wish.bars * now.bar_beats
        first = start - length
        last = (replace(n, beat=n.beat - first) for n in self._played if first <= n.beat < start)
        take = wish.take or Take(length, tuple(sorted(last, key=lambda n: (n.beat, n.lane, n.key))), wish.number)
        if wish.optional and not take.notes:
            return
        former = self._loop
        waiting = [n for n in self._played if n.beat >= start] if former is None else [*former.fresh, *self._aside]
        self._aside.clear()
        self._loop = _Loop(take, start, wish.endless, until=start)
        if wish.mutated is not None:
            self._past.append(take)
            self._loop.open = _open_spans(wish.bars, now.bar_beats, wish.mutated)
        self._send(Planned(wire.PLAN_CANCEL, serial, beat=start - JUST_BEFORE), out)
        for note in waiting:
            self._pass(note, out)

    def _pass(self, one: Planned, out: list[Planned]) -> None:
        loop = self._loop
        if loop is None or one.kind == wire.PLAN_STATUS:
            self._send(one, out)
        elif one.kind == wire.PLAN_NOTE:
            if one.beat >= loop.stop:
                self._send(one, out)
            else:
                (loop.fresh if loop.is_open(one.beat) else self._aside).append(one)
        elif one.kind in (wire.PLAN_CANCEL, wire.PLAN_RELEASE):
            loop.fresh, self._aside = _without(loop.fresh, one), _without(self._aside, one)
            if not loop.endless:  # what it plays behind the loop is its own
                beat = max(loop.stop, one.beat) if one.kind == wire.PLAN_CANCEL else loop.stop
                self._send(replace(one, kind=wire.PLAN_CANCEL, beat=beat - JUST_BEFORE), out)

    def _ahead(self, loop: _Loop, now: Moment, serial: int, out: list[Planned]) -> None:
        self._aside = [n for n in self._aside if n.beat >= now.beat]
        if loop.open:
            due = [n for n in loop.fresh if n.beat <= now.beat + AHEAD_BEATS]
            loop.fresh = [n for n in loop.fresh if n.beat > now.beat + AHEAD_BEATS]
            for note in due:
                self._send(replace(note, serial=serial), out)
        self._repeat(loop, min(now.beat + AHEAD_BEATS, loop.stop - JUST_BEFORE), now, serial, out)
        if loop.open and now.beat >= loop.start + loop.take.length - LEAD_BEATS:
            self._close(loop)
        if now.beat >= loop.stop:
            self._loop = None

    def _repeat(self, loop: _Loop, until: float, now: Moment, serial: int, out: list[Planned]) -> None:
        length, since = loop.take.length, loop.until
        loop.until = max(since, until)
        first, last = (math.floor((beat - loop.start) / length) for beat in (since, loop.until))
        for turn in range(max(0, first), last + 1):
            for note in loop.take.notes:
                beat = note.beat + loop.start + turn * length
                if not since <= beat < until or beat < now.beat - wire.LATE_BEATS or loop.is_open(beat):
                    continue
                self._send(
                    replace(note, beat=beat, duration_beats=min(note.duration_beats, length), serial=serial), out
                )

    def _close(self, loop: _Loop) -> None:
        """The first round is over: what was played anew belongs to the loop."""
        end = loop.start + loop.take.length
        anew = [
            replace(n, beat=n.beat - loop.start)
            for n in self._played
            if loop.start <= n.beat < end and loop.is_open(n.beat)
        ]
        kept = [n for n in loop.take.notes if not loop.is_open(n.beat + loop.start)]
        notes = tuple(sorted((*kept, *anew), key=lambda n: (n.beat, n.lane, n.key)))
        loop.take, loop.open = replace(loop.take, notes=notes), []

    def _send(self, one: Planned, out: list[Planned]) -> None:
        out.append(one)
        if one.kind == wire.PLAN_NOTE:
            self._played.append(one)
        elif one.kind in (wire.PLAN_CANCEL, wire.PLAN_RELEASE):
            self._played = deque(_without(self._played, one, one.beat), maxlen=MOST_NOTES)
        elif one.kind == wire.PLAN_DAMP:
            self._played = deque((damped(n, one, one.beat) for n in self._played), maxlen=MOST_NOTES)


def _without(notes: Iterable[Planned], one: Planned, released: float = -math.inf) -> list[Planned]:
    first = one.beat if one.kind == wire.PLAN_CANCEL else released
    return [n for n in notes if n.serial > one.serial or n.beat < first]


def _bar_line(now: Moment) -> float:
    """The first bar line that leaves time to plan."""
    return now.next_bar(now.beat + LEAD_BEATS)


def _open_spans(bars: int, bar_beats: float, dice: Random) -> list[tuple[float, float]]:
    """Half of some bars, never the first; of a single bar its second half."""
    if bars == 1:
        return [(bar_beats / 2.0 - JUST_BEFORE, bar_beats)]
    chosen = sorted(dice.sample(range(1, bars), (bars + 1) // 2 if bars > 2 else 1))
    return [(bar * bar_beats - JUST_BEFORE, (bar + 1) * bar_beats - JUST_BEFORE) for bar in chosen]
