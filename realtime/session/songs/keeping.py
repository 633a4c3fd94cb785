"""What a performer changes of songs and setlists while they play, and how it is kept; [main]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomlkit

from realtime.native.errors import AntiphonError
from realtime.session.order import read_order
from realtime.session.songs import setlist_file, song_file
from realtime.session.songs.band import Band
from realtime.session.songs.position import NOWHERE, Order, Place
from realtime.session.songs.show import Opened, Show, Stage
from realtime.session.songs.song_data import Entry
from realtime.session.songs.song_write import checked_name, document_of, put, target_of, write
from realtime.session.table import is_whole, shown

_EDITS = ("move", "add", "remove", "order", "save", "new")


class Keeping:
    """Edits of the setlist that is open, and saving of the song that plays. locked: raises where the show is locked."""

    def __init__(self, stage: Stage, show: Show, band: Band, locked: Callable[[], None]):
        self._stage, self._show, self._band, self._locked = stage, show, band, locked

    # -- setlist --------------------------------------------------------------------------------------------------------

    def request_edit(self, text: str) -> None:
        """Do an edit soon. [any but audio] Raises AntiphonError for one that is none, and where the show is locked."""
        order = _order(text)
        self._locked()
        self._stage.do(lambda: self.edit(order), "editing the setlist")

    def edit(self, order: Mapping[str, Any]) -> None:
        """{"move": [from, to]}, {"add": song, "at": number}, {"remove": number}, {"order": [numbers]}, {"save": name} or
        {"new": name}; numbers from 1. What sounds goes on. Raises AntiphonError."""
        kind = next(key for key in _EDITS if key in order)
        if kind == "save":
            self.save_setlist(order["save"])
        elif kind == "new":
            self._new(order["new"])
        elif kind == "add":
            self._add(order["add"], order.get("at"))
        else:
            self._arrange({"move": self._moved, "remove": self._removed, "order": self._ordered}[kind](order[kind]))

    def _count(self) -> int:
        return len(self._show.opened.songs)

    def _number(self, value: Any, most: int) -> int:
        if not is_whole(value, 1, most):
            raise AntiphonError(f"setlist: {shown(value)} is no number of a song; there are 1 to {most}")
        return int(value)

    def _moved(self, pair: Any) -> list[int]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise AntiphonError('setlist: move takes two numbers, as {"move": [3, 1]}')
        numbers = list(range(1, self._count() + 1))
        here, there = (self._number(one, self._count()) for one in pair)
        numbers.insert(there - 1, numbers.pop(here - 1))
        return numbers

    def _removed(self, number: Any) -> list[int]:
        gone = self._number(number, self._count())
        return [one for one in range(1, self._count() + 1) if one != gone]

    def _ordered(self, numbers: Any) -> list[int]:
        wanted = list(range(1, self._count() + 1))
        if not isinstance(numbers, list) or sorted(map(str, numbers)) != sorted(map(str, wanted)):
            raise AntiphonError(f"setlist: order takes each number from 1 to {self._count()} once")
        return [self._number(one, self._count()) for one in numbers]

    def _arrange(self, numbers: list[int]) -> None:
        """The songs of these numbers in this order."""
        opened, place = self._show.opened, self._show.place
        entries = tuple(opened.setlist.entries[number - 1] for number in numbers)
        songs = tuple(opened.songs[number - 1] for number in numbers)
        at = numbers.index(place.song) + 1 if place.song in numbers else 0
        self._change(Opened(replace(opened.setlist, entries=entries), songs, _order_of(songs)),
                     Place(at, place.part) if at else NOWHERE)  # fmt: skip

    def _add(self, name: Any, at: Any) -> None:
        if not isinstance(name, str):
            raise AntiphonError('setlist: add takes the name of a song, as {"add": "opener"}')
        opened, place = self._show.opened, self._show.place
        number = self._number(at, self._count() + 1) if at is not None else self._count() + 1
        song = song_file.load(name)  # one that cannot be read is not added
        entries, songs = list(opened.setlist.entries), list(opened.songs)
        entries.insert(number - 1, Entry(name))
        songs.insert(number - 1, song)
        here = place if place.song < number else Place(place.song + 1, place.part)
        self._change(Opened(replace(opened.setlist, entries=tuple(entries)), tuple(songs), _order_of(songs)), here)

    def _new(self, name: Any) -> None:
        title = checked_name(name if isinstance(name, str) else "", "setlist")
        setlist = replace(self._show.opened.setlist, name=title, title=title, entries=(), path=None, notes="")
        self._change(Opened(setlist, (), Order(())), NOWHERE)

    def _change(self, opened: Opened, place: Place) -> None:
        self._show.change(opened, place)

    def save_setlist(self, name: Any) -> None:
        """Write the setlist, in place or under a name; songs keep what was typed at them. Raises AntiphonError."""
        if not isinstance(name, str):
            raise AntiphonError('setlist: save takes a name, or "" for in place')
        setlist = self._show.opened.setlist
        path = target_of(name, "setlist", setlist.path, self._locked)
        document = document_of(setlist.path, "setlist")
        former = {
            id(entry): table for entry, table in zip(_former(setlist.path), document.get("song", ()), strict=False)
        }
        tables = tomlkit.aot()
        used: set[int] = set()
        for entry in setlist.entries:
            match = next(
                (key for key, table in former.items() if key not in used and table.get("name") == entry.song), None
            )
            if match is not None:
                used.add(match)
                tables.append(former[match])
            else:
                table = tomlkit.table()
                table["name"] = entry.song
                tables.append(table)
        put(document, {"title": setlist.title if not name or setlist.path is None else name})
        document.pop("song", None)
        document["song"] = tables
        write(document, path, "setlist")
        self._show.rename(replace(setlist, name=path.stem, title=str(document["title"]), path=path))
        self._stage.say(f"setlist saved: {path}")

    # -- song -----------------------------------------------------------------------------------------------------------

    def request_save(self, name: str) -> None:
        """Write the song soon. [any but audio]"""
        self._stage.do(lambda: self.save_song(name), "saving the song")

    def save_song(self, name: str) -> None:
        """The song as it is played: its tempo, metre, click, count-in and level of the backing track; a scene that plays
        without a song becomes one. Raises AntiphonError."""
        song, scene = self._show.song, self._stage.scene
        path = target_of(name, "song", song.path if song is not None else None, self._locked)
        document = document_of(song.path if song is not None else None, "song")
        if song is None:
            put(document, {"title": scene.title, "key": scene.key})
        elif name:
            put(document, {"title": name})
        transport = self._stage.engine.record[0]["transport"]
        part = self._show.part
        values: dict[str, Any] = {"count_in": self._band.count_in}
        if part is None or part.tempo_bpm is None:
            values["tempo_bpm"] = round(float(transport["tempo_bpm"]), 3)
        if part is None or part.signature is None:
            values["signature"] = [int(transport["numerator"]), int(transport["denominator"])]
        put(document, values)
        self._put_click(document)
        if song is not None and song.backing is not None:
            put(document["backing"], {"gain_db": round(self._band.backing_db, 2)})
        if song is None:
            table = tomlkit.table()
            table["name"], table["scene"] = scene.title, str(scene.path) if _is_elsewhere(scene.path) else scene.name
            parts = tomlkit.aot()
            parts.append(table)
            document["part"] = parts
        write(document, path, "song")
        self._stage.say(f"song saved: {path}")

    def _put_click(self, document: Any) -> None:
        click, former = self._band.click, document.get("click")
        said = {"on": click.on, "level_db": round(click.level_db, 2), "output": click.output}
        if isinstance(former, Mapping):
            put(former, said)
        elif click.on or former is not None:
            inline = tomlkit.inline_table()
            inline.update(said)
            document["click"] = inline


def _is_elsewhere(path: Path | None) -> bool:
    """Whether a scene cannot be found by its name."""
    from realtime.session.paths import scene_files

    return path is not None and path.resolve() not in {one.resolve() for one in scene_files().values()}


def _order(text: str) -> Mapping[str, Any]:
    order = read_order(text, "/setlist/edit", '{"remove": 2}')
    if sum(key in order for key in _EDITS) != 1:
        raise AntiphonError(f'setlist: {shown(text)} is no edit; write one of {", ".join(_EDITS)}, as {{"remove": 2}}')
    return order


def _order_of(songs: Any) -> Order:
    return Order([len(song.parts) for song in songs])


def _former(path: Path | None) -> tuple[Entry, ...]:
    return setlist_file.load(path).entries if path is not None else ()
