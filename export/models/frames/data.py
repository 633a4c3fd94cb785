"""Piano rolls cut into 16 slices: bars of sixteenths and runs of quarter notes; [workshop]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import realtime.models.frames.code as code
from export.corpora.pieces import Piece, load_pieces
from realtime.music.sequence import Note
from realtime.native.errors import AntiphonError

FILES = ("jsb_chorales_official", "pop909")
CHORALES = ("jsb_chorales_official", "bach_chorales_music21")


@dataclass
class Rolls:
    """Whole pieces as (slices, 88) bool at one grid, the source and split of each."""

    rolls: list[np.ndarray]
    sources: list[str]

    def taken(self, source: str) -> Rolls:
        kept = [i for i, s in enumerate(self.sources) if s == source]
        return Rolls([self.rolls[i] for i in kept], [source] * len(kept))


def is_chorale(piece: Piece) -> bool:
    return piece.source in CHORALES


def rolls_of(pieces: list[Piece], slices_a_beat: int) -> Rolls:
    """Pieces with at least 16 slices of pitched notes. Raises AntiphonError if there is none."""
    rolls, sources = [], []
    for piece in pieces:
        rows = piece.notes()
        slices = int(np.ceil(piece.length_beats * slices_a_beat - 1e-6)) if len(rows) else 0
        if slices < code.SLICES:
            continue
        notes = [Note(float(o), float(d), int(p)) for o, d, p, _ in rows]
        rolls.append(code.roll(notes, slices_a_beat, slices)[:slices] > 0)
        sources.append(piece.source)
    if not rolls:
        raise AntiphonError("Piano-roll data: no piece of 16 slices or more; name polyphonic music with --data.")
    return Rolls(rolls, sources)


def windows(rolls: Rolls, source: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Every piece cut into 16 slices side by side: (n, 16, 88) float32, and (n, 16) bool which slices are real (the last
    window of a piece is filled up with silence)."""
    parts, real = [], []
    for roll, origin in zip(rolls.rolls, rolls.sources, strict=True):
        if source is not None and origin != source:
            continue
        count = -(-len(roll) // code.SLICES)
        padded = np.zeros((count * code.SLICES, code.KEYS), np.float32)
        padded[: len(roll)] = roll
        parts.append(padded.reshape(count, code.SLICES, code.KEYS))
        real.append((np.arange(count * code.SLICES) < len(roll)).reshape(count, code.SLICES))
    return np.concatenate(parts), np.concatenate(real)


def varied(rolls: Rolls, size: int, step: int, rng: np.random.Generator) -> np.ndarray:
    """A training batch (n, 16, 88): from random pieces, sources alike often, starting every `step` slices, transposed by
    up to five semitones."""
    by_source = {s: [i for i, o in enumerate(rolls.sources) if o == s] for s in sorted(set(rolls.sources))}
    names = list(by_source)
    batch = np.zeros((size, code.SLICES, code.KEYS), np.float32)
    for row in range(size):
        own = by_source[names[int(rng.integers(len(names)))]]
        roll = rolls.rolls[own[int(rng.integers(len(own)))]]
        start = step * int(rng.integers(-(-len(roll) // step)))
        part = roll[start : start + code.SLICES]
        move = int(rng.integers(-5, 6))
        batch[row, : len(part)] = np.roll(part, move, axis=1)
    return batch


def load(data: str | Path | None) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Train, valid and held-out pieces; music21's chorales where no data is named."""
    found = load_pieces(data, only=FILES if data is not None else ("bach",))
    pick = [[p for p in part if len(p.notes())] for part in (found.train, found.valid, found.held_out)]
    return pick[0], pick[1], pick[2]
