"""Melody and bass of `morph` from nothing beside those of held-out songs, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.measures.c2st import Samples
from export.models.morph import data as music
from export.models.morph.evaluate import real_lines
from realtime.models.morph.model import Morph

PIECES, BARS, MOST_TRAIN = 50, 32, 300


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Two channels, 4/4. Raises AntiphonError."""
    model = Morph.load(package)
    train, _, held = music.load(data)
    names = {p.id for p in held}
    made = [model.generate(None, BARS, seed, ensemble=1) for seed in range(1, PIECES + 1)]
    yield Samples(made, real_lines(held), real_lines([p for p in train if p.id not in names][:MOST_TRAIN]))
