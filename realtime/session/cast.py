"""Who plays with the scene: its players and its follower, started, kept through a change of scene, and ended; [main]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from realtime.engine.engine import Engine
from realtime.session.follower_link import FollowerLink, seat_of, wanted
from realtime.session.guard import Guard
from realtime.session.options import Options
from realtime.session.player_hosts import PlayerHosts
from realtime.session.player_link import PlayerLink
from realtime.session.player_slot import PlayerSlot, heard_mask
from realtime.session.player_solo import join_band
from realtime.session.scene_data import Scene


class Playing(Protocol):
    """What the cast needs of a session."""

    @property
    def engine(self) -> Engine: ...
    @property
    def scene(self) -> Scene: ...
    @property
    def options(self) -> Options: ...
    @property
    def guard(self) -> Guard: ...
    @property
    def say(self) -> Callable[[str], Any]: ...


class Cast:
    """links: the players that run, by number. ears: the follower's own process: who answers at once cannot wait for a player
    that plans."""

    def __init__(self, session: Playing):
        self._session = session
        self.hosts, self.ears = PlayerHosts(), PlayerHosts("follower")
        self.links: list[PlayerLink] = []
        self.follower: FollowerLink | None = None

    def start(self) -> None:
        """Make the players those of the scene; one that cannot be started is said, the others play."""
        session, guard = self._session, self._session.guard
        slots = dict(enumerate(session.scene.players if session.options.players else []))
        running = {link.number: link for link in self.links}
        for number in [*running]:
            if number not in slots or running[number].slot.player != slots[number].player:
                guard.run(f"ending player {number + 1}", running.pop(number).close)
        self.links = [running[number] for number in sorted(running)]
        for number, slot in slots.items():
            hears = heard_mask([*slots.values()], number)  # checked when the scene was read
            guard.run(f"player {number + 1}", self._start_player, number, slot, hears, running.get(number))
        guard.run("soloing players", join_band, self.links)
        guard.run("the follower", self._start_follower)

    def _start_player(self, number: int, slot: PlayerSlot, hears: int, link: PlayerLink | None) -> None:
        if link is not None:
            link.update(slot, hears)
            return
        self.links.append(PlayerLink(number, slot, self._session.engine, self._session.say, self.hosts, hears))
        self.links.sort(key=lambda one: one.number)

    def _start_follower(self) -> None:
        """Have the follower that the scene has use for."""
        session = self._session
        if not (session.options.players and wanted(session.scene)):
            self._end_follower()
            return
        seat, hears = seat_of(session.scene)
        if self.follower is None:
            self.follower = FollowerLink(seat, session.engine, session.say, self.ears, hears)
        else:
            self.follower.follow(seat, hears)

    def _end_follower(self) -> None:
        former, self.follower = self.follower, None
        if former is not None:
            self._session.guard.run("ending the follower", former.close)

    def connect(self, engine: Engine) -> None:
        """All go on with another engine."""
        for link in [*self.links, *([self.follower] if self.follower else [])]:
            self._session.guard.run(f"joining player {link.name}", link.connect, engine)

    def close(self) -> None:
        """End all, and their processes."""
        guard = self._session.guard
        for link in self.links:
            guard.run(f"ending player {link.name}", link.close)
        self.links.clear()
        self._end_follower()
        guard.run("ending the players", self.hosts.close)
        guard.run("ending the follower's process", self.ears.close)

    def name(self, number: int) -> str:
        """The player's name, with its number where the scene has several of it."""
        name = next((link.name for link in self.links if link.number == number), "player")
        single = sum(link.name == name for link in self.links) == 1
        return name if single else f"{name} {number + 1}"
