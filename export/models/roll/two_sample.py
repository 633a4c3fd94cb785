"""Bands of `roll` over the chords of held-out songs beside the songs' own, for the two-sample test; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.corpora.pieces import held_out, load_pieces
from export.measures.c2st import Samples
from export.models.roll.data import song_bars
from export.models.roll.evaluate import sequence_of
from realtime.models.roll.model import Roll
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError

SONGS, BARS, MOST_TRAIN = 100, 16, 150
DRUMS = 9


def samples(package: Path | None, data: str | Path | None) -> Iterator[Samples]:
    """The pitched tracks: the songs have no drums. Raises AntiphonError without songs."""
    if data is None:
        raise AntiphonError(
            "roll is tested on songs with chords, which music21 lacks; name pop909.jsonl.gz with --data."
        )
    model = Roll.load(package)
    pieces = [p for p in load_pieces(data, only=("pop909",)).pieces if any(not t.drum for t in p.tracks)]
    found = [s for s in map(song_bars, held_out(pieces)[:SONGS]) if s is not None and len(s[2])]
    made, real = [], []
    for seed, (rolls, chords, starts) in enumerate(found):
        first = int(starts[len(starts) // 3])
        last = min(first + BARS, len(chords))
        written = sequence_of(*model.rolls(chords[first:last], seed=seed))
        made.append(NoteSequence([n for n in written.notes if n.channel != DRUMS]))
        real.append(sequence_of(rolls[first:last]))
    train = [sequence_of(s[0]) for p in pieces if p.split == "train" and (s := song_bars(p)) is not None][:MOST_TRAIN]
    yield Samples(made, real, train, paired=True)
