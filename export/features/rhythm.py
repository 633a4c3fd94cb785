"""Rhythm of notes: density, intervals between onsets, grids, syncopation, swing, dynamics; [workshop] (Toussaint 2013;
Grabe and Low 2002 for the nPVI)."""

from __future__ import annotations

import numpy as np

from export.features.feature import Feature, by_name, number
from realtime.music.metre import place_of
from realtime.music.sequence import NoteSequence
from realtime.music.swing import swing_ratio
from realtime.music.syncopation import syncopation_per_bar

# half way between a sixteenth and a triplet: 21 ms at 120
NEAR_BEATS = 1 / 24
IOI_CLASSES = ("1/8", "1/6", "1/4", "1/3", "1/2", "2/3", "3/4", "1", "3/2", "2", "3", "4+")
IOI_BEATS = (1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4)


def rhythm(sequence: NoteSequence) -> dict[str, Feature]:
    """density (onsets a beat and a second: chords count once), intervals between onsets (mean, coefficient of
    variation, nPVI, entropy, histogram by nearest value), shares of onsets on beats, strong beats, sixteenths and
    triplets, syncopation a bar, swing ratio (1 straight, 2 triplet; absent where nothing swings or stands in eighths),
    length against interval, tempo, velocity (mean and spread)."""
    onsets = _onsets(sequence)
    if not len(onsets):
        return {}
    span_beats = max(sequence.end_beat - float(onsets[0]), 1e-6)
    span_s = max(sequence.tempo.seconds(sequence.end_beat) - sequence.tempo.seconds(float(onsets[0])), 1e-6)
    intervals = np.diff(onsets)
    features = [
        number("onsets_per_beat", len(onsets) / span_beats, "1/beat"),
        number("onsets_per_second", len(onsets) / span_s, "1/s"),
        number("notes_per_beat", len(sequence.notes) / span_beats, "1/beat"),
        number("syncopation", syncopation_per_bar(sequence), "levels/bar"),
        number("swing_ratio", swing_ratio(onsets), "ratio"),
        number("tempo", len(onsets) and _mean_tempo(sequence, span_beats, span_s), "1/min"),
        *_intervals(intervals),
        *_grids(sequence, onsets),
        *_playing(sequence, onsets),
    ]
    return by_name(features)


def _onsets(sequence: NoteSequence) -> np.ndarray:
    """Beats at which something begins; notes within 1/48 beat are one."""
    beats = np.array(sorted(n.beat for n in sequence.notes))
    if not len(beats):
        return beats
    return beats[np.concatenate([[True], np.diff(beats) > 1 / 48])]


def _mean_tempo(sequence: NoteSequence, span_beats: float, span_s: float) -> float:
    return 60.0 * span_beats / span_s


def _intervals(intervals: np.ndarray) -> list[Feature]:
    if not len(intervals):
        return []
    mean = float(intervals.mean())
    pairs = np.abs(np.diff(intervals)) / np.maximum((intervals[1:] + intervals[:-1]) / 2, 1e-9)
    nearest = np.argmin(np.abs(np.log(intervals[:, None] / np.array(IOI_BEATS)[None, :])), axis=1)
    share = np.bincount(nearest, minlength=len(IOI_BEATS)) / len(nearest)
    used = share[share > 0]
    return [
        number("ioi_mean", mean, "beats"),
        number("ioi_variation", float(intervals.std()) / mean, "ratio"),
        number("ioi_npvi", 100.0 * float(pairs.mean()) if len(pairs) else None, "nPVI"),
        number("ioi_entropy", float(abs(-(used * np.log2(used)).sum())), "bits"),
        Feature("ioi_share", share, "share", rows=IOI_CLASSES),
    ]


def _near(beats: np.ndarray, parts: int) -> np.ndarray:
    return np.abs(beats * parts - np.round(beats * parts)) / parts <= NEAR_BEATS


def _grids(sequence: NoteSequence, onsets: np.ndarray) -> list[Feature]:
    places = [place_of(sequence, float(b), NEAR_BEATS) for b in onsets]
    sixteenth = _near(onsets, 4)
    triplet = _near(onsets, 3) & ~sixteenth
    return [
        number("on_beat_share", float(np.mean([p.on_beat for p in places])), "share"),
        number("strong_beat_share", float(np.mean([p.strong for p in places])), "share"),
        number("sixteenth_grid_share", float(sixteenth.mean()), "share"),
        number("triplet_share", float(triplet.mean()), "share"),
        number("off_grid_share", float((~sixteenth & ~_near(onsets, 3)).mean()), "share"),
    ]


def _playing(sequence: NoteSequence, onsets: np.ndarray) -> list[Feature]:
    velocities = np.array([n.velocity for n in sequence.notes])
    # length against the time to the next onset: staccato below 0.5, legato near 1
    following = np.array([onsets[k] if k < len(onsets) else np.nan for k in _next(sequence, onsets)])
    beats = np.array([n.beat for n in sequence.notes])
    lengths = np.array([n.duration for n in sequence.notes])
    with np.errstate(invalid="ignore", divide="ignore"):
        articulation = lengths / (following - beats)
    known = articulation[np.isfinite(articulation)]
    return [
        number("duration_mean", float(lengths.mean()), "beats"),
        number("articulation", float(np.median(known)) if len(known) else None, "ratio"),
        number("velocity_mean", float(velocities.mean()), "0..1"),
        number("velocity_spread", float(velocities.std()), "0..1"),
    ]


def _next(sequence: NoteSequence, onsets: np.ndarray) -> np.ndarray:
    return np.searchsorted(onsets, [n.beat + 1 / 24 for n in sequence.notes])
