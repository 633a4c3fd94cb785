"""Key finding from pitch-class weights by correlation with key profiles; [any] (Krumhansl 1990; Temperley 1999;
Aarden 2003)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from realtime.music.pitch import LETTER_CLASS, key_fifths, key_name
from realtime.music.sequence import Note

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
# Aarden, Dynamic Melodic Expectancy, 2003 (Essen folk songs)
AARDEN = (
    (17.7661, 0.145624, 14.9265, 0.160186, 19.8049, 11.3587, 0.291248, 22.062, 0.145624, 8.15494, 0.232998, 4.95122),
    (18.2648, 0.737619, 14.0499, 16.8599, 0.702494, 14.4362, 0.702494, 18.6161, 4.56621, 1.93186, 7.37619, 1.75623),
)
# Bellman 2005, after Budge 1943 (chords of the 18th and 19th century)
BELLMAN = (
    (16.80, 0.86, 12.95, 1.41, 13.49, 11.93, 1.25, 20.28, 1.80, 8.04, 0.62, 10.57),
    (18.16, 0.69, 12.99, 13.34, 1.07, 11.15, 1.38, 21.07, 7.49, 1.53, 0.92, 10.21),
)
# Temperley, Music and Probability, 2007 (Kostka and Payne's corpus): chance of each class in a segment
KOSTKA_PAYNE = (
    (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
    (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
)
PROFILES = {
    "krumhansl": KRUMHANSL,
    "temperley": TEMPERLEY,
    "aarden": AARDEN,
    "bellman": BELLMAN,
    "kostka-payne": KOSTKA_PAYNE,
}
MODES = ("major", "minor")


@dataclass(frozen=True, slots=True)
class Key:
    """A key: tonic pitch class 0..11 (C = 0), mode "major" or "minor", and its correlation with the profile,
    -1..1."""

    tonic: int
    mode: str
    score: float = 0.0

    @property
    def name(self) -> str:
        """Such as "Bb major"."""
        return key_name(self.tonic, self.mode)

    @property
    def relative(self) -> Key:
        """The key of the other mode with the same signature."""
        major = self.mode == "major"
        return Key((self.tonic + (9 if major else 3)) % 12, "minor" if major else "major")

    @property
    def parallel(self) -> Key:
        """The key of the other mode on the same tonic."""
        return Key(self.tonic, "minor" if self.mode == "major" else "major")


_WRITTEN = re.compile(r"([A-Ga-g])(#|b|♯|♭)?\s*-?\s*(m|[A-Za-z]{3,})?")
_MINOR_MODES = ("min", "aeol", "dor", "phry", "loc")
_MAJOR_MODES = ("maj", "ion", "lyd", "mix")


def read_key(text: str) -> Key | None:
    """The key that a person writes: A minor, Bb, F#m, c minor; of a church mode the key with its third. None of a text that
    is none."""
    match = _WRITTEN.fullmatch(text.strip())
    mode = (match[3] or "").lower() if match else ""
    if not match or not (mode in ("", "m") or mode.startswith((*_MINOR_MODES, *_MAJOR_MODES))):
        return None
    tonic = LETTER_CLASS[match[1].upper()] + {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(match[2], 0)
    minor = mode == "m" or mode.startswith(_MINOR_MODES) or (not mode and match[1].islower())
    return Key(tonic % 12, MODES[int(minor)])


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


def key_clarity(weights: np.ndarray, profile: str = "temperley") -> float:
    """How much better the best key fits than the best that is neither its relative nor its parallel, 0..2 (0 of a
    flat histogram): difference of correlations."""
    ranked = rank_keys(weights, profile)
    best = ranked[0]
    near = {(k.tonic, k.mode) for k in (best, best.relative, best.parallel)}
    return best.score - next(k.score for k in ranked if (k.tonic, k.mode) not in near)


def key_distance(a: Key, b: Key) -> float:
    """Steps between two keys: signatures apart on the circle of fifths, half a step between relatives, one between
    parallels (after Weber 1817 and Krumhansl 1990)."""
    if a.tonic == b.tonic:
        return 0.0 if a.mode == b.mode else 1.0
    apart = abs(key_fifths(a.tonic, a.mode) - key_fifths(b.tonic, b.mode))
    return min(apart, 12 - apart) + (0.5 if a.mode != b.mode else 0.0)


@lru_cache(maxsize=8)
def _log_profiles(profile: str) -> np.ndarray:
    """(24, 12) log probability of a pitch class in each key: 12 majors, 12 minors."""
    rows = np.array([np.roll(values, tonic) for values in PROFILES[profile] for tonic in range(12)], dtype=np.float64)
    return np.log(rows / rows.sum(axis=1, keepdims=True))


@lru_cache(maxsize=1)
def _distances() -> np.ndarray:
    keys = [Key(k % 12, MODES[k // 12]) for k in range(24)]
    return np.array([[key_distance(a, b) for b in keys] for a in keys])


class KeySpan(NamedTuple):
    """A key that holds from `beat` to `end` (quarter notes)."""

    beat: float
    end: float
    key: Key


def key_track(
    notes: Sequence[Note],
    segment_beats: float | Sequence[float] = 2.0,
    change_cost: float = 1.0,
    distance_cost: float = 0.2,
    profile: str = "bellman",
) -> list[KeySpan]:
    """Keys through a piece and where they change, by Viterbi search over segments (Temperley 2001, chapter 7).

    segment_beats: length of a segment in beats, or the beats of the bar lines, at which alone a key may change.
    change_cost and distance_cost (a step of `key_distance`) in nats: what a change must win (chosen on music21's
    twenty analysed chorales; tests/music measures three of them). Drums (channel 9) are left out; a span's key.score
    is its correlation. Empty of no notes.
    """
    notes = [n for n in notes if n.channel != 9]
    if not notes:
        return []
    edges = _edges(notes, segment_beats)
    weights = _segment_weights(notes, edges)
    # in beats of one voice: a thick texture is no surer of its key than a thin one
    spans = np.diff(edges)
    totals = weights.sum(axis=1)
    scale = np.where(totals > 0, np.minimum(totals, spans) / np.maximum(totals, 1e-12), 0.0)
    fit = (weights * scale[:, None]) @ _log_profiles(profile).T
    distances = _distances()
    step = -(change_cost * (distances > 0) + distance_cost * distances)
    best, back = fit[0], np.zeros((len(fit), 24), dtype=np.int64)
    for i in range(1, len(fit)):
        through = best[:, None] + step
        back[i] = np.argmax(through, axis=0)
        best = through[back[i], np.arange(24)] + fit[i]
    path = [int(np.argmax(best))]
    for i in range(len(fit) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    path.reverse()
    return _spans(path, edges, weights, profile)


def _edges(notes: Sequence[Note], segment_beats: float | Sequence[float]) -> np.ndarray:
    end = max(n.beat + max(n.duration, 1e-6) for n in notes)
    if isinstance(segment_beats, (int, float)):
        if not segment_beats > 0:
            raise ValueError(f"segments of {segment_beats} beats")
        first = np.floor(notes[0].beat / segment_beats) * segment_beats
        first = min(first, np.floor(min(n.beat for n in notes) / segment_beats) * segment_beats)
        count = max(1, int(np.ceil((end - first) / segment_beats - 1e-9)))
        return first + segment_beats * np.arange(count + 1)
    lines = sorted({float(b) for b in segment_beats if b < end} | {min(n.beat for n in notes)})
    return np.array([*lines, end])


def _segment_weights(notes: Sequence[Note], edges: np.ndarray) -> np.ndarray:
    """(segments, 12) beats that each pitch class sounds in each segment."""
    weights = np.zeros((len(edges) - 1, 12))
    for note in notes:
        end = note.beat + max(note.duration, 1e-3)
        i = max(0, int(np.searchsorted(edges, note.beat, side="right")) - 1)
        while i < len(weights) and edges[i] < end:
            weights[i, note.pitch % 12] += min(end, edges[i + 1]) - max(note.beat, edges[i])
            i += 1
    return weights


def _spans(path: list[int], edges: np.ndarray, weights: np.ndarray, profile: str) -> list[KeySpan]:
    spans: list[KeySpan] = []
    start = 0
    for i in range(1, len(path) + 1):
        if i < len(path) and path[i] == path[start]:
            continue
        total = weights[start:i].sum(axis=0)
        centred = total - total.mean()
        score = float(_matrix(profile)[path[start]] @ (centred / max(float(np.linalg.norm(centred)), 1e-12)))
        key = Key(path[start] % 12, MODES[path[start] // 12], score)
        spans.append(KeySpan(float(edges[start]), float(edges[i]), key))
        start = i
    return spans


def into_c(tonic: int, mode: str) -> int:
    """Semitones, -6..5, that bring a key to C major or A minor."""
    return ((9 if mode == "minor" else 0) - tonic + 6) % 12 - 6
