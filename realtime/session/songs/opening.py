"""What a session begins with: a scene, or the first part of a song or setlist; [main]."""

from __future__ import annotations

from pathlib import Path

from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.scene_data import Scene
from realtime.session.songs import setlist_file, song_file
from realtime.session.songs.find import SCENE, SETLIST, find_music
from realtime.session.songs.ready import scene_of
from realtime.session.songs.show import Opened, open_setlist, setlist_of


def opening(name: str | Path) -> tuple[Scene, Opened | None]:
    """The scene to begin with, and the evening that it is the beginning of. Raises AntiphonError."""
    kind, path = find_music(name)
    if kind == SCENE:
        return scenes.load(path), None
    opened = open_setlist(setlist_file.load(path)) if kind == SETLIST else setlist_of(song_file.load(path))
    if not opened.songs:
        raise AntiphonError(f"setlist {path}: it has no song; add one")
    song = opened.songs[opened.first.song - 1]
    return scene_of(song, song.parts[0]), opened
