"""The result of an evaluation, the same for all models; [workshop]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def result(
    model: str, data: str | Path | None, pieces: int, exact: bool, metrics: Mapping[str, float | int]
) -> dict[str, Any]:
    """{"model", "data", "pieces", "exact", "metrics": {name: number}}; exact: the likelihoods are no bounds.

    Figures that are not finite are left out. Raises ValueError for a metric that is no number.
    """
    numbers: dict[str, float] = {}
    for name, value in metrics.items():
        number = float(value)
        if math.isfinite(number):
            numbers[name] = round(number, 5)
    return {"model": model, "data": str(data or "music21"), "pieces": pieces, "exact": exact, "metrics": numbers}
