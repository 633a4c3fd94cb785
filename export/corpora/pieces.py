"""Pieces: tracks of notes in beats with chords, metres, key, tempo and words, from jsonl, MIDI or music21; [workshop]."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from export.corpora.jsonl import MODES, TONIC_FROM_MAJOR
from realtime.music.midifile import read_midi
from realtime.music.pitch import ACCIDENTALS, LETTER_CLASS
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

KNOWN = ("id", "split", "lic", "tpq", "ts", "key", "tempo", "tracks", "chords", "bars", "words", "title", "composer")
DRUM_CHANNEL = 9
MIDI_ENDINGS = (".mid", ".midi")
SCORE_ENDINGS = (".musicxml", ".mxl", ".xml", ".abc", ".krn")


@dataclass(slots=True)
class Track:
    """`notes`: (n, 4) float64, one row a note: onset and duration in beats (quarter notes), MIDI pitch, velocity
    0..127; sorted."""

    name: str
    program: int
    drum: bool
    notes: np.ndarray


@dataclass(slots=True)
class Piece:
    """One piece; all times in beats (quarter notes) from its start. key: tonic 0..11 or None, and "major", "minor"
    or ""."""

    id: str
    split: str
    source: str
    licence: str
    tracks: list[Track]
    chords: list[tuple[float, str]] = field(default_factory=list)
    metres: list[tuple[float, int, int]] = field(default_factory=list)
    key: tuple[int | None, str] = (None, "")
    tempo: list[tuple[float, float]] = field(default_factory=list)
    words: list[tuple[float, str]] = field(default_factory=list)
    bars: list[float] = field(default_factory=list)
    title: str = ""
    composer: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def notes(self, drums: bool = False) -> np.ndarray:
        """All notes of all pitched tracks (or all drum tracks), merged: (n, 4), sorted by onset, then pitch."""
        parts = [t.notes for t in self.tracks if t.drum == drums and len(t.notes)]
        if not parts:
            return np.zeros((0, 4))
        merged = np.concatenate(parts)
        return merged[np.lexsort((merged[:, 2], merged[:, 0]))]

    @property
    def length_beats(self) -> float:
        return max((float((t.notes[:, 0] + t.notes[:, 1]).max()) for t in self.tracks if len(t.notes)), default=0.0)

    def sequence(self) -> NoteSequence:
        """As a note sequence; track k on channel k (skipping the drum channel), drums on channel 9."""
        free = [c for c in range(16) if c != DRUM_CHANNEL]
        notes, pitched = [], 0
        for track in self.tracks:
            channel = DRUM_CHANNEL if track.drum else free[min(pitched, len(free) - 1)]
            pitched += not track.drum
            notes += [Note(float(o), float(d), int(p), float(v) / 127, channel) for o, d, p, v in track.notes]
        metres = [Metre(float(b), n, d) for b, n, d in self.metres] or [Metre(0.0, 4, 4)]
        return NoteSequence(notes, TempoMap(self.tempo), metres, self.title or self.id)


@dataclass(slots=True)
class PieceSet:
    """The pieces of a corpus, and what could not be read, by place."""

    pieces: list[Piece]
    damaged: list[str] = field(default_factory=list)

    @property
    def train(self) -> list[Piece]:
        return [p for p in self.pieces if p.split == "train"]

    @property
    def valid(self) -> list[Piece]:
        return [p for p in self.pieces if p.split == "valid"]

    @property
    def held_out(self) -> list[Piece]:
        return held_out(self.pieces)

    def describe(self) -> str:
        notes = sum(len(t.notes) for p in self.pieces for t in p.tracks)
        text = f"{len(self.pieces)} pieces ({len(self.train)} train, {len(self.valid)} valid), {notes} notes"
        text += f", {len(self.damaged)} damaged" if self.damaged else ""
        return text + "".join(f"\n  damaged: {place}" for place in self.damaged[:10])


def held_out(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces to evaluate on: those of the split test if there are any, else valid, else all."""
    for split in ("test", "valid"):
        if chosen := [p for p in pieces if p.split == split]:
            return chosen
    return list(pieces)


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


def piece_of(raw: dict, source: str = "") -> Piece:
    """One decoded line. Raises KeyError, IndexError, TypeError or ValueError if it is damaged."""
    tpq = float(raw.get("tpq", 48))
    if not tpq > 0:
        raise ValueError(f"{tpq:g} ticks a quarter")
    timed = isinstance(raw.get("tracks"), list)  # chord-only sets keep their own fields in `extra`
    tempo = raw.get("tempo") if isinstance(raw.get("tempo"), list) else []
    if not tempo and raw.get("bpm"):
        tempo = [[0, float(raw["bpm"])]]
    return Piece(
        id=str(raw["id"]),
        split=str(raw.get("split", "")),
        source=source,
        licence=str(raw.get("lic", "")),
        tracks=[_track(t, tpq) for t in raw["tracks"]] if timed else [],
        chords=[(float(t) / tpq, str(c)) for t, c in raw.get("chords") or []] if timed else [],
        metres=[(float(t) / tpq, int(n), int(d)) for t, n, d in raw.get("ts") or ()],
        key=_key(raw),
        tempo=[(float(t) / tpq, float(b)) for t, b in tempo or ()],
        words=[(float(t) / tpq, str(w)) for t, w in raw.get("words") or []] if timed else [],
        bars=[float(t) / tpq for t in raw.get("bars") or []] if timed else [],
        title=str(raw.get("title", "")),
        composer=str(raw.get("composer", "")),
        extra={k: v for k, v in raw.items() if k not in KNOWN or (not timed and k in ("bars", "chords", "key"))},
    )


def read_lines(path: Path, damaged: list[str]) -> Iterator[Piece]:
    """Pieces of one .jsonl(.gz) file; what cannot be read is named in `damaged`, with its line."""
    number, source = 0, path.name.removesuffix(".gz").removesuffix(".jsonl")
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield piece_of(json.loads(line), source)
                except (KeyError, IndexError, TypeError, ValueError, AttributeError, AntiphonError) as error:
                    damaged.append(f"{path.name} line {number}: {type(error).__name__}: {error}")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        damaged.append(f"{path.name} after line {number}: {error}")


def piece_of_sequence(sequence: NoteSequence, name: str, source: str) -> Piece:
    """A MIDI file as a piece: one track a channel; its split is not yet decided ("")."""
    tracks = []
    for channel in sorted({n.channel for n in sequence.notes}):
        rows = [(n.beat, n.duration, n.pitch, n.velocity * 127) for n in sequence.notes if n.channel == channel]
        tracks.append(Track(f"channel {channel + 1}", 0, channel == DRUM_CHANNEL, np.asarray(rows, float)))
    metres = [(m.beat, m.numerator, m.denominator) for m in sequence.metres]
    return Piece(name, "", source, "", tracks, metres=metres, tempo=sequence.tempo.steps, title=sequence.name)


def _read_midi(path: Path, damaged: list[str]) -> Iterator[Piece]:
    try:
        sequence = read_midi(path)
    except AntiphonError as error:
        damaged.append(str(error))
        return
    if not sequence.notes:
        damaged.append(f"{path.name}: no notes")
        return
    yield piece_of_sequence(sequence, str(path), path.parent.name)


def _files(folder: Path, only: Iterable[str]) -> list[Path]:
    found = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    lines = [p for p in found if p.name.endswith((".jsonl", ".jsonl.gz"))]
    wanted = set(only)
    if chosen := [p for p in lines if p.name.split(".")[0] in wanted]:
        return chosen
    return lines + [p for p in found if p.suffix.lower() in MIDI_ENDINGS + SCORE_ENDINGS]


def load_pieces(data: str | Path | None, only: Iterable[str] = ()) -> PieceSet:
    """Reads a corpus; pieces without an official split get one by the hash of their id (a tenth is valid).

    data: a .jsonl(.gz), MIDI or score file, a folder of such, or None for music21's bundled corpora.
    only: file stems to take where the folder holds such .jsonl files; every file otherwise.
    Raises AntiphonError if nothing usable is there.
    """
    damaged: list[str] = []
    pieces: list[Piece] = []
    if data is None:
        from export.corpora.bundled import read_bundled

        pieces += read_bundled(only, damaged)
    else:
        path = Path(data)
        if not path.exists():
            raise AntiphonError(
                f"Data {path}: there is no such file or folder; name a folder of MIDI or .jsonl.gz files."
            )
        for file in [path] if path.is_file() else _files(path, only):
            pieces += _read_file(file, damaged)
    from export.corpora.splits import split_of

    for piece in pieces:
        if piece.split not in ("train", "valid", "test"):
            piece.split = split_of(piece.id)
    if not pieces:
        raise AntiphonError(
            f"Data {data}: no usable piece in it ({len(damaged)} damaged); "
            "name a folder of MIDI, MusicXML, ABC or .jsonl.gz files."
        )
    return PieceSet(pieces, damaged)


def _read_file(file: Path, damaged: list[str]) -> Iterator[Piece]:
    if file.suffix.lower() in MIDI_ENDINGS:
        return _read_midi(file, damaged)
    if file.suffix.lower() in SCORE_ENDINGS:
        from export.corpora.scores import read_score

        return read_score(file, damaged)
    return read_lines(file, damaged)
