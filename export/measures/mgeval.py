"""MGEval: how near a set of generated music is to a set of real music, by nine features (Yang & Lerch, On the
evaluation of generative models in music, Neural Computing and Applications 2018); [workshop].

Distances (Euclidean) between all pairs within the real set and between the two sets become two densities by kernels;
their overlap area (1: the same) and Kullback-Leibler divergence (0: the same) say how alike the sets are. Both are taken
over one common grid, unlike the authors' script, whose divergence compares the densities at different places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from export.measures.lines import is_drums, table, voices
from realtime.music.sequence import NoteSequence

# note lengths in quarter notes, as in the paper: full to 16th, dotted, triplets
LENGTHS = np.array([4.0, 2.0, 1.0, 0.5, 0.25, 3.0, 1.5, 0.75, 0.375, 4 / 3, 2 / 3, 1 / 3])
PITCHED = (
    "pitch_count",
    "pitch_class_histogram",
    "pitch_class_transitions",
    "pitch_range",
    "pitch_interval",
    "note_count",
    "inter_onset",
    "length_histogram",
    "length_transitions",
)
RHYTHM = PITCHED[5:]
MOST_PAIRS = 20_000
GRID = 1000


def _normed(histogram: np.ndarray) -> np.ndarray:
    return histogram / max(1e-12, histogram.sum())


def _length_classes(lengths: np.ndarray) -> np.ndarray:
    return np.abs(np.log(np.maximum(lengths, 1e-3))[:, None] - np.log(LENGTHS)[None]).argmin(axis=1)


def _transitions(rows: Sequence[np.ndarray], classes: int) -> np.ndarray:
    matrix = np.zeros((classes, classes))
    for row in rows:
        np.add.at(matrix, (row[:-1], row[1:]), 1)
    return _normed(matrix).ravel()


def features(sequence: NoteSequence, drums: bool = False) -> dict[str, np.ndarray]:
    """The features of one sequence, each a vector: nine, or the four of rhythm for drums, whose lengths are the times
    between onsets. Transitions and intervals run along each channel's upper line."""
    notes = table(sequence, drums=drums)
    onsets = np.unique(np.round(notes[:, 0] * 24)) / 24
    gaps = np.diff(onsets)
    if drums:
        sizes = [_length_classes(gaps)]
        counts = np.bincount(sizes[0], minlength=len(LENGTHS))
    else:
        lines = voices(sequence)
        counts = np.bincount(_length_classes(notes[:, 1]), minlength=len(LENGTHS))
        sizes = [_length_classes(line[:, 1]) for line in lines]
    out = {
        "note_count": np.array([float(len(notes))]),
        "inter_onset": np.array([gaps.mean() if len(gaps) else 0.0]),
        "length_histogram": _normed(counts.astype(float)),
        "length_transitions": _transitions(sizes, len(LENGTHS)),
    }
    if drums:
        return out
    pitches = notes[:, 2].astype(int)
    steps = np.concatenate([np.abs(np.diff(line[:, 2])) for line in lines]) if lines else np.zeros(0)
    weights = np.bincount(pitches % 12, weights=notes[:, 1], minlength=12)
    return out | {
        "pitch_count": np.array([float(len(np.unique(pitches)))]),
        "pitch_class_histogram": _normed(weights),
        "pitch_class_transitions": _transitions([line[:, 2].astype(int) % 12 for line in lines], 12),
        "pitch_range": np.array([float(np.ptp(pitches)) if len(pitches) else 0.0]),
        "pitch_interval": np.array([steps.mean() if len(steps) else 0.0]),
    }


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(len(a), len(b)) Euclidean distances of rows."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(0.0, squares))


def _thinned(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return values if len(values) <= MOST_PAIRS else random.choice(values, MOST_PAIRS, replace=False)


def density(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Gaussian kernel density at the (evenly spaced) grid points, Scott's bandwidth, never under two grid steps:
    distances that are all alike still have a density."""
    width = max(float(values.std()) * len(values) ** -0.2, 2 * (grid[1] - grid[0]))
    edges = np.append(grid, 2 * grid[-1] - grid[-2]) - (grid[1] - grid[0]) / 2
    counts = np.histogram(values, edges)[0].astype(float)
    reach = np.arange(-len(grid) + 1, len(grid)) * (grid[1] - grid[0])
    out = np.convolve(counts, np.exp(-0.5 * (reach / width) ** 2), mode="valid")
    return out / max(1e-300, np.trapezoid(out, grid))


def compare(intra: np.ndarray, inter: np.ndarray) -> tuple[float, float]:
    """(overlap area 0..1, Kullback-Leibler divergence in nats of the first density from the second) of two sets of
    distances."""
    lowest, highest = min(intra.min(), inter.min()), max(intra.max(), inter.max())
    margin = 3 * max(float(intra.std()), float(inter.std())) + 1e-6
    grid = np.linspace(lowest - margin, highest + margin, GRID)
    p, q = density(intra, grid), density(inter, grid)
    floor = 1e-9 / (grid[-1] - grid[0])
    divergence = np.trapezoid(p * np.log((p + floor) / (q + floor)), grid)
    return float(min(1.0, np.trapezoid(np.minimum(p, q), grid))), float(max(0.0, divergence))


def mgeval(
    generated: Sequence[NoteSequence], real: Sequence[NoteSequence], only: Callable[[str], bool] | None = None
) -> dict[str, dict[str, float]]:
    """For each feature: overlap_area and kld of the real set's own distances and those between the sets, and the means
    `generated` and `real` where the feature is one number. Needs two real sequences and one generated; {} of fewer. Give
    excerpts of one length."""
    if len(real) < 2 or not generated:
        return {}
    drums = is_drums(real)
    rows = [[features(s, drums) for s in group] for group in (generated, real)]
    random = np.random.default_rng(1)
    out = {}
    for name in RHYTHM if drums else PITCHED:
        if only is not None and not only(name):
            continue
        made, true = (np.array([r[name] for r in group]) for group in rows)
        intra = _distances(true, true)[np.triu_indices(len(true), 1)]
        inter = _distances(made, true).ravel()
        area, divergence = compare(_thinned(intra, random), _thinned(inter, random))
        out[name] = {"overlap_area": area, "kld": divergence}
        if made.shape[1] == 1:
            out[name] |= {"generated": float(made.mean()), "real": float(true.mean())}
    return out
