"""Reader of JSON lines, one piece a line, gzipped or not (the format of the project's shared note data); [any]."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from export.corpora.grids import drum_grid
from export.corpora.known import set_of, stem
from export.corpora.piece import Piece, Track
from realtime.music.midifile import SHORTEST_UNIT
from realtime.music.pitch import ACCIDENTALS, LETTER_CLASS
from realtime.native.errors import AntiphonError

KNOWN = ("id", "split", "lic", "tpq", "ts", "key", "tempo", "tracks", "chords", "bars", "words", "title", "composer")
# modes by their third, and how far above the tonic of the major scale with the same signature they begin
MODES = {"major": "major", "ionian": "major", "mixolydian": "major", "lydian": "major",
         "minor": "minor", "aeolian": "minor", "dorian": "minor", "phrygian": "minor"}  # fmt: skip
TONIC_FROM_MAJOR = {"major": 0, "ionian": 0, "minor": 9, "aeolian": 9,
                    "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7}  # fmt: skip

LONGEST_LINE = 1 << 25
LEAST_UNPACKED, MOST_TIMES = 1 << 26, 200  # notes as text shrink to a tenth; 200 times is a bomb
MOST_FAULTS = 1000
# what a line raises that is no piece: nested too deep, infinite, of another kind
DAMAGE = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def _track(raw: dict, tpq: float) -> Track:
    rows = np.asarray([r[:4] for r in raw["n"]], float).reshape(-1, 4)
    if len(rows) and (rows[:, 0].min() < 0 or rows[:, 2].min() < 0 or rows[:, 2].max() > 127):
        raise ValueError("a pitch or onset out of range")
    rows[:, :2] /= tpq
    rows = rows[np.lexsort((rows[:, 2], rows[:, 0]))]
    return Track(str(raw.get("name", "")), int(raw.get("prog", 0)), bool(raw.get("drum", False)), rows)


def _key(raw: dict) -> tuple[int | None, str]:
    """Tonic and mode of the first signature; POP909 names it as text."""
    if raw.get("key_audio"):
        name, _, mode = str(raw["key_audio"][0][1]).partition(":")
        return (LETTER_CLASS[name[0]] + ACCIDENTALS[name[1:]]) % 12, "minor" if mode.startswith("min") else "major"
    if isinstance(raw.get("key"), list) and raw["key"] and len(raw["key"][0]) >= 3:
        fifths, mode = raw["key"][0][1:3]
        return (int(fifths) * 7 + TONIC_FROM_MAJOR.get(mode, 0)) % 12, MODES.get(mode, "")
    return None, ""


def _metres(raw: dict, tpq: float) -> list[tuple[float, int, int]]:
    """Metres that make bars; others are left out."""
    found = [(float(t) / tpq, int(n), int(d)) for t, n, d in raw.get("ts") or ()]
    return [m for m in found if math.isfinite(m[0]) and 1 <= m[1] <= 255 and 1 <= m[2] <= SHORTEST_UNIT]


def piece_of(raw: dict, source: str = "") -> Piece:
    """One decoded line. Raises KeyError, IndexError, TypeError or ValueError if it is damaged."""
    tpq = float(raw.get("tpq", 48))
    if not tpq > 0:
        raise ValueError(f"{tpq:g} ticks a quarter")
    timed = isinstance(raw.get("tracks"), list)  # chord-only sets keep their own fields in `extra`
    grid = drum_grid(raw)
    tempo = raw.get("tempo") if isinstance(raw.get("tempo"), list) else []
    if not tempo and raw.get("bpm"):
        tempo = [[0, float(raw["bpm"])]]
    return Piece(
        id=str(raw["id"]),
        split=str(raw.get("split", "")),
        source=source,
        licence=str(raw.get("lic", "")),
        tracks=[_track(t, tpq) for t in raw["tracks"]] if timed else [grid[0]] if grid else [],
        chords=[(float(t) / tpq, str(c)) for t, c in raw.get("chords") or []] if timed else [],
        metres=_metres(raw, tpq) or (grid[1] if grid else []),
        key=_key(raw),
        tempo=[
            (float(t) / tpq, float(b)) for t, b in tempo or () if math.isfinite(float(t)) and 0 < float(b) < math.inf
        ],
        words=[(float(t) / tpq, str(w)) for t, w in raw.get("words") or []] if timed else [],
        bars=[float(t) / tpq for t in raw.get("bars") or []] if timed else [],
        title=str(raw.get("title", "")),
        composer=str(raw.get("composer", "")),
        extra={k: v for k, v in raw.items() if k not in KNOWN or (not timed and k in ("bars", "chords", "key"))},
    )


def read_lines(path: Path, damaged: list[str]) -> Iterator[Piece]:
    """Pieces of one .jsonl(.gz) file; what cannot be read is named in `damaged`, with its line."""
    number, faults = 0, 0
    try:
        for number, line in enumerate(_lines(path), 1):
            try:
                piece = piece_of(json.loads(line))
            except (*DAMAGE, AntiphonError) as error:
                damaged.append(f"{path.name} line {number}: {type(error).__name__}: {error}")
                faults += 1
                if faults == MOST_FAULTS:
                    raise ValueError(f"{faults} damaged lines; the rest is not read") from None
                continue
            piece.source = set_of(piece.id, stem(path))
            piece.place = f"{path.name} line {number}"
            yield piece
    except (OSError, EOFError, ValueError, zlib.error) as error:
        damaged.append(f"{path.name} after line {number}: {error}")


def _lines(path: Path) -> Iterator[str]:
    """Lines of a file, gzipped or not, with or without a byte order mark. Raises ValueError where one is longer than any
    piece, or the file unpacks to what no music does."""
    most = max(LEAST_UNPACKED, MOST_TIMES * path.stat().st_size)
    unpacked = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise ValueError(f"a line of more than {LONGEST_LINE >> 20} MB, longer than any piece")
            unpacked += len(line)
            if unpacked > most:
                raise ValueError(f"it unpacks to more than {MOST_TIMES} times its size, as no music does")
            yield line.decode("utf-8-sig")
