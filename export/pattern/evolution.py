"""What happens to a population between generations: who copies whom, how settings vary, what schedule came out; [workshop].

Source: Jaderberg et al., Population Based Training of Neural Networks, 2017 (truncation selection, perturb or resample).
"""

from __future__ import annotations

import csv
import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from matplotlib.ticker import NullFormatter

from export.measures.picture import COLOURS, FAINT, INK, LINE, new_figure, save_small
from realtime.native.errors import AntiphonError

Space = tuple[float, float, str]
"""Lowest and highest value, and "log" or "linear"."""

FACTORS = (0.8, 1.25)
RESAMPLED = 0.1  # chance that a value is drawn afresh
LINEAR_STEP = 0.1  # of the range
FIXED = ("member", "generation", "step", "figure", "copied_from")


def check_spaces(spaces: Mapping[str, Space], settings: Any) -> None:
    """Raises AntiphonError for a setting that is none, is no float, or has an impossible range."""
    if not spaces:
        raise AntiphonError("Population: no setting to vary; name at least one, such as rate=0.0005:0.01:log.")
    for name, (low, high, kind) in spaces.items():
        if not isinstance(getattr(settings, name, None), float):
            raise AntiphonError(f"Population: {name} is no setting with a fractional value; vary another one.")
        if kind not in ("log", "linear") or not low < high or (kind == "log" and low <= 0):
            raise AntiphonError(
                f"Population: {name}={low:g}:{high:g}:{kind} is no range; give low:high:log (low above 0) or "
                "low:high:linear."
            )


def drawn(spaces: Mapping[str, Space], random: Random) -> dict[str, float]:
    """A first value of every setting, spread evenly over its range (or its logarithm)."""
    return {name: _draw(space, random) for name, space in spaces.items()}


def _draw(space: Space, random: Random) -> float:
    low, high, kind = space
    share = random.random()
    return low * (high / low) ** share if kind == "log" else low + (high - low) * share


def explored(values: Mapping[str, float], spaces: Mapping[str, Space], random: Random) -> dict[str, float]:
    """The copied values varied: mostly times 0.8 or 1.25 (plus or minus a tenth of a linear range), sometimes drawn
    afresh, never out of range."""
    out = {}
    for name, space in spaces.items():
        low, high, kind = space
        if random.random() < RESAMPLED:
            out[name] = _draw(space, random)
            continue
        up = random.random() < 0.5
        value = values[name]
        moved = value * FACTORS[up] if kind == "log" else value + (high - low) * LINEAR_STEP * (1 if up else -1)
        out[name] = min(high, max(low, moved))
    return out


def truncation(figures: Mapping[str, float], share: float = 0.25) -> tuple[list[str], list[str]]:
    """(losers, winners): of members by their figure (less is better; NaN is worst), the last and first `share`, at least
    one each and never the same; nobody in a population of one. Ties go by name."""
    order = sorted(figures, key=lambda m: (math.isnan(figures[m]), figures[m], m))
    count = min(len(order) // 2, max(1, round(len(order) * share)))
    return (order[-count:], order[:count]) if count else ([], [])


def schedule(lineage: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[tuple[int, float]]]:
    """(step, value) of each setting along one lineage: the value held from there until the next entry."""
    out: dict[str, list[tuple[int, float]]] = {name: [] for name in names}
    before = 0
    for row in lineage:
        for name in names:
            if not out[name] or out[name][-1][1] != row[name]:
                out[name].append((before, float(row[name])))
        before = int(row["step"])
    return out


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """One line a member and generation. Raises AntiphonError if it cannot be written."""
    try:
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*FIXED, *names], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise AntiphonError(f"Table {path}: cannot be written ({error.strerror}); free some space.") from error


def draw_schedule(
    rows: Sequence[Mapping[str, Any]],
    lineage: Sequence[Mapping[str, Any]],
    spaces: Mapping[str, Space],
    path: str | Path,
    title: str,
    figure_name: str,
) -> None:
    """A panel for the figure and one for each setting, against steps: every member's faint, the lineage of the winner
    strong, with a dot where it was copied from another member."""
    names = list(spaces)
    figure = new_figure(9.0, 1.0 + 1.7 * (len(names) + 1))
    axes = figure.subplots(len(names) + 1, 1, sharex=True, squeeze=False)[:, 0]
    figure.suptitle(title, fontsize=11, weight="bold", color=INK, x=0.02, ha="left")
    members = sorted({str(r["member"]) for r in rows})
    for panel, name in zip(axes, ["figure", *names], strict=True):
        for member in members:
            own = [r for r in rows if str(r["member"]) == member]
            _line(panel, own, name, LINE, 0.9, name != "figure")
        _line(panel, lineage, name, COLOURS[0], 2.2, name != "figure")
        copied = [r for r in lineage if r.get("copied_from") not in ("", None)]
        panel.plot([r["step"] for r in copied], [r[name] for r in copied], "o", color=COLOURS[1], markersize=5)
        label = textwrap.fill(figure_name, 24) if name == "figure" else name
        panel.set_ylabel(label, fontsize=9, color=INK)
        if name != "figure" and spaces[name][2] == "log":
            panel.set_yscale("log")
            panel.yaxis.set_major_formatter("{x:.2g}")
            panel.yaxis.set_minor_formatter(NullFormatter())
        panel.grid(True, color=FAINT, linewidth=0.6)
        panel.tick_params(length=0, labelsize=8, colors=INK)
        for spine in panel.spines.values():
            spine.set_visible(False)
    axes[-1].set_xlabel("step", fontsize=9, color=INK)
    figure.tight_layout()
    save_small(figure, path)


def _line(panel, rows: Sequence[Mapping[str, Any]], name: str, colour: str, width: float, held: bool) -> None:
    """A value that was held from the generation before (settings), or measured at its end (the figure)."""
    steps = [int(r["step"]) for r in rows]
    values = [float(r[name]) for r in rows]
    if held and steps:
        steps, values = [0, *steps], [values[0], *values]
        panel.plot(steps, values, color=colour, linewidth=width, drawstyle="steps-pre")
    else:
        panel.plot(steps, values, color=colour, linewidth=width)
