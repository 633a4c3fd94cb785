"""The values that are set while a scene sounds, each by the identity of what it is of: read, set, and watched for moves; [main].

("param", uid of the device, parameter)     ("bypass", uid)      ("strip", uid of track or bus, knob)
("send", uid of the track, uid of the bus)  ("scene", name)      ("player", uid, parameter)  ("lane", uid, number)
("option", uid, name): a text that a player may find on stage
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from realtime.engine.engine import Engine
from realtime.engine.layout import FRESH
from realtime.engine.mix import FEED_PARAMS, Feed
from realtime.engine.node import Node
from realtime.engine.plan import Plan
from realtime.session.document.document import Document
from realtime.session.document.orders import Key
from realtime.session.player_link import PlayerLink
from realtime.session.scene_data import Scene
from realtime.session.transport import Transport

_KNOBS = tuple(param.id for param in FEED_PARAMS)
SCENE_VALUES = ("tempo_bpm", "numerator", "denominator", "master_db")


class Sounding(Protocol):
    """What a session shows of what plays."""

    @property
    def engine(self) -> Engine: ...
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
    def note_master_db(self, gain_db: float) -> None: ...


@dataclass(frozen=True)
class _Known:
    """All values at one moment, by what they are of."""

    targets: dict[int, np.ndarray]
    bypass: dict[int, bool]
    knobs: dict[tuple, np.ndarray]
    others: dict[Key, Any]


class Live:
    """The values of one document as it sounds now, and, once its scene was left, as they were known last."""

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
        self._known = _Known({}, {}, {}, {})
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
        elif kind in ("player", "lane", "option") and uid in self.links:
            self._write_player(self.links[uid], kind, rest[0], value)

    @property
    def engine(self) -> Engine:
        """The one that plays now."""
        return self._session.engine

    def note(self, key: Key, value: float) -> None:
        """The callback has set tempo, metre, level or a player's parameter by itself: this side knows it from here on."""
        kind, uid, *rest = key
        if kind == "player" and uid in self.links:
            self.links[uid].note(rest[0], value)
        elif kind == "scene" and uid == "master_db":
            self._session.note_master_db(value)
        elif kind == "scene":
            self._session.transport.note(uid, value)

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
        if kind == "option":
            link.tell(name, value)
            return
        for row, param in enumerate(link.params):
            if param.id == name:
                link.set(row, param.parse(value))

    # -- all of them --------------------------------------------------------------------------------------------------

    def state(self) -> dict[Key, Any]:
        """Every value as it is set; of a scene that was left, as it was known last."""
        known = self._known if self.is_left else self._look()
        found: dict[Key, Any] = dict(known.others)
        for uid, node in self.nodes.items():
            found["bypass", uid] = known.bypass[uid]
            for param, value in zip(node.instance.params, known.targets[uid], strict=False):
                found["param", uid, param.id] = float(value)
        for key, values in known.knobs.items():
            if key[0] == "send":
                found[key] = float(values[0])
            else:
                found |= {(*key, knob): float(value) for knob, value in zip(_KNOBS, values, strict=True)}
        return found

    @property
    def is_left(self) -> bool:
        """Whether another scene sounds by now: what both have alike is set by that one."""
        sounding = self._session.engine.sounding()
        return sounding is not None and sounding.family != self.plan.family and self.plan.mode != FRESH

    def _read_others(self) -> dict[Key, Any]:
        session, found = self._session, dict[Key, Any]()
        if session.plan is not self.plan:  # another scene plays by now
            return dict(self._known.others)
        for name in SCENE_VALUES:
            found["scene", name] = session.master_db if name == "master_db" else session.transport.get(name)
        for uid, link in self.links.items():
            found |= {("player", uid, name): value for name, value in link.values.items()}
            found |= {("lane", uid, index): lane for index, lane in enumerate(link.lanes)}
            found |= {("option", uid, name): text for name, text in link.slot.texts().items()}
        return found

    # -- watching -----------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """What is set now is known: the next moves are counted from here."""
        self._known = self._look()

    def _look(self) -> _Known:
        return _Known(
            {uid: node.target.copy() for uid, node in self.nodes.items()},
            {uid: bool(node.slot is not None and node.slot.bypass) for uid, node in self.nodes.items()},
            {key: feed.memory[0]["target"].copy() for key, feed in self._feeds()},
            self._read_others(),
        )

    def _feeds(self) -> Iterable[tuple[tuple, Feed]]:
        yield from ((("strip", uid), feed) for uid, feed in self.strips.items())
        yield from ((("send", *key), feed) for key, feed in self.sends.items())

    def moves(self) -> dict[Key, tuple[Any, Any]]:
        """What has moved since the last call: key -> (value before, value now)."""
        found: dict[Key, tuple[Any, Any]] = {}
        if self.is_left:
            return found
        known = self._known
        for uid, node in self.nodes.items():
            former, now = known.targets[uid], node.target
            if not np.array_equal(former, now):
                for row, param in enumerate(node.instance.params):
                    if former[row] != now[row]:
                        found["param", uid, param.id] = float(former[row]), float(now[row])
            bypass = bool(node.slot is not None and node.slot.bypass)
            if bypass != known.bypass[uid]:
                found["bypass", uid] = known.bypass[uid], bypass
        for key, feed in self._feeds():
            before, after = known.knobs[key], feed.memory[0]["target"]
            if not np.array_equal(before, after):
                for row, knob in enumerate(_KNOBS):
                    if before[row] != after[row] and (key[0] == "strip" or row == 0):
                        full = (*key, knob) if key[0] == "strip" else key
                        found[full] = float(before[row]), float(after[row])
        others = self._read_others()
        for key, value in others.items():
            if key in known.others and known.others[key] != value:
                found[key] = known.others[key], value
        if found or others != known.others:
            self.sync()
        return found
