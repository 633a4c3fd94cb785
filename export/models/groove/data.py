"""Two-bar windows of drum performances, and how they are varied in training; [workshop]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import realtime.models.groove.code as code
from export.corpora.pieces import Piece, load_pieces
from realtime.native.errors import AntiphonError

FILES = ("groove_midi",)
BAR_STEPS = 16
FEWEST_HITS = 4
KIT = len(code.KIT)


@dataclass
class Windows:
    """Grooves side by side: hits, velocity, offset (n, 32, 9); piece (n,) index of the performance, bar (n,) its
    first bar; tempo (n,) beats a minute."""

    hits: np.ndarray
    velocity: np.ndarray
    offset: np.ndarray
    piece: np.ndarray
    bar: np.ndarray
    tempo: np.ndarray

    def __len__(self) -> int:
        return len(self.hits)

    def groove(self, i: int) -> code.Groove:
        return code.Groove(self.hits[i], self.velocity[i], self.offset[i])

    def apart(self) -> Windows:
        """Only windows that do not overlap: each performance's even bars."""
        kept = self.bar % 2 == 0
        return Windows(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def is_four_four(piece: Piece) -> bool:
    return all((n, d) == (4, 4) for _, n, d in piece.metres)


def whole_grid(piece: Piece) -> code.Groove | None:
    """A whole performance on the grid of 16ths; None if it has no drums of the nine classes."""
    notes = piece.notes(drums=True)
    notes = notes[np.isin(notes[:, 2], list(code.CLASS_OF))] if len(notes) else notes
    if not len(notes):
        return None
    classes = np.array([code.CLASS_OF[int(p)] for p in notes[:, 2]])
    bars = int(notes[:, 0].max() // 4) + 1
    return code.grid(notes[:, 0], classes, notes[:, 3] / 127.0, bars * BAR_STEPS)


def windows_of(pieces: list[Piece]) -> Windows:
    """Every two bars in a row (a new window each bar) of all 4/4 performances; nearly empty ones are left out.

    Raises AntiphonError if there are none.
    """
    parts: list[tuple] = []
    for number, piece in enumerate(pieces):
        whole = whole_grid(piece) if is_four_four(piece) else None
        if whole is None:
            continue
        tempo = piece.tempo[0][1] if piece.tempo else 120.0
        for bar in range(len(whole.hits) // BAR_STEPS - 1):
            cut = slice(bar * BAR_STEPS, bar * BAR_STEPS + code.STEPS)
            if whole.hits[cut].sum() >= FEWEST_HITS and whole.hits[cut][BAR_STEPS:].any():
                parts.append((whole.hits[cut], whole.velocity[cut], whole.offset[cut], number, bar, tempo))
    if not parts:
        raise AntiphonError(
            "Drum data: no two bars of drums in 4/4; name a folder or file with drum performances "
            "(MIDI channel 10, or groove_midi.jsonl.gz) with --data."
        )
    return Windows(*(np.array(column) for column in zip(*parts, strict=True)))


def load(data: str | Path | None) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Train, valid and held-out pieces. Raises AntiphonError if no data is named: music21 bundles no drums."""
    if data is None:
        raise AntiphonError(
            "groove: no drums come with music21; name drum performances with --data (groove_midi.jsonl.gz, or a "
            "folder of MIDI files with drums on channel 10)."
        )
    found = load_pieces(data, only=FILES)
    return found.train, found.valid, found.held_out


def batch_of(windows: Windows, index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """hits, velocity, offset as float32 (n, 32, 9)."""
    return tuple(getattr(windows, name)[index].astype(np.float32) for name in ("hits", "velocity", "offset"))  # type: ignore[return-value]


def varied(windows: Windows, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A training batch: random windows, some with drums left out, with drums of another performance, turned by some
    beats, or played louder or softer."""
    hits, velocity, offset = batch_of(windows, rng.integers(len(windows), size=size))
    others = batch_of(windows, rng.integers(len(windows), size=size))
    swap = (rng.random((size, 1, 1)) < 0.25) & (rng.random((size, 1, KIT)) < 0.4)
    hits, velocity, offset = (np.where(swap, b, a) for a, b in zip((hits, velocity, offset), others, strict=True))
    keep = (rng.random((size, 1, 1)) > 0.2) | (rng.random((size, 1, KIT)) > 0.3)
    hits, velocity, offset = hits * keep, velocity * keep, offset * keep
    velocity = np.clip(velocity * rng.uniform(0.85, 1.15, (size, 1, 1)), 0.0, 1.0)
    for i in np.flatnonzero(rng.random(size) < 0.15):
        beats = 4 * int(rng.integers(1, 8))
        hits[i], velocity[i], offset[i] = (np.roll(x[i], beats, axis=0) for x in (hits, velocity, offset))
    return hits.astype(np.float32), velocity.astype(np.float32), offset.astype(np.float32)


def inputs_of(hits: np.ndarray, velocity: np.ndarray, offset: np.ndarray, mode: np.ndarray) -> np.ndarray:
    """Encoder inputs (n, 32, 33), the batch form of code.encoder_input; mode (n,) index into MODES."""
    x = np.zeros((*hits.shape[:2], code.INPUTS), np.float32)
    full, taps = (mode == 0)[:, None, None], (mode == 2)[:, None, None]
    x[..., :KIT] = hits * ~taps
    x[..., KIT : 2 * KIT] = velocity * hits * full
    x[..., 2 * KIT : 3 * KIT] = 2 * offset * hits * full
    loudest = np.where(hits > 0, velocity + 1e-6, -1.0).argmax(axis=-1)[..., None]
    line = [np.take_along_axis(a, loudest, -1)[..., 0] for a in (hits, velocity, 2 * offset)]
    x[..., 3 * KIT : 3 * KIT + 3] = np.stack(line, axis=-1) * taps
    x[np.arange(len(x)), :, 3 * KIT + 3 + mode] = 1.0
    return x
