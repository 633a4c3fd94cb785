"""Finds the players: every file with a line `PLAYER = ItsClass`, of this folder and of the user's own; [any]."""

from __future__ import annotations

import ast
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import platformdirs

import realtime.players as room
from realtime.native.errors import AntiphonError, nearest
from realtime.native.file_fault import file_fault
from realtime.native.whole_file import visible_files
from realtime.players.player import Player

LONGEST_NAME = 80


def player_files() -> dict[str, Path]:
    """All players by name; nobody's file hides one of this folder. The files are read, not run."""
    found: dict[str, Path] = {}
    for folder in (user_players(), Path(__file__).parent):
        files = visible_files(folder, "*.py") if folder.is_dir() else []
        found |= {p.stem: p for p in files if not p.name.startswith("_") and _offers(p, p.stat().st_mtime_ns)}
    return dict(sorted(found.items()))


def user_players() -> Path:
    """The user's own folder of players."""
    return Path(platformdirs.user_data_dir("antiphon")) / "players"


@cache
def _offers(path: Path, changed_ns: int) -> bool:
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return path.parent == user_players()  # it is meant to be one: what is wrong is told when it is asked for
    targets = (target for line in body if isinstance(line, ast.Assign) for target in line.targets)
    return any(isinstance(target, ast.Name) and target.id == "PLAYER" for target in targets)


def player_names() -> tuple[str, ...]:
    """Names of all players."""
    return tuple(player_files())


def about(player: type[Player]) -> str:
    """What a player does, in the words of its file or of its class."""
    module = " ".join((sys.modules[player.__module__].__doc__ or "").split()).partition("; [")[0].partition(": ")
    return (module[2] or module[0]).rstrip(".") or " ".join((player.__doc__ or "").split()).partition(". ")[0].rstrip(
        "."
    )


def player_class(name: str) -> type[Player]:
    """The player of that name. Raises AntiphonError if there is none, or if its file cannot be run."""
    files = player_files()
    if name not in files:
        shown = name if name.isprintable() and len(name) <= LONGEST_NAME else repr(name[:LONGEST_NAME])
        raise AntiphonError(f"Player {shown}: there is none; {nearest(name, files, 'the players are')}")
    try:
        player = _module(name, files[name]).PLAYER
        if not (isinstance(player, type) and issubclass(player, Player)):
            raise TypeError("its PLAYER is no subclass of Player")
        player.name = player.name or name
        return player
    except Exception as error:  # the file is anyone's
        raise AntiphonError(f"Player {name}: {player_fault(name, error)}") from error


def served_class(name: str) -> type[Player]:
    """What a player process serves by that name: a player, or the follower. Raises AntiphonError."""
    if name != "follower":
        return player_class(name)
    from realtime.players.follower import Follower

    return Follower


def player_fault(name: str, error: Exception) -> AntiphonError:
    """What went wrong in a player's own code, with its file and line."""
    if isinstance(error, AntiphonError):
        return error
    return file_fault(error, player_files().get(name, name))


def _module(name: str, path: Path) -> ModuleType:
    if path.parent == Path(__file__).parent:
        return importlib.import_module(f"{room.__name__}.{name}")
    known = f"antiphon_player_{name}"
    loaded = sys.modules.get(known)
    if loaded is not None and loaded.__dict__.get("CHANGED_NS") == path.stat().st_mtime_ns:
        return loaded
    spec = importlib.util.spec_from_file_location(known, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__["CHANGED_NS"] = path.stat().st_mtime_ns
    spec.loader.exec_module(module)
    sys.modules[known] = module
    return module
