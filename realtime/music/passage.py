"""A passage's notes as arrays, its key, and excerpts that keep their tempo and metre: what descriptors are taken from;
numpy; [any]."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from realtime.music.keyfinding import Key, rank_keys
from realtime.music.sequence import Metre, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

FEWEST_NOTES = 4
TOGETHER_BEATS = 0.04  # onsets nearer than this are one chord, as fingers land


@dataclass(frozen=True)
class Passage:
    """Arrays of a passage's pitched notes, sorted by onset, then pitch; times in beats and in seconds."""

    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    onset_s: np.ndarray
    channel: np.ndarray

    @property
    def beats(self) -> float:
        return float((self.onset + self.duration).max() - self.onset.min())


def passage(sequence: NoteSequence) -> Passage:
    """The pitched notes as arrays. Raises AntiphonError if there are too few to say anything."""
    notes = [n for n in sequence.notes if n.channel != 9]
    if len(notes) < FEWEST_NOTES:
        raise AntiphonError(
            f"The passage has {len(notes)} pitched notes; give at least {FEWEST_NOTES} to judge its mood or difficulty."
        )
    rows = np.array([(n.beat, max(n.duration, 1e-3), n.pitch, n.velocity, n.channel) for n in notes], float)
    seconds = np.array([sequence.tempo.seconds(b) for b in rows[:, 0]])
    return Passage(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], seconds, rows[:, 4].astype(int))


def excerpt(sequence: NoteSequence, start: float, end: float) -> NoteSequence:
    """The notes that begin between two beats, moved so that `start` is beat 0, with the tempo and metre that hold
    there."""
    inside = [n for n in sequence.notes if start <= n.beat < end]
    moved = [n._replace(beat=n.beat - start) for n in inside]
    steps = [(0.0, sequence.tempo.tempo_bpm(start))]
    steps += [(b - start, bpm) for b, bpm in sequence.tempo.steps if start < b < end]
    metre = sequence.metre_at(start)
    return replace(
        sequence, notes=moved, tempo=TempoMap(steps), metres=[Metre(0.0, metre.numerator, metre.denominator)]
    )


def key_of(p: Passage) -> tuple[Key, list[Key]]:
    """The likeliest key and all keys ranked."""
    ranked = rank_keys(np.bincount(p.pitch.astype(int) % 12, weights=p.duration, minlength=12))
    return ranked[0], ranked
