"""Chorales as tensors for training: the features of every step of every piece, and batches in any key; [workshop]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import realtime.models.chorale.code as code
from export.corpora.pieces import Piece, load_pieces
from realtime.native.errors import AntiphonError

STEPS_A_BEAT = 4


def grid_of(piece: Piece, steps_a_beat: int = STEPS_A_BEAT) -> np.ndarray | None:
    """(steps, 4) MIDI pitches, soprano to bass, REST where silent; None if the piece has not four voices in range.

    The field `grid16` of the JSB corpus if present, else the piece's first four pitched tracks, sampled on the grid.
    """
    if "grid16" in piece.extra:
        grid = np.asarray(piece.extra["grid16"], np.int64)[:: STEPS_A_BEAT // steps_a_beat]
    else:
        tracks = [t for t in piece.tracks if not t.drum and len(t.notes)]
        if len(tracks) != 4:
            return None
        tracks.sort(key=lambda t: -float(np.mean(t.notes[:, 2])))
        steps = int(np.ceil(piece.length_beats * steps_a_beat - 1e-6))
        grid = np.full((steps, 4), code.REST, np.int64)
        for voice, track in enumerate(tracks):
            for onset, duration, pitch, _ in track.notes:
                first = int(np.ceil(onset * steps_a_beat - 1e-6))
                grid[first : max(first, int(np.ceil((onset + duration) * steps_a_beat - 1e-6))), voice] = int(pitch)
    sounding = grid[grid != code.REST]
    if grid.ndim != 2 or grid.shape[1] != 4 or len(sounding) == 0:
        return None
    return grid if sounding.min() >= code.LOW and sounding.max() <= code.HIGH else None


def load_grids(data: str | Path | None) -> tuple[list[np.ndarray], list[np.ndarray], str]:
    """(train, valid, description). Default data: music21's Bach chorales. Raises AntiphonError if there are no
    four-part pieces."""
    pieces = load_pieces(data, only=("jsb_chorales_official",) if data else ("bach",))
    train = [g for p in pieces.train if (g := grid_of(p)) is not None]
    valid = [g for p in pieces.valid if (g := grid_of(p)) is not None]
    if not train or not valid:
        raise AntiphonError(
            f"Corpus {data or 'of music21'}: {len(train)} training and {len(valid)} validation pieces in four parts; "
            "give chorales with --data (a folder or file of jsonl, MIDI or MusicXML)."
        )
    return train, valid, f"{len(train)} train, {len(valid)} valid chorales"


@dataclass(slots=True)
class Encoded:
    """One piece's features, untransposed. Shapes: (steps, columns), (steps, 4 voices, columns) and so on."""

    grid: np.ndarray
    trunk: np.ndarray
    classes: np.ndarray
    heads: np.ndarray
    head_classes: np.ndarray
    reference: np.ndarray
    opening: int  # steps before the soprano first sounds, and its first: only there does a move's class know the key
    shifts: tuple[int, int]  # transpositions, lowest and highest, that keep all voices in range


def encode(grid: np.ndarray, limits: Sequence[tuple[int, int]] = code.RANGES) -> Encoded:
    """Runs the live code's History over a piece."""
    steps = len(grid)
    history = code.History(steps)
    trunk = np.zeros((steps, code.TRUNK_COLUMNS), np.int16)
    classes = np.zeros((steps, code.HISTOGRAM), np.float32)
    heads = np.zeros((steps, 4, code.HEAD_COLUMNS), np.int16)
    head_classes = np.zeros((steps, 4, code.HISTOGRAM), np.float32)
    reference = np.zeros((steps, 4), np.int16)
    for t, row in enumerate(grid.tolist()):
        trunk[t], classes[t] = history.trunk()
        for v in code.ORDER:
            heads[t, v], head_classes[t, v], reference[t, v] = history.head(v, row)
        history.push(row)
    opening = int(np.argmax(grid[:, 0] != code.REST)) + 1
    low, high = -99, 99
    for v, (bottom, top) in enumerate(limits):
        sounding = grid[grid[:, v] != code.REST, v]
        if len(sounding):
            low, high = max(low, bottom - int(sounding.min())), min(high, top - int(sounding.max()))
    shifts = (min(0, low), max(0, high))
    return Encoded(grid.astype(np.int16), trunk, classes, heads, head_classes, reference, opening, shifts)


@dataclass(slots=True)
class Batch:
    trunk: Tensor  # (pieces, steps, columns) int64
    classes: Tensor  # (pieces, steps, HISTOGRAM)
    heads: Tensor  # (pieces, steps, 4, columns) int64
    head_classes: Tensor
    target: Tensor  # (pieces, steps, 4) int64 classes
    far: Tensor  # (far slots, 3): flat slot, voice, pitch - LOW
    far_reference: Tensor
    mask: Tensor  # (pieces, steps) float32


def batch_of(pieces: Sequence[Encoded], shifts: Sequence[int], starts: Sequence[int], steps: int) -> Batch:
    """Windows of `steps` steps from `starts`, transposed, padded."""
    n = len(pieces)
    steps = min(steps, max(len(p.grid) - s for p, s in zip(pieces, starts, strict=True)))
    trunk = np.zeros((n, steps, code.TRUNK_COLUMNS), np.int64) + code.TRUNK_OFFSETS
    classes = np.zeros((n, steps, code.HISTOGRAM), np.float32)
    heads = np.zeros((n, steps, 4, code.HEAD_COLUMNS), np.int64) + code.HEAD_OFFSETS
    head_classes = np.zeros((n, steps, 4, code.HISTOGRAM), np.float32)
    target = np.full((n, steps, 4), code.HOLD, np.int64)
    mask = np.zeros((n, steps), np.float32)
    far: list[tuple[int, int, int]] = []
    far_reference: list[int] = []
    for i, (piece, shift, start) in enumerate(zip(pieces, shifts, starts, strict=True)):
        part = slice(start, start + steps)
        m = len(piece.grid[part])
        trunk[i, :m] = transposed_trunk(piece.trunk[part].astype(np.int64), shift)
        turned = piece.classes[part].reshape(m, -1, 12)
        classes[i, :m] = np.roll(turned, shift, axis=2).reshape(m, -1)
        heads[i, :m] = transposed_head(piece.heads[part].astype(np.int64), shift)
        head_classes[i, :m] = piece.head_classes[part]
        grid, reference = piece.grid[part].astype(np.int64), piece.reference[part].astype(np.int64)
        if start < piece.opening:  # the centre a first note is counted from does not move with the key
            first = slice(0, piece.opening - start)
            grid = grid.copy()
            grid[first, 0] += np.where(grid[first, 0] != code.REST, shift, 0)
        move = grid - reference
        kind = np.where(np.abs(move) <= code.REACH, move + code.REACH, code.FAR)
        target[i, :m] = np.where(grid == code.REST, code.REST_CLASS, kind)
        mask[i, :m] = 1
        for t, v in zip(*np.nonzero(target[i, :m] == code.FAR), strict=True):
            far.append(((i * steps + int(t)), int(v), int(np.clip(grid[t, v] + shift - code.LOW, 0, code.PITCHES - 1))))
            far_reference.append(int(reference[t, v]) + shift)
    return Batch(
        torch.from_numpy(trunk),
        torch.from_numpy(classes),
        torch.from_numpy(heads),
        torch.from_numpy(head_classes),
        torch.from_numpy(target),
        torch.tensor(far, dtype=torch.int64).reshape(-1, 3),
        torch.tensor(far_reference, dtype=torch.int64),
        torch.from_numpy(mask),
    )


def transposed_trunk(rows: np.ndarray, shift: int) -> np.ndarray:
    """Absolute columns moved by `shift` semitones; pitches beyond the table stay at its edge."""
    if shift == 0:
        return rows
    rows = rows.copy()
    for column in code.TRUNK_ABSOLUTE:
        rows[:, column] = _moved(rows[:, column], int(code.TRUNK_OFFSETS[column]), shift)
    bass = rows[:, 4] - code.TRUNK_OFFSETS[4]
    rows[:, 4] = np.where(bass < 12, (bass + shift) % 12, bass) + code.TRUNK_OFFSETS[4]
    return rows


def transposed_head(rows: np.ndarray, shift: int) -> np.ndarray:
    """As transposed_trunk, for (steps, 4, HEAD_COLUMNS)."""
    if shift == 0:
        return rows
    rows = rows.copy()
    rows[..., code.HEAD_ABSOLUTE] = _moved(rows[..., code.HEAD_ABSOLUTE], int(code.HEAD_OFFSETS[-1]), shift)
    return rows


def _moved(column: np.ndarray, offset: int, shift: int) -> np.ndarray:
    value = column - offset
    return np.where(value < code.PITCHES, np.clip(value + shift, 0, code.PITCHES - 1), value) + offset
