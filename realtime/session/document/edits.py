"""What can be done to a scene's structure: each edit checks its order and changes the text, and nothing else; [main].

An order is a table as it came from outside (JSON by OSC). What cannot be done is refused in a sentence, and the document
that was given is left as it was: an edit works on a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from realtime.contract.limits import LOUDEST_DB, SILENT_DB
from realtime.devices.registry import find
from realtime.engine.rack import fresh_uid
from realtime.native.errors import AntiphonError, nearest
from realtime.players.registry import player_class
from realtime.session.document import macros, references, rows
from realtime.session.document.blocks import Block
from realtime.session.document.document import Document, Part, device_path
from realtime.session.macros.macro import read_macros
from realtime.session.player_slot import PlayerSlot, read_lanes
from realtime.session.scene import SLOT_KEYS
from realtime.session.table import Table, finite, shown

Key = tuple[Any, ...]
"""What a live value is of: see `editing.live`."""
TRACK_KEYS = ("name", "channels", "keys", "velocities", "transpose", "hears", "audio_input", "audio_from", "width",
              "output", "midi_out", "gain_db", "pan", "mute", "sends")  # fmt: skip
BUS_KEYS = ("name", "width", "gain_db", "pan", "mute")
DEVICE_KEYS = ("device", "title", "bypass", "sidechain", "options", "values")
SCENE_KEYS = ("title", "description", "tags", "tempo_bpm", "signature", "key", "notes", "chart", "follower")
PLAYER_KEYS = ("player", "hears", "options", "lanes", "values")
KNOBS = ("gain_db", "pan", "mute")
MOST_TOGETHER, LONGEST_NAME = 64, 80


class Change:
    """One edit on its way: the document that it makes, what it is called, and live values that it sets."""

    def __init__(self, document: Document):
        self.document = document.copied()
        self.name = ""
        self.values: dict[Key, Any] = {}
        self.instead: dict[int, int] = {}
        """uid of a device -> uid of the one that takes its place."""


Edit = tuple[Callable[[Change, Table], None], tuple[str, ...]]
"""What an edit does, and the keys that its order may have."""


def as_order(order: Any, what: str, known: tuple[str, ...]) -> Table:
    table = Table(order, what, known)
    if not finite(table.table):
        raise AntiphonError(
            f"{what}: it holds a number that is not finite (nan, inf) or has more than 64 bits; send another"
        )
    return table


def named(change: Change, kind: str, name: str, what: str) -> Part:
    part = change.document.named(kind, name)
    if part is None:
        names = [change.document.name_of(one) for one in change.document.all(kind)]
        raise AntiphonError(f"{what}: there is no {kind} {shown(name)}; {nearest(name, names)}")
    return part


def device_of(change: Change, order: Table) -> tuple[Part | None, list[Part], int]:
    uid = order.table.get("uid")
    found = change.document.device(uid) if isinstance(uid, int) and not isinstance(uid, bool) else None
    if found is None:
        raise AntiphonError(f"{order.where}: uid = {shown(uid)} is no device of this scene; /rack/layout lists them")
    return found


def chain(change: Change, name: str, what: str) -> Part | None:
    """The track or bus of "track:NAME" or "bus:NAME", None of "master". Raises AntiphonError."""
    kind, _, inner = name.partition(":")
    if name == "master":
        return None
    if kind not in ("track", "bus") or not inner:
        raise AntiphonError(f'{what}: chain = {shown(name)} must be "track:NAME", "bus:NAME" or "master"')
    return named(change, kind, inner, what)


def _where(change: Change, owner: Part | None) -> str:
    return "the master" if owner is None else change.document.name_of(owner)


def title_of(device: Part) -> str:
    """What a device is called: its title in the scene, or its own."""
    table = device.table
    try:
        return str(table.get("title") or find(str(table["device"])).title)
    except AntiphonError:
        return str(table["device"])


def new_device(order: Mapping[str, Any], what: str, owner: Part | None) -> Part:
    """A device from an order's device, title, bypass, sidechain, options and values. Raises AntiphonError."""
    table = as_order(order, what, (*DEVICE_KEYS, "chain", "at", "uid"))
    name = table.text("device")
    if not name:
        raise AntiphonError(f'{what}: say which device, for example "device": "chorus"')
    find(name)
    row = {"device": name}
    for key in ("title", "bypass", "sidechain", "options"):
        if table.table.get(key):
            row[key] = table.table[key]
    values = table.inner("values").table
    for key in values:
        if key in SLOT_KEYS:
            raise AntiphonError(f"{what}: values: {shown(key)} is no parameter")
    path = device_path(owner)
    block = Block(path, "", f"[[{'.'.join(path)}]]\n", rows.rows({**row, **values}))
    return Part("master" if owner is None else "device", fresh_uid(), [block])


def _at(order: Table) -> int:
    return order.whole("at", -1, -1, 1000)


# -- devices ----------------------------------------------------------------------------------------------------------


def add_device(change: Change, order: Table) -> None:
    """{"chain","at","device","values","options","title"}"""
    owner = chain(change, order.text("chain", "master"), order.where)
    device = new_device(order.table, order.where, owner)
    change.document.put_device(owner, device, _at(order))
    change.name = f"Add {title_of(device)} to {_where(change, owner)}"


def remove_device(change: Change, order: Table) -> None:
    """{"uid"}"""
    owner, devices, at = device_of(change, order)
    change.name = f"Remove {title_of(devices[at])} from {_where(change, owner)}"
    if owner is not None and len(devices) == 1:
        kind = owner.kind
        raise AntiphonError(
            f"{order.where}: it is the last device of {kind} {_where(change, owner)}; remove the {kind}, or replace it"
        )
    change.document.take_device(devices[at].uid)


def replace_device(change: Change, order: Table) -> None:
    """{"uid","device","values","options"}"""
    owner, devices, at = device_of(change, order)
    former = devices[at]
    device = new_device(order.table, order.where, owner)
    # a lone device cannot leave its chain, so the new one comes first
    change.document.put_device(owner, device, at)
    change.document.take_device(former.uid)
    change.instead[former.uid] = device.uid
    change.name = f"Replace {title_of(former)} by {title_of(device)}"


def move_device(change: Change, order: Table) -> None:
    """{"uid","chain","at"}: at counts without the device itself"""
    owner, devices, at = device_of(change, order)
    goal = chain(change, order.text("chain"), order.where) if "chain" in order.table else owner
    device = devices[at]
    if owner is not None and goal is not owner and len(devices) == 1:
        raise AntiphonError(
            f"{order.where}: it is the last device of {owner.kind} {_where(change, owner)}, which cannot be left empty"
        )
    change.document.put_device(goal, change.document.take_device(device.uid), _at(order))
    change.name = f"Move {title_of(device)}" + ("" if goal is owner else f" to {_where(change, goal)}")


def duplicate_device(change: Change, order: Table) -> None:
    """{"uid"}"""
    owner, devices, at = device_of(change, order)
    change.document.put_device(owner, devices[at].anew(), at + 1)
    change.name = f"Duplicate {title_of(devices[at])}"


def set_device(change: Change, order: Table) -> None:
    """{"uid", any of title, bypass, sidechain, options}"""
    _, devices, at = device_of(change, order)
    device, done = devices[at], []
    for key, empty in (("title", ""), ("sidechain", ""), ("options", {}), ("bypass", False)):
        if key in order.table:
            device.put(key, None if order.table[key] in (empty, None) else order.table[key])
            done.append(key)
    if "bypass" in done:
        change.values["bypass", device.uid] = order.flag("bypass")
    if not done:
        raise AntiphonError(f"{order.where}: say what to set: title, bypass, sidechain or options")
    change.name = f"Set {' and '.join(done)} of {title_of(device)}"


# -- tracks and buses -------------------------------------------------------------------------------------------------


def _set_strip(change: Change, part: Part, order: Table, keys: tuple[str, ...]) -> list[str]:
    done = []
    for key in keys:
        if key not in order.table:
            continue
        what = order.table[key]
        done.append(key)
        if key == "name":
            if not isinstance(what, str):
                raise order.wrong(key, "a text")
            references.rename(change.document, part, what)
            continue
        if key == "sends":
            what = _checked_sends(change, part, order)
        part.put(key, what)
        if key in KNOBS and isinstance(what, (int, float)):
            change.values["strip", part.uid, key] = float(what)
    return done


def _checked_sends(change: Change, part: Part, order: Table) -> dict[str, float]:
    sends = order.inner("sends")
    names = {change.document.name_of(bus): bus for bus in change.document.all("bus")}
    for name in sends.table:
        if name not in names:
            raise AntiphonError(f"{order.where}: there is no bus {shown(name)}; {nearest(name, names)}")
    found = {name: sends.number(name, 0.0, SILENT_DB, LOUDEST_DB) for name in sends.table}
    for name, bus in names.items():
        change.values["send", part.uid, bus.uid] = found.get(name, SILENT_DB)
    return found


def free_name(document: Document, name: str) -> str:
    """The name itself, or with the first number that is free behind it."""
    taken = {document.name_of(part) for kind in ("track", "bus") for part in document.all(kind)}
    base, number = name.rstrip("0123456789").rstrip() or name, 1
    while name in taken:
        number += 1
        name = f"{base} {number}"
    return name


def _add_strip(change: Change, order: Table, kind: str, keys: tuple[str, ...]) -> None:
    name = order.text("name") or free_name(change.document, kind)
    part = Part(kind, fresh_uid(), [Block((kind,), "", f"[[{kind}]]\n", rows.rows({"name": name}))])
    devices = order.tables("devices")
    if not devices:
        raise AntiphonError(f'{order.where}: a {kind} needs at least one device: "devices": [{{"device": "reverb"}}]')
    part.devices = [new_device(one, f"{order.where}: device {n}", part) for n, one in enumerate(devices, 1)]
    change.document.insert(part, _at(order))
    _set_strip(change, part, order, tuple(key for key in keys if key != "name"))
    change.name = f"Add {kind} {name}"


def _remove_strip(change: Change, order: Table, kind: str) -> None:
    part = named(change, kind, order.text("name"), order.where)
    if kind == "track" and len(change.document.all("track")) == 1:
        raise AntiphonError(f"{order.where}: it is the last track, and a scene needs one; add another first")
    change.name = f"Remove {kind} {change.document.name_of(part)}"
    references.forget(change.document, part)
    change.document.remove(part)


def _move_strip(change: Change, order: Table, kind: str) -> None:
    part = named(change, kind, order.text("name"), order.where)
    references.keep_counted_names(change.document)
    change.document.remove(part)
    change.document.insert(part, _at(order))
    change.name = f"Move {kind} {part.name}"


def _duplicate_strip(change: Change, order: Table, kind: str) -> None:
    part = named(change, kind, order.text("name"), order.where)
    at = change.document.all(kind).index(part)
    copy = part.anew()
    copy.put("name", free_name(change.document, change.document.name_of(part)))
    change.document.insert(copy, at + 1 if at + 1 < len(change.document.all(kind)) else -1)
    if kind == "bus":
        _same_sends(change, part, copy)
    change.name = f"Duplicate {kind} {change.document.name_of(part)}"


def _same_sends(change: Change, bus: Part, copy: Part) -> None:
    for track in change.document.all("track"):
        sends = dict(track.table.get("sends", {}))
        if bus.name in sends:
            track.put("sends", {**sends, copy.name: sends[bus.name]})


def set_track(change: Change, order: Table) -> None:
    """{"track", any of TRACK_KEYS}"""
    part = named(change, "track", order.text("track"), order.where)
    name = change.document.name_of(part)
    done = _set_strip(change, part, order, TRACK_KEYS)
    change.name = f"Set {', '.join(done) or 'nothing'} of {name}"


def set_bus(change: Change, order: Table) -> None:
    """{"bus", any of BUS_KEYS}"""
    part = named(change, "bus", order.text("bus"), order.where)
    name = change.document.name_of(part)
    change.name = f"Set {', '.join(_set_strip(change, part, order, BUS_KEYS)) or 'nothing'} of {name}"


def set_send(change: Change, order: Table) -> None:
    """{"track","bus","gain_db"}: null takes the send away"""
    track = named(change, "track", order.text("track"), order.where)
    bus = named(change, "bus", order.text("bus"), order.where)
    name, sends = change.document.name_of(bus), dict(track.table.get("sends", {}))
    sends.pop(name, None)
    gain = None
    if order.table.get("gain_db") is not None:
        gain = sends[name] = order.number("gain_db", 0.0, SILENT_DB, LOUDEST_DB)
        sends = {key: sends[key] for key in [*track.table.get("sends", {}), *sends] if key in sends}
    track.put("sends", sends or None)
    change.values["send", track.uid, bus.uid] = SILENT_DB if gain is None else gain
    how = "off" if gain is None else f"{rows.number(gain)} dB"
    change.name = f"Send {change.document.name_of(track)} to {name}: {how}"


# -- players and the scene --------------------------------------------------------------------------------------------


def add_player(change: Change, order: Table) -> None:
    """{"player","values","hears"}"""
    if not order.text("player"):
        raise AntiphonError(f'{order.where}: say which player, for example "player": "answer"')
    row = {key: order.table[key] for key in ("player", "hears", "options", "lanes") if order.table.get(key)}
    content = rows.rows({**row, **order.inner("values").table})
    change.document.insert(Part("player", fresh_uid(), [Block(("player",), "", "[[player]]\n", content)]), -1)
    change.name = f"Add player {order.text('player')}"


def _player(change: Change, order: Table) -> tuple[Part, int]:
    players = change.document.all("player")
    if not players:
        raise AntiphonError(f"{order.where}: this scene has no player")
    number = order.whole("number", 0, 1, len(players))
    return players[number - 1], number


def remove_player(change: Change, order: Table) -> None:
    """{"number"}"""
    part, number = _player(change, order)
    references.forget_player(change.document, number)
    change.document.remove(part)
    change.name = f"Remove player {part.table['player']}"


def set_player(change: Change, order: Table) -> None:
    """{"number", any of player, hears, options, lanes, values}"""
    part, _ = _player(change, order)
    done = []
    for key in ("player", "hears", "options", "lanes"):
        if key in order.table:
            part.put(key, order.table[key] or None)
            done.append(key)
    if "lanes" in order.table:
        try:
            lanes = read_lanes(player_class(str(part.table["player"])), part.table.get("lanes", {}))
        except AntiphonError as error:
            raise AntiphonError(f"{order.where}: {error}") from None
        change.values.update({("lane", part.uid, index): lane for index, lane in enumerate(lanes)})
    if "options" in order.table and isinstance(order.table["options"] or {}, Mapping):
        told = PlayerSlot(str(part.table["player"]), options=dict(order.table["options"] or {})).texts()
        change.values.update({("option", part.uid, name): text for name, text in told.items()})
    for key, what in order.inner("values").table.items():
        part.put(key, what)
        change.values["player", part.uid, key] = what
        done.append(key)
    change.name = f"Set {', '.join(done) or 'nothing'} of player {part.table['player']}"


def set_scene(change: Change, order: Table) -> None:
    """{any of SCENE_KEYS}"""
    done = [key for key in SCENE_KEYS if key in order.table]
    for key in done:
        change.document.put(key, order.table[key])
        if key == "tempo_bpm":
            change.values["scene", "tempo_bpm"] = order.table[key]
        if key == "signature" and isinstance(order.table[key], (list, tuple)) and len(order.table[key]) == 2:
            change.values |= dict(
                zip((("scene", "numerator"), ("scene", "denominator")), order.table[key], strict=True)
            )
    change.name = f"Set {', '.join(done) or 'nothing'} of the scene"


def set_macros(change: Change, order: Table) -> None:
    """{"macros"}: all that there shall be, in order; none: found by rule"""
    wanted = read_macros(order.tables("macros"), order.where)
    macros.put(change.document, list(wanted))
    change.name = f"Set macros: {', '.join(one.name for one in wanted[:3])}{' and more' if len(wanted) > 3 else ''}"


def _strip_edits(kind: str, keys: tuple[str, ...]) -> dict[str, Edit]:
    return {
        f"add_{kind}": (lambda change, order: _add_strip(change, order, kind, keys), (*keys, "at", "devices")),
        f"remove_{kind}": (lambda change, order: _remove_strip(change, order, kind), ("name",)),
        f"move_{kind}": (lambda change, order: _move_strip(change, order, kind), ("name", "at")),
        f"duplicate_{kind}": (lambda change, order: _duplicate_strip(change, order, kind), ("name",)),
    }


EDITS: dict[str, Edit] = {
    "add_device": (add_device, (*DEVICE_KEYS, "chain", "at")),
    "remove_device": (remove_device, ("uid",)),
    "replace_device": (replace_device, (*DEVICE_KEYS, "uid")),
    "move_device": (move_device, ("uid", "chain", "at")),
    "duplicate_device": (duplicate_device, ("uid",)),
    "set_device": (set_device, ("uid", "title", "bypass", "sidechain", "options")),
    **_strip_edits("track", TRACK_KEYS),
    "set_track": (set_track, (*TRACK_KEYS, "track")),
    **_strip_edits("bus", BUS_KEYS),
    "set_bus": (set_bus, (*BUS_KEYS, "bus")),
    "set_send": (set_send, ("track", "bus", "gain_db")),
    "add_player": (add_player, PLAYER_KEYS),
    "remove_player": (remove_player, ("number",)),
    "set_player": (set_player, (*PLAYER_KEYS, "number")),
    "set_scene": (set_scene, SCENE_KEYS),
    "set_macros": (set_macros, ("macros",)),
}
"""Name -> (what it does, the keys that its order may have)."""


def together(change: Change, order: Table) -> None:
    """{"name","edits"}: several of EDITS, [[name, order], ...], as one step called by the name"""
    rows_ = order.table.get("edits")
    if not isinstance(rows_, list) or not 0 < len(rows_) <= MOST_TOGETHER:
        raise order.wrong(
            "edits", f'1 to {MOST_TOGETHER} pairs, like [["set_track", {{"track": "low", "keys": [0, 59]}}]]'
        )
    for number, row in enumerate(rows_, 1):
        where = f"{order.where}, edit {number}"
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], str):
            raise AntiphonError(f'{where}: {shown(row)} must be a pair, like ["set_track", {{}}]')
        if row[0] not in EDITS:
            raise AntiphonError(f"{where}: there is no edit {shown(row[0])}; {nearest(row[0], EDITS)}")
        work, known = EDITS[row[0]]
        work(change, as_order(row[1], f"{where}, {row[0].replace('_', ' ')}", known))
    change.name = order.text("name")[:LONGEST_NAME] or change.name


TOGETHER: dict[str, Edit] = {"together": (together, ("name", "edits"))}


def change(document: Document, name: str, order: Any, table: Mapping[str, Edit] = EDITS) -> Change:
    """What an edit makes of a document; the document is left as it was. Raises AntiphonError."""
    work, known = table[name]
    made = Change(document)
    work(made, as_order(order, name.replace("_", " "), known))
    return made
