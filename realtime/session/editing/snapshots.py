"""Snapshots: named sets of values in the scene's own file, recalled without a click (`morph.py` goes between two); [main].

[[snapshot]]
name = "A"
tempo_bpm = 104
[snapshot.values]
"you" = { gain_db = -1.5, "send hall" = -13 }        a strip
"you/1" = { cutoff_hz = 1300 }                       its first device
"player 1" = { density = 1 }
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime.contract.limits import SILENT_DB
from realtime.contract.param import Param
from realtime.engine.mix import FEED_PARAMS
from realtime.engine.rack import fresh_uid
from realtime.native.errors import AntiphonError, nearest
from realtime.session.document import rows
from realtime.session.document.blocks import Block
from realtime.session.document.document import Document, Part
from realtime.session.document.orders import KNOBS, Key
from realtime.session.editing import fold
from realtime.session.editing.live import SCENE_VALUES, Live

_SEND = "send "


def _lines(document: Document) -> dict[tuple[str, int], str]:
    """(kind, uid) of strip, device or player -> its line in a snapshot."""
    found: dict[tuple[str, int], str] = {}
    for owner, devices in document.chains():
        name = document.name_of(owner) if owner is not None else "master"
        if owner is not None:
            found["strip", owner.uid] = name
        found |= {("device", device.uid): f"{name}/{number}" for number, device in enumerate(devices, 1)}
    found |= {("player", part.uid): f"player {n}" for n, part in enumerate(document.all("player"), 1)}
    return found


def encode(document: Document, live: Live | None, values: Mapping[Key, Any]) -> dict[str, dict[str, Any]]:
    """Live values as the lines of a snapshot; "" holds those of the scene itself."""
    lines = _lines(document)
    buses = {part.uid: document.name_of(part) for part in document.all("bus")}
    found: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        kind, uid, *rest = key
        line, field = "", ""
        if kind == "scene":
            field = uid
        elif kind == "send":
            line, field = lines.get(("strip", uid), ""), _SEND + buses.get(rest[0], "")
            if not line or rest[0] not in buses:
                continue
        elif kind in ("param", "bypass"):
            line, field = lines.get(("device", uid), ""), rest[0] if rest else "bypass"
        elif kind in ("strip", "player"):
            line, field = lines.get((kind, uid), ""), rest[0]
        if field and (line or kind == "scene"):
            found.setdefault(line, {})[field] = _spelled(live, key, value)
    return found


def _spelled(live: Live | None, key: Key, value: Any) -> Any:
    if key[0] == "bypass":
        return bool(value)
    if key[0] == "strip" and key[2] == "mute":
        return value >= 0.5
    param = param_of(live, key) if live is not None else None
    return value if param is None or not isinstance(value, float) else fold.spelled(param, value)


def param_of(live: Live, key: Key) -> Param | None:
    """The row of the table that a live value is of."""
    kind, uid, *rest = key
    table: tuple[Param, ...] = ()
    if kind == "param" and uid in live.nodes:
        table = live.nodes[uid].instance.params
    elif kind == "player" and uid in live.links:
        table = live.links[uid].params
    elif kind == "strip":
        table = FEED_PARAMS
    elif kind == "send":
        return FEED_PARAMS[0]
    return next((param for param in table if param.id == rest[0]), None)


def decode(document: Document, part: Part) -> dict[Key, Any]:
    """The values of a snapshot as its text spells them; what is of nothing in this document is left out."""
    table = part.table
    strips = {document.name_of(p): p.uid for kind in ("track", "bus") for p in document.all(kind)}
    buses = {document.name_of(p): p.uid for p in document.all("bus")}
    where = {line: key for key, line in _lines(document).items()}
    found: dict[Key, Any] = {("scene", name): table[name] for name in SCENE_VALUES if name in table}
    lines = table.get("values", {})
    for line, values in lines.items() if isinstance(lines, Mapping) else ():
        if line not in where or not isinstance(values, Mapping):
            continue
        kind, uid = where[line]
        for field, value in values.items():
            if kind == "strip" and field.startswith(_SEND):
                if field[len(_SEND) :] in buses and line in strips:
                    found["send", uid, buses[field[len(_SEND) :]]] = value
            elif kind == "strip" and field in KNOBS:
                found["strip", uid, field] = value
            elif kind == "device":
                found[("bypass", uid) if field == "bypass" else ("param", uid, field)] = value
            elif kind == "player":
                found["player", uid, field] = value
    return found


def values_of(live: Live, part: Part) -> dict[Key, float]:
    """A snapshot as numbers that can be set now; what makes no sense is left out."""
    found: dict[Key, float] = {}
    for key, value in decode(live.document, part).items():
        param = param_of(live, key)
        try:
            if param is not None:
                found[key] = param.parse(value)
            elif key[0] in ("scene", "bypass") and isinstance(value, (bool, int, float)):
                found[key] = value
        except AntiphonError:
            continue
    return found


def names(document: Document) -> list[str]:
    """Of all snapshots, in the order of the file."""
    return [part.name for part in document.all("snapshot")]


def find(document: Document, name: str) -> Part:
    """A snapshot by name. Raises AntiphonError."""
    for part in document.all("snapshot"):
        if part.name == name:
            return part
    raise AntiphonError(f"there is no snapshot {name[:60]!r}; {nearest(name, names(document))}")


def store(document: Document, live: Live, name: str) -> Document:
    """The document with everything as it is set now as a snapshot, in place of one of that name. Raises AntiphonError."""
    if not name.strip() or not name.isprintable() or len(name) > 60:
        raise AntiphonError(f"{name[:60]!r} cannot be the name of a snapshot; use up to 60 letters that can be seen")
    made = document.copied()
    values = {key: value for key, value in live.state().items() if key[0] != "lane"}
    values = {k: v for k, v in values.items() if k[0] != "send" or v > SILENT_DB or _is_named(made, k)}
    part = Part("snapshot", fresh_uid(), _blocks(name, encode(made, live, values)))
    at = names(made).index(name) if name in names(made) else -1
    if at >= 0:
        made.remove(made.all("snapshot")[at])
    made.insert(part, at)
    return made


def _is_named(document: Document, key: Key) -> bool:
    track = next(part for part in document.all("track") if part.uid == key[1])
    bus = next(part for part in document.all("bus") if part.uid == key[2])
    return document.name_of(bus) in track.table.get("sends", {})


def _blocks(name: str, lines: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    head = rows.rows({"name": name, **lines.get("", {})})
    values = rows.rows({line: row for line, row in lines.items() if line})
    return [
        Block(("snapshot",), "", "[[snapshot]]\n", head),
        Block(("snapshot", "values"), "", "[snapshot.values]\n", values),
    ]


def follow(former: Document, document: Document) -> None:
    """After an edit: let the snapshots of a document name what they are of as it is called there now."""
    for part in document.all("snapshot"):
        old = next((one for one in former.all("snapshot") if one.uid == part.uid), None)
        if old is None or not any(block.path[-1] == "values" for block in part.blocks):
            continue
        number = next(n for n, block in enumerate(part.blocks) if block.path[-1] == "values")
        lines = {line: row for line, row in encode(document, None, decode(former, old)).items() if line}
        if lines != part.table.get("values"):
            block = part.blocks[number]
            part.blocks[number] = Block(block.path, block.lead, block.header, rows.rows(lines), block.tail)
