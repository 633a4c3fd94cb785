"""The subtrees of songs: setlist, song, click and backing, each row with its type, range and words; [main]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime.contract.limits import LOUDEST_DB, SILENT_DB
from realtime.control.tree import READ, READ_WRITE, WRITE, Node

MOST_SONGS, MOST_PARTS = 256, 64
_LEVEL = (SILENT_DB, LOUDEST_DB)

SONGS: tuple[tuple[str, str, str, tuple[float, float] | None, str, str, str], ...] = (
    # address, type, access, range, unit, title, description
    ("/setlist/name", "s", READ_WRITE, None, "", "Setlist", 'What is open; set the name of a setlist or song, "" closes it.'),
    ("/setlist/list", "s", READ, None, "", "Setlists", "JSON [{name, title, songs, factory}] of all there are."),
    ("/setlist/songs", "s", READ, None, "", "Songs",
     "JSON [{number, name, title, key, tempo_bpm, parts, ready, seconds}] of what is open."),
    ("/setlist/song", "i", READ_WRITE, (0, MOST_SONGS), "", "Song", "The song that sounds, from 1; set it to go there, 0: none."),
    ("/setlist/part", "i", READ_WRITE, (0, MOST_PARTS), "", "Part", "The part that sounds, from 1; set it to go there."),
    ("/setlist/next", "I", WRITE, None, "", "Next", "The next part, or the next song if no parts remain."),
    ("/setlist/previous", "I", WRITE, None, "", "Previous", "The part before, or the last part of the song before."),
    ("/setlist/next_part", "I", WRITE, None, "", "Next part", "The next part of this song."),
    ("/setlist/previous_part", "I", WRITE, None, "", "Previous part", "The part before in this song."),
    ("/setlist/next_song", "I", WRITE, None, "", "Next song", "The next song, whatever parts remain: for a long press."),
    ("/setlist/previous_song", "I", WRITE, None, "", "Previous song", "The song before, from its first part."),
    ("/setlist/edit", "s", WRITE, None, "", "Edit",
     'JSON {"move": [from, to]}, {"add": song, "at": number}, {"remove": number}, {"order": [numbers]} or {"save": name}.'),
    ("/song/title", "s", READ, None, "", "Title", "Of the song, or of the scene where there is none."),
    ("/song/part", "s", READ, None, "", "Part", "Name of the part that sounds."),
    ("/song/key", "s", READ, None, "", "Key", "Of the part, the song or the scene."),
    ("/song/notes", "s", READ, None, "", "Notes", "What the performer wrote down."),
    ("/song/lyrics", "s", READ, None, "", "Lyrics",
     "JSON [{beat, bar, text, chords: [[column, symbol]], section, comment}] by beats of the transport."),
    ("/song/list", "s", READ, None, "", "Songs", "JSON [{name, title, artist, key, tempo_bpm, parts, tags, factory}]."),
    ("/song/save", "s", WRITE, None, "", "Save song", 'Write the song as it is played under a name; "" in place.'),
    ("/click/on", "T", READ_WRITE, None, "", "Click", "The metronome, while the transport plays."),
    ("/click/level_db", "f", READ_WRITE, _LEVEL, "dB", "Click level", "Of the metronome."),
    ("/click/output", "i", READ_WRITE, (1, 7), "", "Click output", "First channel of the pair it leaves by."),
    ("/click/count_in", "i", READ_WRITE, (0, 8), "bars", "Count-in", "Bars counted before the transport starts."),
    ("/backing/level_db", "f", READ_WRITE, _LEVEL, "dB", "Backing level", "Of the backing track."),
    ("/backing/state", "s", READ, None, "", "Backing", "JSON {file, state, seconds, position_s, output, marker}."),
)  # fmt: skip
"""What a performer and a pedalboard reach of songs."""


_DEFAULTS: dict[str, Any] = {
    "/click/on": False, "/click/level_db": -12.0, "/click/output": 1, "/click/count_in": 0, "/backing/level_db": 0.0,
}  # fmt: skip


def song_nodes(bind: Callable[[str], tuple[Any, Any]]) -> list[Node]:
    """Nodes of SONGS; bind(address) -> (get or None, set or None). A trigger's setter takes the True it is sent."""
    found = []
    for address, kind, access, limits, unit, title, doc in SONGS:
        getter, setter = bind(address) or (None, None)
        if getter is setter:
            continue
        curve, group = "bool" if kind == "T" else "lin", address.split("/")[1].capitalize()
        found.append(
            Node(address, kind, access, limits, _DEFAULTS.get(address), unit, (), curve, title, doc, group, getter,
                 setter, poll=getter is not None)
        )  # fmt: skip
    return found
