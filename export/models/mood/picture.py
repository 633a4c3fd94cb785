"""The picture of the mood model: held-out songs on the plane of valence and arousal, and where steering takes some;
[workshop]."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from export.models.mood import data as songs
from export.models.mood.evaluate import GOALS
from realtime.models.mood.model import MoodModel

QUARTERS = {"happy": (0.62, 0.62), "tender": (0.62, -0.62), "sad": (-0.62, -0.62), "angry": (-0.62, 0.62)}


def draw(package: Path | None, data: str | Path | None, path: Path, steered: int = 8) -> None:
    """Writes a PNG. Each dot is a passage as heard, its colour the arousal of its word; arrows: re-mooded passages."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    model = MoodModel.load(package)
    held = songs.labelled(songs.read(data).held_out)
    rows, moods = songs.described(held)
    heard = np.array([model.of_descriptors(r)[:2] for r in rows])
    figure, axes = plt.subplots(figsize=(6.4, 5.6))
    dots = axes.scatter(
        heard[:, 0], heard[:, 1], c=moods[:, 1], cmap="coolwarm", s=14, vmin=-0.8, vmax=0.8, label="held-out passages"
    )
    figure.colorbar(dots, label="arousal of the tempo word (weak label)")
    colours = ("#009e73", "#56b4e9", "#7f4fc9", "#d55e00")
    for one in held[:: max(1, len(held) // steered)][:steered]:
        start = model.estimate(one.sequence)
        for goal, colour in zip(GOALS, colours, strict=True):
            end = model.estimate(model.remood(one.sequence, *goal))
            axes.annotate(
                "", end[:2], start[:2], arrowprops={"arrowstyle": "->", "color": colour, "lw": 0.9, "alpha": 0.8}
            )
    for goal, colour in zip(GOALS, colours, strict=True):
        axes.plot(*goal, "x", color=colour, markersize=10)
    for name, place in QUARTERS.items():
        axes.text(*place, name, color="#555555", ha="center", fontsize=10)
    axes.axhline(0, color="#bbbbbb", lw=0.8)
    axes.axvline(0, color="#bbbbbb", lw=0.8)
    axes.set(
        xlim=(-0.9, 0.9),
        ylim=(-0.9, 0.9),
        xlabel="valence",
        ylabel="arousal",
        title="mood: heard, and steered to the crosses",
    )
    figure.tight_layout()
    figure.savefig(path, dpi=72)
    plt.close(figure)
