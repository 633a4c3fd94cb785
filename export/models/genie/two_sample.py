"""Music of `genie`'s own buttons beside held-out piano music, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.measures.c2st import Samples
from export.models.genie import data as piano
from export.models.genie.evaluate import generated
from realtime.models.genie.model import Genie

PIECES, MOST_REAL, MOST_TRAIN = 50, 200, 200


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Raises AntiphonError."""
    model = Genie.load(package)
    corpus = piano.read(data)
    real = [p.sequence() for p in piano.distinct(corpus.held_out)[:MOST_REAL]]
    yield Samples(generated(model, PIECES), real, [p.sequence() for p in piano.distinct(corpus.train)[:MOST_TRAIN]])
