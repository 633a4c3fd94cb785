"""A chord of a major key as it is in the minor key of the same tonic, and back (modal mixture; Aldwell & Schachter 2011); any
thread."""

from __future__ import annotations

from realtime.music.chord import Chord
from realtime.music.chord_naming import chord_of_mask
from realtime.music.chord_table import mask_of

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
LEADING, DOMINANT, MAJOR_THIRD = 11, 7, 4


def in_mode(chord: Chord, tonic: int, now: str, wanted: str) -> Chord:
    """The chord with the third, sixth and seventh degree of another mode; what is in neither stays. The dominant keeps its
    leading note: that is of both modes."""
    if now == wanted:
        return chord
    move = {(tonic + a) % 12: (tonic + b) % 12 for a, b in zip(SCALES[now], SCALES[wanted], strict=True)}
    if (chord.root - tonic) % 12 == DOMINANT and (chord.root + MAJOR_THIRD) % 12 in chord.classes:
        move |= {(tonic + LEADING) % 12: (tonic + LEADING) % 12}
    root = move.get(chord.root, chord.root)
    classes = {move.get(c, c) for c in chord.classes}
    return chord_of_mask(root, mask_of((c - root) % 12 for c in classes), move.get(chord.bass, chord.bass))
