"""Passages with weak mood labels from the words of songs, and the same passages changed in known directions;
[workshop]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import realtime.models.mood.changes as mood_changes
import realtime.models.mood.code as mood_code
from export.corpora.pieces import Piece, PieceSet, load_pieces
from export.models.mood.lexicon import timed_moods
from realtime.music.passage import excerpt
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError

CORPORA = ("openscore_lieder",)
LONGEST_BEATS, SHORTEST_BEATS, FEWEST_NOTES = 96.0, 8.0, 24

# What each change (amount -1 to +1) does to valence and arousal: the order of the cues and their rough sizes follow the
# factorial experiments of Eerola, Friberg & Bresin (Frontiers in Psychology 4, 2013) and the review of Gabrielsson &
# Lindstroem (2010): mode carries valence, then tempo and register; tempo and dynamics carry arousal, then articulation and
# density. The figures are ours, rounded, on the lexicon's scale.
PRIOR = {
    "mode": (0.60, 0.00),
    "register": (0.25, 0.05),
    "density": (0.00, 0.25),
    "dynamics": (-0.05, 0.50),
    "articulation": (0.15, 0.25),
    "tempo": (0.25, 0.60),
}


@dataclass
class Labelled:
    """A passage, its weak label (valence, arousal) and the id of its piece."""

    sequence: NoteSequence
    mood: tuple[float, float]
    piece: str


def read(data: str | Path | None) -> PieceSet:
    """Songs with words. Raises AntiphonError if there are none."""
    if data is None:
        raise AntiphonError(
            "mood: music21's corpora carry no tempo words; give songs with --data, such as openscore_lieder.jsonl.gz."
        )
    return load_pieces(data, only=CORPORA)


def labelled(pieces: Sequence[Piece]) -> list[Labelled]:
    """From each word that names a mood to the next, at most 96 beats: passages of 24 notes or more.

    Raises AntiphonError if there are none.
    """
    found = []
    for piece in pieces:
        moods = timed_moods(piece.words)
        if not moods:
            continue
        whole, length = piece.sequence(), piece.length_beats
        starts = [0.0 if i == 0 and b < 8 else b for i, (b, _) in enumerate(moods)]
        for i, (start, (_, mood)) in enumerate(zip(starts, moods, strict=True)):
            end = min(starts[i + 1] if i + 1 < len(starts) else length, start + LONGEST_BEATS)
            if end - start < SHORTEST_BEATS:
                continue
            part = excerpt(whole, start, end)
            if len(part.notes) >= FEWEST_NOTES:
                found.append(Labelled(part, mood, piece.id))
    if not found:
        raise AntiphonError(
            "mood: no piece carries a tempo or character word that names a mood; give songs with words."
        )
    return found


def described(passages: Sequence[Labelled]) -> tuple[np.ndarray, np.ndarray]:
    """(n, 29) descriptors and (n, 2) labels."""
    return np.stack([mood_code.descriptors(p.sequence) for p in passages]), np.array([p.mood for p in passages])


def changed(passages: Sequence[Labelled], name: str) -> np.ndarray:
    """(n, 2, 29) descriptors of each passage with a change of amount -1 and +1; rows of NaN where too little is
    left."""
    rows = np.full((len(passages), 2, len(mood_code.NAMES)), np.nan)
    for i, one in enumerate(passages):
        for k, amount in enumerate((-1.0, 1.0)):
            try:
                rows[i, k] = mood_code.descriptors(mood_changes.CHANGES[name](one.sequence, amount))
            except AntiphonError:
                continue
    return rows
