"""One player of a scene as plain data, and all that can be wrong with it, told before anything is started; [main]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError, nearest
from realtime.players.player import player_class
from realtime.session.table import Table

KEYS = ("player", "hears", "options")
"""What stands in [[player]] beside the player's parameters."""
MOST_PLAYERS = 4


@dataclass
class PlayerSlot:
    """One player of a scene. values: its parameters; hears: the sources it listens to."""

    player: str
    values: dict[str, Any] = field(default_factory=dict)
    hears: tuple[str, ...] = ("keys",)
    options: dict[str, Any] = field(default_factory=dict)


def read_player(table: Mapping[str, Any], where: str, folder: Path | None) -> PlayerSlot:
    """A player from its table of a scene. Raises AntiphonError with the place."""
    reader = Table(table, where)
    if "player" not in table:
        raise AntiphonError(f'{where}: say which player, for example player = "answer"')
    name = reader.text("player")
    try:
        params = {param.id: param for param in player_class(name).PARAMS}
        for key, value in table.items():
            if key in KEYS or key == "seed":
                continue
            if key not in params:
                raise AntiphonError(f"it has no parameter {key!r}; {nearest(key, ['seed', *params], 'it has')}")
            params[key].parse(value)
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}") from None
    reader.whole("seed", 0, 0, 2**31 - 1)
    return PlayerSlot(
        name, {key: value for key, value in table.items() if key not in KEYS}, reader.texts("hears", ("keys",)),
        dict(reader.inner("options", ("file",)).table),
    )  # fmt: skip


def check_players(slots: Sequence[PlayerSlot], scene: str) -> None:
    """What players of a scene must be towards each other. Raises AntiphonError with the place."""
    if len(slots) > MOST_PLAYERS:
        raise AntiphonError(f"{scene}: {len(slots)} players; a scene has at most {MOST_PLAYERS}")
