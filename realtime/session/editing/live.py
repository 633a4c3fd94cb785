"""The values that are set while a scene sounds, each by the identity of what it is of: read, set, and watched for moves; [main].

("param", uid of the device, parameter)     ("bypass", uid)      ("strip", uid of track or bus, knob)
("send", uid of the track, uid of the bus)  ("scene", name)      ("player", uid, parameter)  ("lane", uid, number)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from realtime.engine.mix import FEED_PARAMS, Feed
from realtime.engine.node import Node
from realtime.engine.plan import Plan
from realtime.session.document.document import Document
from realtime.session.document.edits import Key
from realtime.session.player_link import PlayerLink
from realtime.session.scene_data import Scene
from realtime.session.transport import Transport

_KNOBS = tuple(param.id for param in FEED_PARAMS)
SCENE_VALUES = ("tempo_bpm", "numerator", "denominator", "master_db")


class Sounding(Protocol):
    """What a session shows of what plays."""

    @property
    def plan(self) -> Plan: ...
    @property
    def scene(self) -> Scene: ...
    @property
    def links(self) -> list[PlayerLink]: ...
    @property
    def transport(self) -> Transport: ...
    @property
    def master_db(self) -> float: ...
    def set_master_db(self, gain_db: float) -> None: ...


class Live:
    """The values of one document as it sounds now. It holds on to what it watches: what a scene change has taken away can
    still be read as it was last."""

    def __init__(self, session: Sounding, document: Document):
        self._session, self.document = session, document
        plan = session.plan
        self.plan = plan
        self.nodes: dict[int, Node] = dict(plan.nodes)
        tracks = {part.uid: document.name_of(part) for part in document.all("track")}
        buses = {part.uid: document.name_of(part) for part in document.all("bus")}
        self.strips: dict[int, Feed] = {uid: plan.strips[name] for uid, name in (tracks | buses).items()}
        self.sends: dict[tuple[int, int], Feed] = {
            (track, bus): plan.sends[tracks[track], buses[bus]] for track in tracks for bus in buses
        }
        links = {link.number: link for link in session.links}
        self.links: dict[int, PlayerLink] = {
            part.uid: links[number] for number, part in enumerate(document.all("player")) if number in links
        }
        self._all_links = list(session.links)
        self._targets: dict[int, np.ndarray] = {}
        self._bypass: dict[int, bool] = {}
        self._knobs: dict[tuple, np.ndarray] = {}
        self._others: dict[Key, Any] = {}
        self.sync()

    def has(self, links: list[PlayerLink]) -> bool:
        """Whether these are the players that it reads."""
        return len(links) == len(self._all_links) and all(a is b for a, b in zip(links, self._all_links, strict=True))

    # -- one value ----------------------------------------------------------------------------------------------------

    def read(self, key: Key) -> Any:
        """A value as it is set, or None of something that is not there. [any but audio]"""
        kind, uid, *rest = key
        if kind == "param" and uid in self.nodes:
            node = self.nodes[uid]
            rows = (row for row, param in enumerate(node.instance.params) if param.id == rest[0])
            return next((float(node.target[row]) for row in rows), None)
        if kind == "bypass" and uid in self.nodes:
            slot = self.nodes[uid].slot
            return slot is not None and slot.bypass
        if kind == "strip" and uid in self.strips:
            return self.strips[uid].get(rest[0])
        if kind == "send" and (uid, rest[0]) in self.sends:
            return self.sends[uid, rest[0]].get("gain_db")
        if kind == "player" and uid in self.links:
            return self.links[uid].values.get(rest[0])
        if kind == "scene":
            return self._session.master_db if uid == "master_db" else self._session.transport.get(uid)
        return None

    def write(self, key: Key, value: Any) -> None:
        """Set a value; one of something that is gone is passed over."""
        kind, uid, *rest = key
        if kind == "scene":
            self._write_scene(uid, value)
        elif kind in ("param", "bypass") and uid in self.nodes:
            node = self.nodes[uid]
            if kind == "bypass":
                node.bypass(bool(value))
            elif any(param.id == rest[0] for param in node.instance.params):
                node.set(rest[0], float(value))
        elif kind == "strip" and uid in self.strips:
            self.strips[uid].set(rest[0], value)
        elif kind == "send" and (uid, rest[0]) in self.sends:
            self.sends[uid, rest[0]].set("gain_db", value)
        elif kind in ("player", "lane") and uid in self.links:
            self._write_player(self.links[uid], kind, rest[0], value)

    def _write_scene(self, name: str, value: Any) -> None:
        if name == "master_db":
            self._session.set_master_db(float(value))
        else:
            self._session.transport.set(name, value)

    @staticmethod
    def _write_player(link: PlayerLink, kind: str, name: Any, value: Any) -> None:
        if kind == "lane":
            if name < len(link.lanes):
                link.set_lane(name, value)
            return
        for row, param in enumerate(link.params):
            if param.id == name:
                link.set(row, param.parse(value))

    # -- all of them --------------------------------------------------------------------------------------------------

    def state(self) -> dict[Key, Any]:
        """Every value as it is set."""
        found: dict[Key, Any] = dict(self._read_others())
        for uid, node in self.nodes.items():
            found["bypass", uid] = bool(node.slot is not None and node.slot.bypass)
            for param, value in zip(node.instance.params, node.target, strict=False):
                found["param", uid, param.id] = float(value)
        for uid, feed in self.strips.items():
            for row, knob in enumerate(_KNOBS):
                found["strip", uid, knob] = float(feed.memory[0]["target"][row])
        for (track, bus), feed in self.sends.items():
            found["send", track, bus] = float(feed.memory[0]["target"][0])
        return found

    def _read_others(self) -> dict[Key, Any]:
        session, found = self._session, dict[Key, Any]()
        if session.plan is not self.plan:  # another scene plays by now
            return dict(self._others)
        for name in SCENE_VALUES:
            found["scene", name] = session.master_db if name == "master_db" else session.transport.get(name)
        for uid, link in self.links.items():
            found |= {("player", uid, name): value for name, value in link.values.items()}
            found |= {("lane", uid, index): lane for index, lane in enumerate(link.lanes)}
        return found

    # -- watching -----------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """What is set now is known: the next moves are counted from here."""
        self._targets = {uid: node.target.copy() for uid, node in self.nodes.items()}
        self._bypass = {uid: bool(node.slot is not None and node.slot.bypass) for uid, node in self.nodes.items()}
        self._knobs = {key: feed.memory[0]["target"].copy() for key, feed in self._feeds()}
        self._others = self._read_others()

    def _feeds(self) -> Iterable[tuple[tuple, Feed]]:
        yield from ((("strip", uid), feed) for uid, feed in self.strips.items())
        yield from ((("send", *key), feed) for key, feed in self.sends.items())

    def moves(self) -> dict[Key, tuple[Any, Any]]:
        """What has moved since the last call: key -> (value before, value now)."""
        found: dict[Key, tuple[Any, Any]] = {}
        for uid, node in self.nodes.items():
            former, now = self._targets[uid], node.target
            if not np.array_equal(former, now):
                for row, param in enumerate(node.instance.params):
                    if former[row] != now[row]:
                        found["param", uid, param.id] = float(former[row]), float(now[row])
            bypass = bool(node.slot is not None and node.slot.bypass)
            if bypass != self._bypass[uid]:
                found["bypass", uid] = self._bypass[uid], bypass
        for key, feed in self._feeds():
            before, after = self._knobs[key], feed.memory[0]["target"]
            if not np.array_equal(before, after):
                for row, knob in enumerate(_KNOBS):
                    if before[row] != after[row] and (key[0] == "strip" or row == 0):
                        full = (*key, knob) if key[0] == "strip" else key
                        found[full] = float(before[row]), float(after[row])
        others = self._read_others()
        for key, value in others.items():
            if key in self._others and self._others[key] != value:
                found[key] = self._others[key], value
        if found or others != self._others:
            self.sync()
        return found
