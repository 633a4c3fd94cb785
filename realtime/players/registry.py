"""Finds the players: every file of this folder with a line `PLAYER = ItsClass`; [any]."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path

import realtime.players as room
from realtime.native.errors import AntiphonError
from realtime.players.player import Player

FOLDER = Path(__file__).parent


@cache
def player_names() -> tuple[str, ...]:
    """Names of all players; their files are read, not run."""
    files = [path for path in sorted(FOLDER.glob("*.py")) if not path.name.startswith("_")]
    return tuple(path.stem for path in files if _offers(path))


def _offers(path: Path) -> bool:
    assigned = (s for s in ast.parse(path.read_text("utf-8")).body if isinstance(s, ast.Assign))
    return any(isinstance(t, ast.Name) and t.id == "PLAYER" for s in assigned for t in s.targets)


def player_class(name: str) -> type[Player]:
    """The player of that name. Raises AntiphonError if there is none, or if its file cannot be run."""
    if name not in player_names():
        raise AntiphonError(f"Player {name}: there is none; the players are {', '.join(player_names())}.")
    try:
        return importlib.import_module(f"{room.__name__}.{name}").PLAYER
    except Exception as error:  # the file is anyone's
        raise AntiphonError(f"Player {name}: its file cannot be run ({type(error).__name__}: {error}).") from error
