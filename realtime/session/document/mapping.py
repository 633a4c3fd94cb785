"""The assignments of a scene in its text ([[map]]): read, exchanged one by one, and kept right through every edit; [main].

In a scene's own map an address means the thing that had it when it was mapped: a device, strip or player keeps its
controls when it is moved or renamed, and takes them along when it goes. What the rig maps means whatever has the address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from realtime.devices.registry import find
from realtime.engine.rack import fresh_uid
from realtime.midi.map.assignment import OF_SCENES, read_assignments
from realtime.native.errors import AntiphonError
from realtime.session.document.blocks import Block
from realtime.session.document.document import Document, Part
from realtime.session.names import addresses
from realtime.session.scene_write import rows

Dicts = list[dict[str, Any]]
_ADDRESS = re.compile(r"(/(?:rack|mix|player)/[^/]+)/(.+)")
_SEND = "send_"


def assignments(document: Document) -> Dicts:
    """All of a document, in order, each with an id."""
    tables = [part.table for part in document.all("map")]
    return [one.to_dict() for one in read_assignments(tables, "map", OF_SCENES[0], OF_SCENES)]


def put(document: Document, dicts: Dicts) -> None:
    """Make these the document's assignments; those that have not changed keep their text and comments."""
    parts = document.all("map")
    known = {one["id"]: (part, one) for part, one in zip(parts, assignments(document), strict=True)}
    wanted = {one["id"] for one in dicts}
    for name, (part, _) in known.items():
        if name not in wanted:
            document.remove(part)
    for at, one in enumerate(dicts):
        if one["id"] not in known:
            document.insert(Part("map", fresh_uid(), [Block(("map",), "", "[[map]]\n", _content(one))]), at)
        elif known[one["id"]][1] != one:
            _rewrite(known[one["id"]][0], one)


def _content(one: Mapping[str, Any]) -> str:
    return "".join(f"{line}\n" for line in rows(one))


def _rewrite(part: Part, one: Mapping[str, Any]) -> None:
    head, tail = part.blocks[0], part.tail
    part.blocks = [Block(head.path, head.lead, head.header, _content(one), tail)]


def things(document: Document) -> dict[str, int]:
    """The beginning of each address of the document -> identity of what is there."""
    devices = [device.uid for _, devices in document.chains() for device in devices]
    found = {f"/rack/{number}": uid for number, uid in enumerate(devices, 1)}
    found |= {f"/player/{number}": part.uid for number, part in enumerate(document.all("player"), 1)}
    strips = {document.name_of(part): part.uid for kind in ("track", "bus") for part in document.all(kind)}
    return found | {f"/mix/{at}": strips[name] for name, at in addresses(strips).items()}


def follow(former: Document, document: Document, instead: Mapping[int, int] | None = None) -> int:
    """After an edit: let the assignments mean the things that they meant before. instead: uid of a device -> uid of the one
    that took its place, which takes over what it has as well. How many assignments went with what they moved."""
    dicts = assignments(document)
    if not dicts:
        return 0
    at, names = things(former), {uid: address for address, uid in things(document).items()}
    made = []
    for one in dicts:
        moved = [
            (target, address_now(target["address"], at, names, document, instead or {})) for target in one["targets"]
        ]
        targets = [target | {"address": address} for target, address in moved if address]
        if targets:
            made.append(one | {"targets": targets})
    put(document, made)
    return len(dicts) - len(made)


def address_now(
    address: str, at: Mapping[str, int], names: Mapping[int, str], document: Document, instead: Mapping[int, int]
) -> str:
    """The address that a thing has now; "" of one that is gone."""
    match = _ADDRESS.fullmatch(address)
    if match is None or match[1] not in at:
        return address
    uid, knob = at[match[1]], match[2]
    if uid in instead and _has(document, instead[uid], knob):
        uid = instead[uid]
    send = at.get(f"/mix/{knob.removeprefix(_SEND)}", 0) if knob.startswith(_SEND) else 0
    if uid not in names or (send and send not in names):
        return ""
    return f"{names[uid]}/{_SEND + names[send].removeprefix('/mix/') if send else knob}"


def _has(document: Document, uid: int, knob: str) -> bool:
    found = document.device(uid)
    if found is None:
        return False
    _, devices, at = found
    try:
        return knob == "bypass" or any(param.id == knob for param in find(str(devices[at].table["device"])).params)
    except AntiphonError:
        return False
