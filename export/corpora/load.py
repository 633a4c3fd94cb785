"""Melodies of all corpora: a folder or file of MIDI, scores or jsonl.gz, or music21's bundled tunes when nothing is
named; [any]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from export.corpora.pieces import read_pieces
from export.corpora.tune import Tune, fingerprint, fold_repeats, split_by_family
from export.corpora.tunes import tune_of_piece
from realtime.native.errors import AntiphonError

FOLK = ("folk_nottingham", "folk_ryans_mammoth", "folk_oneills1850", "folk_airds")
SHORTEST_NOTES = 12


@dataclass(slots=True)
class Corpus:
    """Cleaned tunes and what was left out on the way: damaged places by name, duplicates and too short tunes by
    number."""

    tunes: list[Tune]
    damaged: list[str] = field(default_factory=list)
    duplicates: int = 0
    short: int = 0

    def split(self, name: str) -> list[Tune]:
        return [t for t in self.tunes if t.split == name]

    def describe(self) -> str:
        counts = Counter(t.split for t in self.tunes)
        notes = sum(len(t.notes) for t in self.tunes)
        text = f"{len(self.tunes)} tunes ({counts['train']} train, {counts['valid']} valid), {notes} notes"
        text += f"; left out: {self.duplicates} duplicates, {self.short} shorter than {SHORTEST_NOTES} notes"
        text += f", {len(self.damaged)} damaged"
        return text + "".join(f"\n  damaged: {place}" for place in self.damaged[:10])


def _read(data: str | Path | None, damaged: list[str]) -> Iterator[Tune]:
    for piece in read_pieces(data, FOLK, damaged):
        try:
            yield tune_of_piece(piece)
        except ValueError as error:
            damaged.append(f"{piece.place or piece.id}: {error}")


def load_tunes(data: str | Path | None = None) -> Corpus:
    """Reads, folds repeats, drops duplicates, and gives tunes without an official split one by tune family.

    data: None for music21's corpora, a .jsonl(.gz) or MIDI file, or a folder of them.
    Raises AntiphonError if nothing usable is there.
    """
    corpus = Corpus([])
    seen: set[bytes] = set()
    for tune in _read(data, corpus.damaged):
        tune = fold_repeats(tune)
        if len(tune.notes) < SHORTEST_NOTES:
            corpus.short += 1
            continue
        mark = fingerprint(tune.notes)
        if mark in seen:
            corpus.duplicates += 1
            continue
        seen.add(mark)
        if tune.split not in ("train", "valid", "test"):
            tune.split = split_by_family(tune.notes)
        corpus.tunes.append(tune)
    if not corpus.tunes:
        raise AntiphonError(
            f"Data {data}: no usable tune ({len(corpus.damaged)} damaged, {corpus.short} too short); "
            "name a folder of MIDI or .jsonl.gz files with melodies of at least 12 notes."
        )
    return corpus
