"""The picture of the grader: grades by class of held-out music, and grade over tempo; [workshop]."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import realtime.models.grade.code as code
from export.models.grade import data as pairs
from realtime.models.grade.model import Grade
from realtime.models.mood import changed_tempo

FACTORS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def draw(package: Path | None, data: str | Path | None, path: Path) -> None:
    """Writes a PNG of two panels."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    model = Grade.load(package)
    held = pairs.gather(pairs.read(data).held_out, 60)
    grades: dict[int, list[float]] = {k: [] for k in range(len(pairs.CLASS_NAMES))}
    for one in held:
        grades[one.kind].append(model.grade_of(model.difficulty(code.demands(one.sequence))))
    shown = [k for k, found in grades.items() if found]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=(3, 2))
    left.violinplot([grades[k] for k in shown], showmedians=True)
    labels = [pairs.CLASS_NAMES[k].replace(", ", ",\n").replace(" and great", "\nand great") for k in shown]
    left.set_xticks(
        range(1, len(shown) + 1), [f"{t}\n(n={len(grades[k])})" for t, k in zip(labels, shown, strict=True)], fontsize=8
    )
    left.set(ylabel="grade", ylim=(0.8, 10.2), title="held-out passages by class")
    rng = np.random.default_rng(1)
    for i in rng.permutation(len(held))[:24]:
        sequence = held[i].sequence
        tempi = [model.grade_of(model.difficulty(code.demands(changed_tempo(sequence, f)))) for f in FACTORS]
        right.plot([1.5**f for f in FACTORS], tempi, color=f"C{held[i].kind}", lw=0.9)
    right.set(xscale="log", xlabel="tempo, times the written one", ylim=(0.8, 10.2), title="faster is harder")
    right.set_xticks([0.67, 1.0, 1.5], ["2/3", "1", "3/2"])
    right.minorticks_off()
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
