"""Which of the known sets a piece is of: by what its id begins with, else by its file's name, whatever was added to it;
[any]."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

# what the ids of a set begin with, up to their first slash
SET_OF_IDS = {
    "airds": "folk_airds",
    "billboard": "billboard_chords",
    "chopin_first_editions": "chopin_first_editions",
    "dmp200": "drum_machine_patterns",
    "giantmidi": "piano_perf_giantmidi",
    "gmd": "groove_midi",
    "imaginary": "jazz_chords_imaginary_book",
    "jsb": "jsb_chorales_official",
    "m21bach": "bach_chorales_music21",
    "nottingham": "folk_nottingham",
    "oneills": "folk_oneills1850",
    "openewld": "openewld",
    "openscore_lieder": "openscore_lieder",
    "openscore_quartets": "openscore_quartets",
    "pop909": "pop909",
    "ryans": "folk_ryans_mammoth",
    "tidal": "drum_patterns_tidal",
    "wir": "when_in_rome_romantext",
}
LINE_ENDINGS = (".jsonl", ".jsonl.gz")
LONGEST_FIRST_LINE = 1 << 22


def stem(path: Path) -> str:
    """A file's name without what says that it is JSON lines."""
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


def set_of(piece_id: str, file_stem: str) -> str:
    """The name of the set a piece is of; the file's name itself, where neither that nor the id tells of a known one."""
    head, slash, _ = piece_id.partition("/")
    if slash and head in SET_OF_IDS:
        return SET_OF_IDS[head]
    name = file_stem.lower()
    for known in SET_OF_IDS.values():
        if re.match(rf"{known}(?![a-z0-9])|{known}_", name):  # "POP909-train", "pop909 (1)"
            return known
    return file_stem


def set_of_file(path: Path) -> str:
    """The set that a file's first piece is of; by the name alone, where that line cannot be read."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            first = json.loads(file.readline(LONGEST_FIRST_LINE).decode("utf-8-sig"))
        return set_of(str(first["id"]), stem(path))
    except (OSError, EOFError, ValueError, KeyError, TypeError, RecursionError, zlib.error):
        return set_of("", stem(path))


def files_of_sets(folder: Path, names: Iterable[str]) -> list[Path]:
    """The files of JSON lines in a folder, at any depth, that hold some of the named sets."""
    wanted = set(names)
    lines = (p for p in sorted(folder.rglob("*")) if p.name.endswith(LINE_ENDINGS) and not p.name.startswith("."))
    return [p for p in lines if p.is_file() and wanted and set_of_file(p) in wanted]
