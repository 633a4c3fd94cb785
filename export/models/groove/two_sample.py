"""Drums of `groove` from nothing beside held-out performances, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.measures.c2st import BARS, Samples
from export.models.groove import data as drums
from realtime.models.groove.model import Groove

PIECES, PIECE_BARS = 50, 32


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Performances of 8 bars and more. Raises AntiphonError."""
    model = Groove.load(package)
    train, _, held = drums.load(data)
    real = [p.sequence() for p in held if p.length_beats >= 4 * BARS and drums.is_four_four(p)]
    made = [model.generate(None, PIECE_BARS, seed) for seed in range(1, PIECES + 1)]
    yield Samples(made, real, [p.sequence() for p in train if p not in held and drums.is_four_four(p)])
