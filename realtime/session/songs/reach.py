"""The getters and setters behind the nodes of songs, by address; [any but audio]."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from realtime.session.scene_data import Scene
from realtime.session.songs.band import Band
from realtime.session.songs.keeping import Keeping
from realtime.session.songs.lists import setlist_shelf, song_shelf, songs_text
from realtime.session.songs.lyrics import lyric_rows
from realtime.session.songs.show import Show


class Lit(Protocol):
    """What is shown where there is no song."""

    @property
    def scene(self) -> Scene: ...


class Cached:
    """A text that is made anew only when the show has moved on."""

    def __init__(self, show: Show, make: Callable[[], str]):
        self._show, self._make = show, make
        self._version, self._text = -1, ""

    def __call__(self) -> str:
        version = self._show.version
        if version != self._version:
            self._text, self._version = self._make(), version
        return self._text


class Reach:
    """bind(address) -> (get or None, set or None)."""

    def __init__(self, show: Show, band: Band, keeping: Keeping, stage: Lit):
        self._show, self._band, self._stage = show, band, stage
        self._rows: dict[str, tuple[Any, Any]] = {
            "/setlist/name": (lambda: show.opened.setlist.name, show.request),
            "/setlist/list": (setlist_shelf().text, None),
            "/setlist/songs": (Cached(show, lambda: songs_text(show)), None),
            "/setlist/song": (lambda: show.place.song, show.go),
            "/setlist/part": (lambda: show.place.part, show.go_part),
            "/song/title": (lambda: show.song.title if show.song else stage.scene.title, None),
            "/song/part": (lambda: show.part.name if show.part else "", None),
            "/song/key": (lambda: stage.scene.key, None),
            "/song/notes": (lambda: show.song.notes if show.song else stage.scene.notes, None),
            "/song/lyrics": (Cached(show, self._lyrics), None),
            "/song/list": (song_shelf().text, None),
            "/setlist/edit": (None, keeping.request_edit),
            "/song/save": (None, keeping.request_save),
            "/click/on": (lambda: band.click.on, lambda on: band.set_click(on=on)),
            "/click/level_db": (lambda: band.click.level_db, lambda level: band.set_click(level_db=level)),
            "/click/output": (lambda: band.click.output, lambda output: band.set_click(output=output)),
            "/click/count_in": (lambda: band.count_in, band.set_count_in),
            "/backing/level_db": (lambda: band.backing_db, band.set_backing_db),
            "/backing/state": (band.state, None),
        }
        steps = ("next", "previous", "next_part", "previous_part", "next_song", "previous_song")
        for name in steps:
            self._rows[f"/setlist/{name}"] = (None, self._press(getattr(show, name)))

    @staticmethod
    def _press(step: Callable[[], None]) -> Callable[[Any], None]:
        return lambda _value: step()

    def _lyrics(self) -> str:
        song, timeline = self._show.song, self._band.timeline
        return json.dumps(lyric_rows(song, timeline, self._band.offset_beats) if song and timeline else [])

    def bind(self, address: str) -> tuple[Any, Any]:
        """(get or None, set or None) of an address of nodes_songs."""
        return self._rows.get(address, (None, None))
