"""Reads a setlist from its TOML file and checks it whole; its songs are read when it is opened; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session.paths import find_setlist
from realtime.session.songs.song_data import Entry, Setlist
from realtime.session.songs.song_file import OVERRIDES, overrides
from realtime.session.table import Table
from realtime.session.text_file import read_text, read_toml

MOST_SONGS = 256
_SETLIST_KEYS = ("title", "notes", "auto_advance", "channel", "relative", "song")


def _entry(table: Mapping[str, Any], where: str) -> Entry:
    reader = Table(table, where, (*OVERRIDES, "name"))
    name = reader.text("name")
    if not name:
        raise AntiphonError(f'{where}: say which song, for example name = "opener"')
    changes = overrides(reader)
    return Entry(name, changes, changes.pop("auto_advance", None))


def read(document: Mapping[str, Any], name: str) -> Setlist:
    """A setlist from what TOML made of its text. Raises AntiphonError with the place and the remedy."""
    reader = Table(document, name, _SETLIST_KEYS)
    tables = reader.tables("song")
    if len(tables) > MOST_SONGS:
        raise AntiphonError(f"{name}: {len(tables)} songs; a setlist has at most {MOST_SONGS}")
    return Setlist(
        name=name,
        title=reader.text("title", name),
        notes=reader.text("notes"),
        auto_advance=reader.flag("auto_advance"),
        channel=reader.whole("channel", 0, 0, 16),
        relative=reader.flag("relative"),
        entries=tuple(_entry(table, f"{name}, song {number}") for number, table in enumerate(tables, 1)),
    )


def parse(text: str, name: str = "setlist") -> Setlist:
    """A setlist from TOML text. Raises AntiphonError with the place and the remedy."""
    return read(read_toml(text, name, "setlist"), name)


def load(name: str | Path) -> Setlist:
    """A setlist by file, or by the name of one in presets/setlists or the user's folder. Raises AntiphonError."""
    path = find_setlist(name)
    return replace(parse(read_text(path, "setlist"), path.stem), path=path)
