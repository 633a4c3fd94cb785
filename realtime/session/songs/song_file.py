"""Reads a song from its TOML file and checks it whole; scenes are checked when they are made ready; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime.contract.limits import LOUDEST_DB, SILENT_DB, TEMPO_BPM
from realtime.midi.backend import matches
from realtime.music import chart_text, chordpro
from realtime.native.errors import AntiphonError, nearest
from realtime.session.paths import find_asset, find_song, scene_files
from realtime.session.scene import signature
from realtime.session.songs.lyrics import chart_of_lyrics
from realtime.session.songs.song_data import (
    KEEP,
    MARKER,
    PART,
    PROGRAM,
    RESET,
    Backing,
    Click,
    Cue,
    Part,
    ProgramOut,
    Song,
    number_of,
)
from realtime.session.table import Table, is_whole, shown
from realtime.session.text_file import read_text, read_toml

MOST_PARTS, MOST_CUES, MOST_SENDS = 64, 512, 32
LONGEST_BARS = 10_000
OUTPUTS = (1, 7)
OVERRIDES = ("title", "tempo_bpm", "signature", "key", "notes", "count_in", "tail_s", "controls", "program",
             "auto_advance", "click", "sends")  # fmt: skip
"""What a setlist may say otherwise than the song."""
OF_LYRICS = "lyrics"
"""As `chart`: the chords of the lyrics lead."""
_SONG_KEYS = (*OVERRIDES, "artist", "tags", "lyrics", "lyrics_file", "chart", "backing", "part")
_PART_KEYS = ("name", "scene", "snapshot", "tempo_bpm", "signature", "key", "program", "bars", "sends")
_SEND_KEYS = ("channel", "program", "bank_msb", "bank_lsb", "port")
_CUE_KEYS = ("bar", "part", "program", "marker")


def _maybe_number(reader: Table, key: str, low: float, high: float) -> float | None:
    return reader.number(key, 0.0, low, high) if key in reader.table else None


def _maybe_whole(reader: Table, key: str, low: int, high: int) -> int | None:
    return reader.whole(key, 0, low, high) if key in reader.table else None


def _maybe_signature(reader: Table) -> tuple[int, int] | None:
    return signature(reader) if "signature" in reader.table else None


def _output(reader: Table) -> int:
    first = reader.whole("output", 1, *OUTPUTS)
    if first % 2 == 0:
        raise reader.wrong("output", "the first of a pair: 1, 3, 5 or 7")
    return first


def _send(table: Any, where: str) -> ProgramOut:
    reader = Table(table, where, _SEND_KEYS)
    if not is_whole(reader.table.get("channel"), 1, 16):
        raise reader.wrong("channel", "a whole number from 1 to 16")
    try:
        matches("", (reader.text("port"),))
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}") from None
    return ProgramOut(
        int(reader.table["channel"]),
        _maybe_whole(reader, "program", 0, 127),
        _maybe_whole(reader, "bank_msb", 0, 127),
        _maybe_whole(reader, "bank_lsb", 0, 127),
        reader.text("port"),
    )


def _sends(reader: Table) -> tuple[ProgramOut, ...]:
    tables = reader.tables("sends")
    if len(tables) > MOST_SENDS:
        raise AntiphonError(f"{reader.where}: {len(tables)} sends; {MOST_SENDS} are the most")
    return tuple(_send(table, f"{reader.where}, send {number}") for number, table in enumerate(tables, 1))


def _part(table: Mapping[str, Any], where: str, number: int) -> Part:
    name = Table(table, f"{where}, part {number}").text("name", f"Part {number}")
    reader = Table(table, f"{where}, part {shown(name)}", _PART_KEYS)
    scene = reader.text("scene")
    if not name.strip() or not name.isprintable() or len(name) > 64:
        raise AntiphonError(f"{where}, part {number}: give it a name of up to 64 letters that can be seen")
    if not scene:
        raise AntiphonError(f'{reader.where}: say which scene it plays, for example scene = "first_light"')
    if not scene.endswith(".toml") and "/" not in scene and scene not in scene_files():
        raise AntiphonError(f"{reader.where}: there is no scene {shown(scene)}; {nearest(scene, scene_files())}")
    return Part(
        name=name,
        scene=scene,
        snapshot=reader.text("snapshot"),
        tempo_bpm=_maybe_number(reader, "tempo_bpm", *TEMPO_BPM),
        signature=_maybe_signature(reader),
        key=reader.text("key"),
        program=_maybe_whole(reader, "program", 0, 127),
        bars=reader.whole("bars", 0, 0, LONGEST_BARS),
        sends=_sends(reader),
    )


def _cue(table: Mapping[str, Any], where: str, parts: list[str]) -> Cue:
    reader = Table(table, where, _CUE_KEYS)
    bar = reader.whole("bar", 0, 1, LONGEST_BARS)
    kinds = [kind for kind in (PART, PROGRAM, MARKER) if kind in reader.table]
    if len(kinds) != 1:
        raise AntiphonError(f"{where}: say one of part, program or marker")
    if kinds[0] == PROGRAM:
        return Cue(bar, PROGRAM, _send(reader.table[PROGRAM], f"{where}: program"))
    value = reader.text(kinds[0])
    if kinds[0] == PART and number_of(parts, value) is None:
        raise AntiphonError(f"{where}: there is no part {shown(value)}; {nearest(value, parts)}")
    return Cue(bar, kinds[0], value)


def _backing(reader: Table, parts: list[str], folder: Path | None) -> Backing | None:
    if "backing" not in reader.table:
        return None
    inner = reader.inner("backing", ("file", "gain_db", "output", "cues"))
    if not inner.text("file"):
        raise AntiphonError(f'{inner.where}: say which file, for example file = "band.wav"')
    tables = inner.tables("cues")
    if len(tables) > MOST_CUES:
        raise AntiphonError(f"{inner.where}: {len(tables)} cues; {MOST_CUES} are the most")
    cues = [_cue(table, f"{inner.where}, cue {number}", parts) for number, table in enumerate(tables, 1)]
    return Backing(
        str(find_asset(inner.text("file"), folder, inner.where)),
        inner.number("gain_db", 0.0, SILENT_DB, LOUDEST_DB),
        _output(inner),
        tuple(sorted(cues, key=lambda cue: cue.bar)),
    )


def _click(reader: Table) -> Click:
    value = reader.table.get("click", False)
    if isinstance(value, bool):
        return Click(on=value)
    inner = reader.inner("click", ("on", "level_db", "output"))
    on = inner.flag("on") if "on" in inner.table else True
    return Click(on, inner.number("level_db", Click.level_db, SILENT_DB, LOUDEST_DB), _output(inner))


def _lyrics(reader: Table, folder: Path | None) -> str:
    if "lyrics" in reader.table and "lyrics_file" in reader.table:
        raise AntiphonError(f"{reader.where}: say lyrics or lyrics_file, not both")
    text = reader.text("lyrics")
    if "lyrics_file" in reader.table:
        path = find_asset(reader.text("lyrics_file"), folder, reader.where)
        text = read_text(path, "sheet of lyrics", "give a ChordPro text file")
    try:
        chordpro.read(text)
    except AntiphonError as error:
        raise AntiphonError(f"{reader.where}: lyrics: {error}") from None
    return text


def _with_chart(song: Song, reader: Table) -> Song:
    """The chords that lead: written out, or those of the sheet of lyrics."""
    text = reader.text("chart")
    if not text.strip():
        return song
    try:
        text = chart_of_lyrics(song) if text.strip() == OF_LYRICS else text
        chart_text.read_text(text, "chart")
    except AntiphonError as error:
        raise AntiphonError(f"{reader.where}: {error}") from None
    return replace(song, chart=text)


def _controls(reader: Table) -> str:
    value = reader.text("controls", RESET)
    if value not in (KEEP, RESET):
        raise reader.wrong("controls", f'"{KEEP}" or "{RESET}"')
    return value


_READERS = {
    "title": lambda reader: reader.text("title"),
    "tempo_bpm": lambda reader: _maybe_number(reader, "tempo_bpm", *TEMPO_BPM),
    "signature": _maybe_signature,
    "key": lambda reader: reader.text("key"),
    "notes": lambda reader: reader.text("notes"),
    "count_in": lambda reader: reader.whole("count_in", 0, 0, 8),
    "tail_s": lambda reader: _maybe_number(reader, "tail_s", 0.0, 60.0),
    "controls": _controls,
    "program": lambda reader: _maybe_whole(reader, "program", 0, 127),
    "auto_advance": lambda reader: reader.flag("auto_advance"),
    "click": _click,
    "sends": _sends,
}
assert tuple(_READERS) == OVERRIDES


def overrides(reader: Table) -> dict[str, Any]:
    """Those fields of a song that a table says. Raises AntiphonError."""
    return {key: read(reader) for key, read in _READERS.items() if key in reader.table}


def read(document: Mapping[str, Any], name: str, folder: Path | None) -> Song:
    """A song from what TOML made of its text. Raises AntiphonError with the place and the remedy."""
    reader = Table(document, name, _SONG_KEYS)
    tables = reader.tables("part")
    if not 1 <= len(tables) <= MOST_PARTS:
        raise AntiphonError(f"{name}: {len(tables)} parts; a song has from one [[part]] to {MOST_PARTS}")
    parts = [_part(table, name, number) for number, table in enumerate(tables, 1)]
    names = [part.name for part in parts]
    twice = next((one for at, one in enumerate(names) if number_of(names[:at], one) is not None), None)
    if twice is not None:
        raise AntiphonError(f"{name}: there are two parts {shown(twice)}; give each its own name")
    said = {"title": name} | overrides(reader)
    song = Song(
        name=name,
        artist=reader.text("artist"),
        tags=reader.texts("tags", ()),
        backing=_backing(reader, names, folder),
        lyrics=_lyrics(reader, folder),
        parts=tuple(parts),
        **said,
    )
    return _with_chart(song, reader)


def parse(text: str, name: str = "song", folder: Path | None = None) -> Song:
    """A song from TOML text. Raises AntiphonError with the place and the remedy."""
    return read(read_toml(text, name, "song"), name, folder)


def load(name: str | Path) -> Song:
    """A song by file, or by the name of one in presets/songs or the user's songs folder. Raises AntiphonError."""
    path = find_song(name)
    return replace(parse(read_text(path, "song"), path.stem, path.absolute().parent), path=path)
