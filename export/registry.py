"""The models by name: each is a folder of export/models with train, package and evaluate; [workshop]."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from types import ModuleType

import export.models as room
from realtime.native.errors import AntiphonError, nearest

STAGES = {"train": "train", "export": "package", "evaluate": "evaluate", "samples": "two_sample"}


def model_names() -> list[str]:
    """Folders of export/models."""
    return sorted(m.name for m in pkgutil.iter_modules(room.__path__) if m.ispkg)


def check(model: str) -> None:
    """Raises AntiphonError for a model that is not there, with the nearest name."""
    if model == "amp":
        raise AntiphonError("Model amp: it is trained and exported in one go by `python -m export.amp_capture NAME`.")
    if model not in model_names():
        raise AntiphonError(f"there is no model {model!r}; {nearest(model, model_names())}")


def stage(model: str, name: str) -> ModuleType:
    """The module of a model's stage: train, export, evaluate or samples. Raises AntiphonError for an unknown model, and
    for one that has no such stage."""
    check(model)
    if name == "samples" and not has_samples(model):
        known = ", ".join(one for one in model_names() if has_samples(one))
        raise AntiphonError(f"Model {model}: it writes no music to be told from real; there are: {known}.")
    return importlib.import_module(f"{room.__name__}.{model}.{STAGES[name]}")


def has_samples(model: str) -> bool:
    """Whether a model writes music that can be compared with real music."""
    return importlib.util.find_spec(f"{room.__name__}.{model}.{STAGES['samples']}") is not None
