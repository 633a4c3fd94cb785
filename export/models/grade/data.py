"""Pairs of passages, easier and harder: nobody graded these corpora, but many pairs need no teacher; [workshop].

Sure pairs: the same passage slower, with one hand alone, with its chords thinned, with notes thrown to other octaves.
Weak pairs: folk tunes below chorales and accompaniments, these below Chopin's dances, these below his etudes, ballades,
scherzi and sonatas, by common repute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import realtime.models.grade.code as grade_code
from export.corpora.pieces import Piece, PieceSet, load_pieces
from export.models.genie.data import distinct
from realtime.models.mood import changed_tempo
from realtime.music.passage import excerpt
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

CORPORA = ("folk_nottingham", "bach_chorales_music21", "openscore_lieder", "pop909", "chopin_first_editions")
EXCERPT_BEATS = 32.0
FEWEST_NOTES = 16
DEFAULT_TEMPO_BPM = 100.0
HARD_OPUS = ("010", "025", "020", "023", "031", "035", "038", "039", "047", "052", "054", "058", "011", "021", "022")
# class of a passage: 0 folk tune, 1 chorale, 2 accompaniment, 3 Chopin's smaller works, 4 his etudes and great works
CLASS_NAMES = (
    "folk tunes",
    "chorales",
    "accompaniments",
    "Chopin, dances and preludes",
    "Chopin, etudes and great works",
)
MADE_PAIRS = ("tempo", "one hand", "thinned", "octave leaps")


@dataclass
class Excerpt:
    """A passage for one pianist: right hand on channel 0, left on channel 1."""

    sequence: NoteSequence
    kind: int
    piece: str


def kind_of(piece: Piece) -> int:
    """The class of a piece; -1: none."""
    source = piece.source
    if "nottingham" in source or source.startswith("folk"):
        return 0
    if "chorale" in source or "jsb" in source:
        return 1
    if "lieder" in source or "pop909" in source:
        return 2
    if source.startswith("chopin"):
        name = piece.id.split("/")[-1]
        opus = name.split("-")[0].split("_")[0]
        alone = not any(w in name for w in ("viol", "Primo", "Secondo", "primo", "secondo"))
        if not alone or opus == "074":
            return -1
        return 4 if opus in HARD_OPUS else 3
    return -1


def keyboard(piece: Piece, kind: int) -> NoteSequence | None:
    """What the pianist plays, hands on channels 0 and 1; None if there is no such part."""
    tracks = [t for t in piece.tracks if not t.drum and len(t.notes)]
    if kind == 0:
        parts = [t.notes for t in tracks[:1]]
    elif kind == 1:
        if len(tracks) < 4:
            return None
        upper = np.concatenate([t.notes for t in tracks[:2]])
        parts = [upper, np.concatenate([t.notes for t in tracks[2:]])]
    elif piece.source.startswith("pop909"):
        parts = [t.notes for t in tracks if t.name.lower() == "piano"]
    else:
        parts = [t.notes for t in tracks if "staff" in t.name.lower()][:2] or [t.notes for t in tracks[-2:]]
    if not parts:
        return None
    notes = [
        Note(float(o), float(d), int(p), float(v) / 127, channel)
        for channel, rows in enumerate(parts)
        for o, d, p, v in rows
    ]
    metres = [Metre(float(b), n, d) for b, n, d in piece.metres] or [Metre(0.0, 4, 4)]
    return NoteSequence(notes, TempoMap(piece.tempo or [(0.0, DEFAULT_TEMPO_BPM)]), metres, piece.id)


def excerpts(pieces: Sequence[Piece], most: int = 2, per_kind: int = 400) -> list[Excerpt]:
    """Up to `most` stretches of 32 beats of every piece of a known class, at most per_kind pieces of a class."""
    found: list[Excerpt] = []
    used: dict[int, int] = {}
    # of several editions the one that has a metronome mark; without any, a quarter is taken at 100
    for piece in distinct(sorted(pieces, key=lambda p: not p.tempo)):
        kind = kind_of(piece)
        if kind < 0 or used.get(kind, 0) >= per_kind:
            continue
        whole = keyboard(piece, kind)
        if whole is None:
            continue
        used[kind] = used.get(kind, 0) + 1
        starts = [0.0] if whole.end_beat < 2.5 * EXCERPT_BEATS else [0.0, EXCERPT_BEATS * int(whole.end_beat / 64)]
        for start in starts[:most]:
            part = excerpt(whole, start, start + EXCERPT_BEATS)
            if len(part.notes) >= FEWEST_NOTES and part.notes[-1].beat - part.notes[0].beat > EXCERPT_BEATS / 2:
                found.append(Excerpt(part, kind, piece.id))
    return found


def easier(excerpt: Excerpt, kind: str, rng: np.random.Generator) -> tuple[NoteSequence, NoteSequence] | None:
    """(easier, harder) of one kind made from a passage; None where the passage does not allow it."""
    s = excerpt.sequence
    if kind == "tempo":
        return changed_tempo(s, -float(rng.uniform(0.3, 1.0))), s
    if kind == "one hand":
        right = [n for n in s.notes if n.channel == 0]
        left = [n for n in s.notes if n.channel == 1]
        if min(len(right), len(left)) < FEWEST_NOTES:
            return None
        return replace(s, notes=right if rng.random() < 0.5 else left), s
    if kind == "thinned":
        kept = thinned(s)
        return (replace(s, notes=kept), s) if len(kept) < 0.9 * len(s.notes) else None
    if kind == "octave leaps":
        thrown = [
            n._replace(pitch=n.pitch + (12 if n.pitch < 76 else -12)) if rng.random() < 0.25 else n for n in s.notes
        ]
        return s, replace(s, notes=thrown)
    raise ValueError(kind)


def thinned(s: NoteSequence) -> list[Note]:
    """One note of each hand's chord: the highest of the right hand, the lowest of the left."""
    outer: dict[tuple[float, int], Note] = {}
    for n in s.notes:
        place = (n.beat, n.channel)
        now = outer.get(place)
        if now is None or (n.pitch > now.pitch) == (n.channel == 0):
            outer[place] = n
    return list(outer.values())


# of Chopin's preludes, by common repute (all of one class here, so their order is not taught)
EASY_PRELUDES, HARD_PRELUDES = (4, 6, 7, 20), (3, 5, 8, 12, 16, 19, 24)


def prelude_of(piece_id: str) -> int:
    """Number of a prelude of opus 28; 0: no prelude."""
    match = re.search(r"/028\D.*-(\d{3})\.krn", piece_id)
    return int(match.group(1)) if match else 0


def read(data: str | Path | None) -> PieceSet:
    """Pieces of the known classes. Raises AntiphonError if there are none."""
    return load_pieces(data, only=CORPORA)


def gather(pieces: Sequence[Piece], per_kind: int = 400) -> list[Excerpt]:
    """Passages. Raises AntiphonError if there are none."""
    found = excerpts(pieces, per_kind=per_kind)
    if not found:
        raise AntiphonError(
            f"grade: none of the {len(pieces)} pieces is of a known class (folk tunes, chorales, songs, Chopin); "
            f"name a file or folder with some of {', '.join(CORPORA)} (.jsonl.gz) with --data."
        )
    return found


def made_pairs(passages: Sequence[Excerpt], seed: int) -> dict[str, np.ndarray]:
    """(n, 2, 22) demands of (easier, harder) by kind of pair."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[np.ndarray]] = {}
    for one in passages:
        for kind in MADE_PAIRS:
            pair = easier(one, kind, rng)
            if pair is None:
                continue
            try:
                found.setdefault(kind, []).append(np.stack([grade_code.demands(s) for s in pair]))
            except AntiphonError:
                continue
    return {kind: np.stack(rows) for kind, rows in found.items()}
