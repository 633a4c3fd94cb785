"""The session's end of the follower: started where a scene has use for it, told of its scene, read for the panel; [main]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.device import Device
from realtime.control.streams import PlanEvent
from realtime.devices.registry import find
from realtime.engine.engine import Engine
from realtime.engine.layout import FOLLOWER
from realtime.native.errors import AntiphonError
from realtime.session.follower_slot import FollowerSlot, Seat, heard_by
from realtime.session.player_hosts import PlayerHosts
from realtime.session.player_link import PlayerLink
from realtime.session.scene_data import Scene


class FollowerLink(PlayerLink):
    """It has a player's seat behind those of all players."""

    slot: Seat  # type: ignore[assignment]

    def __init__(self, seat: Seat, engine: Engine, say: Callable[[str], Any], hosts: PlayerHosts, hears: int):
        super().__init__(FOLLOWER, seat, engine, say, hosts, hears)  # type: ignore[arg-type]

    @property
    def muted(self) -> bool:
        """It plays nothing."""
        return False

    def say(self, text: str) -> None:
        """Something of it to tell the performer."""
        self._tell(f"the follower: {text}")

    def push(self, value: float) -> None:
        """Intensity by hand, 0..1; below 0: as it hears it. [any but audio]"""
        self.set(next(row for row, param in enumerate(self.params) if param.id == "push"), value)

    def follow(self, seat: Seat, hears: int) -> None:
        """Another scene: what it was told once is told to it anew."""
        former, self.slot = self.slot, seat
        if not self.running or seat.own_options() != former.own_options() or seat.package() != former.package():
            self.hears, self._losses = hears, []
            self._hosts.drop(self)
            self.engine.players.forget_told()
            self._start()
        elif hears != self.hears:
            self.hears = hears
            self.engine.players.hear(FOLLOWER, hears)

    def close(self) -> None:
        """End it; what it said of the music is forgotten."""
        super().close()
        self.engine.players.forget_told()

    def plan_events(self, to_song: float) -> list[PlanEvent]:
        """It plans nothing that sounds."""
        self.memory.mirror.pop_all(wire.PLAN_RECORDS)
        return []


def wanted(scene: Scene) -> bool:
    """Whether a scene has use for a follower."""
    led = bool(scene.players) or scene.follower is not None or bool(scene.chart.strip())
    return led or any(_hears_music(slot.device) for slot in scene.rack.slots())


def _hears_music(device: Device | str) -> bool:
    try:
        return (device if isinstance(device, Device) else find(device)).hears_music
    except AntiphonError:
        return False  # the rack tells what is wrong with it


def seat_of(scene: Scene) -> tuple[Seat, int]:
    """The follower of a scene, and the sources that it hears."""
    slot = scene.follower or FollowerSlot()
    return Seat(slot, scene.key, scene.chart), heard_by(slot, [[lane.name for lane in p.lanes] for p in scene.players])
