"""Accompaniments for the melodies and chords of held-out songs beside their own, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.corpora.pieces import held_out
from export.measures.c2st import Samples
from export.models.accompany import data as corpus
from export.models.accompany.excerpts import excerpt_of, training_sequence
from export.models.accompany.train import follower
from realtime.models.accompany.model import Accompany

STYLES = ("pop", "lied")
MOST, MOST_TRAIN, FEWEST = 60, 200, 8


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """Pop songs, then songs of the 19th century; of each as many bars as `evaluate` takes. Raises AntiphonError."""
    model = Accompany.load(package)
    read = corpus.load(data)
    chords, own = follower(), held_out(read.pieces)
    train = [training_sequence(events) for p in read.train if p not in own and (events := corpus.accompaniment(p))][
        :MOST_TRAIN
    ]
    for style in STYLES:
        chosen = [p for p in own if ("lied" in p.source) == (style == "lied")][:MOST]
        songs = [s for p in chosen if (s := corpus.song_of(p, chords)) is not None]
        cut = [e for s in songs if (e := excerpt_of(s)) is not None]
        if len(cut) < FEWEST:
            continue
        made = [
            model.accompany(e.prompt, e.chart, e.bars, 1 + k, style=float(style == "lied"), pad=0.0)
            for k, e in enumerate(cut)
        ]
        name = "" if style == "pop" else style
        yield Samples(made, [e.original for e in cut], train if style == "pop" else (), paired=True, name=name)
