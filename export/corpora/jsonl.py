"""Reader of gzipped JSON lines, one piece a line (the format of the project's shared note data); [any]."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from export.corpora.tune import Tune, one_voice
from realtime.music.melody_code import TICKS, bar_ticks

MODES = {
    "major": "major",
    "minor": "minor",
    "dorian": "minor",
    "mixolydian": "major",
    "lydian": "major",
    "phrygian": "minor",
}
TONIC_FROM_MAJOR = {"major": 0, "minor": 9, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7}


def bar_phase(notes: list[list[int]], bar: int) -> int:
    """Ticks of the upbeat before the first full bar: where the loudest accents fall, if the file has accents
    (abc2midi writes them)."""
    levels = Counter(n[3] for n in notes)
    if len(levels) < 2:
        return 0
    loudest = max(levels)
    places = Counter(n[0] % bar for n in notes if n[3] == loudest)
    return places.most_common(1)[0][0]


def melody_track(tracks: list[dict]) -> list[list[int]]:
    """The notes of the track named melody, else of the first pitched track."""
    pitched = [t for t in tracks if not t.get("drum")]
    named = [
        t for t in pitched if "melod" in str(t.get("name", "")).lower() or str(t.get("name", "")).lower() == "voice"
    ]
    return (named or pitched)[0]["n"]


def tune_of(piece: dict) -> Tune:
    """The melody of one decoded line. Raises KeyError, IndexError, TypeError or ValueError if the piece is
    damaged."""
    tpq = int(piece["tpq"])
    numerator, denominator = (piece["ts"][0][1:] if piece.get("ts") else (4, 4))[:2]
    raw = melody_track(piece["tracks"])
    bar = bar_ticks(numerator, denominator)
    phase = bar_phase(raw, bar * tpq // TICKS)
    # an upbeat is moved to the end of an empty first bar, so that every bar line is a multiple of the bar
    shift = bar - round(phase * TICKS / tpq) if phase else 0
    notes = [(round(o * TICKS / tpq) + shift, round(d * TICKS / tpq), int(p)) for o, d, p, *_ in raw]
    if any(not 0 <= p <= 127 or o < 0 for o, _, p in notes):
        raise ValueError("a pitch or onset out of range")
    tonic, mode = None, ""
    if piece.get("key"):
        fifths, name = piece["key"][0][1:3]
        tonic, mode = (fifths * 7 + TONIC_FROM_MAJOR.get(name, 0)) % 12, MODES.get(name, "")
    return Tune(
        id=str(piece["id"]),
        notes=one_voice(notes),
        numerator=int(numerator),
        denominator=int(denominator),
        tonic=tonic,
        mode=mode,
        split=str(piece.get("split", "")),
        title=str(piece.get("title", "")),
        licence=str(piece.get("lic", "")),
    )


def read_jsonl(path: Path, damaged: list[str]) -> Iterator[Tune]:
    """Tunes of one .jsonl.gz or .jsonl file; what cannot be read is named in `damaged`, with its line."""
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    tune = tune_of(json.loads(line))
                except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError) as error:
                    damaged.append(f"{path.name} line {number}: {type(error).__name__}: {error}")
                    continue
                tune.source = path.name
                yield tune
    except (OSError, EOFError, UnicodeDecodeError) as error:
        damaged.append(f"{path.name} after line {number}: {error}")
