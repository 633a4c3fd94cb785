"""What can be opened, and what is open, as JSON for panels and tablets; [main, control thread]."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session.paths import PRESETS, setlist_files, song_files
from realtime.session.songs import setlist_file, song_file
from realtime.session.songs.position import Place
from realtime.session.songs.show import Opened, Show
from realtime.session.songs.song_data import Song
from realtime.session.songs.timeline import Timeline


class Shelf:
    """Files by name, each read again only when it has changed. read(path): a row for it."""

    def __init__(self, files: Any, read: Any):
        self._files, self._read = files, read
        self._rows: dict[Path, tuple[int, dict[str, Any] | None]] = {}

    def text(self) -> str:
        """JSON list of the rows; a file that cannot be read is left out."""
        rows = []
        for name, path in self._files().items():
            try:
                stamp = path.stat().st_mtime_ns
            except OSError:
                continue
            if path not in self._rows or self._rows[path][0] != stamp:
                self._rows[path] = (stamp, self._row(path))
            row = self._rows[path][1]
            if row is not None:
                rows.append({"name": name} | row | {"factory": PRESETS in path.parents})
        return json.dumps(rows)

    def _row(self, path: Path) -> dict[str, Any] | None:
        try:
            return self._read(path)
        except AntiphonError:
            return None


def _song_row(path: Path) -> dict[str, Any]:
    song = song_file.load(path)
    parts = [part.name for part in song.parts]
    return {"title": song.title, "artist": song.artist, "key": song.key, "tempo_bpm": song.tempo_bpm or 0.0,
            "parts": parts, "tags": list(song.tags)}  # fmt: skip


def _setlist_row(path: Path) -> dict[str, Any]:
    setlist = setlist_file.load(path)
    return {"title": setlist.title, "songs": len(setlist.entries)}


def song_shelf() -> Shelf:
    """All songs."""
    return Shelf(song_files, _song_row)


def setlist_shelf() -> Shelf:
    """All setlists."""
    return Shelf(setlist_files, _setlist_row)


def seconds_of(song: Song) -> float:
    """How long a song lasts by its bars; 0 where they do not tell."""
    return round(Timeline(song, 120.0, (4, 4)).seconds, 1) if song.parts else 0.0


def songs_text(show: Show) -> str:
    """JSON of /setlist/songs."""
    opened: Opened = show.opened
    rows = []
    for number, song in enumerate(opened.songs, 1):
        first = Place(number, 1)
        start = song.parts[0] if song.parts else None
        rows.append({
            "number": number, "name": song.name, "title": song.title, "missing": song.missing,
            "key": song.key or (start.key if start else ""),
            "tempo_bpm": song.tempo_bpm or (start.tempo_bpm if start else None) or 0.0,
            "parts": [part.name for part in song.parts],
            "ready": show.place.song == number or show.preload.is_ready(first), "seconds": seconds_of(song),
        })  # fmt: skip
    return json.dumps(rows)
