"""Reader of scores (MusicXML, ABC, Humdrum) through music21, as the lines of export.corpora.jsonl; [workshop].

Repeats are not played out, grace notes and unpitched percussion are left out, tied notes are one note."""

from __future__ import annotations

import contextlib
import signal
import threading
import zipfile
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from unittest.mock import patch

from export.corpora.cache import cached
from export.corpora.jsonl import piece_of
from export.corpora.piece import Piece
from realtime.music.chord_symbol import parse_chord
from realtime.native.errors import AntiphonError

TICKS = 48
LARGEST_BYTES = 1 << 25
LEAST_S, BYTES_A_SECOND = 20.0, 10_000
PLAIN_VELOCITY = 80


def need_music21():
    """The library. Raises AntiphonError if it is not installed."""
    try:
        import music21
    except ModuleNotFoundError:
        raise AntiphonError(
            "Scores and the default corpus need music21; install it with `pip install -e .[train]`, or name --data with "
            "MIDI or .jsonl.gz files."
        ) from None
    return music21


@contextlib.contextmanager
def bounded(path: Path) -> Iterator[None]:
    """A score is parsed in a time that fits its size. Raises ValueError for one that unpacks to more than any score, and
    TimeoutError when the time is over (on the main thread, the only one that can be told)."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    if size > LARGEST_BYTES:
        raise ValueError(f"it holds {size / 1e6:.0f} MB, more than any score")
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_):
        raise TimeoutError(f"not read in {limit_s:.0f} s")

    limit_s = LEAST_S + size / BYTES_A_SECOND
    former = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _ticks(quarters) -> int:
    return round(float(quarters) * TICKS)


def raw_of_score(score, name: str, licence: str = "") -> dict:
    """A music21 score as one line. Raises whatever music21 raises on damage, and ValueError if it has no notes."""
    from music21 import harmony, key, meter, tempo

    parts = list(score.parts) or [score]
    raw: dict = {"id": name, "lic": licence, "tpq": TICKS, "ts": [], "key": [], "tempo": [], "tracks": []}
    chords: dict[int, str] = {}
    words: list[list] = []
    for part in parts:
        flat = part.flatten()
        raw["tracks"].append(_track(part, flat))
        for symbol in flat.getElementsByClass(harmony.ChordSymbol):
            chords[_ticks(symbol.offset)] = _symbol(symbol)
        for mark in flat.getElementsByClass(("TextExpression", "TempoText")):
            words.append([_ticks(mark.offset), str(getattr(mark, "content", None) or getattr(mark, "text", ""))])
    first = parts[0].flatten()
    raw["ts"] = [[_ticks(t.offset), t.numerator, t.denominator] for t in first.getElementsByClass(meter.TimeSignature)]
    for k in first.getElementsByClass(key.KeySignature):
        raw["key"].append([_ticks(k.offset), k.sharps, k.mode if isinstance(k, key.Key) else ""])
    for mark in score.flatten().getElementsByClass(tempo.MetronomeMark):
        if bpm := mark.getQuarterBPM():
            raw["tempo"].append([_ticks(mark.offset), float(bpm)])
    raw["bars"] = [_ticks(m.offset) for m in parts[0].getElementsByClass("Measure")]
    raw["chords"] = [[tick, chords[tick]] for tick in sorted(chords)]
    raw["words"] = sorted(words)
    metadata = score.metadata
    raw["title"] = str(metadata.title or "") if metadata else ""
    raw["composer"] = str(metadata.composer or "") if metadata else ""
    if not any(t["n"] for t in raw["tracks"]):
        raise ValueError("no notes")
    return raw


def _track(part, flat) -> dict:
    from music21 import expressions, harmony

    rows: list[list[int]] = []
    open_ties: dict[int, list[int]] = {}
    fermatas = []
    for element in flat.notes:
        if element.duration.isGrace or isinstance(element, harmony.ChordSymbol):
            continue
        onset, length = _ticks(element.offset), _ticks(element.quarterLength)
        if any(isinstance(e, expressions.Fermata) for e in element.expressions):
            fermatas.append(onset)
        velocity = int(element.volume.velocity or PLAIN_VELOCITY)
        for note in element.notes if element.isChord else [element]:
            if not hasattr(note, "pitch"):  # unpitched percussion
                continue
            pitch, tie = int(note.pitch.midi), note.tie or element.tie
            held = open_ties.pop(pitch, None)
            if tie is not None and tie.type in ("stop", "continue") and held is not None:
                held[1] = onset + length - held[0]
            else:
                held = [onset, length, pitch, velocity]
                rows.append(held)
            if tie is not None and tie.type in ("start", "continue"):
                open_ties[pitch] = held
    instrument = part.getInstrument(returnDefault=True)
    track = {"name": str(part.partName or ""), "prog": int(instrument.midiProgram or 0), "drum": False, "n": rows}
    return track | {"fermata": fermatas} if fermatas else track


def _symbol(symbol) -> str:
    """music21's figure in Harte's syntax where it is known (music21 writes B flat as B-)."""
    figure = str(symbol.figure)
    if symbol.chordKind == "none":
        return "N"
    head, slash, bass = figure.partition("/")
    root = symbol.root().name
    if head.startswith(root):
        head = root.replace("-", "b") + head[len(root) :]
    try:
        chord = parse_chord(head + slash + bass.replace("-", "b"))
    except AntiphonError:
        return figure
    return "N" if chord is None else chord.harte()


def parse_score(path: Path, damaged: list[str], name: str, licence: str = "") -> Iterator[dict]:
    """The lines of one file, parsed afresh; damage is named in `damaged`."""
    music21 = need_music21()
    if path.suffix.lower() == ".abc":
        yield from _parse_abc(path, damaged, name, licence)
        return
    try:
        with bounded(path):
            raw = raw_of_score(music21.converter.parse(str(path), forceSource=True, storePickle=False), name, licence)
        yield raw
    except Exception as error:  # the parser of a foreign format raises anything
        damaged.append(f"{path.name}: {type(error).__name__}: {str(error)[:200]}")


def _parse_abc(path: Path, damaged: list[str], name: str, licence: str) -> Iterator[dict]:
    """Every tune of an ABC file; a single one has the file's name."""
    from music21 import abcFormat
    from music21.abcFormat import translate
    from music21.stream import Stream

    try:
        with bounded(path):
            reader = abcFormat.ABCFile()
            reader.open(str(path))
            tunes = reader.read().splitByReferenceNumber()
            reader.close()
    except Exception as error:  # as above
        damaged.append(f"{path.name}: {type(error).__name__}: {str(error)[:200]}")
        return
    if not tunes:
        damaged.append(f"{path.name}: no tune with a reference number (X:)")
    for number, handler in tunes.items():
        one = f"{name}/{number}" if len(tunes) > 1 else name
        try:
            with (
                bounded(path),
                patch.object(Stream, "makeBeams"),
            ):  # it engraves, which takes most of its time; nobody sees these beams
                score = translate.abcToStreamScore(handler)
                raw = raw_of_score(score, one, licence)
            yield raw
        except Exception as error:  # as above
            damaged.append(f"{path.name}/{number}: {type(error).__name__}: {str(error)[:200]}")


def read_score(path: Path, name: str, damaged: list[str]) -> Iterator[Piece]:
    """The pieces of one file (an ABC file may hold many); damage is named in `damaged`. Parsed files are kept in the
    user's cache by their content."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            damaged.append(f"{path.name}: larger than {LARGEST_BYTES >> 20} MB, more than any score")
            return
        content = path.read_bytes()
    except OSError as error:
        damaged.append(f"{path.name}: {error.strerror}")
        return
    mark = f"score_{sha1(name.encode() + path.suffix.encode() + content).hexdigest()}_{need_music21().__version__}"
    for raw in cached(mark, lambda faults: parse_score(path, faults, name), damaged):
        yield piece_of(raw, path.parent.name)
