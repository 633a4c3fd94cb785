"""Music of both nets of `frames` from nothing beside held-out pieces, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import realtime.models.frames.code as code
from export.measures.c2st import Samples
from export.models.frames import data as music
from realtime.models.frames.model import Frames

PIECES, BARS, MOST_REAL, MOST_TRAIN = 50, 32, 200, 200


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Raises AntiphonError."""
    model = Frames.load(package)
    train, _, held = music.load(data)
    names = {p.id for p in held}
    real = [p.sequence() for p in held if p.length_beats >= 32][:MOST_REAL]
    learned = [p.sequence() for p in train if p.id not in names][:MOST_TRAIN]
    for number, kind in enumerate(code.NETS):
        made = [model.generate(None, BARS, seed, net=float(number)) for seed in range(1, PIECES + 1)]
        yield Samples(made, real, learned, name=kind)
