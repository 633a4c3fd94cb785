"""The code of `changes`: 109 chord labels, 24 keys, and frames of half a beat with what sounds in them; [any].

Labels are quality * 12 + root, so that transposition is a roll within each twelve; the last label is "no chord".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.music.chord import Chord

FRAME_BEATS = 0.5
QUALITIES = ("maj", "min", "7", "maj7", "min7", "dim", "hdim7", "sus4", "aug")
TEMPLATES = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 4, 7, 10),
    (0, 4, 7, 11),
    (0, 3, 7, 10),
    (0, 3, 6),
    (0, 3, 6, 10),
    (0, 5, 7),
    (0, 4, 8),
)
NO_CHORD = 12 * len(QUALITIES)
LABELS = NO_CHORD + 1
KEYS = 24  # 0..11 major, 12..23 minor, by tonic
PLACES = 4  # metrical places: bar line, middle of the bar, other beat, off the beat
PLACE_NAMES = ("bar", "middle", "beat", "offbeat")


def label_of(chord: Chord | None) -> int:
    """The label of a chord: its root with the nearest quality of QUALITIES by third, fifth and seventh (9ths and 13ths
    count as their seventh chord, sixths as their triad, sus2 as sus4)."""
    if chord is None:
        return NO_CHORD
    classes = set(chord.intervals)
    return QUALITIES.index(quality_of(classes)) * 12 + chord.root


def quality_of(classes: set[int]) -> str:
    """The quality of QUALITIES of intervals above the root."""
    if 4 in classes:
        if 8 in classes and 7 not in classes:
            return "aug"
        return "7" if 10 in classes else "maj7" if 11 in classes else "maj"
    if 3 in classes:
        if 6 in classes and 7 not in classes:
            return "hdim7" if 10 in classes else "dim"
        return "min7" if 10 in classes else "min"
    return "sus4" if classes & {2, 5} else "maj"


def chord_of(label: int) -> Chord | None:
    """The chord of a label, in root position; None for no chord."""
    if label >= NO_CHORD:
        return None
    return Chord(label % 12, QUALITIES[label // 12], label % 12)


def transposed_labels(labels: np.ndarray, semitones: int) -> np.ndarray:
    """Labels moved by semitones; no chord stays."""
    labels = np.asarray(labels)
    return np.where(labels >= NO_CHORD, labels, labels // 12 * 12 + (labels + semitones) % 12)


def label_roll(semitones: int) -> np.ndarray:
    """(109,) index such that values[index] are the values of all labels moved up by semitones: new[l] = old[l - s]."""
    return transposed_labels(np.arange(LABELS), -semitones)


def key_index(tonic: int, mode: str) -> int:
    return tonic % 12 + (12 if mode == "minor" else 0)


def metrical_place(numerator: int, denominator: int, beat_in_bar: float) -> int:
    """0 bar line, 1 middle of the bar (of 4, 6 or 12 felt beats), 2 another beat, 3 off the beat."""
    bar = numerator * 4.0 / denominator
    compound = denominator >= 8 and numerator % 3 == 0
    pulse = 12.0 / denominator if compound else 4.0 / denominator if denominator < 8 else 1.0
    if abs(beat_in_bar) < 1e-6:
        return 0
    pulses = bar / pulse
    if abs(beat_in_bar - bar / 2) < 1e-6 and abs(pulses / 2 - round(pulses / 2)) < 1e-6:
        return 1
    return 2 if abs(beat_in_bar / pulse - round(beat_in_bar / pulse)) < 1e-6 else 3


class Bars:
    """Where bar lines are: from a list of bar starts, else from time signatures; 4/4 where nothing is known."""

    def __init__(self, metres: Sequence[tuple[float, int, int]], starts: Sequence[float] = (), phase: float = 0.0):
        self.metres = sorted(metres) or [(0.0, 4, 4)]
        self.starts, self.phase = np.asarray(sorted(starts), float), phase

    def metre(self, beat: float) -> tuple[float, int, int]:
        current = self.metres[0]
        for row in self.metres:
            if row[0] <= beat + 1e-6:
                current = row
        return current

    def place(self, beat: float) -> tuple[float, float, int]:
        """(beats since the bar line, beats of the bar, metrical place) of a beat."""
        start, numerator, denominator = self.metre(beat)
        bar = numerator * 4.0 / denominator
        inside = (beat - max(start, 0.0) - self.phase) % bar
        if len(self.starts) > 1:
            i = int(np.searchsorted(self.starts, beat + 1e-6)) - 1
            if 0 <= i < len(self.starts) - 1:
                inside, bar = beat - self.starts[i], self.starts[i + 1] - self.starts[i]
            elif i >= 0:
                inside = (beat - self.starts[i]) % bar
        if abs(bar - numerator * 4.0 / denominator) > 1e-6:  # a bar of its own length: quarters are the pulse
            numerator, denominator = max(1, round(bar)), 4
        if abs(inside - bar) < 1e-6:
            inside = 0.0
        return float(inside), float(bar), metrical_place(numerator, denominator, inside)

    def places(self, frames: int) -> np.ndarray:
        """(frames,) int64: the metrical place of each frame of half a beat from beat 0."""
        return np.array([self.place(f * FRAME_BEATS)[2] for f in range(frames)], np.int64)


def evidence(notes: np.ndarray, frames: int, first: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What sounds in each frame of half a beat from beat `first` on.

    notes: (n, 3 or more) onset and duration in beats, pitch. Returns sounding (frames, 12): share of the frame in which
    a pitch class sounds, octaves added, at most 1; onsets (frames, 12): 1 where it begins; bass (frames,): the lowest
    pitch, -1 where nothing sounds.
    """
    sounding, onsets = np.zeros((frames, 12), np.float32), np.zeros((frames, 12), np.float32)
    bass = np.full(frames, 999.0)
    if len(notes):
        start = (notes[:, 0] - first) / FRAME_BEATS
        end = start + np.maximum(notes[:, 1], 1.0 / 24) / FRAME_BEATS
        pitch = notes[:, 2].astype(np.int64)
        begin = np.floor(start + 0.05).astype(np.int64)
        count = np.maximum(1, np.ceil(end - 0.05).astype(np.int64) - begin)
        index = np.repeat(np.arange(len(notes)), count)
        frame = begin[index] + np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
        keep = (frame >= 0) & (frame < frames)
        index, frame = index[keep], frame[keep]
        share = np.minimum(end[index], frame + 1) - np.maximum(start[index], frame)
        np.add.at(sounding, (frame, pitch[index] % 12), np.clip(share, 0.05, 1.0))
        np.minimum.at(bass, frame, pitch[index])
        fresh = (begin >= 0) & (begin < frames)
        onsets[begin[fresh], pitch[fresh] % 12] = 1.0
    return np.minimum(sounding, 1.0), onsets, np.where(bass > 500, -1, bass).astype(np.int64)
