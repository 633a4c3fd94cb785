"""Tonality of notes: pitch classes, key and its clarity, modulation, harmonic tension; [workshop] (Chew, Towards a
Mathematical Model of Tonality 2000; Herremans and Chew 2016; Harte, Sandler and Gasser 2006)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from export.features.feature import Feature, by_name, number
from realtime.music.keyfinding import Key, key_clarity, key_track, pitch_class_weights, rank_keys
from realtime.music.pitch import fifths_of, spell_class
from realtime.music.scale import key_classes
from realtime.music.sequence import Note, NoteSequence

CLASSES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# the spiral array's shape (Chew 2000): a fifth a quarter turn, a major third as near as a fifth
RADIUS, RISE = 1.0, math.sqrt(2.0 / 15.0)
# weights of root, fifth, third in a chord and of tonic, dominant, subdominant in a key
WEIGHTS = (0.536, 0.274, 0.19)
WINDOW_BEATS = 2.0


def tonality(sequence: NoteSequence) -> dict[str, Feature]:
    """Drums left out: pitch_classes (12 shares by duration, C first), chroma_entropy (bits, log2 12 = 3.58 at most),
    key_tonic (0..11), mode_major (1 or 0), key_score (correlation), key_clarity, in_key_share, key_changes (a hundred
    beats, by `key_track`), tension over windows of two beats: cloud_diameter, cloud_momentum and tensile_strain in
    the spiral array, harmonic_change in the tonnetz."""
    notes = [n for n in sequence.notes if n.channel != 9]
    if not notes:
        return {}
    pitches, durations = [n.pitch for n in notes], [max(n.duration, 1e-3) for n in notes]
    weights = pitch_class_weights(pitches, durations)
    share = weights / weights.sum()
    used = share[share > 0]
    key = rank_keys(weights)[0]
    classes = key_classes(key.tonic, key.mode)
    span = max(n.end for n in notes) - min(n.beat for n in notes)
    features = [
        Feature("pitch_class", share, "share", rows=CLASSES),
        number("chroma_entropy", float(abs(-(used * np.log2(used)).sum())), "bits"),
        number("key_tonic", key.tonic, "0..11"),
        number("mode_major", float(key.mode == "major"), "0 or 1"),
        number("key_score", key.score, "correlation"),
        number("key_clarity", key_clarity(weights), "correlation"),
        number("in_key_share", float(sum(share[c] for c in classes)), "share"),
        number("key_changes", 100.0 * (len(key_track(notes)) - 1) / max(span, WINDOW_BEATS), "1/100 beats"),
        *tension(notes, key),
    ]
    return by_name(features)


def spiral_point(fifths: float) -> np.ndarray:
    """Place of a pitch on the spiral array by its place on the line of fifths (C = 0)."""
    angle = fifths * math.pi / 2
    return np.array([RADIUS * math.sin(angle), RADIUS * math.cos(angle), fifths * RISE])


def chord_point(root_fifths: int, major: bool = True) -> np.ndarray:
    """Centre of a triad: root, fifth (one step on) and third (four on, or three back)."""
    third = root_fifths + 4 if major else root_fifths - 3
    return np.array(WEIGHTS) @ np.array([spiral_point(f) for f in (root_fifths, root_fifths + 1, third)])


def key_point(key: Key) -> np.ndarray:
    """Centre of a key: tonic, dominant and subdominant triads (in minor a major dominant and minor subdominant)."""
    tonic = fifths_of(spell_class(key.tonic, key.tonic, key.mode))
    major = key.mode == "major"
    chords = (chord_point(tonic, major), chord_point(tonic + 1), chord_point(tonic - 1, major))
    return np.array(WEIGHTS) @ np.array(chords)


def tension(notes: Sequence[Note], key: Key, window_beats: float = WINDOW_BEATS) -> list[Feature]:
    """cloud_diameter (greatest distance between two notes that sound in a window), cloud_momentum (how far the centre
    moves from the window before), tensile_strain (from the centre to the key's), in units of the spiral's radius, nan
    in silence; harmonic_change (how far the tonnetz centre moves, 0..2). Times are in beats."""
    first = min(n.beat for n in notes)
    count = max(1, math.ceil((max(n.end for n in notes) - first) / window_beats - 1e-9))
    point = {c: spiral_point(fifths_of(spell_class(c, key.tonic, key.mode))) for c in range(12)}
    home = key_point(key)
    weights = np.zeros((count, 12))
    for note in notes:
        end = note.beat + max(note.duration, 1e-3)
        for i in range(int((note.beat - first) // window_beats), count):
            start = first + i * window_beats
            if start >= end:
                break
            weights[i, note.pitch % 12] += min(end, start + window_beats) - max(note.beat, start)
    diameter, momentum, strain, change = (np.full(count, np.nan) for _ in range(4))
    before = before_tonnetz = None
    for i, row in enumerate(weights):
        sounding = np.flatnonzero(row)
        if not len(sounding):
            continue
        points = np.array([point[int(c)] for c in sounding])
        centre = row[sounding] @ points / row.sum()
        diameter[i] = max(np.linalg.norm(a - b) for a in points for b in points)
        strain[i] = np.linalg.norm(centre - home)
        tonnetz = tonnetz_centre(row)
        if before is not None and before_tonnetz is not None:
            momentum[i] = np.linalg.norm(centre - before)
            change[i] = np.linalg.norm(tonnetz - before_tonnetz)
        before, before_tonnetz = centre, tonnetz
    beats = first + window_beats * (np.arange(count) + 0.5)
    return [
        Feature("cloud_diameter", diameter, "radii", beats),
        Feature("cloud_momentum", momentum, "radii", beats),
        Feature("tensile_strain", strain, "radii", beats),
        Feature("harmonic_change", change, "tonnetz", beats),
    ]


def tonnetz_centre(weights: np.ndarray) -> np.ndarray:
    """6 coordinates of pitch-class weights (12,): circles of fifths, minor thirds and major thirds, radii 1, 1, 0.5
    (Harte et al. 2006)."""
    classes = np.arange(12)
    rows = []
    # angle of a semitone: 7/6, 3/2, 2/3 of pi
    for radius, turn in ((1.0, 7 / 6), (1.0, 3 / 2), (0.5, 2 / 3)):
        angle = np.pi * turn * classes
        rows += [radius * np.sin(angle), radius * np.cos(angle)]
    return np.array(rows) @ weights / max(float(weights.sum()), 1e-12)
