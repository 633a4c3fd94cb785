"""Edits of tracks, buses and sends: each checks its order and changes the text, and nothing else; [main]."""

from __future__ import annotations

from realtime.contract.limits import LOUDEST_DB, SILENT_DB
from realtime.engine.rack import fresh_uid
from realtime.native.errors import AntiphonError, nearest
from realtime.session.document import references, rows
from realtime.session.document.blocks import Block
from realtime.session.document.device_edits import new_device
from realtime.session.document.document import Document, Part
from realtime.session.document.orders import KNOBS, Change, Edit, named, place_of
from realtime.session.table import Table, shown

TRACK_KEYS = ("name", "channels", "keys", "velocities", "transpose", "hears", "audio_input", "audio_from", "width",
              "output", "midi_out", "gain_db", "pan", "mute", "sends")  # fmt: skip
BUS_KEYS = ("name", "width", "gain_db", "pan", "mute")


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
    change.document.insert(part, place_of(order))
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
    change.document.insert(part, place_of(order))
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


def _strip_edits(kind: str, keys: tuple[str, ...]) -> dict[str, Edit]:
    return {
        f"add_{kind}": (lambda change, order: _add_strip(change, order, kind, keys), (*keys, "at", "devices")),
        f"remove_{kind}": (lambda change, order: _remove_strip(change, order, kind), ("name",)),
        f"move_{kind}": (lambda change, order: _move_strip(change, order, kind), ("name", "at")),
        f"duplicate_{kind}": (lambda change, order: _duplicate_strip(change, order, kind), ("name",)),
    }


STRIP_EDITS: dict[str, Edit] = {
    **_strip_edits("track", TRACK_KEYS),
    "set_track": (set_track, (*TRACK_KEYS, "track")),
    **_strip_edits("bus", BUS_KEYS),
    "set_bus": (set_bus, (*BUS_KEYS, "bus")),
    "set_send": (set_send, ("track", "bus", "gain_db")),
}
