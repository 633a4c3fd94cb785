"""Classifier two-sample test: can a small classifier tell generated excerpts from real ones; [workshop].

Source: Lopez-Paz & Oquab, "Revisiting classifier two-sample tests" (ICLR 2017). The statistic is the area under the ROC
curve of a classifier (export.measures.stumps) on features of rhythm, n-grams, harmony and form, cross-validated with all
excerpts of one piece in one fold: 0.5 is indistinguishable, 1 is told apart every time. Beside it stand three rulers: real
excerpts against other real ones, the training music against them (what a generator that learned it perfectly would reach),
and a first-order Markov chain of the same music.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from export.measures import c2st_drums, c2st_features
from export.measures.lines import bars_of, excerpts, is_drums
from export.measures.markov import Markov
from export.measures.stumps import Stumps
from realtime.music.sequence import NoteSequence

BARS, MOST = 8, 200
FOLDS, REPEATS, HALVINGS = 5, 3, 8
TELLS = 8
EARLY = 0.125
"""Beats before a bar line from which a stroke on a drum is of that bar: half a sixteenth."""
FEWEST = 10
"""Excerpts of each kind below which nothing is said."""


class Tell(NamedTuple):
    """What gives the generated away. share: of all that the classifier goes by; auc: of this feature alone, above 0.5 where
    generated excerpts have more of it; the means of both."""

    feature: str
    share: float
    auc: float
    generated: float
    real: float


@dataclass
class Samples:
    """One comparison. made, real: pieces; train: what the Markov chain learns from (real if there is none). paired: made[i]
    was written for real[i], so both are of one piece. name: ends the names of the figures."""

    made: Sequence[NoteSequence]
    real: Sequence[NoteSequence]
    train: Sequence[NoteSequence] = ()
    paired: bool = False
    name: str = ""


@dataclass
class TwoSample:
    """auc: nan where there is too little music."""

    auc: float = float("nan")
    auc_real: float = float("nan")
    auc_train: float = float("nan")
    auc_markov: float = float("nan")
    excerpts: int = 0
    tells: list[Tell] = field(default_factory=list)

    def figures(self, name: str = "") -> dict[str, float]:
        """Under the names of the tables."""
        ending = f"_{name}" if name else ""
        found = {"c2st_auc": self.auc, "c2st_auc_real": self.auc_real,
                 "c2st_auc_train": self.auc_train, "c2st_auc_markov": self.auc_markov,
                 "c2st_excerpts": float(self.excerpts)}  # fmt: skip
        return {key + ending: value for key, value in found.items() if np.isfinite(value)}


def two_sample(samples: Samples, bars: int = BARS, most: int = MOST) -> TwoSample:
    """The test on excerpts of so many bars, at most `most` of each kind, spread over the pieces. Unless they are pairs, real
    pieces in other metres than the generated ones are left out: they would be known by that alone."""
    made, made_of = cut(samples.made, bars, most)
    alike = samples.real if samples.paired else _in_metres_of(samples.made, samples.real)
    real, real_of = cut(alike, bars, most)
    if min(len(made), len(real)) < FEWEST:
        return TwoSample(excerpts=min(len(made), len(real)))
    see = c2st_drums.drum_features if is_drums(real) else c2st_features.features
    if not samples.paired:
        made_of = made_of + 1 + real_of.max()
    true = [see(s) for s in real]
    rows, names = _matrix([see(s) for s in made], true)
    kinds = np.r_[np.ones(len(made)), np.zeros(len(real))]
    groups = np.r_[made_of, real_of]
    chain = Markov(samples.train or samples.real)
    written = [chain.write(real[k % len(real)], bars, k) for k in range(len(real))]
    theirs, _ = _matrix([see(s) for s in written], true)
    others = np.r_[np.arange(len(written)) + 1 + real_of.max(), real_of]
    found = TwoSample(
        auc(rows, kinds, groups),
        _real_against_real(_matrix(true, [])[0], real_of),
        _train_against_real(_in_metres_of(alike, samples.train), bars, true, real_of),
        auc(theirs, np.r_[np.ones(len(written)), np.zeros(len(real))], others),
        min(len(made), len(real)),
    )
    found.tells = tells(rows, kinds, names)
    return found


def cut(pieces: Sequence[NoteSequence], bars: int, most: int) -> tuple[list[NoteSequence], np.ndarray]:
    """Excerpts of whole length, as many of each piece as it takes to have `most`, and the number of the piece of each."""
    each = max(1, -(-most // max(1, len(pieces))))
    early = EARLY if is_drums(pieces) else 0.0
    by_piece = []
    for number, piece in enumerate(pieces):
        if bars_of(piece) >= bars:
            by_piece.append([(number, e) for e in excerpts(piece, bars, each, early)])
    rounds = [row[k] for k in range(max(map(len, by_piece), default=0)) for row in by_piece if k < len(row)]
    chosen = sorted(rounds[:most], key=lambda row: row[0])
    return [e for _, e in chosen], np.array([n for n, _ in chosen], int)


def _matrix(*groups: Sequence[dict[str, float]]) -> tuple[np.ndarray, list[str]]:
    rows = [row for group in groups for row in group]
    names = c2st_features.names(rows)
    return np.array([[row.get(n, c2st_features.UNKNOWN) for n in names] for row in rows], float), names


def auc(rows: np.ndarray, kinds: np.ndarray, groups: np.ndarray, repeats: int = REPEATS) -> float:
    """Area under the ROC curve, cross-validated, a group never in training and test at once; mean of the folds."""
    found = []
    for repeat in range(repeats):
        fold = _folds(groups, repeat)
        for k in range(FOLDS):
            test = fold == k
            if len(set(kinds[test])) < 2 or len(set(kinds[~test])) < 2:
                continue
            score = Stumps().fit(rows[~test], kinds[~test]).score(rows[test])
            found.append(area(score, kinds[test]))
    return float(np.mean(found)) if found else float("nan")


def _folds(groups: np.ndarray, seed: int) -> np.ndarray:
    known = np.unique(groups)
    order = np.random.default_rng(seed).permutation(len(known))
    place = {group: int(order[k]) % FOLDS for k, group in enumerate(known)}
    return np.array([place[group] for group in groups])


def area(score: np.ndarray, kinds: np.ndarray) -> float:
    """Chance that a row of kind 1 scores above one of kind 0, ties as halves (Mann & Whitney)."""
    high, low = score[kinds > 0], score[kinds == 0]
    above = (high[:, None] > low[None]).mean() + 0.5 * (high[:, None] == low[None]).mean()
    return float(above)


def _real_against_real(rows: np.ndarray, groups: np.ndarray) -> float:
    """One half of the real pieces against the other, over several halvings."""
    found = []
    for seed in range(HALVINGS):
        known = np.random.default_rng(100 + seed).permutation(np.unique(groups))
        half = np.isin(groups, known[: len(known) // 2]).astype(float)
        found.append(auc(rows, half, groups, 1))
    known_areas = [value for value in found if np.isfinite(value)]
    return float(np.mean(known_areas)) if known_areas else float("nan")


def _in_metres_of(these: Sequence[NoteSequence], pieces: Sequence[NoteSequence]) -> list[NoteSequence]:
    metres = {piece.metres[0][1:] for piece in these if piece.metres}
    return [piece for piece in pieces if piece.metres and piece.metres[0][1:] in metres]


def _train_against_real(
    train: Sequence[NoteSequence], bars: int, true: Sequence[dict[str, float]], real_of: np.ndarray
) -> float:
    """As many training pieces as there are real ones, spread over them, against these."""
    count = int(real_of.max()) + 1
    learned, learned_of = cut(train[:: max(1, len(train) // count)][:count], bars, len(true))
    if len(learned) < FEWEST:
        return float("nan")
    see = c2st_drums.drum_features if is_drums(learned) else c2st_features.features
    rows, _ = _matrix([see(s) for s in learned], true)
    kinds = np.r_[np.ones(len(learned)), np.zeros(len(true))]
    return auc(rows, kinds, np.r_[learned_of + count, real_of])


def tells(rows: np.ndarray, kinds: np.ndarray, names: Sequence[str]) -> list[Tell]:
    """The features that give the generated away most, by the classifier's gain."""
    gains = Stumps().fit(rows, kinds).gains
    total = max(1e-12, float(gains.sum()))
    made, real = rows[kinds > 0], rows[kinds == 0]
    return [
        Tell(
            names[k],
            float(gains[k] / total),
            area(rows[:, k], kinds),
            float(made[:, k].mean()),
            float(real[:, k].mean()),
        )
        for k in np.argsort(-gains)[:TELLS]
        if gains[k] > 0
    ]


def report(samples: Sequence[Samples], progress: Callable[[float], object] | None = None) -> tuple[dict, list[dict]]:
    """(figures, tells as JSON rows) of several comparisons."""
    figures: dict[str, float] = {}
    rows: list[dict] = []
    for number, one in enumerate(samples, 1):
        found = two_sample(one)
        figures |= found.figures(one.name)
        rows += [{"of": one.name or "all", **tell._asdict()} for tell in found.tells]
        if progress is not None:
            progress(number / len(samples))
    return figures, rows
