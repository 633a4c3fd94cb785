"""MuseGAN's five measures of multi-track bars: EB, UPC, QN, DP, TD (Dong et al., AAAI 2018, section 5.2); [workshop].

Tonal distance is Harte, Sandler & Gasser 2006. By the paper's text; its released code folds pitches to chroma by blocks
of adjacent keys, which this does not."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from realtime.native.errors import AntiphonError

DRUMS = "drums"
SIXTEENTHS = 16
NEAR_WEIGHT = 0.3  # the released filter: a hit one 96th beside the 16th counts so much


def tonal_matrix(fifths: float = 1.0, minor_thirds: float = 1.0, major_thirds: float = 0.5) -> np.ndarray:
    """(6, 12): chroma to the tonal centroid, three circles with their radii."""
    classes = np.arange(12)
    rows = []
    for radius, turn in ((fifths, 7 / 6), (minor_thirds, 3 / 2), (major_thirds, 2 / 3)):
        rows += [radius * np.sin(classes * turn * np.pi), radius * np.cos(classes * turn * np.pi)]
    return np.array(rows)


def tonal_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Euclidean distance of the tonal centroids of two (12,) chromas; NaN if one is silent."""
    if not a.sum() or not b.sum():
        return float("nan")
    return float(np.linalg.norm(tonal_matrix() @ (a / a.sum() - b / b.sum())))


def chroma(roll: np.ndarray) -> np.ndarray:
    """(..., pitches) to (..., 12) sums; index 0 has class 0."""
    out = np.zeros((*roll.shape[:-1], 12))
    for c in range(12):
        out[..., c] = roll[..., c::12].sum(axis=-1)
    return out


def onsets(bars: np.ndarray) -> np.ndarray:
    """Where notes begin in (bars, steps, pitches); each bar by itself."""
    before = np.concatenate([np.zeros_like(bars[:, :1]), bars[:, :-1]], axis=1)
    return bars & ~before


def qualified_notes(bars: np.ndarray, least_steps: int) -> float:
    """Share of notes of at least so many steps, over all bars; NaN of no notes."""
    padded = np.pad(bars, ((0, 0), (1, 1), (0, 0))).astype(np.int8).transpose(0, 2, 1)
    steps = np.diff(padded, axis=2)
    begins, ends = np.argwhere(steps > 0), np.argwhere(steps < 0)
    return float((ends[:, 2] - begins[:, 2] >= least_steps).mean()) if len(begins) else float("nan")


def drum_pattern(bars: np.ndarray) -> float:
    """Mean over sounding bars of the share of hits that lie on the 16th-note grid, whichever phase of it fits best, a hit
    one 96th beside it counting 0.3: the "8- or 16-beat patterns" of the paper as its code measures them. NaN of no hits
    or a grid no finer than 32nds, where all would lie on it."""
    count, steps, _ = bars.shape
    period = steps // SIXTEENTHS
    if period < 3:
        return float("nan")
    hits = onsets(bars).sum(axis=2).astype(float)
    weights = np.zeros(period)
    weights[0] = 1.0
    if period >= 6:
        weights[[1, -1]] = NEAR_WEIGHT
    grid = np.tile(weights, -(-steps // period))[:steps]
    best = np.max([hits @ np.roll(grid, shift) for shift in range(period)], axis=0)
    sounding = hits.sum(axis=1) > 0
    return float((best[sounding] / hits[sounding].sum(axis=1)).mean()) if sounding.any() else float("nan")


def musegan_metrics(
    rolls: dict[str, np.ndarray], least_steps: int | None = None, beats: int = 4, drums: Iterable[str] = (DRUMS,)
) -> dict[str, float]:
    """The five measures: eb_<track>, upc_<track>, qn_<track>, dp, td_<a>_<b>, and their means over tracks and pairs eb,
    upc, qn, td. Shares are 0..1 (the paper prints per cent).

    rolls: boolean (bars, steps a bar, pitches) by track, index 0 of the pitches a C. EB share of empty bars; UPC pitch
    classes used per sounding bar; QN share of notes of at least `least_steps` (default: a 32nd, 3 of 96 steps); DP of
    the tracks named in `drums`; TD mean over beats in which both sound. Tracks that never sound have no upc, qn, td.
    Raises AntiphonError if the rolls differ in bars or steps.
    """
    shapes = {r.shape[:2] for r in rolls.values()}
    if len(shapes) != 1 or any(r.ndim != 3 for r in rolls.values()):
        raise AntiphonError("Piano rolls must be (bars, steps, pitches) with equal bars and steps; check their shapes.")
    (count, steps) = shapes.pop()
    least = least_steps or max(1, -(-steps // 32))
    drums = set(drums)
    pitched = [name for name in rolls if name not in drums]
    out: dict[str, float] = {}
    chromas = {}
    for name, roll in rolls.items():
        bars = np.asarray(roll, bool)
        sounding = bars.any(axis=(1, 2))
        out[f"eb_{name}"] = float(1.0 - sounding.mean()) if count else float("nan")
        if name in drums:
            out["dp"] = drum_pattern(bars)
            continue
        chromas[name] = chroma(bars.reshape(count, beats, steps // beats, -1).sum(axis=2))
        used = (chromas[name].sum(axis=1) > 0).sum(axis=1)
        if sounding.any():
            out[f"upc_{name}"] = float(used[sounding].mean())
            out[f"qn_{name}"] = qualified_notes(bars, least)
    for a, b in itertools.combinations(pitched, 2):
        distances = [
            tonal_distance(x, y)
            for x, y in zip(chromas[a].reshape(-1, 12), chromas[b].reshape(-1, 12))
            if x.any() and y.any()
        ]
        if distances:
            out[f"td_{a}_{b}"] = float(np.mean(distances))
    for short in ("eb", "upc", "qn", "td"):
        values = [v for k, v in out.items() if k.startswith(f"{short}_")]
        if values:
            out[short] = float(np.mean(values))
    return {k: v for k, v in out.items() if np.isfinite(v)}
