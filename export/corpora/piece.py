"""What a corpus is made of: pieces with tracks of notes in beats, chords, metres, key, tempo and words; [any]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap

DRUM_CHANNEL = 9


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
    performed: bool = False  # onsets are a performer's, not on a grid
    place: str = ""  # where it was read, for messages

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
        notes: list[Note] = []
        programs: dict[int, int] = {}
        pitched = 0
        for track in self.tracks:
            channel = DRUM_CHANNEL if track.drum else free[min(pitched, len(free) - 1)]
            pitched += not track.drum
            if not track.drum:
                programs[channel] = track.program
            notes += [Note(float(o), float(d), int(p), float(v) / 127, channel) for o, d, p, v in track.notes]
        metres = [Metre(float(b), n, d) for b, n, d in self.metres] or [Metre(0.0, 4, 4)]
        return NoteSequence(notes, TempoMap(self.tempo), metres, self.title or self.id, programs)


@dataclass(slots=True)
class PieceSet:
    """The pieces of a corpus, what could not be read, by place, and what was mended, by number."""

    pieces: list[Piece]
    damaged: list[str] = field(default_factory=list)
    mended: dict[str, int] = field(default_factory=dict)

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
        text += "".join(f", {n} {what} mended" for what, n in sorted(self.mended.items()))
        text += f", {len(self.damaged)} damaged" if self.damaged else ""
        return text + "".join(f"\n  damaged: {place}" for place in self.damaged[:10])


def held_out(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces to evaluate on: those of the split test if there are any, else valid, else all."""
    for split in ("test", "valid"):
        if chosen := [p for p in pieces if p.split == split]:
            return chosen
    return list(pieces)
