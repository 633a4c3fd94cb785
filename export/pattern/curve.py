"""The log of a training: a CSV that grows with every validation, and its picture; [workshop]."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def write_log(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Rewrites the CSV; columns are all keys met, in order of appearance."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    part = path.with_suffix(".csv.part")
    with open(part, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


def draw_curve(rows: Sequence[dict[str, Any]], picture: Path, title: str, unit: str) -> None:
    """The figures of a training over its steps: the minimised one (`valid`) with `train` above, the others below."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    hidden = ("step", "minutes", "rate", "best")
    keys = [k for k in dict.fromkeys(k for row in rows for k in row) if k not in hidden]
    main = [k for k in keys if k in ("train", "valid")]
    others = [k for k in keys if k not in main]
    figure, axes = plt.subplots(2 if others else 1, 1, figsize=(8, 7 if others else 4), sharex=True, squeeze=False)
    for axis, names in zip(axes[:, 0], (main, others), strict=False):
        for name in names:
            points = [(row["step"], row[name]) for row in rows if isinstance(row.get(name), (int, float))]
            if points:
                axis.plot(*zip(*points, strict=True), label=name)
        if names:
            axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    axes[0, 0].set(ylabel=unit, title=title)
    axes[-1, 0].set_xlabel("step")
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    plt.close(figure)
