"""Half bars of pop songs over their chords, and what follows what; [workshop]."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

import realtime.models.collage.code as code
from export.corpora.pieces import Piece, PieceSet, load_pieces
from realtime.music.chord_symbol import parse_chord
from realtime.native.errors import AntiphonError

CORPORA = ("pop909",)
SPLIT_PITCH = 52  # the piano below it is bass
SHORTEST_CHORD_BEATS = 1.5
MODES = ("major", "minor")


@dataclass
class Cell:
    """Half a bar: chord root relative to the tonic, quality, and the rolls of the three roles."""

    degree: int
    quality: int
    rolls: dict[str, np.ndarray]


@dataclass
class Song:
    """A song's half bars in order (None where there is no clear chord), its mode 0 major or 1 minor."""

    cells: list[Cell | None]
    mode: int
    tonic: int
    id: str


def read(data: str | Path | None) -> PieceSet:
    """Songs with chords, a melody and a piano. Raises AntiphonError if there are none."""
    return load_pieces(data, only=CORPORA)


@lru_cache(maxsize=4096)
def root_and_quality(symbol: str) -> tuple[int, int] | None:
    """Of a chord symbol, chords without a third counted as major; None for no chord or an unknown one."""
    try:
        chord = parse_chord(symbol)
    except AntiphonError:
        return None
    if chord is None:
        return None
    third = chord.majmin()
    return (chord.root, code.MAJOR if third < 12 or third == 24 else code.MINOR)


def chord_at(piece: Piece, times: np.ndarray, start: float) -> tuple[int, int] | None:
    """(root, quality) of the chord that holds most of a half bar; None if none does. times: of the piece's chords."""
    best, found = SHORTEST_CHORD_BEATS - 1e-6, None
    first = max(0, int(np.searchsorted(times, start + 1e-6)) - 1)
    for i in range(first, len(times)):
        if times[i] >= start + code.CELL_BEATS:
            break
        end = times[i + 1] if i + 1 < len(times) else start + code.CELL_BEATS
        held = min(end, start + code.CELL_BEATS) - max(times[i], start)
        if held > best:
            best, found = held, piece.chords[i][1]
    return None if found is None else root_and_quality(found)


def song_of(piece: Piece) -> Song | None:
    """A song by half bars; None if it lacks a key, chords, or the tracks."""
    named = {t.name.lower(): t.notes for t in piece.tracks}
    tonic, mode = piece.key
    if tonic is None or not piece.chords or "melody" not in named or "piano" not in named:
        return None
    downbeats = piece.extra.get("downbeats") or piece.bars or []
    piano, melody = named["piano"], named["melody"]
    parts = {"melody": melody, "bass": piano[piano[:, 2] < SPLIT_PITCH], "inner": piano[piano[:, 2] >= SPLIT_PITCH]}
    cells: list[Cell | None] = []
    times = np.array([b for b, _ in piece.chords])
    for here, after in itertools.pairwise(downbeats):
        for start in (here, here + 2.0) if after - here == 4 else (here,):
            chord = chord_at(piece, times, start) if after - here == 4 else None
            if chord is None:
                cells.append(None)
                continue
            rolls = {}
            for role, notes in parts.items():
                low, high = np.searchsorted(notes[:, 0], (start - 0.125, start + code.CELL_BEATS - 0.125))
                rolls[role] = code.roll_of(notes[low:high], start, chord[0], chord[1], role)
            cells.append(Cell((chord[0] - tonic) % 12, chord[1], rolls))
    return Song(cells, MODES.index(mode) if mode in MODES else 0, tonic, piece.id)


def songs(pieces: Sequence[Piece]) -> list[Song]:
    """All songs that can be used. Raises AntiphonError if there are none."""
    found = [s for p in pieces if (s := song_of(p)) is not None and any(s.cells)]
    if not found:
        raise AntiphonError(
            f"collage: none of the {len(pieces)} pieces has chords, a key and tracks named melody and piano; "
            "give such songs, as POP909's, with --data."
        )
    return found


def matrix(all_songs: Sequence[Song], role: str, most: int, rng: np.random.Generator) -> np.ndarray:
    """(n, size) rolls of one role, silent ones left out, at most so many, drawn at random."""
    rows = [c.rolls[role] for s in all_songs for c in s.cells if c is not None and c.rolls[role].any()]
    if not rows:
        raise AntiphonError(f"collage: no half bar has any {role}; give songs with a melody and a piano.")
    chosen = rng.permutation(len(rows))[:most]
    return np.stack([rows[i] for i in chosen])


def progressions(all_songs: Sequence[Song]) -> np.ndarray:
    """(2, 24, 24) float32: log-probability of the next other chord after a chord (degree + 12 * quality, relative to the
    tonic), in major and in minor, lightly smoothed; a chord that stays counts for nothing."""
    counts = np.full((2, 24, 24), 0.05)
    counts[:, np.arange(24), np.arange(24)] = 1e-6
    for song in all_songs:
        for a, b in zip(song.cells, song.cells[1:], strict=False):
            if a is not None and b is not None and (a.degree, a.quality) != (b.degree, b.quality):
                counts[song.mode, a.degree + 12 * a.quality, b.degree + 12 * b.quality] += 1
    return np.log(counts / counts.sum(axis=2, keepdims=True)).astype(np.float32)


def lines(pieces: Sequence[Piece]) -> list[list[tuple[int, int]]]:
    """Every track's upper line as pairs of interval and time between onsets in 24ths of a quarter note."""
    found = []
    for piece in pieces:
        for track in piece.tracks:
            if track.drum or len(track.notes) < 12:
                continue
            ticks = np.round(track.notes[:, 0] * 24).astype(int)
            order = np.lexsort((-track.notes[:, 2], ticks))
            ticks, pitch = ticks[order], track.notes[order, 2].astype(int)
            top = np.append(True, np.diff(ticks) > 0)
            found.append(list(zip(np.diff(pitch[top]).tolist(), np.diff(ticks[top]).tolist(), strict=True)))
    return found
