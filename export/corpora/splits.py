"""Splits and families: settings, editions and transpositions of one tune are found by the runs of intervals they share
and stay on one side; [any] (min-wise sketches: Broder 1997)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha1

import numpy as np

from export.corpora.piece import Piece
from export.corpora.tune import family
from export.corpora.tunes import melody_track

RUN_INTERVALS = 10
SKETCH = 48  # smallest hashes kept of a piece
ALIKE = 0.4  # share of runs in common from which two pieces are one
# an edition's mark at the end of its id: 001-1a-BRZ.krn and 001-1-Sm.krn are one work
EDITION = re.compile(
    r"^(chopin_first_editions/.*?)(\d+|[A-Z][A-Za-z]*)-(\d+)[a-z]?-[A-Za-z0-9]+((?:-[a-z0-9]+)?)\.krn$"
)


def split_of(name: str) -> str:
    """ "valid" for about a tenth of all names, "train" for the rest."""
    return "valid" if int(sha1(name.encode()).hexdigest(), 16) % 10 == 1 else "train"


def split_of_piece(piece: Piece) -> str:
    """The same for a piece without an official split: by the family of its melody, so that a tune in another key is on
    the same side; drums, chords and very short pieces by their id."""
    line = upper_line(piece)
    if len(line) <= RUN_INTERVALS:
        return split_of(piece.id)
    return "valid" if family([(0, 0, int(p)) for p in line]) % 10 == 1 else "train"


def upper_line(piece: Piece) -> np.ndarray:
    """Pitches of the most melodic track, of notes that begin together the highest; empty if nothing is pitched."""
    try:
        notes = melody_track(piece.tracks).notes
    except ValueError:
        return np.zeros(0, np.int64)
    ticks = np.round(notes[:, 0] * 24).astype(int)
    last = np.append(ticks[1:] != ticks[:-1], True)  # sorted by onset, then pitch
    return notes[last, 2].astype(np.int64)


def sketch(line: np.ndarray) -> np.ndarray:
    """The smallest SKETCH hashes (uint64) of a line's runs of intervals; of fewer notes than a run, none."""
    intervals = np.diff(line)
    if len(intervals) < RUN_INTERVALS:
        return np.zeros(0, np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(intervals + 200, RUN_INTERVALS).astype(np.uint64)
    multipliers = np.random.default_rng(1).integers(1, 2**63, RUN_INTERVALS, np.uint64) * np.uint64(2) + np.uint64(1)
    hashes = (windows * multipliers).sum(axis=1, dtype=np.uint64)
    hashes ^= hashes >> np.uint64(31)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    return np.unique(hashes)[:SKETCH]


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Share of runs two sketched lines have in common, 0..1, estimated from the smallest hashes of both together."""
    if not len(a) or not len(b):
        return 0.0
    both = np.union1d(a, b)[: min(SKETCH, max(len(a), len(b)))]
    return float((np.isin(both, a) & np.isin(both, b)).mean())


def work_of(name: str) -> str:
    """The id without an edition's mark; ids that have none as they are."""
    found = EDITION.match(name)
    return "".join(found.group(1, 2)) + "-" + "".join(found.group(3, 4)) if found else name


def families(pieces: Sequence[Piece]) -> list[int]:
    """A number for each piece, equal for pieces of one family: equal works by id, or melodies that share most runs."""
    parent = list(range(len(pieces)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    works: dict[str, int] = {}
    sketches = [sketch(upper_line(p)) for p in pieces]
    first_with: dict[int, list[int]] = {}
    for i, piece in enumerate(pieces):
        parent[root(i)] = root(works.setdefault(work_of(piece.id), i))
        for mark in sketches[i][:8].tolist():
            known = first_with.setdefault(mark, [])
            for k in known:
                if root(k) != root(i) and likeness(sketches[i], sketches[k]) >= ALIKE:
                    parent[root(i)] = root(k)
            if len(known) < 20:  # a commonplace of many tunes tells nothing
                known.append(i)
    return [root(i) for i in range(len(pieces))]


def unique_pieces(pieces: Iterable[Piece]) -> list[Piece]:
    """One piece of each family and split: the one with the most notes; families that are held out (valid or test) leave
    the training set altogether. Order is kept. Chord charts without notes are their own families."""
    pieces = list(pieces)
    groups = families(pieces)
    held = {g for g, p in zip(groups, pieces, strict=True) if p.split in ("valid", "test")}
    best: dict[tuple[int, str], int] = {}
    for i, (group, piece) in enumerate(zip(groups, pieces, strict=True)):
        key = (group, piece.split)
        if piece.split == "train" and group in held:
            continue
        if key not in best or _size(piece) > _size(pieces[best[key]]):
            best[key] = i
    kept = set(best.values())
    return [p for i, p in enumerate(pieces) if i in kept]


def _size(piece: Piece) -> int:
    return sum(len(t.notes) for t in piece.tracks)
