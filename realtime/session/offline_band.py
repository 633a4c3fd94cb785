"""The players of a scene off stage: the real players on the real rings, in this process; [main].

Each has a turn after every block, as its host gives it one on stage, but the block waits for it: the same playing gives
the same notes whatever the machine does meanwhile, and no note can be late.
"""

from __future__ import annotations

import math
from typing import Any

from realtime.contract import player_wire as wire
from realtime.engine.engine import Engine
from realtime.engine.layout import FOLLOWER, PLAYER_SOURCE
from realtime.engine.schedule import FREE
from realtime.native.errors import AntiphonError
from realtime.players.host import serve_once
from realtime.players.memory import PlayerMemory
from realtime.players.player import Player, checked_values
from realtime.players.registry import player_fault, served_class
from realtime.session.follower_link import seat_of, wanted
from realtime.session.follower_slot import Seat as FollowerSeat
from realtime.session.player_slot import PlayerSlot, heard_mask
from realtime.session.player_solo import silenced
from realtime.session.scene_data import Scene

_AT_IT = (wire.STATUS_ANSWERING, wire.STATUS_RULES)


class Seat:
    """One player of the band, or its follower, at its number in the engine. Raises AntiphonError if it cannot be made."""

    def __init__(self, number: int, slot: PlayerSlot | FollowerSeat, hears: int, engine: Engine):
        self.number, self.slot = number, slot
        self.name = f"player {number + 1}" if number != FOLLOWER else "the follower"
        self.status = wire.STATUS_LISTENING
        self.planned_to = -math.inf
        """The beat of the last note that it has planned."""
        self.planned_notes = 0
        try:
            chosen = served_class(slot.player)
            values: dict[str, Any] = {**checked_values(chosen, slot.values)}
            self.player: Player = chosen(package=slot.package(), options=slot.own_options(), **values)
        except Exception as error:  # the file is anyone's
            raise self._fault(error) from error
        self.memory = PlayerMemory.create()
        self.memory.unlink()
        engine.players.connect(number, self.memory.listen, self.memory.plan, hears, self.memory.free)
        for index, lane in enumerate(slot.lanes):
            program = -1 if lane.program is None else lane.program
            engine.players.set_lane(number, index, lane.channel - 1, lane.midi, program)

    @property
    def quiet(self) -> tuple[bool, bool]:
        """Whether it is muted, and soloed."""
        values = self.player.values
        return values["mute"] >= 0.5, values["solo"] >= 0.5

    @property
    def warning(self) -> str:
        """What the player says of itself, with its number."""
        return f"{self.name}: {self.player.warning}" if self.player.warning else ""

    @property
    def refused(self) -> int:
        """Plans that found no room."""
        return int(self.memory.vitals["refused"][0])

    def turn(self) -> None:
        """Let it hear what waits and plan. Raises AntiphonError where its file fails."""
        try:
            serve_once(self.player, self.memory)
        except Exception as error:
            raise self._fault(error) from error
        for record in self.memory.mirror.pop_all():
            if record["kind"] == wire.PLAN_STATUS:
                self.status = int(record["number"])
            elif record["kind"] == wire.PLAN_NOTE:
                self.planned_to = max(self.planned_to, float(record["beat"]))
                self.planned_notes += 1

    def _fault(self, error: Exception) -> AntiphonError:
        return AntiphonError(f"{self.name}: {player_fault(self.slot.player, error)}")


class OfflineBand:
    """The players of a scene, and who follows for them, on one engine that runs offline. Raises AntiphonError if one cannot
    be made. seats: of the players alone."""

    def __init__(self, scene: Scene, engine: Engine):
        self._engine = engine
        self.seats = [Seat(n, slot, heard_mask(scene.players, n), engine) for n, slot in enumerate(scene.players)]
        self.follower = Seat(FOLLOWER, *seat_of(scene), engine) if wanted(scene) else None
        values = [seat.player.values for seat in self.seats]
        for number, silent in enumerate(silenced([(v["mute"] >= 0.5, v["solo"] >= 0.5) for v in values])):
            engine.players.mute(number, silent)

    @property
    def everyone(self) -> list[Seat]:
        """The follower first: what it says is for the players."""
        return [*([self.follower] if self.follower else []), *self.seats]

    def turn(self) -> None:
        """After a block: everyone hears and plans. Raises AntiphonError where one fails."""
        for seat in self.everyone:
            seat.turn()

    def warnings(self) -> list[str]:
        """What the players say of themselves, and what found no room."""
        found = [seat.warning for seat in self.everyone if seat.warning]
        full = [f"{seat.name}: {seat.refused} plans found no room" for seat in self.everyone if seat.refused]
        return found + full

    def busy(self) -> set[int]:
        """Players, from 0, that sound, have something planned, or say that they are at it."""
        notes = self._engine.planned
        held = {int(source) - PLAYER_SOURCE for source in notes["source"][notes["stage"] != FREE]}
        return held | self.answering()

    def answering(self) -> set[int]:
        """Players, from 0, that say that they are at it."""
        return {seat.number for seat in self.seats if seat.status in _AT_IT}

    def end(self) -> None:
        """Take back what is planned and end what sounds, with the next block; no further turn may follow."""
        for seat in self.everyone:
            self._engine.players.disconnect(seat.number)

    def close(self) -> None:
        """Let go of the rings. The engine runs no more."""
        self.end()
        self._engine.collect()
