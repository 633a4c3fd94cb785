"""Reader of the tune collections that music21 bundles (Ryan's, O'Neill's, Aird's); parsed once, then kept in the
user's cache; [workshop]."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import platformdirs

from export.corpora.tune import Tune, one_voice
from realtime.music.melody_code import TICKS, bar_ticks
from realtime.native.errors import AntiphonError

COLLECTIONS = ("ryansMammoth", "oneills1850", "airdsAirs")
CACHE_VERSION = 1
MODES = {"major": "major", "ionian": "major", "mixolydian": "major", "lydian": "major",
         "minor": "minor", "aeolian": "minor", "dorian": "minor", "phrygian": "minor"}  # fmt: skip


def cache_file() -> Path:
    import music21

    folder = Path(platformdirs.user_cache_dir("antiphon"))
    return folder / f"music21_{music21.__version__}_folk_{CACHE_VERSION}.jsonl.gz"


def tune_of_score(score, name: str) -> Tune:
    """The first part of a music21 score. Raises whatever music21 raises on damage, and ValueError if it is empty."""
    from music21 import key, meter

    part = score.parts[0]
    metre = part.recurse().getElementsByClass(meter.TimeSignature).first()
    numerator, denominator = (metre.numerator, metre.denominator) if metre else (4, 4)
    bar = bar_ticks(numerator, denominator)
    measures = list(part.getElementsByClass("Measure"))
    upbeat = round(float(measures[0].duration.quarterLength) * TICKS) % bar if measures else 0
    shift = bar - upbeat if upbeat else 0
    notes = []
    for note in part.flatten().notes:
        if note.duration.isGrace:
            continue
        onset = round(float(note.offset) * TICKS) + shift
        notes.append((onset, round(float(note.quarterLength) * TICKS), max(p.midi for p in note.pitches)))
    if not notes:
        raise ValueError("no notes")
    signature = part.recurse().getElementsByClass(key.KeySignature).first()
    tonic, mode = None, ""
    if isinstance(signature, key.Key):
        tonic, mode = signature.tonic.pitchClass, MODES.get(signature.mode, "")
    title = score.metadata.title if score.metadata and score.metadata.title else ""
    return Tune(name, one_voice(notes), numerator, denominator, tonic, mode, "", str(title), "PD tunes; music21 corpus")


def parse_music21(damaged: list[str]) -> Iterator[Tune]:
    """Every tune of the COLLECTIONS, parsed afresh (some minutes)."""
    import music21
    from music21 import abcFormat
    from music21.abcFormat import translate
    from rich.progress import track

    root = Path(music21.__file__).parent / "corpus"
    files = [p for c in COLLECTIONS for p in sorted((root / c).glob("*.abc"))]
    for path in track(files, description="Reading music21's tunes (once)"):
        try:
            reader = abcFormat.ABCFile()
            reader.open(str(path))
            tunes = reader.read().splitByReferenceNumber()
            reader.close()
        except Exception as error:  # the parser of a foreign format raises anything
            damaged.append(f"{path.name}: {type(error).__name__}: {error}")
            continue
        for number, handler in tunes.items():
            name = f"{path.parent.name}/{path.name}/{number}"
            try:
                tune = tune_of_score(translate.abcToStreamScore(handler), name)
            except Exception as error:  # as above
                damaged.append(f"{name}: {type(error).__name__}: {error}")
                continue
            tune.source = f"music21 {path.parent.name}"
            yield tune


def read_music21(damaged: list[str]) -> Iterator[Tune]:
    """The same from the cache, which is made at the first call. Raises AntiphonError if music21 is not installed."""
    try:
        cache = cache_file()
    except ModuleNotFoundError:
        raise AntiphonError(
            "The default corpus needs music21; install it with `pip install -e .[train]`, or name --data."
        ) from None
    if not cache.exists():
        faults: list[str] = []
        tunes = [asdict(t) for t in parse_music21(faults)]
        cache.parent.mkdir(parents=True, exist_ok=True)
        part = cache.with_suffix(".part")
        with gzip.open(part, "wt", encoding="utf-8") as file:
            file.write(json.dumps(faults) + "\n")
            file.writelines(json.dumps(t) + "\n" for t in tunes)
        os.replace(part, cache)
    with gzip.open(cache, "rt", encoding="utf-8") as lines:
        damaged += json.loads(next(lines))
        for line in lines:
            tune = Tune(**json.loads(line))
            tune.notes = [(n[0], n[1], n[2]) for n in tune.notes]
            yield tune
