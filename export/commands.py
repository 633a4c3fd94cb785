"""The workshop as the command line sees it: train, export and evaluate by model name; [main]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from export.registry import stage
from realtime.models.base import model_class
from realtime.native.errors import AntiphonError


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


def spaces(vary: Sequence[str]) -> dict[str, tuple[float, float, str]]:
    """Ranges of settings from text: "rate=5e-4:8e-3:log" or "dropout=0:0.5". Raises AntiphonError."""
    found: dict[str, tuple[float, float, str]] = {}
    for text in vary:
        name, _, limits = text.partition("=")
        low, _, rest = limits.partition(":")
        high, _, scale = rest.partition(":")
        try:
            found[name.strip()] = (float(low), float(high), scale or "linear")
        except ValueError:
            raise AntiphonError(f"--vary {text!r}: write it as name=low:high or name=low:high:log.") from None
    return found


def task_of(trainer: ModuleType) -> type | None:
    """The Task that a model's train.py defines; None if it has none."""
    from export.pattern.trainer import Task

    own = [x for x in vars(trainer).values() if isinstance(x, type) and x.__module__ == trainer.__name__]
    return next((x for x in own if issubclass(x, Task)), None)


def train_population(
    model: str,
    data: Path | None = None,
    preset: str = "small",
    seed: int = 1,
    out: Path | None = None,
    minutes: float | None = None,
    progress: bool = True,
    settings: Mapping[str, str] | None = None,
    members: int = 4,
    generations: int = 6,
    steps: int = 200,
    vary: Sequence[str] = (),
    address: str | None = None,
    workers: int = 1,
) -> dict[str, Any]:
    """Population based training of a model (export.pattern.population): its result is JSON. Raises AntiphonError."""
    from export.pattern.population import population
    from export.pattern.settings import resolve

    trainer = stage(model, "train")
    task = task_of(trainer)
    if task is None:
        raise AntiphonError(f"Model {model}: it is fitted in one go, not by steps; train it without --population.")
    chosen = resolve(trainer.PRESETS, preset, {"seed": seed, "minutes": minutes, **(settings or {})})
    return population(
        task, chosen, data, out or Path("out") / model, members, generations, steps, spaces(vary) or None,
        address, workers, progress,
    )  # fmt: skip


def export(model: str, run: Path | None = None, output: Path | None = None, data: Path | None = None) -> dict[str, Any]:
    """Exports the best checkpoint of the folder `run`, measures it, and rewrites models_onnx/README.md if the package lies
    there. Where anything fails, the former package and its pictures stay.

    Raises AntiphonError.
    """
    from export.cards import FOLDER, write_readme
    from export.staging import staged

    package = output or FOLDER / f"{model}.onnx"
    with staged(package) as made:
        result = stage(model, "export").export(run or Path("out") / model, made, data)
        model_class(model).load(made)  # the code and tables too must be those that play
    result = {**result, "package": str(package)}
    if package.resolve().parent == FOLDER:
        write_readme(FOLDER)
    return result


def evaluate(
    model: str,
    data: Path | None = None,
    pieces: int | None = None,
    progress: Callable[..., None] | None = None,
    package: Path | None = None,
    c2st: bool = False,
) -> dict[str, Any]:
    """{"model", "data", "pieces", "exact", "metrics"} of a shipped (or the named) package.

    c2st: the two-sample test alone, on up to 200 excerpts; what gives the music away is added as "tells". Raises
    AntiphonError.
    """
    if c2st:
        return two_samples(model, data, progress, package)
    return stage(model, "evaluate").evaluate(package, data, pieces=pieces, progress=progress)


def two_samples(
    model: str, data: Path | None, progress: Callable[..., None] | None = None, package: Path | None = None
) -> dict[str, Any]:
    """See export.measures.c2st. Raises AntiphonError."""
    from export.measures.c2st import report
    from export.pattern.report import result

    chosen = list(stage(model, "samples").samples(package, data))
    if not chosen:
        raise AntiphonError(f"Data {data or 'of music21'}: there is too little held-out music of this kind to compare.")
    figures, tells = report(chosen, progress)
    return result(model, data, sum(len(one.real) for one in chosen), False, figures) | {"tells": tells}
