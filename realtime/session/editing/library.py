"""Scenes as files: saved, renamed, thrown away and taken back, favoured, listed; factory scenes are never written; [main]."""

from __future__ import annotations

import contextlib
import json
import os
import time
import tomllib
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file
from realtime.session.document.document import Document, Part
from realtime.session.document.load import NOTES, SOUNDS
from realtime.session.paths import MODELS, PRESETS, find_asset, find_scene, is_there, scene_files, user_folder
from realtime.session.table import finite

LONGEST_NAME = 80
KINDS = {"nam": (".nam",), "onnx": (".onnx",), "wav": SOUNDS, "midi": NOTES, "scene": (".toml",)}
"""Kinds of files by their endings."""
_FORBIDDEN = set('/\\:*?"<>|')
_read: dict[tuple[str, int, int], dict[str, Any]] = {}


def is_factory(path: Path | None) -> bool:
    """Whether a file came with the program."""
    return path is not None and path.absolute().parent == PRESETS


def user_path(name: str) -> Path:
    """Where a user's scene of that name lies. Raises AntiphonError for a name that no file should have."""
    plain = name.strip().removesuffix(".toml")
    if not plain or plain.startswith(".") or not plain.isprintable() or set(plain) & _FORBIDDEN:
        raise AntiphonError(f"{name[:60]!r} cannot be the name of a scene; use letters, digits, spaces, - and _")
    if len(plain.encode()) > LONGEST_NAME:
        raise AntiphonError(f"the name {plain[:30]!r}... is longer than {LONGEST_NAME} bytes; choose a shorter one")
    return user_folder("scenes") / f"{plain}.toml"


def own_scene(name: str, what: str) -> Path:
    """The file of a user's scene, by its name. Raises AntiphonError for a factory scene and for files elsewhere."""
    path = scene_files().get(name)
    if path is None:
        path = find_scene(name)  # says what is there
        raise AntiphonError(f"{name[:200]!r} lies outside {user_folder('scenes')} and cannot be {what} from here")
    if is_factory(path):
        raise AntiphonError(f"{name!r} is a factory scene and cannot be {what}; save it under a name of your own first")
    return path


def thrown_away(path: Path) -> Path:
    """A free place in the trash for a file."""
    folder = user_folder("trash")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    places = (folder / f"{path.stem}.{stamp}{extra}{path.suffix}" for extra in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(place for place in places if not is_there(place))


def move(source: Path, target: Path) -> None:
    """Give a file another name; nothing is overwritten. Raises AntiphonError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_there(target) and not (is_there(source) and os.path.samefile(source, target)):
            raise AntiphonError(f"there is a file {target} already; rename or delete it first")
        source.rename(target)
    except OSError as error:
        raise AntiphonError(f"{source} cannot be moved to {target} ({error.strerror or error})") from None


def name_strangers(document: Document, former: Path | None, path: Path) -> None:
    """Name in full the files of devices and players that lie beside the former place of a scene."""
    parts: list[Part] = [*document.all("player"), *(device for _, devices in document.chains() for device in devices)]
    for part in parts:
        options = part.table.get("options", {})
        name = options.get("file") if isinstance(options, dict) else None
        if not isinstance(name, str) or former is None:
            continue
        here = find_asset(name, former.absolute().parent, name)
        try:
            there: Path | None = find_asset(name, path.parent, name)
        except AntiphonError:
            there = None
        if there is None or there.absolute() != here.absolute():
            part.put("options", {**options, "file": str(here.absolute())})


# -- favourites -------------------------------------------------------------------------------------------------------


def _favourites_file() -> Path:
    return user_folder("favourites.json")


def favourites() -> list[str]:
    """Names of the scenes that the performer marked."""
    try:
        found = json.loads(_favourites_file().read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def toggle_favourite(name: str) -> bool:
    """Mark a scene or take the mark away; True if it has it now. Raises AntiphonError."""
    if name not in scene_files():
        find_scene(name)  # says what is there
    names = favourites()
    keep = [one for one in names if one != name] if name in names else [*names, name]
    file = _favourites_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as part:
            part.write_text(json.dumps(keep, indent=1, ensure_ascii=False), "utf-8")
    except OSError as error:
        raise AntiphonError(f"the favourites cannot be written to {file} ({error.strerror or error})") from None
    return name in keep


# -- lists ------------------------------------------------------------------------------------------------------------


def _head(path: Path) -> dict[str, Any]:
    """What a scene says of itself; one that cannot be read says that."""
    try:
        found = path.stat()
        key = (str(path), found.st_mtime_ns, found.st_size)
        if key not in _read:
            if len(_read) > 2000:
                _read.clear()
            _read[key] = tomllib.loads(path.read_text("utf-8-sig"))
        return _read[key]
    except (OSError, ValueError, RecursionError):
        return {"description": "This file cannot be read."}


def info() -> list[dict[str, Any]]:
    """Every scene by name, with what a list shows of it."""
    marked, found = set(favourites()), []
    for name, path in scene_files().items():
        head = _head(path)

        def text(key: str, head: dict[str, Any] = head) -> str:
            return head[key] if isinstance(head.get(key), str) else ""

        tags = head.get("tags", ())
        players = head.get("player")
        tempo = head.get("tempo_bpm", 120.0)
        found.append(
            {
                "name": name, "title": text("title") or name, "description": text("description"),
                "tags": [tag for tag in (tags if isinstance(tags, list) else [tags]) if isinstance(tag, str)],
                "factory": is_factory(path), "favourite": name in marked, "key": text("key"),
                "tempo_bpm": tempo if isinstance(tempo, (int, float)) and finite(tempo) else 120.0,
                "players": len(players) if isinstance(players, list) else 0,
            }
        )  # fmt: skip
    return found


def asset_folders() -> list[Path]:
    """Where files that can be dropped into a scene are looked for: what came with the program first."""
    return [PRESETS, MODELS, *(user_folder(name) for name in ("models", "scenes", "samples", "midi", "recordings"))]


def assets() -> list[dict[str, Any]]:
    """Every file that can be dropped into a scene: models, sounds, notes, scenes."""
    kinds = {ending: kind for kind, endings in KINDS.items() for ending in endings}
    found: dict[str, dict[str, Any]] = {}
    for folder in asset_folders():
        factory = folder in (PRESETS, MODELS)
        with contextlib.suppress(OSError):
            for path in sorted(folder.rglob("*")):
                kind = kinds.get(path.suffix.lower())
                if kind == "scene" and path.parent != folder:
                    continue  # songs, setlists and profiles of controllers are TOML too
                if kind and path.is_file() and not path.name.startswith("."):
                    inner = path.relative_to(folder).parts[:-1]
                    found[str(path)] = {
                        "path": str(path), "name": path.stem, "kind": kind, "tags": list(inner), "factory": factory
                    }  # fmt: skip
    return list(found.values())
