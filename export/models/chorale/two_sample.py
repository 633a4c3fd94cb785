"""Chorales beside held-out ones of Bach, for the two-sample test: composed from nothing, under his melodies, and under them
as they are played, nothing known of what comes; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.corpora.pieces import held_out, load_pieces
from export.measures.c2st import Samples
from export.measures.lines import bars_of
from export.models.chorale.data import grid_of
from export.models.chorale.evaluate import as_sequence, played_along
from realtime.models.chorale.model import Chorale
from realtime.native.errors import AntiphonError

PIECES, BARS = 67, 24


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Raises AntiphonError if there are no chorales."""
    model = Chorale.load(package)
    found = load_pieces(data, only=("jsb_chorales_official",) if data else ("bach",))
    grids = [g for p in held_out(found.pieces) if (g := grid_of(p)) is not None]
    if not grids:
        raise AntiphonError(f"Corpus {data or 'of music21'}: no four-part pieces to test on; name chorales by --data.")
    real = [as_sequence(g) for g in grids]
    train = [as_sequence(g) for p in found.train if (g := grid_of(p)) is not None]
    yield Samples([model.generate(None, BARS, seed) for seed in range(PIECES)], real, train)
    bars = [bars_of(s) for s in real]
    under = [model.generate(s.channel(0), n, 1 + k) for k, (s, n) in enumerate(zip(real, bars, strict=True))]
    yield Samples(under, real, train, paired=True, name="along")
    model.configure(**{p.id: p.default for p in Chorale.PARAMS})
    live = [as_sequence(played_along(model, g, 1 + k)) for k, g in enumerate(grids)]
    yield Samples(live, real, train, paired=True, name="live")
