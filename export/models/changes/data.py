"""Pieces as frames of half a beat: what sounds, chord labels, key, metrical places; [workshop]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.corpora.pieces import Piece, PieceSet, load_pieces
from realtime.models.changes.code import FRAME_BEATS, NO_CHORD, Bars, evidence, key_index, label_of
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.native.errors import AntiphonError

SOURCES = ("folk_nottingham", "pop909", "openewld")
UNKNOWN = -1  # the label of a chord symbol that nobody can read
MELODY_NAMES = ("melody", "voice", "singstimme", "chant", "gesang")


@dataclass
class Example:
    """One piece in F frames. notes, melody: (sounding (F, 12), onsets (F, 12), bass (F,)) of all notes and of the
    melody alone. labels (F,): chord labels, -1 unknown. key: 0..23, -1 unknown. places (F,): 0..3. bar (F, 2): beats
    since the bar line and beats of the bar. chords: (start beat, end beat, chord or None, known)."""

    id: str
    source: str
    split: str
    notes: tuple[np.ndarray, np.ndarray, np.ndarray]
    melody: tuple[np.ndarray, np.ndarray, np.ndarray]
    labels: np.ndarray
    key: int
    places: np.ndarray
    bar: np.ndarray
    chords: list[tuple[float, float, Chord | None, bool]]
    melody_only: bool

    @property
    def frames(self) -> int:
        return len(self.labels)


def read_symbol(symbol: str) -> tuple[Chord | None, bool]:
    """(chord or None for no chord, whether the symbol could be read); additions that cannot be read are left off."""
    for text in (symbol, symbol.split("/")[0], symbol.split("(")[0].split("/")[0]):
        try:
            return parse_chord(text), True
        except AntiphonError:
            continue
    return None, False


def melody_notes(piece: Piece) -> np.ndarray:
    """Notes of the track named as a melody or a voice, else of the first pitched track."""
    pitched = [t for t in piece.tracks if not t.drum and len(t.notes)]
    named = [t for t in pitched if any(name in t.name.lower() for name in MELODY_NAMES)]
    return (named or pitched)[0].notes if pitched else np.zeros((0, 4))


def chord_spans(piece: Piece) -> list[tuple[float, float, Chord | None, bool]]:
    """(start, end, chord, readable) of every chord, equal neighbours joined; a chord lasts until the next."""
    spans: list[tuple[float, float, Chord | None, bool]] = []
    ends = [beat for beat, _ in piece.chords[1:]] + [
        max(piece.length_beats, piece.chords[-1][0] if piece.chords else 0)
    ]
    for (beat, symbol), end in zip(piece.chords, ends, strict=True):
        chord, known = read_symbol(symbol)
        if end <= beat:
            continue
        if spans and spans[-1][2:] == (chord, known) and abs(spans[-1][1] - beat) < 1e-6:
            spans[-1] = (spans[-1][0], end, chord, known)
        else:
            spans.append((beat, end, chord, known))
    return spans


def bars_of(piece: Piece) -> Bars:
    """Bar lines from the piece's own list, POP909's downbeats, or its time signatures with the upbeat that makes most
    chords change on bar lines."""
    if downbeats := piece.extra.get("downbeats"):
        return Bars(piece.metres, [float(b) for b in downbeats])
    if len(piece.bars) > 2:
        return Bars(piece.metres, piece.bars)
    phase = 0.0
    if len(piece.metres) == 1 and piece.chords:
        bar = piece.metres[0][1] * 4.0 / piece.metres[0][2]
        phase = Counter(round(beat % bar, 3) for beat, _ in piece.chords).most_common(1)[0][0]
    return Bars(piece.metres, (), phase)


def key_of(piece: Piece) -> int:
    """0..23, or -1 where it is not given or changes (POP909 names several)."""
    tonic, mode = piece.key
    if tonic is None or len(piece.extra.get("key_audio", [0])) > 1:
        return -1
    return key_index(tonic, mode)


def example(piece: Piece) -> Example:
    """One piece in frames of half a beat."""
    frames = max(1, int(np.ceil(piece.length_beats / FRAME_BEATS - 1e-6)))
    spans = chord_spans(piece)
    labels = np.full(frames, UNKNOWN if not piece.chords else NO_CHORD, np.int64)
    for start, end, chord, known in spans:
        first, last = round(start / FRAME_BEATS), round(end / FRAME_BEATS)
        labels[first:last] = label_of(chord) if known else UNKNOWN
    bars = bars_of(piece)
    places = [bars.place(f * FRAME_BEATS) for f in range(frames)]
    return Example(
        id=piece.id,
        source=piece.source,
        split=piece.split,
        notes=evidence(piece.notes(), frames),
        melody=evidence(melody_notes(piece), frames),
        labels=labels,
        key=key_of(piece),
        places=np.array([p[2] for p in places], np.int64),
        bar=np.array([p[:2] for p in places], np.float32),
        chords=spans,
        melody_only=len([t for t in piece.tracks if len(t.notes) and not t.drum]) < 2,
    )


def examples(pieces: Iterable[Piece]) -> list[Example]:
    """Those pieces that have chords."""
    return [example(p) for p in pieces if p.chords and p.length_beats > 0]


def load(data: str | Path | None, sources: Sequence[str] = SOURCES) -> PieceSet:
    """The pieces with chords of a corpus. Raises AntiphonError if there are none."""
    pieces = load_pieces(data, only=sources)
    if not any(p.chords for p in pieces.pieces):
        raise AntiphonError(
            f"Data {data or 'music21'}: no piece in it has chord symbols; give --data a folder with Nottingham, POP909 "
            "or OpenEWLD (.jsonl.gz), or MusicXML lead sheets."
        )
    return pieces
