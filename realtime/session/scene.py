"""Scenes: one saved state of the instrument in a TOML file, read and checked here, written back by `save`; [main]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
import tomlkit.exceptions

from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from realtime.native.errors import AntiphonError, nearest
from realtime.players.player import player_class
from realtime.session.paths import find_asset, find_scene

_NOTE = re.compile(r"^([A-Ga-g])([#b]?)(-?\d)$")
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}

_SCENE_KEYS = {"title", "description", "tags", "tempo_bpm", "signature", "key", "notes", "master_db", "track", "bus",
               "master", "player"}  # fmt: skip
_TRACK_KEYS = {"name", "channels", "keys", "velocities", "transpose", "hears", "audio_input", "gain_db", "pan", "mute",
               "output", "sends", "device"}  # fmt: skip
_BUS_KEYS = {"name", "gain_db", "pan", "device"}
_PLAYER_KEYS = {"player", "hears", "options"}


@dataclass
class PlayerSlot:
    """One player of a scene. values: its parameters; hears: the sources it listens to."""

    player: str
    values: dict[str, Any] = field(default_factory=dict)
    hears: tuple[str, ...] = ("keys",)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Scene:
    """Rack, players, tempo, key, and notes to the performer."""

    name: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    tempo_bpm: float = 120.0
    signature: tuple[int, int] = (4, 4)
    key: str = ""
    notes: str = ""
    master_db: float = 0.0
    rack: Rack = field(default_factory=Rack)
    players: list[PlayerSlot] = field(default_factory=list)
    path: Path | None = None


def key_number(value: Any, where: str) -> int:
    """MIDI number of a key given as a number or a name (C4 = 60)."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 127:
        return value
    if isinstance(value, str) and (match := _NOTE.match(value)):
        number = _STEPS[match[1].lower()] + 12 * (int(match[3]) + 1) + {"#": 1, "b": -1, "": 0}[match[2]]
        if 0 <= number <= 127:
            return number
    raise AntiphonError(f'{where}: {value!r} is no key; write a name like "C3" or a number from 0 to 127')


class _Reader:
    """Typed access to one TOML table; every complaint names the file and the place."""

    def __init__(self, table: Mapping[str, Any], where: str, known: set[str] | None = None):
        if not isinstance(table, Mapping):
            raise AntiphonError(f"{where} must be a table")
        self.table, self.where = table, where
        if known is not None:
            for key in table:
                if key not in known:
                    raise AntiphonError(
                        f"{where}: {key!r} is unknown here; {nearest(key, sorted(known), 'it may have')}"
                    )

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise AntiphonError(f"{self.where}: {key} = {value!r} must be a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise AntiphonError(f"{self.where}: {key} = {value!r} must be a whole number from {low} to {high}")
        return int(value)

    def text(self, key: str, default: str = "") -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str):
            raise AntiphonError(f"{self.where}: {key} = {value!r} must be a text in quotes")
        return str(value)

    def flag(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            raise AntiphonError(f"{self.where}: {key} = {value!r} must be true or false")
        return bool(value)

    def wholes(self, key: str, default: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
        value = self.table.get(key, default)
        items = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(item, int) and not isinstance(item, bool) and low <= item <= high for item in items):
            raise AntiphonError(f"{self.where}: {key} = {value!r} must be numbers from {low} to {high}, like [1, 2]")
        return tuple(int(item) for item in items)

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.table.get(key, default)
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
            raise AntiphonError(f"{self.where}: {key} = {value!r} must be a list of texts")
        return tuple(str(item) for item in items)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise AntiphonError(f"{self.where}: write {key} as a list of tables, [[{key}]]")
        return list(value)


def _pair(reader: _Reader, key: str, default: tuple[int, int], read) -> tuple[int, int]:
    value = reader.table.get(key, default)
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise AntiphonError(f"{reader.where}: {key} = {value!r} must be two values, lowest and highest")
    low, high = read(value[0]), read(value[1])
    if low > high:
        raise AntiphonError(f"{reader.where}: {key} = {list(value)!r}: the lowest comes first")
    return low, high


def _slot(table: Mapping[str, Any], where: str, folder: Path | None) -> Slot:
    reader = _Reader(table, where)
    if "device" not in table:
        raise AntiphonError(f'{where}: say which device, for example device = "poly"')
    options = dict(table.get("options", {}))
    for key, value in options.items():
        if key == "file":
            options[key] = str(find_asset(str(value), folder, where))
    reserved = {"device", "bypass", "sidechain", "title", "options"}
    return Slot(
        device=reader.text("device"),
        values={key: value for key, value in table.items() if key not in reserved},
        options=options,
        bypass=reader.flag("bypass"),
        sidechain=reader.text("sidechain"),
        title=reader.text("title"),
    )


def _slots(reader: _Reader, key: str, folder: Path | None) -> list[Slot]:
    return [
        _slot(table, f"{reader.where}, device {number}", folder) for number, table in enumerate(reader.tables(key), 1)
    ]


def _track(table: Mapping[str, Any], number: int, file: str, folder: Path | None) -> Track:
    name = table.get("name", f"track {number}")
    reader = _Reader(table, f"{file}, track {name!r}", _TRACK_KEYS)
    key_low, key_high = _pair(reader, "keys", (0, 127), lambda value: key_number(value, reader.where))
    velocity_low, velocity_high = _pair(reader, "velocities", (1, 127), int)
    sends = reader.table.get("sends", {})
    if not isinstance(sends, Mapping):
        raise AntiphonError(f"{reader.where}: write sends as {{ bus = dB }}")
    return Track(
        name=reader.text("name", f"track {number}"),
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
        gain_db=reader.number("gain_db", 0.0, -90, 12),
        pan=reader.number("pan", 0.0, -1, 1),
        mute=reader.flag("mute"),
        sends={str(bus): _Reader(sends, f"{reader.where}, sends").number(bus, 0.0, -90, 12) for bus in sends},
        output=reader.whole("output", 1, 1, 7),
    )


def _bus(table: Mapping[str, Any], number: int, file: str, folder: Path | None) -> Bus:
    name = table.get("name", f"bus {number}")
    reader = _Reader(table, f"{file}, bus {name!r}", _BUS_KEYS)
    return Bus(
        name=reader.text("name", f"bus {number}"),
        slots=_slots(reader, "device", folder),
        gain_db=reader.number("gain_db", 0.0, -90, 12),
        pan=reader.number("pan", 0.0, -1, 1),
    )


def _player(table: Mapping[str, Any], number: int, file: str) -> PlayerSlot:
    reader = _Reader(table, f"{file}, player {number}")
    if "player" not in table:
        raise AntiphonError(f'{reader.where}: say which player, for example player = "answer"')
    check_player(reader.text("player"), table, reader.where)
    return PlayerSlot(
        player=reader.text("player"),
        values={key: value for key, value in table.items() if key not in _PLAYER_KEYS},
        hears=reader.texts("hears", ("keys",)),
        options=dict(table.get("options", {})),
    )


def check_player(name: str, table: Mapping[str, Any], where: str) -> None:
    """Raises AntiphonError for a player that does not exist, or a parameter that it has not."""
    try:
        params = {param.id: param for param in player_class(name).PARAMS}
        for key, value in table.items():
            if key in _PLAYER_KEYS or key == "seed":
                continue
            if key not in params:
                raise AntiphonError(f"it has no parameter {key!r}; {nearest(key, ['seed', *params], 'it has')}")
            params[key].parse(value)
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}") from None


def parse(text: str, name: str = "scene", folder: Path | None = None) -> Scene:
    """A scene from TOML text. Raises AntiphonError with the place and the remedy; devices are checked when built."""
    try:
        document = tomlkit.parse(text).unwrap()
    except tomlkit.exceptions.ParseError as error:
        raise AntiphonError(f"{name}, line {error.line}: this is not TOML ({error})") from None
    reader = _Reader(document, name, _SCENE_KEYS)
    signature = reader.wholes("signature", (4, 4), 1, 32)
    if len(signature) != 2 or signature[1] not in (1, 2, 4, 8, 16, 32):
        raise AntiphonError(f"{name}: signature = {list(signature)} must be like [4, 4] or [7, 8]")
    tracks = reader.tables("track")
    if not tracks:
        raise AntiphonError(f"{name}: a scene needs at least one [[track]]")
    if len(reader.tables("player")) > 4:
        raise AntiphonError(f"{name}: a scene has at most four players")
    return Scene(
        name=name,
        title=reader.text("title", name),
        description=reader.text("description"),
        tags=reader.texts("tags", ()),
        tempo_bpm=reader.number("tempo_bpm", 120.0, 20, 400),
        signature=(signature[0], signature[1]),
        key=reader.text("key"),
        notes=reader.text("notes"),
        master_db=reader.number("master_db", 0.0, -90, 12),
        rack=Rack(
            tracks=[_track(table, number, name, folder) for number, table in enumerate(tracks, 1)],
            buses=[_bus(table, number, name, folder) for number, table in enumerate(reader.tables("bus"), 1)],
            master=[
                _slot(table, f"{name}, master, device {number}", folder)
                for number, table in enumerate(reader.tables("master"), 1)
            ],
        ),
        players=[_player(table, number, name) for number, table in enumerate(reader.tables("player"), 1)],
    )


def load(name: str | Path) -> Scene:
    """A scene by file name, or by the name of one in presets/ or the user's scene folder. Raises AntiphonError."""
    path = find_scene(name)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AntiphonError(f"{path}: this scene cannot be read ({error})") from None
    scene = parse(text, path.stem, path.parent)
    scene.path = path
    return scene
