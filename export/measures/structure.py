"""Measures of rhythm and form: groove consistency (Wu & Yang, ISMIR 2020, as MusPy has it) and the similarity of bars
at a distance (Yu et al., Museformer, NeurIPS 2022); [workshop]."""

from __future__ import annotations

import numpy as np

from export.measures.lines import DRUM_CHANNEL, bar_beats, bars_of
from realtime.music.sequence import NoteSequence

STEPS_A_QUARTER = 4
LAGS = 16


def groove_consistency(sequence: NoteSequence, steps_a_quarter: int = STEPS_A_QUARTER) -> float:
    """1 - mean Hamming distance of the onset patterns of neighbouring bars, 0..1, on a grid (16th notes unless told);
    NaN of fewer than two bars."""
    bars = bars_of(sequence)
    if bars < 2:
        return float("nan")
    steps = max(1, round(bar_beats(sequence) * steps_a_quarter))
    patterns = np.zeros((bars, steps), bool)
    for note in sequence.notes:
        at = min(bars * steps - 1, max(0, round(note.beat * steps_a_quarter)))
        patterns[at // steps, at % steps] = True
    return float(1.0 - (patterns[1:] != patterns[:-1]).mean())


def bar_contents(sequence: NoteSequence) -> list[frozenset[tuple[int, ...]]]:
    """What is in each bar: (channel, 16th, pitch, length in 16ths) of its notes; drums have no length."""
    steps = max(1, round(bar_beats(sequence) * STEPS_A_QUARTER))
    bars: list[set[tuple[int, ...]]] = [set() for _ in range(bars_of(sequence))]
    for n in sequence.notes:
        at = max(0, round(n.beat * STEPS_A_QUARTER))
        length = 0 if n.channel == DRUM_CHANNEL else max(1, round(n.duration * STEPS_A_QUARTER))
        if at // steps < len(bars):
            bars[at // steps].add((n.channel, at % steps, n.pitch, length))
    return [frozenset(b) for b in bars]


def similarity_by_lag(sequence: NoteSequence, lags: int = LAGS) -> np.ndarray:
    """(lags,): the mean of |a and b| / |a or b| over all pairs of bars that lie 1, 2, ... bars apart and are not both
    empty; NaN where there is no such pair."""
    contents = bar_contents(sequence)
    out = np.full(lags, np.nan)
    for lag in range(1, min(lags, len(contents) - 1) + 1):
        pairs = [(a, b) for a, b in zip(contents, contents[lag:]) if a or b]
        if pairs:
            out[lag - 1] = np.mean([len(a & b) / len(a | b) for a, b in pairs])
    return out


def self_similarity(sequence: NoteSequence, lags: int = LAGS) -> float:
    """Mean similarity of bars up to `lags` bars apart, 0 (nothing comes back) .. 1 (one bar throughout); NaN of one
    bar."""
    by_lag = similarity_by_lag(sequence, lags)
    return float(np.nanmean(by_lag)) if np.isfinite(by_lag).any() else float("nan")


def similarity_error(generated: list[NoteSequence], real: list[NoteSequence], lags: int = LAGS) -> float:
    """Mean over the lags of the distance between the two sets' mean similarities (Museformer's SE): 0 is the form of
    real music."""
    means = [_mean_over([similarity_by_lag(s, lags) for s in group], lags) for group in (generated, real)]
    difference = np.abs(means[0] - means[1])
    return float(np.nanmean(difference)) if np.isfinite(difference).any() else float("nan")


def _mean_over(rows: list[np.ndarray], lags: int) -> np.ndarray:
    stacked = np.array(rows).reshape(-1, lags)
    known = np.isfinite(stacked)
    counts = known.sum(axis=0)
    return np.where(counts > 0, np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(1, counts), np.nan)
