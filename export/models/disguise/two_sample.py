"""Eight bars of held-out pieces in each other style beside real music of that style, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

from export.corpora.pieces import Piece, held_out, load_pieces
from export.measures.c2st import BARS, Samples
from export.models.disguise.data import SOURCES, style_of
from export.models.disguise.evaluate import as_sequence, in_whole_bars
from realtime.models.disguise.code import BEATS, STYLES
from realtime.models.disguise.model import Disguise
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError

EACH, MOST_TRAIN = 12, 60
"""Pieces of a style disguised as each other style; and of each style for the Markov chain."""


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """All styles at once, as many real excerpts of each as were made. Raises AntiphonError with fewer than two styles."""
    model = Disguise.load(package)
    known = load_pieces(data, only=tuple(SOURCES)).pieces
    by_style: dict[str, list[Piece]] = {s: [] for s in STYLES}
    train: list[NoteSequence] = []
    for piece in held_out(known):
        if style_of(piece) in by_style and in_whole_bars(piece):
            by_style[style_of(piece)].append(piece)
    for style in STYLES:
        mine = [p for p in known if p.split == "train" and style_of(p) == style and in_whole_bars(p)]
        train += [as_sequence(p) for p in mine[:MOST_TRAIN]]
    there = [s for s in STYLES if by_style[s]]
    if len(there) < 2:
        raise AntiphonError(f"Data {data}: disguise is tested between styles; there are pieces of {len(there)}.")
    made, real = [], []
    for source, target in permutations(there, 2):
        for piece in by_style[source][:EACH]:
            whole = as_sequence(piece)
            start = whole.notes[len(whole.notes) // 3].beat // BEATS * BEATS
            part = [n._replace(beat=n.beat - start) for n in whole.notes if start <= n.beat < start + BARS * BEATS]
            made.append(model.transform(NoteSequence(part), STYLES.index(target)))
    for style in there:
        real += [as_sequence(p) for p in by_style[style][: EACH * (len(there) - 1)]]
    yield Samples(made, real, train)
