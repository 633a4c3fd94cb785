"""One option of a device or player: told once, when it is built, where a parameter moves while it plays; [any]."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError

LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Option:
    """One row of a device's or player's options.

    default: true or false, a number of minimum..maximum in a unit, one of the choices, or without choices any text of at
    most LONGEST_TEXT characters; None: the name of a file, which must be given.
    """

    name: str
    default: bool | float | str | None = None
    minimum: float = 0.0
    maximum: float = 1.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    doc: str = ""

    def __post_init__(self):
        if self.default is not None:
            self.parse(self.default)

    def parse(self, value: Any) -> Any:
        """A value from a file or a person. Raises AntiphonError."""
        if self.default is None:
            if isinstance(value, (str, Path)) and str(value):
                return value
            raise AntiphonError(f"{self.name} = {_shown(value)} must be the name of a file")
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
            raise AntiphonError(f"{self.name} = {_shown(value)} must be true or false")
        if isinstance(self.default, str):
            if value in self.choices or (not self.choices and isinstance(value, str) and len(value) <= LONGEST_TEXT):
                return value
            if not self.choices:
                raise AntiphonError(
                    f"{self.name} = {_shown(value)} must be a text of at most {LONGEST_TEXT} characters"
                )
            raise AntiphonError(f"{self.name} = {_shown(value)} must be one of {', '.join(self.choices)}")
        if not isinstance(value, bool) and isinstance(value, (int, float)) and self._holds(value):
            return float(value)
        range_text = f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()
        raise AntiphonError(f"{self.name} = {_shown(value)} must be a number from {range_text}")

    def text(self) -> str:
        """What it may be, and what for, as a person reads it."""
        if self.default is None:
            may_be = "a file, must be given"
        elif isinstance(self.default, bool):
            may_be = "true or false"
        else:
            may_be = (
                ", ".join(self.choices)
                or "a text" * isinstance(self.default, str)
                or f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()
            )
        default = "" if self.default is None else f" (default {str(self.default).lower()})"
        return f"{may_be}{default}. {self.doc}".rstrip()

    def _holds(self, value: float) -> bool:
        return math.isfinite(value) and self.minimum <= value <= self.maximum


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
