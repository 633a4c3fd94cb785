"""The melody of a piece as a tune: its most melodic track, from a bar line, on the grid; [any]."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np

from export.corpora.piece import Piece, Track
from export.corpora.tune import Tune, one_voice
from realtime.music.keyfinding import find_key
from realtime.music.melody_code import TICKS, bar_ticks
from realtime.music.rhythm import quantise


def melody_track(tracks: list[Track]) -> Track:
    """The track named melody or voice, else the pitched one that is most a melody: little overlap, high, and with enough
    notes. Raises ValueError if there is none."""
    pitched = [t for t in tracks if not t.drum and len(t.notes)]
    if not pitched:
        raise ValueError("no pitched notes")
    named = [t for t in pitched if "melod" in t.name.lower() or t.name.lower() == "voice"]
    return (named or [max(pitched, key=_melodic)])[0]


def _melodic(track: Track) -> float:
    ends = track.notes[:, 0] + track.notes[:, 1]
    overlaps = float((ends[:-1] > track.notes[1:, 0] + 0.05).sum()) / len(ends)
    return min(len(ends), 50) / 50 - 2.0 * overlaps + float(track.notes[:, 2].mean()) / 64


def upbeat_ticks(piece: Piece, notes: np.ndarray, bar: int) -> int:
    """Ticks before the first full bar: a first bar shorter than the others or, if no bars are given, where the loudest
    accents fall (abc2midi writes them)."""
    if len(piece.bars) > 1:
        return round((piece.bars[1] - piece.bars[0]) * TICKS) % bar
    loudest = notes[:, 3].max()
    if loudest == notes[:, 3].min():
        return 0
    places = Counter(round(o * TICKS) % bar for o in notes[notes[:, 3] == loudest, 0].tolist())
    return places.most_common(1)[0][0]


def tune_of_piece(piece: Piece) -> Tune:
    """The melody up to the first change of metre in a performance, of the whole piece in a score. Raises ValueError if
    the piece has no notes or a metre that cannot be."""
    track = melody_track(piece.tracks)
    numerator, denominator = piece.metres[0][1:] if piece.metres else (4, 4)
    if numerator < 1 or denominator < 1:
        raise ValueError(f"a metre of {numerator}/{denominator}")
    bar = bar_ticks(numerator, denominator)
    if piece.performed:
        notes, (numerator, denominator) = _performed(piece, track.notes)
    else:
        phase = upbeat_ticks(piece, track.notes, bar)
        # an upbeat is moved to the end of an empty first bar, so that every bar line is a multiple of the bar
        shift = bar - phase if phase else 0
        notes = [(round(o * TICKS) + shift, round(d * TICKS), int(p)) for o, d, p in track.notes[:, :3].tolist()]
    tonic, mode = piece.key
    if piece.performed and tonic is None:
        key = find_key([n[2] for n in notes], [n[1] for n in notes])
        tonic, mode = key.tonic, key.mode
    return Tune(
        id=piece.id,
        notes=one_voice(notes),
        numerator=numerator,
        denominator=denominator,
        tonic=tonic,
        mode=mode,
        split=piece.split,
        title=piece.title,
        licence=piece.licence,
        source=piece.source,
    )


def _performed(piece: Piece, rows: np.ndarray) -> tuple[list[tuple[int, int, int]], tuple[int, int]]:
    """Notes on the grid, from the bar line before the first one, and their metre."""
    first = float(rows[0, 0])
    metres = piece.metres or [(0.0, 4, 4)]
    here = next((m for m in reversed(metres) if m[0] <= first), metres[0])
    end = next((m[0] for m in metres if m[0] > first and m[1:] != here[1:]), float("inf"))
    bar_beats = here[1] * 4.0 / here[2]
    origin = here[0] + (first - here[0]) // bar_beats * bar_beats
    notes = [
        (quantise(onset - origin), max(3, round(duration * TICKS)), int(pitch))
        for onset, duration, pitch, _ in itertools.takewhile(lambda r: r[0] < end, rows.tolist())
    ]
    return notes, (here[1], here[2])
