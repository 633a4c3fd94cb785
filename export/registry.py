"""The models by name: each is a folder of export/models with train, package and evaluate; [workshop]."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import export.models as room
from realtime.native.errors import AntiphonError

STAGES = {"train": "train", "export": "package", "evaluate": "evaluate"}


def model_names() -> list[str]:
    """Folders of export/models."""
    return sorted(m.name for m in pkgutil.iter_modules(room.__path__) if m.ispkg)


def stage(model: str, name: str) -> ModuleType:
    """The module of a model's stage: train, export or evaluate. Raises AntiphonError for an unknown model."""
    if model == "amp":
        raise AntiphonError("Model amp: it is trained and exported in one go by `python -m export.amp_capture NAME`.")
    if model not in model_names():
        raise AntiphonError(f"Model {model}: there is none; the models are {', '.join(model_names())}.")
    return importlib.import_module(f"{room.__name__}.{model}.{STAGES[name]}")
