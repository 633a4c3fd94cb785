"""The workshop as the command line sees it: train, export and evaluate by model name; [main]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from export.registry import stage


def train(
    model: str,
    data: Path | None = None,
    preset: str = "small",
    resume: bool = False,
    seed: int = 1,
    out: Path | None = None,
    minutes: float | None = None,
    progress: bool = True,
    settings: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Trains a model in the folder `out`; the result is JSON. settings: further ones by name, as text.

    Raises AntiphonError.
    """
    limits: dict[str, Any] = {} if minutes is None else {"minutes": float(minutes)}
    trainer = stage(model, "train").train
    folder = out or Path("out") / model
    return trainer(
        data, preset=preset, out=folder, resume=resume, progress=progress, seed=seed, **limits, **(settings or {})
    )


def export(model: str, run: Path | None = None, output: Path | None = None, data: Path | None = None) -> dict[str, Any]:
    """Exports the best checkpoint of the folder `run` and rewrites models_onnx/README.md if the package lies there.

    Raises AntiphonError.
    """
    from export.cards import FOLDER, write_readme

    package = output or FOLDER / f"{model}.onnx"
    result = stage(model, "export").export(run or Path("out") / model, package, data)
    if package.resolve().parent == FOLDER:
        write_readme(FOLDER)
    return result


def evaluate(
    model: str,
    data: Path | None = None,
    pieces: int | None = None,
    progress: Callable[..., None] | None = None,
    package: Path | None = None,
) -> dict[str, Any]:
    """{"model", "data", "pieces", "exact", "metrics"} of a shipped (or the named) package. Raises AntiphonError."""
    return stage(model, "evaluate").evaluate(package, data, pieces=pieces, progress=progress)
