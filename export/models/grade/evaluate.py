"""Figures of the grader on held-out passages, through its package; [workshop]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import realtime.models.grade.code as code
from export.models.grade import data as pairs
from export.models.grade.train import class_pairs
from export.pattern.report import result
from realtime.models.grade.model import Grade
from realtime.models.grade.practice import SKILLS, skill_of
from realtime.models.mood import changed_tempo

TEMPI = (-1.0, -0.5, 0.0, 0.5, 1.0)
LEVELS = (2.0, 4.0, 6.0, 8.0)


def auc(low: np.ndarray, high: np.ndarray) -> float:
    """Share of pairs in the right order, ties half."""
    return float((high[:, None] > low[None]).mean() + 0.5 * (high[:, None] == low[None]).mean())


def ladder(values: Sequence[float]) -> float:
    """Share of neighbours that rise or stay."""
    return float(np.mean(np.diff(values) >= -1e-6))


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict:
    """Pairs in the right order, by kind of pair, beside a grader that only counts notes a second (`_by_pace`).

    The made pairs are easy for a net that can only grow; the pairs of classes (weak: by repute) and the preludes (an order
    that was not taught) say more. transposition: mean change of grade over the eleven other keys. practice_miss: how far
    made passages are from the level asked for, in grades.
    """
    model = Grade.load(package)
    corpus = pairs.read(data)
    held = pairs.gather(corpus.held_out, 120)[:pieces]
    rows = np.stack([code.demands(p.sequence) for p in held])
    kinds = np.array([p.kind for p in held])
    scores = np.array([model.difficulty(r) for r in rows])
    pace = rows[:, code.NAMES.index("both_pace")]
    metrics: dict[str, float] = {}
    for kind, both in pairs.made_pairs(held[:150], 99).items():
        low, high = (np.array([model.difficulty(r) for r in both[:, k]]) for k in (0, 1))
        metrics[f"pairs_{kind.replace(' ', '_')}"] = float((high > low).mean())
        change = both[:, 1, code.NAMES.index("both_pace")] - both[:, 0, code.NAMES.index("both_pace")]
        metrics[f"pairs_{kind.replace(' ', '_')}_by_pace"] = float((change > 1e-9).mean())
    between = [
        (auc(scores[kinds == a], scores[kinds == b]), auc(pace[kinds == a], pace[kinds == b]))
        for a, b in class_pairs(kinds)
    ]
    if between:
        metrics["pairs_classes"], metrics["pairs_classes_by_pace"] = (
            float(np.mean(x)) for x in zip(*between, strict=True)
        )
    for kind in sorted(set(kinds.tolist())):
        grades = [model.grade_of(s) for s in scores[kinds == kind]]
        metrics[f"grade_class_{kind}"] = float(np.mean(grades))
    if progress:
        progress(0.5)
    metrics |= preludes(model, corpus.pieces)
    metrics |= steadiness(model, held[:60])
    metrics |= practice_figures(model)
    return result("grade", data, len({p.piece for p in held}), True, metrics)


def preludes(model: Grade, pieces) -> dict[str, float]:
    """The easy against the hard preludes of opus 28, where the data has both."""
    by_number: dict[int, float] = {}
    for one in pairs.excerpts([p for p in pieces if pairs.prelude_of(p.id)]):
        number = pairs.prelude_of(one.piece)
        by_number[number] = max(by_number.get(number, -np.inf), model.difficulty(code.demands(one.sequence)))
    low, high = (
        np.array([by_number[n] for n in group if n in by_number])
        for group in (pairs.EASY_PRELUDES, pairs.HARD_PRELUDES)
    )
    return {"pairs_preludes": auc(low, high)} if len(low) and len(high) else {}


def steadiness(model: Grade, held: Sequence[pairs.Excerpt]) -> dict[str, float]:
    """Rises with tempo; hardly moves with transposition."""
    rising, moved = [], []
    for one in held:
        tempi = [model.difficulty(code.demands(changed_tempo(one.sequence, t))) for t in TEMPI]
        rising.append(ladder(tempi))
        grades = [
            model.grade_of(model.difficulty(code.demands(one.sequence.transposed(shift))))
            for shift in (-5, -3, 0, 2, 4)
        ]
        moved.append(float(np.mean(np.abs(np.array(grades) - grades[2]))))
    return {"rises_with_tempo": float(np.mean(rising)), "transposition": float(np.mean(moved))}


def practice_figures(model: Grade) -> dict[str, float]:
    """Made passages of all skills at four levels: miss of the level, and the share that has the skill."""
    misses, skilled = [], []
    for k, skill in enumerate(SKILLS):
        for level in LEVELS[k % 2 :: 2]:
            made = model.make(level, skill, 8, seed=k + 1)
            misses.append(abs(model.estimate(made).grade - level))
            skilled.append(skill_of(made, skill) >= SKILLS[skill].least - 1e-6)
    return {
        "practice_miss": float(np.mean(misses)),
        "practice_within_half": float(np.mean(np.array(misses) <= 0.5)),
        "practice_has_skill": float(np.mean(skilled)),
    }
