"""One row of a parameter table: the same for devices, players and models; [any]."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from realtime.native.errors import AntiphonError

CURVES = ("lin", "log", "enum", "bool")
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Param:
    """One row of a parameter table.

    id: lower-case name, unit last (`cutoff_hz`). minimum, maximum, default: in real units.
    curve: how a knob maps to values: lin, log, enum (labels) or bool. stepped: jumps instead of gliding.
    """

    id: str
    title: str
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.0
    curve: str = "lin"
    labels: tuple[str, ...] = ()
    stepped: bool = False
    doc: str = ""

    def __post_init__(self):
        if self.curve not in CURVES:
            raise ValueError(f"{self.id}: unknown curve {self.curve!r}")
        if self.curve == "log" and self.minimum <= 0:
            raise ValueError(f"{self.id}: a logarithmic curve needs a minimum above 0")
        if self.curve == "enum" and len(self.labels) != int(self.maximum) + 1:
            raise ValueError(f"{self.id}: {int(self.maximum) + 1} labels wanted, {len(self.labels)} given")
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"{self.id}: default {self.default} outside {self.minimum}..{self.maximum}")

    @property
    def jumps(self) -> bool:
        """True when the engine must not glide between values."""
        return self.stepped or self.curve in ("enum", "bool")

    def clamp(self, value: float) -> float:
        """The nearest legal value; NaN becomes the default."""
        if math.isnan(value):
            return self.default
        value = min(self.maximum, max(self.minimum, value))
        return float(round(value)) if self.curve in ("enum", "bool") else value

    @staticmethod
    def _single(value: float) -> float:
        """As the audio thread holds it: a limit that was read back from there is still the limit."""
        return float(np.float32(value)) if abs(value) < _LARGEST else value

    def parse(self, value: Any) -> float:
        """A value from a file or a person: number, boolean, or a label of the enum. Raises AntiphonError."""
        if isinstance(value, str):
            if self.curve == "enum" and value in self.labels:
                return float(self.labels.index(value))
            try:
                value = float(value)
            except ValueError:
                choices = f" (one of {', '.join(self.labels)})" if self.labels else ""
                raise AntiphonError(f"{self.id}: {value!r} is not a number{choices}") from None
        if not isinstance(value, (int, float, bool, np.integer, np.floating)):
            raise AntiphonError(f"{self.id}: {value!r} is not a number")
        if not self._single(self.minimum) <= self._single(float(value)) <= self._single(self.maximum):
            raise AntiphonError(
                f"{self.id} = {float(value):g} is outside {self.minimum:g}..{self.maximum:g} {self.unit}".rstrip()
            )
        return self.clamp(float(value))

    def text(self, value: float) -> str:
        """The value as a person reads it."""
        if self.curve == "enum":
            return self.labels[int(self.clamp(value))]
        if self.curve == "bool":
            return "on" if value >= 0.5 else "off"
        number = f"{value:.4g}"
        return f"{number} {self.unit}".rstrip()


def ids(params: Sequence[Param]):
    """The table's row numbers by name, as a namedtuple that compiled code reads as constants."""
    names = [param.id for param in params]
    return namedtuple("Ids", names)(*range(len(names)))
