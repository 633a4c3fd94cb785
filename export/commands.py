"""The workshop as the command line sees it: train, export and evaluate by model name; [main]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError

MODELS = ("answer",)


def _known(model: str) -> None:
    if model == "amp":
        raise AntiphonError("Model amp: it is trained and exported in one go by `python -m export.amp_capture NAME`.")
    if model not in MODELS:
        raise AntiphonError(f"Model {model}: there is none; the models are {', '.join(MODELS)}.")


def train(
    model: str,
    data: Path | None = None,
    preset: str = "small",
    resume: bool = False,
    seed: int = 1,
    out: Path | None = None,
    minutes: float | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Trains a model in the folder `out`; the result is JSON. Raises AntiphonError."""
    _known(model)
    from export.train_answer import train as train_answer

    limits = {} if minutes is None else {"minutes": float(minutes)}
    return train_answer(
        data, preset=preset, out=out or Path("out") / model, resume=resume, progress=progress, seed=seed, **limits
    )


def export(model: str, run: Path | None = None, output: Path | None = None, data: Path | None = None) -> dict[str, Any]:
    """Exports the best checkpoint of the folder `run` and rewrites models_onnx/README.md if the package lies there.

    The data it was trained on (named in the checkpoint, or `data`) is read again for the copy guard. Raises
    AntiphonError.
    """
    _known(model)
    from export.cards import FOLDER, write_readme
    from export.corpora import load_tunes
    from export.evaluate_answer import evaluate as evaluate_answer
    from export.export_answer import export as export_answer
    from export.export_answer import load_checkpoint

    checkpoint = (run or Path("out") / model) / "best.pt"
    package = output or FOLDER / f"{model}.onnx"
    _, saved = load_checkpoint(checkpoint)
    source = data if data is not None else None if saved["data"] == "None" else saved["data"]
    corpus = load_tunes(source)
    result = export_answer(checkpoint, package, corpus=corpus)
    # the figures of the finished package belong on its card: measured, then written
    figures = evaluate_answer(package, corpus=corpus)["metrics"]
    result = export_answer(checkpoint, package, corpus=corpus, metrics=figures)
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
    _known(model)
    from export.evaluate_answer import evaluate as evaluate_answer

    return evaluate_answer(package, data, pieces=pieces, progress=progress)
