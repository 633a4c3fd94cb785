"""What is done to the notes of every piece that is read, and what can be asked for: cleaning, quantising, transposing;
[any]."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from export.corpora.piece import Piece, Track
from realtime.music.chord_symbol import parse_chord
from realtime.music.midifile import LONGEST_BEATS
from realtime.native.errors import AntiphonError

SHORTEST_BEATS = 1 / 96
ONE_ONSET_BEATS = 1e-6


def clean_notes(notes: np.ndarray, drum: bool, faults: Counter) -> np.ndarray:
    """(n, 4) notes of one track as one instrument can sound them, sorted; what was mended is counted in `faults`.

    "zero": notes of no length go (drums get the shortest one); "duplicate": of notes of one pitch that begin together
    the longest stays; "overlap": a note ends where the next of its pitch begins; "velocity": is brought into 0..127.
    """
    if not len(notes):
        return notes
    short = notes[:, 1] <= 0
    if short.any():
        faults["zero"] += int(short.sum())
        if drum:
            notes = notes.copy()
            notes[short, 1] = SHORTEST_BEATS
        else:
            notes = notes[~short]
            if not len(notes):
                return notes
    # by pitch, then onset, the longest first
    notes = notes[np.lexsort((-notes[:, 1], notes[:, 0], notes[:, 2]))]
    same_pitch = np.diff(notes[:, 2]) == 0
    doubles = np.concatenate([[False], same_pitch & (np.diff(notes[:, 0]) < ONE_ONSET_BEATS)])
    if doubles.any():
        faults["duplicate"] += int(doubles.sum())
        notes = notes[~doubles]
    gaps, same_pitch = np.diff(notes[:, 0]), np.diff(notes[:, 2]) == 0
    late = np.flatnonzero(same_pitch & (notes[:-1, 1] > gaps + ONE_ONSET_BEATS))
    if len(late):
        faults["overlap"] += len(late)
        notes[late, 1] = gaps[late]
    wrong = (notes[:, 3] < 0) | (notes[:, 3] > 127)
    if wrong.any():
        faults["velocity"] += int(wrong.sum())
        notes[:, 3] = np.clip(notes[:, 3], 0, 127)
    return notes[np.lexsort((notes[:, 2], notes[:, 0]))]


def clean(piece: Piece, faults: Counter, drop_empty: bool = False) -> Piece:
    """The piece with clean tracks (in place). drop_empty: tracks without notes go too, counted as "empty track".
    Raises ValueError if a number is not finite, a pitch or onset is out of range, or it lasts longer than any music."""
    for track in piece.tracks:
        if not np.isfinite(track.notes).all():
            raise ValueError("a note that is not a number")
        low, high = (track.notes.min(axis=0), track.notes.max(axis=0)) if len(track.notes) else (np.zeros(4),) * 2
        if low[0] < 0 or low[2] < 0 or high[2] > 127:
            raise ValueError("a pitch or onset out of range")
        if len(track.notes) and (end := float(track.notes[:, :2].sum(axis=1).max())) > LONGEST_BEATS:
            raise ValueError(f"it lasts {end:g} quarter notes; {LONGEST_BEATS:.0f} at most are music")
        track.notes = clean_notes(track.notes, track.drum, faults)
    if drop_empty:
        full = [t for t in piece.tracks if len(t.notes)]
        faults["empty track"] += len(piece.tracks) - len(full)
        piece.tracks = full
    return piece


def quantised(piece: Piece, steps_a_quarter: int = 12) -> Piece:
    """A copy with onsets and ends on a grid, every note at least a step long; 12 steps hold 16ths and triplets."""

    def on_grid(track: Track) -> Track:
        notes = track.notes.copy()
        if len(notes):
            starts = np.round(notes[:, 0] * steps_a_quarter)
            ends = np.maximum(starts + 1, np.round((notes[:, 0] + notes[:, 1]) * steps_a_quarter))
            notes[:, 0], notes[:, 1] = starts / steps_a_quarter, (ends - starts) / steps_a_quarter
        return replace(track, notes=clean_notes(notes, track.drum, Counter()))

    return replace(piece, tracks=[on_grid(t) for t in piece.tracks], performed=False)


def transposed(piece: Piece, semitones: int) -> Piece:
    """A copy with notes, chords and key moved; drums stay, unknown chord symbols become "N", and notes that would leave
    0..127 move by octaves back into it."""

    def moved(track: Track) -> Track:
        if track.drum or not len(track.notes):
            return track
        notes = track.notes.copy()
        notes[:, 2] += semitones
        notes[:, 2] += 12 * np.ceil(np.maximum(0, -notes[:, 2]) / 12)
        notes[:, 2] -= 12 * np.ceil(np.maximum(0, notes[:, 2] - 127) / 12)
        return replace(track, notes=notes[np.lexsort((notes[:, 2], notes[:, 0]))])

    tonic, mode = piece.key
    return replace(
        piece,
        tracks=[moved(t) for t in piece.tracks],
        chords=[(beat, moved_symbol(symbol, semitones)) for beat, symbol in piece.chords],
        key=(None if tonic is None else (tonic + semitones) % 12, mode),
    )


def moved_symbol(symbol: str, semitones: int) -> str:
    """A chord symbol moved, in Harte's syntax; "N" of no chord or an unknown one."""
    try:
        chord = parse_chord(symbol)
    except AntiphonError:
        return "N"
    return "N" if chord is None else chord.transposed(semitones).harte()
