"""Tonal measures: share of notes in the key, pitch-class entropy; [workshop]."""

from __future__ import annotations

import numpy as np

from export.measures.lines import table
from realtime.music.keyfinding import find_key
from realtime.music.melody import in_key_share as share_in
from realtime.music.sequence import NoteSequence


def in_key_share(sequence: NoteSequence, key: tuple[int, str] | None = None) -> float:
    """Share of pitched notes (0..1) within a key: (tonic, "major" or "minor"), else the one that key finding hears in
    the whole; minor has both its sixths and sevenths. NaN of no notes."""
    notes = table(sequence, drums=False)
    if not len(notes):
        return float("nan")
    pitches = notes[:, 2].astype(int)
    if key is None:
        found = find_key(pitches.tolist(), np.maximum(notes[:, 1], 1e-3).tolist())
        key = (found.tonic, found.mode)
    return share_in(pitches.tolist(), *key)


def pitch_class_entropy(sequence: NoteSequence) -> float:
    """Shannon entropy of the 12 pitch classes of all pitched notes, in bits, 0..3.585 (Wu & Yang 2020; MusPy's
    definition). NaN of no notes."""
    notes = table(sequence, drums=False)
    if not len(notes):
        return float("nan")
    p = np.bincount(notes[:, 2].astype(int) % 12, minlength=12) / len(notes)
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())
