"""All scenes, songs and setlists with what they are, for the command line; [main]."""

from __future__ import annotations

from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.paths import scene_files, setlist_files, song_files
from realtime.session.songs import setlist_file, song_file


def _scene(path) -> dict[str, Any]:
    scene = scenes.load(path)
    return {"title": scene.title, "tags": scene.tags, "description": scene.description}


def _song(path) -> dict[str, Any]:
    song = song_file.load(path)
    about = ", ".join(part.name for part in song.parts)
    return {"title": song.title, "tags": song.tags, "description": about}


def _setlist(path) -> dict[str, Any]:
    setlist = setlist_file.load(path)
    return {"title": setlist.title, "tags": (), "description": f"{len(setlist.entries)} songs"}


_KINDS = (("scene", scene_files, _scene), ("song", song_files, _song), ("setlist", setlist_files, _setlist))


def listing() -> tuple[list[dict[str, Any]], list[str]]:
    """Rows {name, kind, title, tags, description}, scenes first, and a sentence for each file that cannot be read."""
    rows, faults = [], []
    for kind, files, row in _KINDS:
        for name, path in files().items():
            try:
                rows.append({"name": name, "kind": kind} | row(path))
            except AntiphonError as error:
                faults.append(str(error))
    return rows, faults
