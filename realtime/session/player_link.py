"""The session's end of a player: joins its process to the engine by shared memory, brings it back; [main]."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.control.streams import PlanEvent
from realtime.engine.engine import Engine
from realtime.engine.layout import PLAYER_SOURCE
from realtime.players.controls import TRIGGERS
from realtime.players.memory import PlayerMemory
from realtime.players.player import checked_values
from realtime.players.registry import served_class
from realtime.session.player_hosts import PlayerHosts
from realtime.session.player_slot import Lane, PlayerSlot

TRIES, TRIES_S = 3, 60.0
"""A player that was lost so often in so long a time stays off until its scene is loaded again."""
HELD = "hold"
_PLANS = {wire.PLAN_NOTE: "note", wire.PLAN_CANCEL: "cancel", wire.PLAN_RELEASE: "release"}
_TIMES = {1: "once", 2: "twice", 3: "three times"}


class PlayerLink:
    """One player of the scene. number: from 0, its place there; hears: bit mask of the sources it hears; port_of: the number
    of a MIDI output by its name.

    Its memory is made anew with each start, so that a process that was given up can write where nobody reads.
    """

    def __init__(
        self, number: int, slot: PlayerSlot, engine: Engine, say: Callable[[str], Any], hosts: PlayerHosts, hears: int,
        port_of: Callable[[str], int] = lambda name: 0,
    ):  # fmt: skip
        self._port_of = port_of
        self.number, self.slot, self.engine, self.hears = number, slot, engine, hears
        self._tell, self._hosts = say, hosts
        player = served_class(slot.player)
        self.name, self.title = slot.player, slot.player.capitalize()
        self.params: tuple[Param, ...] = player.TABLE
        self._ladder = player.LADDER
        self.settle: Callable[[], Any] = self._settle
        self._values = checked_values(player, slot.values)
        self.lanes: tuple[Lane, ...] = slot.lanes
        self.alone = False
        self.running = False
        self.status = wire.STATUSES[0]
        self.warning = self.news = self.report = ""
        self._losses: list[float] = []
        self._closed = False
        engine.players.reset_late(number)
        self.memory: PlayerMemory
        self._start()

    # -- its process ---------------------------------------------------------------------------------------------------

    def _start(self, again: bool = False) -> None:
        self.warning = self.news = ""
        self.memory = PlayerMemory.create()
        if again:
            self._connect()  # its lanes are as they were, and what the hold sounds on them goes on
        else:
            self._join()
        try:
            self._hosts.place(self)
        except OSError as error:
            self.lost(f"cannot be started ({error})", True)
            return
        self.running = True

    def _connect(self) -> None:
        memory = self.memory
        turns = memory.turns_address
        self.engine.players.connect(self.number, memory.listen, memory.plan, self.hears, memory.free, turns)

    def _join(self) -> None:
        self._connect()
        self.engine.players.hold(self.number, self._on("hold"))
        self.settle()
        for index in range(len(self.lanes)):
            self._send_lane(index)

    def order(self) -> dict[str, Any]:
        """What its host must know to make it."""
        return {
            "player": self.name,
            "package": self.slot.package(),
            "values": self._values,
            "options": self.slot.own_options(),
        }

    def say(self, text: str) -> None:
        """Something of it to tell the performer."""
        self.warning = text
        self._tell(f"player {self.number + 1}: {text}")

    def keep(self, option: str, text: str) -> None:
        """An option that it has found on stage: its scene has it from now on."""
        if option in self.slot.texts():
            self.slot = self.slot.with_text(option, text)

    def tell(self, option: str, text: str) -> None:
        """Give it another text for an option of its own: it is made anew with that."""
        if self.slot.texts().get(option, text) != text:
            self.keep(option, text)
            self._hosts.drop(self)
            self._start()

    def lost(self, why: str, guilty: bool) -> None:
        """Its process has ended, hangs, or failed it: its notes end, and it starts again, but not for ever."""
        self.running = False
        self.status = wire.STATUSES[0]
        if self._closed:
            return
        if not self._on("hold"):
            self.engine.release(PLAYER_SOURCE + self.number)
        now = time.monotonic()
        self._losses = [at for at in self._losses if now - at < TRIES_S]
        self._losses += [now] if guilty else []
        if len(self._losses) >= TRIES:
            self.engine.players.hold(self.number, False)
            self.engine.release(PLAYER_SOURCE + self.number)
            self.warning = f"{self.name} {why}; load its scene again to bring it back"
            self._tell(
                f"player {self.name} {why}, {_TIMES.get(TRIES, f'{TRIES} times')} in {TRIES_S:g} s; it stays off, the"
                " music goes on; load its scene again to bring it back"
            )
            return
        self._tell(f"player {self.name} {why}; starting it again")
        self._start(again=True)

    def connect(self, engine: Engine) -> None:
        """Join it to a new engine, after the sample rate has changed."""
        former, self.engine = self.engine, engine
        former.players.disconnect(self.number, free=False)
        self._join()

    def leave(self) -> None:
        """Give up its place in the engine, to `join` another; its notes end."""
        self.engine.players.disconnect(self.number, free=False)
        self.engine.players.mute(self.number, False)

    def join(self, number: int) -> None:
        """Take another place in the engine: its number in the scene has changed."""
        self.number = number
        self.engine.players.reset_late(number)
        self._join()

    def update(self, slot: PlayerSlot, hears: int) -> None:
        """Another scene uses the same player: its process goes on with other values; one that was off comes back."""
        former, heard = self.slot, self.hears
        self.slot, self.hears = slot, hears
        values = checked_values(served_class(slot.player), slot.values)
        if not self.running or slot.package() != former.package() or slot.own_options() != former.own_options():
            self._values, self.lanes, self._losses = values, slot.lanes, []
            self._hosts.drop(self)
            self._start()
            return
        for row, param in enumerate(self.params):
            if values[param.id] != self._values[param.id]:
                self.set(row, values[param.id])
        for index, lane in enumerate(slot.lanes):
            if lane != self.lanes[index]:
                self.set_lane(index, lane)
        if hears != heard:
            self.engine.players.hear(self.number, hears)
            self.engine.players.forget(self.number)  # who is heard no longer would seem to hold keys for ever

    def close(self) -> None:
        """End the player and its notes; its memory goes once the callback has let go of it."""
        if self._closed:
            return
        self._closed = True
        self.running = False
        self._hosts.drop(self)
        self.engine.players.disconnect(self.number)
        self.engine.players.mute(self.number, False)
        self.memory.unlink()

    # -- its controls --------------------------------------------------------------------------------------------------

    def get(self, row: int) -> float:
        """A parameter as set last."""
        return self._values[self.params[row].id]

    def set(self, row: int, value: float) -> None:
        """Move a parameter; heard with the next note it plans."""
        param = self.params[row]
        self._values[param.id] = param.clamp(float(value))
        self.engine.players.set_param(self.number, row, self._values[param.id])
        if param.id in ("mute", "solo"):
            self.settle()
        elif param.id == "hold":
            self.engine.players.hold(self.number, self._on("hold"))

    def note(self, name: str, value: float) -> None:
        """The callback has moved a parameter by itself, and told the player."""
        self._values[name] = value

    @property
    def values(self) -> dict[str, float]:
        """All parameters as set last."""
        return dict(self._values)

    @property
    def muted(self) -> bool:
        """Whether it plans in silence."""
        return self._on("mute")

    @property
    def soloed(self) -> bool:
        """Whether those that are not are silent."""
        return self._on("solo")

    def _on(self, name: str) -> bool:
        return self._values[name] >= 0.5

    def mute(self, on: bool) -> None:
        """Silence it, or let it sound; the callback does it, whether its process listens or not."""
        self.set(next(row for row, param in enumerate(self.params) if param.id == "mute"), float(on))

    def ask(self, trigger: str) -> None:
        """One of players.controls.TRIGGERS; heard with its next turn. [any but audio]"""
        self.engine.players.set_param(self.number, wire.FIRST_TRIGGER + TRIGGERS.index(trigger), 1.0)

    def set_lane(self, index: int, lane: Lane) -> None:
        """Send a voice elsewhere; what sounds on it ends. A lane that has the channel takes the one given up."""
        former, lanes = self.lanes[index], list(self.lanes)
        for other, row in enumerate(lanes):
            if other != index and row.channel == lane.channel:
                lanes[other] = replace(row, channel=former.channel)
        lanes[index] = lane
        changed = [at for at, row in enumerate(lanes) if row != self.lanes[at]]
        self.lanes = tuple(lanes)
        for at in changed:
            self._send_lane(at)

    def _send_lane(self, index: int) -> None:
        lane = self.lanes[index]
        program = -1 if lane.program is None else lane.program
        port = self._port_of(lane.port)
        self.engine.players.set_lane(self.number, index, lane.channel - 1, lane.midi, program, port)

    def _settle(self) -> None:
        self.engine.players.mute(self.number, self.muted)

    # -- what is seen of it --------------------------------------------------------------------------------------------

    @property
    def late(self) -> int:
        """Notes planned after their beat."""
        return self.engine.players.late(self.number)[0]

    @property
    def latest_ms(self) -> float:
        """By how much the worst of them was late."""
        return self.engine.players.late(self.number)[1]

    @property
    def hit_rate(self) -> float:
        """Share of its notes that were there in time, per cent."""
        return self.engine.players.hit_rate(self.number)

    @property
    def rung(self) -> str:
        """By what it plays now: a rung of its ladder; HELD: by its last bars, for it does not answer."""
        if self.engine.players.holds(self.number):
            return HELD
        number = int(self.memory.vitals["rung"][0]) if self.running else 0
        return self._ladder[min(number, len(self._ladder) - 1)]

    @property
    def load(self) -> float:
        """Share of a core that it takes, in per cent."""
        return 100.0 * float(self.memory.vitals["busy"][0]) if self.running else 0.0

    def plan_events(self, to_song: float) -> list[PlanEvent]:
        """What it has planned since the last call, for the panel; to_song: from the running beat to the song's."""
        if not self.running:
            return []
        events: list[PlanEvent] = []
        for record in self.memory.mirror.pop_all(wire.PLAN_RECORDS):
            kind = _PLANS.get(int(record["kind"]))
            if kind is None and int(record["kind"]) != wire.PLAN_STATUS:
                continue
            if kind is None:
                self.status = wire.STATUSES[int(record["number"]) % len(wire.STATUSES)]
                continue
            at, key, serial = (int(record[name]) for name in ("lane", "key", "serial"))
            beat, duration, velocity = (float(record[name]) for name in ("beat", "duration_beats", "velocity"))
            # what a player's file plans may be nonsense: the engine drops it, and the panel does not see it
            if 0 <= at < len(self.lanes) and math.isfinite(beat) and math.isfinite(duration) and 0 <= velocity <= 1:
                events.append(
                    (self.number + 1, self.lanes[at].name, kind, serial, beat + to_song, duration, key, velocity)
                )
        return events
