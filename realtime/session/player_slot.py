"""One player of a scene as plain data, and all that can be wrong with it, told before anything is started; [main]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from realtime.contract.player_wire import LANES
from realtime.engine.layout import MAX_PLAYERS, PLAYER_SOURCE
from realtime.engine.sources import sources_mask
from realtime.midi.backend import matches
from realtime.native.errors import AntiphonError, nearest
from realtime.players.player import Player, checked_options, checked_values
from realtime.players.registry import player_class
from realtime.session.paths import MODELS, find_asset, user_folder

KEYS = ("player", "hears", "options", "lanes")
"""What stands in [[player]] beside the player's parameters."""
PACKAGE = "file"
"""The option that names the package of a player's model."""
LONGEST_PORT = 120
_LANE_KEYS = ("channel", "midi", "program", "port")


@dataclass(frozen=True)
class Lane:
    """Where one voice of a player goes. channel: 1..16, in the rack and outside. midi: whether also to MIDI out.
    program: 0..127, sent as the lane is joined to its channel; None: none. port: name or pattern of the MIDI output that it goes
    to; "": Antiphon's own."""

    name: str
    channel: int
    midi: bool = True
    program: int | None = None
    port: str = ""


@dataclass
class PlayerSlot:
    """One player of a scene. values: its parameters; hears: the sources it listens to; options: PACKAGE, and the player's own."""

    player: str
    values: dict[str, Any] = field(default_factory=dict)
    hears: tuple[str, ...] = ("keys",)
    options: dict[str, Any] = field(default_factory=dict)
    lanes: tuple[Lane, ...] = ()

    def own_options(self) -> dict[str, Any]:
        """What the player itself is told."""
        with_package = bool(player_class(self.player).MODEL)
        return {key: raw for key, raw in self.options.items() if key != PACKAGE or not with_package}

    def texts(self) -> dict[str, str]:
        """Its options that are free texts: what a player may find on stage and keep."""
        rows = [row for row in player_class(self.player).OPTIONS if isinstance(row.default, str) and not row.choices]
        return {row.name: str(self.options.get(row.name, row.default)) for row in rows}

    def with_text(self, option: str, text: str) -> PlayerSlot:
        """The same with one of those; an empty one is not written down."""
        others = {name: value for name, value in self.options.items() if name != option}
        return replace(self, options=others | ({option: text} if text else {}))

    def package(self) -> str | None:
        """Path of the package it plays by; None of a player without a model."""
        model = player_class(self.player).MODEL
        if not model:
            return None
        if PACKAGE in self.options:
            return str(self.options[PACKAGE])
        places = (user_folder("models") / f"{model}.onnx", MODELS / f"{model}.onnx")
        return str(next((path for path in places if path.is_file()), places[-1]))


def read_player(table: Mapping[str, Any], where: str, folder: Path | None) -> PlayerSlot:
    """A player from its table of a scene, all but what it hears checked. Raises AntiphonError with the place."""
    try:
        if "player" not in table:
            raise AntiphonError('say which player, for example player = "answer"')
        if not isinstance(table["player"], str):
            raise AntiphonError(f"player = {table['player']!r} must be a text in quotes")
        player = player_class(table["player"])
        values = {key: value for key, value in table.items() if key not in KEYS}
        checked_values(player, values)
        return PlayerSlot(
            table["player"], values, _hears(table.get("hears", "keys")), _options(player, table.get("options", {}), folder),
            read_lanes(player, table.get("lanes", {})),
        )  # fmt: skip
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}") from None


def check_players(slots: Sequence[PlayerSlot], scene: str) -> None:
    """What players of a scene must be towards each other. Raises AntiphonError with the place."""
    if len(slots) > MAX_PLAYERS:
        raise AntiphonError(f"{scene}: {len(slots)} players; a scene has at most {MAX_PLAYERS}")
    for number in range(len(slots)):
        heard_mask(slots, number, f"{scene}, player {number + 1}")


def heard_mask(slots: Sequence[PlayerSlot], number: int, where: str = "") -> int:
    """Bit mask of the sources that a player hears, never itself. Raises AntiphonError."""
    mask, own = 0, 1 << (PLAYER_SOURCE + number)
    try:
        for name in slots[number].hears:
            for part, _ in sources_mask([name], [[lane.name for lane in slot.lanes] for slot in slots]):
                if part == own:
                    raise AntiphonError(f"hears {name!r}: a player does not hear itself")
                mask |= part & ~own
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}" if where else str(error)) from None
    return mask


def _hears(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise AntiphonError(f"hears = {value!r} must be a list of texts")
    return tuple(str(name) for name in names)


def _options(player: type[Player], value: Any, folder: Path | None) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise AntiphonError(f'options = {value!r} must be a table, like {{ file = "my.onnx" }}')
    packages = {PACKAGE} if player.MODEL else set()
    known = packages | {option.name for option in player.OPTIONS}
    found = dict(value)
    for key in value:
        if key not in known:
            hint = nearest(key, known, "it has") if known else "it has none"
            raise AntiphonError(f"option {key!r} is unknown to player {player.name}; {hint}")
    for key in value.keys() & (packages | {option.name for option in player.OPTIONS if option.default is None}):
        if not isinstance(value[key], str):
            raise AntiphonError(f"options: {key} = {value[key]!r} must be a text in quotes")
        found[key] = str(find_asset(value[key], folder, "options"))
    checked_options(player, {key: raw for key, raw in found.items() if key not in packages})
    return found


def read_lanes(player: type[Player], value: Any) -> tuple[Lane, ...]:
    """All lanes of a player in their order, those a scene does not name on the free channels. Raises AntiphonError."""
    if not isinstance(value, Mapping):
        raise AntiphonError(f"lanes = {value!r} must be a table, like {{ {player.LANES[0]} = {{ channel = 2 }} }}")
    for name in value:
        if name not in player.LANES:
            raise AntiphonError(f"lane {name!r} is unknown; player {player.name} has: {', '.join(player.LANES)}")
    taken: dict[int, str] = {}
    for name, row in value.items():
        channel = _whole(row, name, "channel", 1, LANES) if isinstance(row, Mapping) and "channel" in row else None
        if channel in taken:
            raise AntiphonError(f"lanes {taken[channel]!r} and {name!r} share channel {channel}; give each its own")
        if channel is not None:
            taken[channel] = name
    free = (number for number in range(1, LANES + 1) if number not in taken)
    return tuple(_lane(name, value.get(name, {}), free) for name in player.LANES)


def _lane(name: str, row: Any, free) -> Lane:
    if not isinstance(row, Mapping):
        raise AntiphonError(f"lane {name!r} = {row!r} must be a table, like {{ channel = 2 }}")
    for key in row:
        if key not in _LANE_KEYS:
            raise AntiphonError(f"lane {name!r}: {key!r} is unknown; it may have: {', '.join(_LANE_KEYS)}")
    midi = row.get("midi", True)
    if not isinstance(midi, bool):
        raise AntiphonError(f"lane {name!r}: midi = {midi!r} must be true or false")
    channel = _whole(row, name, "channel", 1, LANES) if "channel" in row else next(free)
    program = _whole(row, name, "program", 0, 127) if "program" in row else None
    return Lane(name, channel, midi, program, checked_port(row.get("port", ""), name))


def checked_port(value: Any, lane: str) -> str:
    """The name or pattern of a MIDI output. Raises AntiphonError for what cannot be one."""
    if not isinstance(value, str) or len(value) > LONGEST_PORT or not value.isprintable():
        raise AntiphonError(
            f"lane {lane!r}: port = {value!r} must be the name of a MIDI output in quotes, or a part of it"
        )
    matches("", (value,))  # a wrong pattern speaks up now
    return value.strip()


def _whole(row: Mapping[str, Any], lane: str, key: str, low: int, high: int) -> int:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise AntiphonError(f"lane {lane!r}: {key} = {value!r} must be a whole number from {low} to {high}")
    return int(value)
