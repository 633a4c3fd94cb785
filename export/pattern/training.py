"""The `train` that a model's train.py offers, made from its Task and its presets; [workshop]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import Task, fit


class Train(Protocol):
    """What `antiphon train` calls."""

    def __call__(
        self,
        data: str | Path | None = None,
        preset: str = "small",
        out: str | Path | None = None,
        resume: bool = False,
        progress: bool = True,
        **overrides: Any,
    ) -> dict[str, Any]: ...


def training(task: type[Task], presets: Mapping[str, CommonSettings]) -> Train:
    """A function that trains a task in the folder `out` (default: out/NAME) by a preset with some settings replaced.

    It returns the facts of export.pattern.trainer.fit and raises AntiphonError for unusable data or settings.
    """

    def train(
        data: str | Path | None = None,
        preset: str = "small",
        out: str | Path | None = None,
        resume: bool = False,
        progress: bool = True,
        **overrides: Any,
    ) -> dict[str, Any]:
        return fit(task, resolve(presets, preset, overrides), data, out or Path("out") / task.name, resume, progress)

    return train
