"""What a note model is at run time: its package, its parameters and its music; registry by folder; [any]."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

import realtime.models as room
from realtime.contract.param import Param
from realtime.music.midifile import read_midi
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package, load_package
from realtime.sampling.copyguard import CopyGuard

PACKAGES = Path(__file__).resolve().parents[2] / "models_onnx"
KIND = "notes"
MOST_BARS = 512


class NoteModel(ABC):
    """Base of all note models. A folder beside this file offers one by a line `MODEL = ItsClass`."""

    name: ClassVar[str] = ""
    PARAMS: ClassVar[tuple[Param, ...]] = ()
    CODE: ClassVar[
        Mapping[str, Any]
    ] = {}  # what its package must have been made for: sizes and names of its token code

    def __init__(self, package: Package):
        """Raises AntiphonError if the package is of another model or another version of its code."""
        if package.about.name != self.name:
            raise AntiphonError(
                f"{package.path}: it is the model {package.about.name!r}, not {self.name!r}; name another package"
            )
        self.package = package
        facts = package.extra.get("code")
        self.code_facts: dict[str, Any] = facts if isinstance(facts, dict) else {}
        for key, value in self.CODE.items():
            if self.code_facts.get(key) != value:
                raise AntiphonError(
                    f"{package.path}: it was made for another version of {self.name} (its {key.replace('_', ' ')} differ); "
                    f"export it again with `antiphon export {self.name}`"
                )

    @classmethod
    def load(cls, path: str | Path | None = None) -> Self:
        """The shipped package, or the named one. Raises AntiphonError."""
        package = _shared_package(path or PACKAGES / f"{cls.name}.onnx")
        try:
            return cls(package)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise AntiphonError(
                f"{package.path}: it lacks or garbles {error}; export it again with `antiphon export {cls.name}`"
            ) from error

    def table(self, name: str, *shape: int) -> np.ndarray:
        """A table of the package; of a shape, if one is given. Raises AntiphonError if it is not there or another's."""
        table = self.package.table(name)
        if shape and table.shape != shape:
            raise AntiphonError(
                f"{self.package.path}: its table {name!r} has the shape {table.shape}, not {shape}; export it again with "
                f"`antiphon export {self.name}`"
            )
        return table

    def copy_guard(self, facts: Mapping[str, Any], table: np.ndarray | None = None) -> CopyGuard:
        """The guard against copied runs from its facts (and its table, where that is not among them). Raises
        AntiphonError if it is damaged."""
        try:
            return CopyGuard.from_json(facts) if table is None else CopyGuard.from_table(facts, table)
        except (KeyError, TypeError, ValueError) as error:
            raise AntiphonError(
                f"{self.package.path}: its copy guard is damaged ({error}); export it again with "
                f"`antiphon export {self.name}`"
            ) from error

    @abstractmethod
    def generate(self, prompt: NoteSequence | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """New music of some bars, starting at beat 0; the same seed and prompt give the same notes.

        values: parameters by id, see `settings`. Raises AntiphonError for a prompt it cannot use.
        """

    def generate_from(self, path: str | Path | None, bars: int, seed: int, **values: float) -> NoteSequence:
        """`generate` with a MIDI file as prompt. Raises AntiphonError."""
        return self.generate(None if path is None else read_midi(path), bars, seed, **values)

    def settings(self, values: dict[str, float], bars: int = 1) -> dict[str, float]:
        """All parameters: the defaults with `values` in their place, clamped to their ranges.

        Raises AntiphonError for an unknown parameter or a number of bars outside 1..512.
        """
        if not 1 <= bars <= MOST_BARS:
            raise AntiphonError(f"{bars} bars: ask for 1 to {MOST_BARS}.")
        known = {p.id: p for p in self.PARAMS}
        for name in values:
            if name not in known:
                raise AntiphonError(
                    f"Model {self.name}: no parameter {name}; it has {', '.join(known) or 'no parameters'}."
                )
        return {p.id: p.clamp(float(values.get(p.id, p.default))) for p in self.PARAMS}


def _shared_package(path: str | Path) -> Package:
    """A package is read once for all models and players of this process; a file that has changed is read again."""
    try:
        found = Path(path).stat()
    except OSError:
        return load_package(path, kind=KIND)  # which says what is wrong
    return _package(Path(path).resolve(), found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _package(path: Path, changed_ns: int, size: int) -> Package:
    return load_package(path, kind=KIND)


def model_names() -> list[str]:
    """Note models: the folders beside this file. None of them is imported."""
    return sorted(m.name for m in pkgutil.iter_modules(room.__path__) if m.ispkg)


def model_class(name: str) -> type[NoteModel]:
    """The note model of that name. Raises AntiphonError if there is none."""
    if name not in model_names():
        raise AntiphonError(f"Model {name}: there is none; the models are {', '.join(model_names())}.")
    return importlib.import_module(f"{room.__name__}.{name}").MODEL
