"""Piano music as streams of key, waiting time and chord for the eight-button piano; [workshop]."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import realtime.models.genie.code as code
from export.corpora.pieces import Piece, PieceSet, load_pieces
from realtime.music.sequence import TempoMap
from realtime.native.errors import AntiphonError

CORPORA = ("pop909", "openscore_lieder", "chopin_first_editions", "piano_perf_giantmidi")
DEFAULT_TEMPO_BPM = 96.0
SHORTEST = 48  # notes: shorter streams teach nothing
SIMULTANEOUS_S = 0.03
MAJMIN = re.compile(r"([A-G][#b]?):([a-z]+)(\d*)(.*)")


@dataclass
class Stream:
    """One player's notes in time: keys (n,) 0..87, onsets_s (n,), chords (n,) rows of `chord_table`; texture 0 one
    line, 1 two hands."""

    keys: np.ndarray
    onsets_s: np.ndarray
    chords: np.ndarray
    texture: int
    source: str


def hands(piece: Piece) -> list[tuple[int, np.ndarray]]:
    """What a pianist would play of a piece: (texture, notes) of both hands together and of the top part alone."""
    tracks = [t for t in piece.tracks if not t.drum and len(t.notes)]
    names = [t.name.lower() for t in tracks]
    if "melody" in names and "piano" in names:  # POP909: tune and accompaniment on one keyboard; the tune alone
        full = [t for t, n in zip(tracks, names, strict=True) if n in ("melody", "piano")]
        line = [t for t, n in zip(tracks, names, strict=True) if n == "melody"]
    elif any("staff" in n for n in names):
        piano = [t for t, n in zip(tracks, names, strict=True) if "staff" in n or "piano" in n]
        full, line = piano, [tracks[0]]
    else:
        full, line = tracks, tracks[:1] if len(tracks) > 1 else []
    chosen = [(1, full), (0, line)]
    return [(texture, np.concatenate([t.notes for t in group])) for texture, group in chosen if group]


def labelled(symbol: str) -> int:
    """Row of `chord_table` of a label such as B:min7; NO_CHORD where the table has no such chord."""
    from realtime.music.pitch import parse_pitch

    match = re.match(r"([A-G][#b]*):?([^/(]*)", symbol)
    if not match or symbol == "N":
        return code.NO_CHORD
    root, quality = parse_pitch(match.group(1)), match.group(2) or "maj"
    quality = {"9": "7", "min9": "min7", "maj9": "maj7", "maj6": "maj", "min6": "min", "7sus4": "sus4"}.get(
        quality, quality.removeprefix(":")
    )
    names = list(code.CHORD_STEPS)
    if quality not in names:
        quality = "sus4" if quality.startswith("sus") else "min" if quality.startswith("min") else "maj"
    return root * len(names) + names.index(quality)


def chords_at(piece: Piece, beats: np.ndarray) -> np.ndarray:
    """Chord of every onset: the piece's own labels, else named from all its sounding notes by half bars."""
    if piece.chords:
        times = np.array([b for b, _ in piece.chords])
        rows = np.array([labelled(c) for _, c in piece.chords])
        at = np.searchsorted(times, beats + 1e-6, side="right") - 1
        return np.where(at >= 0, rows[np.maximum(at, 0)], code.NO_CHORD)
    notes = piece.notes()
    rows = code.named_chords(notes[:, 0], notes[:, 1], notes[:, 2])
    return rows[np.minimum((beats // 2.0).astype(int), len(rows) - 1)]


def streams_of(piece: Piece) -> list[Stream]:
    """The streams of one piece (none if it is too short)."""
    found = []
    tempo = TempoMap(piece.tempo or [(0.0, DEFAULT_TEMPO_BPM)])
    for texture, notes in hands(piece):
        notes = notes[(notes[:, 2] >= code.LOWEST_PITCH) & (notes[:, 2] < code.LOWEST_PITCH + code.KEYS)]
        notes = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
        if len(notes) < SHORTEST:
            continue
        if texture == 1:  # two voices that meet on a key are one key
            same = (np.diff(notes[:, 0], prepend=-1.0) == 0) & (np.diff(notes[:, 2], prepend=-1.0) == 0)
            notes = notes[~same]
        onsets_s = np.array([tempo.seconds(b) for b in notes[:, 0]])
        keys = (notes[:, 2] - code.LOWEST_PITCH).astype(np.int16)
        found.append(Stream(keys, onsets_s, chords_at(piece, notes[:, 0]), texture, piece.source))
    return found


def distinct(pieces: Sequence[Piece]) -> list[Piece]:
    """Without second editions of the same work (the Chopin set holds many): the first of each opus and number."""
    seen, kept = set(), []
    for piece in pieces:
        work = piece.id
        if piece.source.startswith("chopin"):
            name = piece.id.split("/")[-1].removesuffix(".krn")
            number = re.search(r"-(\d{3})", name)
            work = re.split(r"[-_]", name)[0] + "/" + (number.group(1) if number else "")
        if work not in seen:
            seen.add(work)
            kept.append(piece)
    return kept


def read(data: str | Path | None) -> PieceSet:
    """Piano pieces. Raises AntiphonError if there are none."""
    return load_pieces(data, only=CORPORA)


def gather(pieces: Sequence[Piece]) -> list[Stream]:
    """All streams of some pieces. Raises AntiphonError if none is long enough."""
    found = [s for p in distinct(pieces) for s in streams_of(p)]
    if not found:
        raise AntiphonError(
            f"genie: none of the {len(pieces)} pieces has a part of {SHORTEST} notes or more; give longer piano music."
        )
    return found


class Windows:
    """Draws training windows: runs of notes from streams, each source and texture as likely as its share of notes."""

    def __init__(self, streams: Sequence[Stream], length: int):
        self.length = length
        self.keys = np.concatenate([s.keys for s in streams]).astype(np.int64)
        self.onsets = np.concatenate([s.onsets_s for s in streams])
        self.chords = np.concatenate([s.chords for s in streams]).astype(np.int64)
        sizes = np.array([len(s.keys) for s in streams])
        self.textures = np.repeat([s.texture for s in streams], sizes)
        starts = np.cumsum(sizes) - sizes
        self.starts = np.concatenate(
            [start + np.arange(0, max(1, size - length), 4) for start, size in zip(starts, sizes, strict=True)]
        )
        self.ends = np.repeat(starts + sizes, [len(range(0, max(1, size - length), 4)) for size in sizes])

    def draw(self, rng: np.random.Generator, count: int, augment: bool = True) -> dict[str, np.ndarray]:
        """keys (b, t) int64, wait_s (b, t) float32, chord (b, t, 25) float32, texture (b,), mask (b, t) float32.

        augment: transposed by up to 6 semitones, played 0.8 to 1.25 times as fast, in a third of the windows the
        notes of a chord in any order (a player's fingers do not land from low to high).
        """
        return self.at(rng.integers(0, len(self.starts), count), rng if augment else None)

    def at(self, which: np.ndarray, rng: np.random.Generator | None = None) -> dict[str, np.ndarray]:
        """The windows of these numbers, as `draw` gives them; unchanged without rng."""
        count, length = len(which), self.length
        index = self.starts[which][:, None] + np.arange(length)[None, :]
        mask = index < self.ends[which][:, None]
        index = np.minimum(index, self.ends[which][:, None] - 1)
        keys, onsets, chords = self.keys[index], self.onsets[index], self.chords[index]
        if rng is not None:
            shift = rng.integers(-6, 7, (count, 1))
            low, high = keys.min(axis=1, keepdims=True), keys.max(axis=1, keepdims=True)
            shift = np.clip(shift, -low, code.KEYS - 1 - high)
            keys = keys + shift
            chords = np.where(
                chords == code.NO_CHORD,
                code.NO_CHORD,
                (chords // len(code.CHORD_STEPS) + shift) % 12 * len(code.CHORD_STEPS) + chords % len(code.CHORD_STEPS),
            )
            onsets = onsets * np.exp(rng.uniform(-0.223, 0.223, (count, 1)))
            keys = self._shuffled(rng, keys, onsets, mask)
        gaps = np.diff(onsets, axis=1, prepend=onsets[:, :1] - code.LONGEST_WAIT_S)
        wait = np.clip(gaps, 0.0, code.LONGEST_WAIT_S).astype(np.float32)
        return {
            "keys": keys,
            "wait_s": wait * mask,
            "chord": code.chord_table()[chords],
            "texture": self.textures[self.starts[which]].astype(np.float32),
            "mask": mask.astype(np.float32),
        }

    @staticmethod
    def _shuffled(rng: np.random.Generator, keys: np.ndarray, onsets: np.ndarray, mask: np.ndarray) -> np.ndarray:
        apart = np.diff(onsets, axis=1, prepend=onsets[:, :1] - 1.0) > SIMULTANEOUS_S
        group = np.cumsum(apart, axis=1) + 10_000 * (mask < 1)
        order = np.argsort(group + 0.999 * rng.random(keys.shape) * (rng.random((len(keys), 1)) < 0.33), axis=1)
        return np.take_along_axis(keys, order, axis=1)
