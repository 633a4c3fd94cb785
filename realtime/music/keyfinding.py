"""Key finding from pitch-class weights by correlation with key profiles; [any] (Krumhansl 1990; Temperley 1999;
Aarden 2003)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# Krumhansl, Cognitive Foundations of Musical Pitch, 1990 (probe-tone ratings)
KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
# Temperley, What's Key for Key?, Music Perception 17(1), 1999
TEMPERLEY = (
    (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
    (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
)
PROFILES = {"krumhansl": KRUMHANSL, "temperley": TEMPERLEY}
MODES = ("major", "minor")


@dataclass(frozen=True, slots=True)
class Key:
    """A key: tonic pitch class 0..11 (C = 0), mode "major" or "minor", and its correlation with the profile,
    -1..1."""

    tonic: int
    mode: str
    score: float = 0.0


@lru_cache(maxsize=8)
def _matrix(profile: str) -> np.ndarray:
    rows = [np.roll(values, tonic) for values in PROFILES[profile] for tonic in range(12)]
    centred = np.array(rows) - np.mean(rows, axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def pitch_class_weights(pitches: Iterable[int], weights: Iterable[float] | None = None) -> np.ndarray:
    """12 sums of `weights` (for instance durations in beats; 1 each if None) by pitch class."""
    pitches = np.fromiter(pitches, dtype=np.int64)
    values = np.ones(len(pitches)) if weights is None else np.fromiter(weights, dtype=np.float64)
    return np.bincount(pitches % 12, weights=values, minlength=12)


def rank_keys(weights: np.ndarray, profile: str = "temperley") -> list[Key]:
    """All 24 keys, best first; ties (an empty or flat histogram) keep C major first."""
    centred = np.asarray(weights, dtype=np.float64) - np.mean(weights)
    norm = np.linalg.norm(centred)
    scores = _matrix(profile) @ (centred / norm if norm > 1e-12 else centred)
    order = np.argsort(-scores, kind="stable")
    return [Key(int(k % 12), MODES[k // 12], float(scores[k])) for k in order]


def find_key(pitches: Iterable[int], weights: Iterable[float] | None = None, profile: str = "temperley") -> Key:
    """The best key of some notes (MIDI numbers) weighted by duration."""
    return rank_keys(pitch_class_weights(pitches, weights), profile)[0]
