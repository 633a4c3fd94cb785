"""Brings live values and text together: what the text says of each value, and the text with what differs from it; [main]."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from realtime.contract.limits import SILENT_DB
from realtime.contract.param import Param
from realtime.engine.rack import Bus, Track
from realtime.native.errors import AntiphonError
from realtime.players.registry import player_class
from realtime.session.document import rows
from realtime.session.document.document import Document, Part
from realtime.session.document.orders import KNOBS, Key
from realtime.session.editing.live import Live
from realtime.session.player_slot import Lane, PlayerSlot, read_lanes
from realtime.session.scene_data import Scene


def _said(params: tuple[Param, ...], table: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for param in params:
        try:
            found[param.id] = param.parse(table[param.id]) if param.id in table else param.default
        except AntiphonError:  # a table that has changed since, as a package's may
            found[param.id] = param.default
    return found


def written(document: Document, live: Live) -> dict[Key, Any]:
    """What the text says of every live value, defaults where it says nothing."""
    raw = tomllib.loads(document.text.removeprefix("\ufeff"))
    signature = raw.get("signature", [4, 4])
    found: dict[Key, Any] = {
        ("scene", "tempo_bpm"): raw.get("tempo_bpm", 120.0), ("scene", "master_db"): raw.get("master_db", 0.0),
        ("scene", "numerator"): signature[0], ("scene", "denominator"): signature[1],
    }  # fmt: skip
    buses = {document.name_of(part): part.uid for part in document.all("bus")}

    def devices(parts: list[Part], tables: list[Mapping[str, Any]]) -> None:
        for part, table in zip(parts, tables, strict=True):
            found["bypass", part.uid] = bool(table.get("bypass", False))
            if part.uid in live.nodes:
                said = _said(live.nodes[part.uid].instance.params, table)
                found.update({("param", part.uid, name): value for name, value in said.items()})

    for kind in ("track", "bus"):
        for part, table in zip(document.all(kind), raw.get(kind, []), strict=True):
            devices(part.devices, table.get("device", []))
            for knob in KNOBS:
                found["strip", part.uid, knob] = float(table.get(knob, 0.0))
            if kind == "track":
                for name, uid in buses.items():
                    found["send", part.uid, uid] = table.get("sends", {}).get(name, SILENT_DB)
    devices(document.all("master"), raw.get("master", []))
    for part, table in zip(document.all("player"), raw.get("player", []), strict=True):
        player = player_class(table["player"])
        found.update({("player", part.uid, name): value for name, value in _said(player.TABLE, table).items()})
        for index, lane in enumerate(read_lanes(player, table.get("lanes", {}))):
            found["lane", part.uid, index] = lane
        texts = PlayerSlot(table["player"], options=dict(table.get("options", {}))).texts()
        found.update({("option", part.uid, name): text for name, text in texts.items()})
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two values of one key are one on the stage."""
    if isinstance(one, (bool, str, Lane)) or isinstance(other, (bool, str, Lane)):
        return bool(one == other)
    return rows.same(one, other)


def folded(document: Document, live: Live, said: Mapping[Key, Any]) -> Document:
    """The document with every live value that differs from what the text says; the same one where none does."""
    differ = {key: value for key, value in live.state().items() if key in said and not same(value, said[key])}
    return fold(document, live, differ) if differ else document


def fold(document: Document, live: Live, values: Mapping[Key, Any]) -> Document:
    """A copy of a document with live values written into it."""
    made = document.copied()
    parts = {part.uid: part for part in made.parts}
    parts |= {device.uid: device for part in made.parts for device in part.devices}
    names = {part.uid: made.name_of(part) for kind in ("track", "bus") for part in made.all(kind)}
    signature: dict[str, int] = {}
    lanes: set[int] = set()
    for key, value in values.items():
        kind, uid, *rest = key
        if kind == "scene":
            if uid in ("numerator", "denominator"):
                signature[uid] = int(value)
            else:
                made.put(uid, value)
        elif kind == "param":
            param = next(p for p in live.nodes[uid].instance.params if p.id == rest[0])
            parts[uid].put(rest[0], spelled(param, value))
        elif kind == "bypass":
            parts[uid].put("bypass", True if value else None)
        elif kind == "strip":
            parts[uid].put(rest[0], value >= 0.5 if rest[0] == "mute" else value)
        elif kind == "send":
            parts[uid].put("sends", {**parts[uid].table.get("sends", {}), names[rest[0]]: value})
        elif kind == "player":
            param = next(p for p in live.links[uid].params if p.id == rest[0])
            parts[uid].put(rest[0], spelled(param, value))
        elif kind == "lane":
            lanes.add(uid)
        elif kind == "option":
            others = {name: one for name, one in parts[uid].table.get("options", {}).items() if name != rest[0]}
            parts[uid].put("options", (others | {rest[0]: value} if value else others) or None)
    if signature:
        now = {name: int(live.state()["scene", name]) for name in ("numerator", "denominator")}
        made.put("signature", list((now | signature).values()))
    for uid in lanes:
        parts[uid].put("lanes", {lane.name: _lane(lane) for lane in live.links[uid].lanes})
    return made


def _lane(lane: Lane) -> dict[str, Any]:
    row = {one.name: getattr(lane, one.name) for one in fields(lane) if one.name != "name"}
    return {
        name: value for name, value in row.items() if value not in (None, "") and not (name == "midi" and value is True)
    }


def spelled(param: Param, value: float) -> Any:
    """A parameter's value as a person writes it in a scene."""
    if param.curve == "enum":
        return param.text(value)
    if param.curve == "bool":
        return value >= 0.5
    return value


def pour(values: Mapping[Key, Any], document: Document, scene: Scene) -> None:
    """Put live values into a scene that was read from a document, so that what comes new begins with them."""
    slots = {slot.uid: slot for slot in scene.rack.slots()}
    strips: dict[int, Track | Bus] = {track.uid: track for track in scene.rack.tracks}
    strips |= {bus.uid: bus for bus in scene.rack.buses}
    tracks = {track.uid: track for track in scene.rack.tracks}
    buses = {bus.uid: bus.name for bus in scene.rack.buses}
    players = {part.uid: slot for part, slot in zip(document.all("player"), scene.players, strict=True)}
    for key, value in values.items():
        kind, uid, *rest = key
        if kind == "scene":
            if uid in ("tempo_bpm", "master_db"):
                setattr(scene, uid, float(value))
        elif kind == "param" and uid in slots:
            slots[uid].values[rest[0]] = value
        elif kind == "bypass" and uid in slots:
            slots[uid].bypass = bool(value)
        elif kind == "strip" and uid in strips:
            setattr(strips[uid], rest[0], value >= 0.5 if rest[0] == "mute" else value)
        elif kind == "send" and uid in tracks and rest[0] in buses:
            if value > SILENT_DB or buses[rest[0]] in tracks[uid].sends:
                tracks[uid].sends[buses[rest[0]]] = value
        elif kind == "player" and uid in players:
            players[uid].values[rest[0]] = value
        elif kind == "option" and uid in players:
            players[uid].options = players[uid].with_text(rest[0], value).options
        elif kind == "lane" and uid in players:
            players[uid].lanes = tuple(value if n == rest[0] else lane for n, lane in enumerate(players[uid].lanes))
    metre = tuple(
        int(values.get(("scene", name), old)) for name, old in zip(("numerator", "denominator"), scene.signature)
    )
    scene.signature = metre[0], metre[1]
