"""Reads a scene from its TOML file and checks it whole, before anything of it is built; [main]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realtime.contract.limits import BEAT_UNITS, BEATS_A_BAR, LOUDEST_DB, SILENT_DB, TEMPO_BPM
from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from realtime.midi.map.assignment import OF_SCENES, read_assignments
from realtime.native.errors import AntiphonError, nearest
from realtime.session.follower_slot import heard_by, read_chart_of, read_follower
from realtime.session.macros.macro import read_macros
from realtime.session.migrate import migrated
from realtime.session.names import check_names
from realtime.session.paths import find_asset, find_scene
from realtime.session.player_slot import check_players, read_player
from realtime.session.scene_data import Scene as Scene
from realtime.session.table import Table, is_whole, shown
from realtime.session.text_file import read_text, read_toml

MOST_TRACKS, MOST_BUSES, MOST_DEVICES = 64, 32, 256
WIDTHS = (1, 2, 6)
_NOTE = re.compile(r"^([A-Ga-g])([#b]?)(-?\d)$")
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}

_SCENE_KEYS = ("title", "description", "tags", "tempo_bpm", "signature", "key", "notes", "master_db", "track", "bus",
               "master", "player", "follower", "chart", "macro", "map", "snapshot", "version")  # fmt: skip
_TRACK_KEYS = ("name", "channels", "keys", "velocities", "transpose", "hears", "audio_input", "audio_from", "width",
               "gain_db", "pan", "mute", "output", "midi_out", "sends", "device")  # fmt: skip
_BUS_KEYS = ("name", "gain_db", "pan", "mute", "width", "device")
SLOT_KEYS = ("device", "bypass", "sidechain", "title", "options")
"""What stands in a device's table beside its parameters."""


def key_number(value: Any, where: str) -> int:
    """MIDI number of a key given as a number or a name (C4 = 60)."""
    if is_whole(value, 0, 127):
        return int(value)
    if isinstance(value, str) and (match := _NOTE.match(value)):
        number = _STEPS[match[1].lower()] + 12 * (int(match[3]) + 1) + {"#": 1, "b": -1, "": 0}[match[2]]
        if 0 <= number <= 127:
            return number
    raise AntiphonError(f'{where}: {shown(value)} is no key; write a name like "C3" or a number from 0 to 127')


def _velocity(value: Any, where: str) -> int:
    if is_whole(value, 1, 127):
        return int(value)
    raise AntiphonError(f"{where}: {shown(value)} is no velocity; write a whole number from 1 to 127")


def _slot(table: Mapping[str, Any], where: str, folder: Path | None) -> Slot:
    reader = Table(table, where)
    if not reader.text("device"):
        raise AntiphonError(f'{where}: say which device, for example device = "poly"')
    options = dict(reader.inner("options").table)
    if "file" in options:
        if not isinstance(options["file"], str):
            raise AntiphonError(f"{where}: options: file = {shown(options['file'])} must be a text in quotes")
        options["file"] = str(find_asset(options["file"], folder, where))
    return Slot(
        device=reader.text("device"),
        values={key: value for key, value in table.items() if key not in SLOT_KEYS},
        options=options,
        bypass=reader.flag("bypass"),
        sidechain=reader.text("sidechain"),
        title=reader.text("title"),
    )


def _slots(reader: Table, key: str, folder: Path | None, what: str = "device") -> list[Slot]:
    tables = enumerate(reader.tables(key), 1)
    return [_slot(table, f"{reader.where}, {what} {number}", folder) for number, table in tables]


def _named(table: Mapping[str, Any], kind: str, number: int, file: str, known: tuple[str, ...]) -> tuple[Table, str]:
    """The table of a track or bus, whose complaints name it, and its name."""
    name = Table(table, f"{file}, {kind} {number}").text("name", f"{kind} {number}")
    return Table(table, f"{file}, {kind} {shown(name)}", known), name


def _track(table: Mapping[str, Any], number: int, file: str, folder: Path | None) -> Track:
    reader, name = _named(table, "track", number, file, _TRACK_KEYS)
    key_low, key_high = reader.pair("keys", (0, 127), key_number)
    velocity_low, velocity_high = reader.pair("velocities", (1, 127), _velocity)
    sends = reader.inner("sends")
    return Track(
        name=name,
        slots=_slots(reader, "device", folder),
        keys=Keys(
            channels=reader.wholes("channels", tuple(range(1, 17)), 1, 16),
            key_low=key_low,
            key_high=key_high,
            velocity_low=velocity_low,
            velocity_high=velocity_high,
            transpose=reader.whole("transpose", 0, -48, 48),
            sources=reader.texts("hears", ("keys", "players")),
        ),
        audio_input=reader.wholes("audio_input", (), 1, 8),
        audio_from=reader.text("audio_from"),
        gain_db=reader.number("gain_db", 0.0, SILENT_DB, LOUDEST_DB),
        pan=reader.number("pan", 0.0, -1, 1),
        mute=reader.flag("mute"),
        sends={bus: sends.number(bus, 0.0, SILENT_DB, LOUDEST_DB) for bus in sends.table},
        output=reader.whole("output", 1, 1, 7),
        channels=reader.one_of("width", 2, WIDTHS),
        midi_out=reader.flag("midi_out"),
    )


def _bus(table: Mapping[str, Any], number: int, file: str, folder: Path | None) -> Bus:
    reader, name = _named(table, "bus", number, file, _BUS_KEYS)
    return Bus(
        name=name,
        slots=_slots(reader, "device", folder),
        gain_db=reader.number("gain_db", 0.0, SILENT_DB, LOUDEST_DB),
        pan=reader.number("pan", 0.0, -1, 1),
        mute=reader.flag("mute"),
        channels=reader.one_of("width", 2, WIDTHS),
    )


def signature(reader: Table) -> tuple[int, int]:
    """Metre of a table. Raises AntiphonError."""
    value = reader.table.get("signature", [4, 4])
    pair = value if isinstance(value, list) and len(value) == 2 else [0, 0]
    if not is_whole(pair[0], *BEATS_A_BAR) or isinstance(pair[1], bool) or pair[1] not in BEAT_UNITS:
        raise reader.wrong("signature", "like [4, 4] or [7, 8]")
    return pair[0], int(pair[1])


def _check_rack(rack: Rack, name: str) -> None:
    """All that can be known to be wrong with a rack before it is built."""
    for what, count, most in (
        ("tracks", len(rack.tracks), MOST_TRACKS),
        ("buses", len(rack.buses), MOST_BUSES),
        ("devices", len(rack.slots()), MOST_DEVICES),
    ):
        if count > most:
            raise AntiphonError(f"{name}: {count} {what}; a scene has at most {most}, so take some out")
    if not rack.tracks:
        raise AntiphonError(f"{name}: a scene needs at least one [[track]]")
    check_names([("track", t.name) for t in rack.tracks] + [("bus", b.name) for b in rack.buses], name)
    buses = [bus.name for bus in rack.buses]
    for track in rack.tracks:
        where = f"{name}, track {track.name!r}"
        if not track.slots:
            raise AntiphonError(f"{where} has no device; give it at least one [[track.device]]")
        for bus in track.sends:
            if bus not in buses:
                raise AntiphonError(f"{where} sends to {shown(bus)}, which is no bus; {nearest(bus, buses)}")


def parse(text: str, name: str = "scene", folder: Path | None = None) -> Scene:
    """A scene from TOML text. Raises AntiphonError with the place and the remedy; devices are checked when built."""
    document = read_toml(text, name, "scene")
    current = migrated(text, document, name)
    scene = read(document if current is text else read_toml(current, name, "scene"), name, folder)
    scene.text = current
    return scene


def _check_snapshot(table: Mapping[str, Any], where: str) -> None:
    reader = Table(table, where)
    if not reader.text("name"):
        raise AntiphonError(f'{where}: give it a name, like name = "A"')
    values = reader.inner("values")
    for line in values.table:
        values.inner(line)


def read(document: Mapping[str, Any], name: str, folder: Path | None) -> Scene:
    """A scene from what TOML made of its text. Raises AntiphonError with the place and the remedy."""
    reader = Table(document, name, _SCENE_KEYS)
    for number, table in enumerate(reader.tables("snapshot"), 1):
        _check_snapshot(table, f"{name}, snapshot {number}")
    players = [
        read_player(table, f"{name}, player {number}", folder)
        for number, table in enumerate(reader.tables("player"), 1)
    ]
    check_players(players, name)
    lanes = [tuple(lane.name for lane in slot.lanes) for slot in players]
    follower = read_follower(document, name, key_number)
    if follower is not None:
        heard_by(follower, lanes, f"{name}, follower")
    rack = Rack(
        tracks=[_track(table, number, name, folder) for number, table in enumerate(reader.tables("track"), 1)],
        buses=[_bus(table, number, name, folder) for number, table in enumerate(reader.tables("bus"), 1)],
        master=_slots(reader, "master", folder, "master device"),
        lanes=lanes,
    )
    _check_rack(rack, name)
    return Scene(
        name=name,
        title=reader.text("title", name),
        description=reader.text("description"),
        tags=reader.texts("tags", ()),
        tempo_bpm=reader.number("tempo_bpm", 120.0, *TEMPO_BPM),
        signature=signature(reader),
        key=reader.text("key"),
        notes=reader.text("notes"),
        master_db=reader.number("master_db", 0.0, SILENT_DB, LOUDEST_DB),
        rack=rack,
        players=players,
        follower=follower,
        chart=read_chart_of(reader),
        macros=read_macros(document.get("macro", []), name),
        map=[one.to_dict() for one in read_assignments(document.get("map", []), name, "song", OF_SCENES)],
    )


def load(name: str | Path) -> Scene:
    """A scene by file name, or by the name of one in presets/ or the user's scene folder. Raises AntiphonError."""
    path = find_scene(name)
    scene = parse(read_text(path, "scene"), path.stem, path.absolute().parent)
    scene.path = path
    scene.rack.identify()
    return scene
