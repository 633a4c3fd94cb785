"""Pieces of `phrase` from nothing beside held-out music of each style and texture, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import realtime.models.phrase.code as code
from export.measures.c2st import Samples
from export.models.phrase.evaluate import as_sequence
from export.models.phrase.songs import load_songs
from realtime.models.phrase.model import Phrase

PIECES, BARS = 50, 32
FEWEST = 12
"""Held-out sections of a kind below which it is not tested."""
MOST_REAL, MOST_TRAIN = 200, 600


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Folk tunes without an ending of their own, then every other kind. Raises AntiphonError."""
    model = Phrase.load(package)
    songs = load_songs(data)
    held, train = songs.held_out, songs.split("train")
    kinds = [(s, t) for s in range(1, len(code.STYLES)) for t in (code.LINE, code.CHORDS)]
    for style, texture in kinds:
        chosen = [s for s in held if (s.style, s.texture) == (style, texture) and s.numerator]
        real = [as_sequence(s) for s in chosen[:: max(1, len(chosen) // MOST_REAL)]]
        if len(real) < FEWEST:
            continue
        known = [s for s in train if (s.style, s.texture) == (style, texture)]
        learned = [as_sequence(s) for s in known[:: max(1, len(known) // MOST_TRAIN)]]  # of every collection
        made = [model.generate(None, BARS, k, style=style, texture=texture + 1) for k in range(PIECES)]
        name = f"{code.STYLES[style]}{'_chords' if texture else ''}"
        yield Samples(made, real, learned, name="" if name == "folk" else name)
