"""Collages in every key beside held-out songs, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from export.measures.c2st import Samples
from export.models.collage import data as pop
from realtime.models.collage.model import Collage

PIECES, BARS, MOST_TRAIN = 50, 32, 200


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Raises AntiphonError."""
    model = Collage.load(package)
    corpus = pop.read(data)
    made = [model.generate(None, BARS, seed, tonic=seed * 5 % 12, minor=seed % 2) for seed in range(1, PIECES + 1)]
    real = [replace(s, metres=s.metres[:1]) for s in (p.sequence() for p in corpus.held_out)]
    yield Samples(made, real, [p.sequence() for p in corpus.train[:MOST_TRAIN]])
