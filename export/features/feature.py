"""What every descriptor returns: an array with its name, unit and axes; [workshop]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Feature:
    """values: (frames,), (rows, frames) or, without times, any shape; unit as in "Hz", "dB", "share"; times_s of the
    frames' middles; rows: what each row is (frequencies in Hz, names)."""

    name: str
    values: np.ndarray
    unit: str
    times_s: np.ndarray | None = None
    rows: tuple | np.ndarray | None = None

    def summary(self) -> dict[str, float]:
        """Numbers for a flat table: a single number as it is, a vector by index or row name, a series over time by
        mean and standard deviation over frames where it is known (row by row)."""
        values = np.asarray(self.values, dtype=np.float64)
        if values.size == 0:
            return {}
        if values.ndim == 0:
            return {self.name: float(values)} if np.isfinite(values) else {}
        if self.times_s is None:
            return {
                f"{self.name}_{label}": float(v) for label, v in zip(self._labels(len(values)), values, strict=True)
            }
        numbers: dict[str, float] = {}
        rows = [("", values)] if values.ndim == 1 else zip((f"_{i}" for i in self._labels(len(values))), values)
        for label, row in rows:
            known = row[np.isfinite(row)]
            if len(known):
                numbers[f"{self.name}{label}_mean"] = float(known.mean())
                numbers[f"{self.name}{label}_spread"] = float(known.std())
        return numbers

    def _labels(self, count: int) -> list[str]:
        if isinstance(self.rows, tuple) and len(self.rows) == count and all(isinstance(r, str) for r in self.rows):
            return list(self.rows)
        return [str(i + 1) for i in range(count)]


def by_name(features: Iterable[Feature]) -> dict[str, Feature]:
    """Features in a dict by their names."""
    return {f.name: f for f in features}


def number(name: str, value: float | None, unit: str) -> Feature:
    """A single number; None (not to be told from this music) becomes an empty array, which a table leaves out."""
    return Feature(name, np.zeros(0) if value is None else np.array(value, dtype=np.float64), unit)
