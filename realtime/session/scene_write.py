"""Writes a scene as TOML that reads back as the same scene; [main]."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from realtime.contract.device import Device
from realtime.engine.rack import Bus, Keys, Slot, Track
from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file
from realtime.session.follower_slot import FollowerSlot
from realtime.session.player_slot import PlayerSlot
from realtime.session.scene_data import Scene

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def _key(name: str) -> str:
    return name if name and set(name) <= _BARE else _text(name)


def _text(value: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which JSON leaves as it is
    if value.count("\n") < 2:
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    # a chart: line by line, as a person writes it
    return '"""\n' + "\n".join(_text(line)[1:-1] for line in value.split("\n")) + '"""'


def text_value(value: Any) -> str:
    """Any value as TOML, numbers to the last bit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {text_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(text_value, value)) + "]"
    if isinstance(value, int):
        return str(value)
    return repr(float(value))


def rows(table: Mapping[str, Any]) -> list[str]:
    """Lines of TOML, one a key."""
    return [f"{_key(name)} = {text_value(value)}" for name, value in table.items()]


def _changed(**pairs: tuple[Any, Any]) -> dict[str, Any]:
    """What differs from its default; pairs are (value, default)."""
    return {name: value for name, (value, default) in pairs.items() if value != default}


def _device(slot: Slot) -> dict[str, Any]:
    name = slot.device.name if isinstance(slot.device, Device) else slot.device
    head = _changed(
        title=(slot.title, ""), bypass=(slot.bypass, False), sidechain=(slot.sidechain, ""), options=(slot.options, {})
    )
    return {"device": name} | head | dict(slot.values)


def _track(track: Track) -> dict[str, Any]:
    keys, plain = track.keys, Keys()
    return {"name": track.name} | _changed(
        channels=(keys.channels, plain.channels),
        keys=((keys.key_low, keys.key_high), (plain.key_low, plain.key_high)),
        velocities=((keys.velocity_low, keys.velocity_high), (plain.velocity_low, plain.velocity_high)),
        transpose=(keys.transpose, plain.transpose),
        hears=(keys.sources, plain.sources),
        audio_input=(track.audio_input, ()),
        audio_from=(track.audio_from, ""),
        width=(track.channels, 2),
        gain_db=(track.gain_db, 0.0),
        pan=(track.pan, 0.0),
        mute=(track.mute, False),
        output=(track.output, 1),
        midi_out=(track.midi_out, False),
        sends=(track.sends, {}),
    )


def _bus(bus: Bus) -> dict[str, Any]:
    return {"name": bus.name} | _changed(
        width=(bus.channels, 2), gain_db=(bus.gain_db, 0.0), pan=(bus.pan, 0.0), mute=(bus.mute, False)
    )


def _follower(slot: FollowerSlot) -> dict[str, Any]:
    plain = FollowerSlot()
    return _changed(**{one.name: (getattr(slot, one.name), getattr(plain, one.name)) for one in fields(slot)})


def _player(slot: PlayerSlot) -> dict[str, Any]:
    head = _changed(hears=(slot.hears, ("keys",)), options=(slot.options, {}))
    lanes = getattr(slot, "lanes", ())
    if lanes:
        head["lanes"] = {lane.name: _lane(lane) for lane in lanes}
    return {"player": slot.player} | head | dict(slot.values)


def _lane(lane: Any) -> dict[str, Any]:
    """All that a lane says but its name and what it leaves open."""
    row = {one.name: getattr(lane, one.name) for one in fields(lane) if one.name != "name"}
    return {name: value for name, value in row.items() if value not in (None, "")}


def dumps(scene: Scene) -> str:
    """A scene as TOML text; `scene.parse` of it is an equal scene (names, values, order; not comments)."""
    head = {"title": scene.title} | _changed(
        description=(scene.description, ""),
        tags=(scene.tags, ()),
        tempo_bpm=(scene.tempo_bpm, 120.0),
        signature=(scene.signature, (4, 4)),
        key=(scene.key, ""),
        notes=(scene.notes, ""),
        master_db=(scene.master_db, 0.0),
        chart=(scene.chart, ""),
    )
    lines = rows(head)
    if scene.follower is not None:
        lines += ["", "[follower]", *rows(_follower(scene.follower))]
    for track in scene.rack.tracks:
        lines += ["", "[[track]]", *rows(_track(track))]
        lines += [line for slot in track.slots for line in ("", "[[track.device]]", *rows(_device(slot)))]
    for bus in scene.rack.buses:
        lines += ["", "[[bus]]", *rows(_bus(bus))]
        lines += [line for slot in bus.slots for line in ("", "[[bus.device]]", *rows(_device(slot)))]
    for slot in scene.rack.master:
        lines += ["", "[[master]]", *rows(_device(slot))]
    for player in scene.players:
        lines += ["", "[[player]]", *rows(_player(player))]
    for macro in scene.macros:
        lines += ["", "[[macro]]", *rows(macro.to_dict())]
    for one in scene.map:
        lines += ["", "[[map]]", *rows(one)]
    return "\n".join(lines) + "\n"


def save(scene: Scene, path: str | Path) -> None:
    """Write a scene; the file is the former or the whole new one, whatever happens. Raises AntiphonError."""
    write_text(path, dumps(scene))


def write_text(path: str | Path, text: str) -> None:
    """Write a scene's text, whole or not at all; its folder is made. Raises AntiphonError."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_bytes(text.encode("utf-8"))
    except (OSError, ValueError) as error:
        raise AntiphonError(f"the scene cannot be written to {path} ({error}); choose another place") from None
