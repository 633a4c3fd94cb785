"""What a classifier sees of an excerpt: rhythm, n-grams of the line, harmony and form of pitched music; [workshop].

Drums: export.measures.c2st_drums. Velocity is left out, for most corpora have none of their own, and so are tempo and
register, which are the performer's. Every feature is one number, -1 where there is too little music for it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from export.measures.lines import bar_beats, table, voices
from export.measures.mgeval import LENGTHS
from export.measures.structure import STEPS_A_QUARTER, groove_consistency, similarity_by_lag
from export.measures.tonal import in_key_share, pitch_class_entropy
from realtime.music.keyfinding import find_key
from realtime.music.sequence import NoteSequence

UNKNOWN = -1.0
LAGS = (1, 2, 4)
ON_GRID = 0.02
"""Quarter notes within which an onset is on a grid."""
_LENGTH_NAMES = ("4", "2", "1", "1/2", "1/4", "3", "3/2", "3/4", "3/8", "4/3", "2/3", "1/3")
_INTERVALS = ("repeat", "step", "third", "fourth or fifth", "sixth or seventh", "octave or more")


def interval_class(semitones: int) -> int:
    """Index of _INTERVALS of a melodic interval."""
    return int(np.searchsorted((1, 3, 5, 8, 12), abs(semitones), side="right"))


def length_class(beats: float) -> int:
    """Index of the note length of mgeval.LENGTHS that is nearest."""
    return int(np.abs(np.log(max(beats, 1e-3)) - np.log(LENGTHS)).argmin())


def features(sequence: NoteSequence) -> dict[str, float]:
    """All features of one excerpt, whose beat 0 is a bar line."""
    notes = table(sequence, drums=False)
    bar = bar_beats(sequence)
    found: dict[str, float] = {}
    found |= rhythm(notes, bar)
    found |= melody(voices(sequence))
    found |= harmony(sequence, notes, bar)
    found |= form(sequence, notes, bar)
    return {name: float(value) if np.isfinite(value) else UNKNOWN for name, value in found.items()}


def names(rows: Sequence[dict[str, float]]) -> list[str]:
    """All features that any of them has, in order."""
    return list(dict.fromkeys(name for row in rows for name in row))


# -- rhythm ------------------------------------------------------------------------------------------------------------


def shares(prefix: str, classes: Sequence[int] | np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """Share of each class, by name."""
    counts = np.bincount(np.asarray(classes, int), minlength=len(labels)) if len(classes) else np.zeros(len(labels))
    total = max(1.0, float(counts.sum()))
    return {f"{prefix} {label}": float(n) / total for label, n in zip(labels, counts, strict=True)}


def places(onsets: np.ndarray, bar: float) -> dict[str, float]:
    """Where in the bar and on which grid onsets lie."""
    if not len(onsets):
        return {}
    at = onsets % 1.0
    near = lambda grid: np.abs((onsets * grid) - np.round(onsets * grid)) / grid <= ON_GRID  # noqa: E731
    into = onsets % bar
    return {
        "onsets on the one": float(((into <= ON_GRID) | (into >= bar - ON_GRID)).mean()),
        "onsets on beats": float(near(1).mean()),
        "onsets on eighths off the beat": float((near(2) & ~near(1)).mean()),
        "onsets on sixteenths off eighths": float((near(4) & ~near(2)).mean()),
        "onsets on triplets": float((near(3) & ~near(1)).mean()),
        "onsets off every grid": float((~near(4) & ~near(3)).mean()),
        "mean place within the beat": float(at.mean()),
    }


def rhythm(notes: np.ndarray, bar: float) -> dict[str, float]:
    """Density, places, note lengths and the gaps between onsets."""
    onsets = np.unique(np.round(notes[:, 0] * 48)) / 48
    gaps = np.diff(onsets)
    beats = max(bar, float(notes[:, 0].max()) + 1e-6) if len(notes) else bar
    struck = {int(b) for b in onsets}
    syncopated = [(o % 1.0 > ON_GRID and o % 1.0 + d > 1.0 + ON_GRID) for o, d in notes[:, :2]]
    return {
        "notes a beat": len(notes) / beats,
        "onsets a beat": len(onsets) / beats,
        "beats without an onset": 1.0 - len(struck) / max(1.0, np.ceil(beats)),
        "notes tied over a beat": float(np.mean(syncopated)) if syncopated else UNKNOWN,
        "spread of gaps": float(gaps.std() / max(1e-9, gaps.mean())) if len(gaps) else UNKNOWN,
        "longest gap": float(gaps.max()) if len(gaps) else UNKNOWN,
        "kinds of lengths": float(len({length_class(d) for d in notes[:, 1]})),
        **places(onsets, bar),
        **shares("length", [length_class(d) for d in notes[:, 1]], _LENGTH_NAMES),
        **shares("gap", [length_class(g) for g in gaps], _LENGTH_NAMES),
    }


# -- the line ----------------------------------------------------------------------------------------------------------


def melody(lines: Sequence[np.ndarray]) -> dict[str, float]:
    """Intervals, turns and repeated n-grams of the channels' upper lines."""
    steps = [np.diff(line[:, 2]).astype(int) for line in lines if len(line) > 1]
    moves = np.concatenate(steps) if steps else np.zeros(0, int)
    signs = [np.sign(s[s != 0]) for s in steps]
    turns = [float((a[1:] != a[:-1]).mean()) for a in signs if len(a) > 1]
    after_leap = [b * np.sign(a) < 0 for s in steps for a, b in itertools.pairwise(s) if abs(a) > 4]
    grams = [
        [(int(m), length_class(t)) for m, t in zip(np.diff(line[:, 2]), line[:-1, 1], strict=True)] for line in lines
    ]
    spans = [float(np.ptp(line[:, 2])) for line in lines if len(line)]
    return {
        "range of the lines": float(np.mean(spans)) if spans else UNKNOWN,
        "mean interval": float(np.abs(moves).mean()) if len(moves) else UNKNOWN,
        "rising share": float((moves > 0).mean()) if len(moves) else UNKNOWN,
        "turns of direction": float(np.mean(turns)) if turns else UNKNOWN,
        "leaps turned back": float(np.mean(after_leap)) if after_leap else UNKNOWN,
        **shares("interval", [interval_class(m) for m in moves], _INTERVALS),
        **repeated(grams),
        **bigrams(grams),
    }


def repeated(lines: Sequence[Sequence]) -> dict[str, float]:
    """Share of n-grams of (interval, length) that were there before in the excerpt, and the entropy of bigrams."""
    found: dict[str, float] = {}
    for n in (2, 4, 8):
        grams = Counter(tuple(line[i : i + n]) for line in lines for i in range(len(line) - n + 1))
        total = sum(grams.values())
        found[f"repeated {n}-grams"] = 1.0 - len(grams) / total if total else UNKNOWN
    return found


def bigrams(lines: Sequence[Sequence]) -> dict[str, float]:
    """Shares of pairs of interval kinds, and of pairs of neighbouring lengths that are the same, halved or doubled."""
    kinds = len(_INTERVALS)
    pairs = Counter(
        interval_class(a[0]) * kinds + interval_class(b[0]) for line in lines for a, b in itertools.pairwise(line)
    )
    total = max(1, sum(pairs.values()))
    found = {f"{_INTERVALS[a]} then {_INTERVALS[b]}": pairs[a * kinds + b] / total for a in range(4) for b in range(4)}
    lengths = [(LENGTHS[a[1]], LENGTHS[b[1]]) for line in lines for a, b in itertools.pairwise(line)]
    ratio = Counter(round(float(b / a), 2) for a, b in lengths)
    for name, value in (("same", 1.0), ("half", 0.5), ("double", 2.0), ("third", 0.33), ("triple", 3.0)):
        found[f"length then {name}"] = ratio[value] / max(1, len(lengths))
    return found


# -- harmony -----------------------------------------------------------------------------------------------------------


def _chroma(notes: np.ndarray, start: float, end: float) -> np.ndarray:
    """Twelve sums of the beats that each class sounds within [start, end)."""
    sounding = np.minimum(notes[:, 0] + notes[:, 1], end) - np.maximum(notes[:, 0], start)
    kept = sounding > 1e-6
    return np.bincount(notes[kept, 2].astype(int) % 12, weights=sounding[kept], minlength=12)


def harmony(sequence: NoteSequence, notes: np.ndarray, bar: float) -> dict[str, float]:
    """Key, degrees, what sounds together, and how fast harmony moves."""
    if not len(notes):
        return {}
    pitches = notes[:, 2].astype(int)
    key = find_key(pitches.tolist(), np.maximum(notes[:, 1], 1e-3).tolist())
    degrees = np.bincount((pitches - key.tonic) % 12, weights=notes[:, 1], minlength=12)
    degrees = degrees / max(1e-9, degrees.sum())
    bars = max(1, round((notes[:, 0].max() + 1e-6) // bar) + 1)
    chroma = np.array([_chroma(notes, k * bar / 2, (k + 1) * bar / 2) for k in range(2 * bars)])
    norms = np.linalg.norm(chroma, axis=1)
    near = [
        float(a @ b / (m * n)) for a, b, m, n in zip(chroma, chroma[1:], norms, norms[1:], strict=False) if m * n > 0
    ]
    last = notes[notes[:, 0] >= notes[:, 0].max() - 1e-6]
    return {
        "share in the key": in_key_share(sequence),
        "pitch class entropy": pitch_class_entropy(sequence),
        "clarity of the key": key.score,
        "minor": float(key.mode == "minor"),
        **{f"degree {k}": float(d) for k, d in enumerate(degrees)},
        **together(notes),
        "half bars alike in harmony": float(np.mean(near)) if near else UNKNOWN,
        "classes a half bar": float((chroma > 0).sum(axis=1).mean()),
        "last on the tonic": float((int(last[:, 2].min()) - key.tonic) % 12 == 0),
        "length of the last": float(last[:, 1].max()),
        "span of all voices": float(np.ptp(pitches)),
    }


def together(notes: np.ndarray) -> dict[str, float]:
    """Intervals between notes that sound at each onset, and how many sound."""
    counts, classes = [], []
    for onset in np.unique(np.round(notes[:, 0] * 24)) / 24:
        at = notes[(notes[:, 0] <= onset + 0.03) & (notes[:, 0] + notes[:, 1] > onset + 0.05), 2].astype(int)
        at = np.unique(at)
        counts.append(len(at))
        if len(at) > 1:
            apart = np.abs(at[:, None] - at[None])[np.triu_indices(len(at), 1)]
            classes += list(np.minimum(apart % 12, 12 - apart % 12))
    labels = ("octave", "second", "whole tone", "minor third", "major third", "fourth", "tritone")
    found = {"voices sounding": float(np.mean(counts)), "most voices": float(max(counts))}
    return found | (shares("together", classes, labels) if max(counts) > 1 else {})


# -- form --------------------------------------------------------------------------------------------------------------


def form(sequence: NoteSequence, notes: np.ndarray, bar: float) -> dict[str, float]:
    """What comes back after 1, 2 and 4 bars: whole bars, their rhythm, their contour; and how even the bars are."""
    found = {"groove consistency": groove_consistency(sequence)}
    exact = similarity_by_lag(sequence, max(LAGS))
    bars = max(1, int((notes[:, 0].max() + 1e-6) // bar) + 1) if len(notes) else 1
    rows = [notes[(notes[:, 0] >= k * bar - 1e-6) & (notes[:, 0] < (k + 1) * bar - 1e-6)] for k in range(bars)]
    beats = [frozenset(np.round((r[:, 0] - k * bar) * STEPS_A_QUARTER).astype(int)) for k, r in enumerate(rows)]
    shapes = [frozenset(_contour(r)) for r in rows]
    for lag in LAGS:
        found[f"bars alike after {lag}"] = exact[lag - 1]
        found[f"rhythm alike after {lag}"] = alike(beats, lag)
        found[f"contour alike after {lag}"] = alike(shapes, lag)
    sizes = np.array([len(r) for r in rows], float)
    found["evenness of bars"] = float(sizes.std() / max(1e-9, sizes.mean()))
    found["empty bars"] = float((sizes == 0).mean())
    found["last bar against the mean"] = float(sizes[-1] / max(1e-9, sizes.mean()))
    return found


def alike(bars: Sequence[frozenset], lag: int, same: Callable[[frozenset, frozenset], float] | None = None) -> float:
    """Mean overlap |a and b| / |a or b| of bars so far apart; NaN where there are none."""
    measure = same or (lambda a, b: len(a & b) / len(a | b))
    found = [measure(a, b) for a, b in zip(bars, bars[lag:], strict=False) if a or b]
    return float(np.mean(found)) if found else float("nan")


def _contour(row: np.ndarray) -> list[tuple[int, int]]:
    """The bar's upper line as (place, interval from its first note): the same where it is transposed."""
    if not len(row):
        return []
    order = np.lexsort((-row[:, 2], np.round(row[:, 0] * 24)))
    row = row[order]
    top = np.ones(len(row), bool)
    top[1:] = np.round(row[1:, 0] * 24) != np.round(row[:-1, 0] * 24)
    line = row[top]
    bar = np.floor(line[0, 0])
    return [(int(round((o - bar) * 4)), int(p - line[0, 2])) for o, p in line[:, [0, 2]]]
