"""Starts and stops a player on the beat, the bar or the section, and keeps it still through the count-in; it hears and plans
on meanwhile, so that it comes in as one who knows where the music is; [player process]."""

from __future__ import annotations

from collections.abc import Iterable

from realtime.contract import player_wire as wire
from realtime.players.controls import BEAT, NOW, SECTION
from realtime.players.hearing import Told
from realtime.players.plan import Moment, Planned

LEAD_BEATS = 0.1
"""The engine hears so long before the beat of what begins or ends on it."""
JUST_BEFORE = 1e-6


class Entry:
    """playing: what was asked for last."""

    def __init__(self, playing: bool):
        self.playing = playing
        self._passes = playing
        self._change: float | None = None  # the beat from which on `_passes` will be `playing`
        self._counting = False
        self._ahead: list[Planned] = []  # planned for now or later, sent or not

    def turn(
        self, planned: Iterable[Planned], now: Moment, playing: bool, quantise: int, told: Told, serial: int
    ) -> list[Planned]:
        """What goes out of what was planned."""
        out: list[Planned] = []
        if playing != self.playing:
            self._ask(playing, _boundary(now, quantise, told), serial, out)
        if now.counting != self._counting:
            self._counting = now.counting
            if now.counting:
                out.append(Planned(wire.PLAN_RELEASE, serial, now.beat))
        for one in planned:
            self._heed(one)
            if one.kind != wire.PLAN_NOTE or self._sounds(one.beat):
                out.append(one)
        if self._change is not None and now.beat >= self._change:
            self._passes, self._change = self.playing, None
            if not self._passes:
                out.append(Planned(wire.PLAN_RELEASE, serial, now.beat))
        self._ahead = [n for n in self._ahead if n.beat >= now.beat]
        return out

    def relocate(self, now: Moment) -> None:
        """What was planned is void; a change that was waited for comes at once."""
        self._ahead.clear()
        if self._change is not None:
            self._change = now.beat

    def _sounds(self, beat: float) -> bool:
        if self._counting:
            return False
        return self._passes if self._change is None or beat < self._change - JUST_BEFORE else self.playing

    def _ask(self, playing: bool, beat: float, serial: int, out: list[Planned]) -> None:
        self.playing = playing
        self._change = beat
        if playing == self._passes:  # taken back before it came to be
            self._change = None
        if not playing:
            out.append(Planned(wire.PLAN_CANCEL, serial, beat - JUST_BEFORE))
        else:
            out += [n for n in self._ahead if n.beat >= beat - JUST_BEFORE and self._sounds(n.beat)]

    def _heed(self, one: Planned) -> None:
        if one.kind == wire.PLAN_NOTE:
            self._ahead.append(one)
        elif one.kind == wire.PLAN_CANCEL:
            self._ahead = [n for n in self._ahead if n.serial > one.serial or n.beat < one.beat]
        elif one.kind == wire.PLAN_RELEASE:
            self._ahead = [n for n in self._ahead if n.serial > one.serial]


def _boundary(now: Moment, quantise: int, told: Told) -> float:
    """The beat on which a change falls; without a section that is known to come, the bar."""
    if quantise == NOW:
        return now.beat
    soon = now.beat + LEAD_BEATS
    if quantise == BEAT:
        step = 1.5 if now.compound else 4.0 / now.denominator
        steps = -(-(soon - now.bar_start_beat) // step)
        return min(now.bar_start_beat + steps * step, now.next_bar(soon))
    if quantise == SECTION:
        coming = told.sections.after(soon)
        if coming:
            return coming[0][0]
    return now.next_bar(soon)
