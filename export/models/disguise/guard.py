"""The copy guard of `disguise`: every run of 12 notes of the upper lines of all its training music; [workshop]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from export.corpora.pieces import Piece
from export.measures.copies import DEFECT_NOTES, Pair
from export.models.disguise.data import load_styles, played
from realtime.models.disguise.guard import TICKS
from realtime.sampling.copyguard import CopyGuard


def upper_line(onsets: np.ndarray, pitches: np.ndarray) -> list[Pair]:
    """(interval, ticks) from note to note of the highest notes; onsets (n,) in ticks, pitches (n,), both int."""
    order = np.lexsort((-pitches, onsets))
    first = order[np.flatnonzero(np.diff(onsets[order], prepend=-1) != 0)]
    return list(zip(np.diff(pitches[first]).tolist(), np.diff(onsets[first]).tolist(), strict=True))


def guard_of(pieces: list[Piece]) -> CopyGuard:
    """The guard over all runs that a roll in sixteenths can say: as they stand, and with onsets moved to the grid."""
    runs: set[tuple[Pair, ...]] = set()
    length = DEFECT_NOTES - 1
    for piece in pieces:
        notes = played(piece)
        notes = notes[notes[:, 0] >= 0]
        pitches = notes[:, 2].astype(int)
        on_grid = np.rint(notes[:, 0] * 4).astype(int) * TICKS
        for onsets in (np.round(notes[:, 0] * 4 * TICKS).astype(int), on_grid):
            pairs = upper_line(onsets, pitches)
            for i in range(len(pairs) - length + 1):
                run = tuple(pairs[i : i + length])
                if all(ticks % TICKS == 0 for _, ticks in run):
                    runs.add(run)
    guard = CopyGuard.for_count(DEFECT_NOTES, len(runs))
    for run in runs:
        guard.add(run)
    return guard


def guard_for(data: str | Path | None) -> dict[str, Any]:
    """The guard over the training pieces of generator and judge, as JSON. Raises AntiphonError for unusable data."""
    pieces = load_styles(data)
    return guard_of(pieces["train"] + pieces["judge"]).to_json()
