"""What a player does, as a performer reads it: what it says itself, else by its notes whether it plays; [player process]."""

from __future__ import annotations

from collections.abc import Iterable

from realtime.contract import player_wire as wire
from realtime.players.plan import Moment, Planned, damped


class Doing:
    """Told of all that goes out. Who has a note that sounds, or one due within a bar, plays: rests are part of it."""

    def __init__(self) -> None:
        self._notes: list[Planned] = []
        self._said = self._shown = wire.STATUS_LISTENING

    def turn(self, planned: Iterable[Planned], now: Moment, serial: int) -> list[Planned]:
        """What was planned, and behind it a status where it is another than before."""
        out: list[Planned] = []
        for one in planned:
            self._heed(one, now)
            if one.kind != wire.PLAN_STATUS:
                out.append(one)
        self._notes = [n for n in self._notes if n.beat + n.duration_beats > now.beat]
        status = self._status(now)
        if status != self._shown:
            self._shown = status
            out.append(Planned(wire.PLAN_STATUS, serial, now.beat, number=status))
        return out

    def clear(self) -> None:
        """All that was planned is void."""
        self._notes.clear()

    def _status(self, now: Moment) -> int:
        if self._said != wire.STATUS_LISTENING:
            return self._said
        soon = now.beat + now.bar_beats
        return wire.STATUS_PLAYING if any(n.beat <= soon for n in self._notes) else wire.STATUS_LISTENING

    def _heed(self, one: Planned, now: Moment) -> None:
        if one.kind == wire.PLAN_STATUS:
            self._said = one.number
        elif one.kind == wire.PLAN_NOTE:
            self._notes.append(one)
        elif one.kind == wire.PLAN_CANCEL:  # what sounds ends as planned
            first = max(one.beat, now.beat)
            self._notes = [n for n in self._notes if n.serial > one.serial or n.beat < first]
        elif one.kind == wire.PLAN_RELEASE:
            self._notes = [n for n in self._notes if n.serial > one.serial]
        elif one.kind == wire.PLAN_DAMP:
            self._notes = [damped(n, one, one.beat) for n in self._notes]
