"""Descriptors of a passage for mood: tempo, density, register, dynamics, articulation, mode, harmony, melody, rhythm;
[player process], numpy only."""

from __future__ import annotations

import numpy as np

from realtime.music.passage import TOGETHER_BEATS, Passage, key_of, passage
from realtime.music.scale import key_classes
from realtime.music.sequence import NoteSequence
from realtime.music.syncopation import offbeat_share

TEMPO_DESCRIPTORS = ("tempo", "onsets_per_second", "notes_per_second")

DESCRIPTORS = {
    "tempo": "log2 of beats a minute over 100",
    "onsets_per_second": "log2 of distinct onsets a second",
    "notes_per_second": "log2 of notes a second",
    "onsets_per_beat": "log2 of distinct onsets a quarter note",
    "notes_per_beat": "log2 of notes a quarter note",
    "duration": "log2 of the mean duration in quarter notes",
    "duration_spread": "standard deviation of log2 durations",
    "articulation": "median share of the time to the next onset that the top notes sound (1: legato)",
    "staccato": "share of top notes that sound less than half of that time",
    "register": "mean pitch weighted by duration, octaves from middle C",
    "register_spread": "its standard deviation, octaves",
    "highest": "95th percentile of pitch, octaves from middle C",
    "lowest": "5th percentile of pitch, octaves from middle C",
    "melody_step": "mean size of the top line's intervals, semitones",
    "melody_leaps": "share of them above 5 semitones",
    "melody_repeats": "share of them of 0 semitones",
    "melody_direction": "mean of them, semitones (rising is positive)",
    "loudness": "mean velocity 0..1",
    "loudness_spread": "standard deviation of velocity",
    "majorness": "correlation with the best major key less that with the best minor key (Temperley 1999)",
    "key_clarity": "correlation with the best key",
    "brightness": "mean place of the notes on the line of fifths, from the tonic",
    "chromaticism": "share of sounding time outside the key",
    "major_chords": "share of beats nearer to a major triad less those nearer to a minor one",
    "dissonance": "mean roughness of the intervals that sound within a beat",
    "polyphony": "mean number of notes that sound at once",
    "syncopation": "share of onsets off the beat whose next beat is not struck",
    "unevenness": "normalised pairwise variability of the times between onsets (Grabe & Low 2002), 0..2",
    "triple": "1 in metres of three or in compound metres, else 0",
}
NAMES = tuple(DESCRIPTORS)
TEMPO_INDEX = np.array([NAMES.index(n) for n in TEMPO_DESCRIPTORS])
# roughness of interval classes 0..6, ordered as listeners order them (Huron, Music Perception 1994; rounded)
ROUGHNESS = np.array([0.0, 1.0, 0.6, 0.15, 0.1, 0.05, 0.5])


def top_line(p: Passage) -> np.ndarray:
    """Indices of the skyline: the highest note of each onset, where no higher note goes on sounding."""
    highest = np.flatnonzero(np.append(np.diff(p.onset) > TOGETHER_BEATS, True))
    kept: list[int] = []
    pitch, end = -1.0, -1.0
    for i in highest:
        if p.pitch[i] >= pitch or end <= p.onset[i] + 0.05:
            kept.append(int(i))
            pitch, end = p.pitch[i], p.onset[i] + p.duration[i]
    return np.array(kept)


def beat_classes(p: Passage, beats: float = 1.0) -> np.ndarray:
    """(windows, 12) sounding time of each pitch class in windows of some beats."""
    start = p.onset - p.onset.min()
    end = start + p.duration
    count = max(1, int(np.ceil(end.max() / beats - 1e-9)))
    edges = np.arange(count) * beats
    heard = np.minimum(end[None], edges[:, None] + beats) - np.maximum(start[None], edges[:, None])
    return np.clip(heard, 0.0, None) @ np.eye(12)[p.pitch.astype(int) % 12]


def _triads() -> np.ndarray:
    rows = [[float((pc - root) % 12 in steps) for pc in range(12)] for steps in ((0, 4, 7), (0, 3, 7))
            for root in range(12)]  # fmt: skip
    return np.array(rows).T / np.sqrt(3.0)


TRIADS = _triads()


def _log2(value: float, least: float = 1e-2) -> float:
    return float(np.log2(max(value, least)))


def descriptors(sequence: NoteSequence) -> np.ndarray:
    """(29,) float64 in the order of NAMES. Raises AntiphonError if there are too few notes."""
    p = passage(sequence)
    top = top_line(p)
    line, line_onset, line_duration = p.pitch[top], p.onset[top], p.duration[top]
    onsets = 1 + int((np.diff(p.onset) > TOGETHER_BEATS).sum())
    gaps = np.diff(line_onset)
    steps = np.diff(line)
    sounding = np.minimum(line_duration[:-1] / np.maximum(gaps, 1e-3), 1.5) if len(gaps) else np.ones(1)
    span_s = max(0.25, float(sequence.tempo.seconds(p.onset.min() + p.beats) - p.onset_s.min()))
    logs = np.log2(np.maximum(p.duration, 1 / 32))
    weight = p.duration / p.duration.sum()
    height = (p.pitch - 60.0) / 12.0
    mean_height = float(height @ weight)
    key, ranked = key_of(p)
    best = {mode: max(k.score for k in ranked if k.mode == mode) for mode in ("major", "minor")}
    fifths = ((p.pitch.astype(int) - key.tonic) * 7 + 5) % 12 - 5
    inside = np.isin(p.pitch.astype(int) % 12, list(key_classes(key.tonic, key.mode)))
    classes = beat_classes(p)
    loud = np.linalg.norm(classes, axis=1)
    heard = classes[loud > 0] / loud[loud > 0, None]
    triad = (heard @ TRIADS).argmax(axis=1)
    metre = sequence.metres[0]
    values = {
        "tempo": _log2(60.0 * p.beats / span_s / 100.0),
        "onsets_per_second": _log2(onsets / span_s),
        "notes_per_second": _log2(len(p.pitch) / span_s),
        "onsets_per_beat": _log2(onsets / p.beats),
        "notes_per_beat": _log2(len(p.pitch) / p.beats),
        "duration": _log2(float(p.duration.mean())),
        "duration_spread": float(logs.std()),
        "articulation": float(np.median(sounding)),
        "staccato": float((sounding < 0.5).mean()),
        "register": mean_height,
        "register_spread": float(np.sqrt(((height - mean_height) ** 2) @ weight)),
        "highest": float(np.percentile(height, 95)),
        "lowest": float(np.percentile(height, 5)),
        "melody_step": float(np.abs(steps).mean()) if len(steps) else 0.0,
        "melody_leaps": float((np.abs(steps) > 5).mean()) if len(steps) else 0.0,
        "melody_repeats": float((steps == 0).mean()) if len(steps) else 0.0,
        "melody_direction": float(steps.mean()) if len(steps) else 0.0,
        "loudness": float(p.velocity.mean()),
        "loudness_spread": float(p.velocity.std()),
        "majorness": best["major"] - best["minor"],
        "key_clarity": key.score,
        "brightness": float(fifths @ weight),
        "chromaticism": float(weight[~inside].sum()),
        "major_chords": float((triad < 12).mean() - (triad >= 12).mean()) if len(triad) else 0.0,
        "dissonance": _roughness(heard),
        "polyphony": float(p.duration.sum() / p.beats),
        "syncopation": offbeat_share(p.onset),
        "unevenness": _unevenness(gaps),
        "triple": float(metre.numerator % 3 == 0),
    }
    return np.array([values[name] for name in NAMES])


def _roughness(heard: np.ndarray) -> float:
    if not len(heard):
        return 0.0
    total = sum(ROUGHNESS[c] * (heard * np.roll(heard, c, axis=1)).sum(axis=1) for c in range(1, 7))
    return float(np.mean(total))


def _unevenness(gaps: np.ndarray) -> float:
    if len(gaps) < 2:
        return 0.0
    a, b = gaps[:-1], gaps[1:]
    return float(np.mean(2.0 * np.abs(a - b) / np.maximum(a + b, 1e-6)))
