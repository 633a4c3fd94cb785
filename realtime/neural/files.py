"""Finds model files by the names that scenes use; [main]."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.native.whole_file import visible_files

MODELS = Path(__file__).resolve().parents[2] / "models_onnx"
FOLDERS = (MODELS, MODELS / "amps")
"""Where a bare file name is looked for, after the working folder."""


def shipped(suffix: str) -> list[Path]:
    """Model files that come with Antiphon."""
    return sorted(path for folder in FOLDERS for path in visible_files(folder, f"*{suffix}"))


def is_shipped(path: Path) -> bool:
    """Whether a file lies in the folders that come with Antiphon."""
    return path.resolve().parent in FOLDERS


def find_model(name: Any, device: str, suffix: str) -> Path:
    """The file of a scene's `file` option: a path, or the name of a shipped model. Raises AntiphonError."""
    if not isinstance(name, (str, Path)) or not str(name):
        raise AntiphonError(f"device {device!r} needs the option 'file': the name of a {suffix} file")
    given = Path(name).expanduser()
    for path in (given, *(folder / given for folder in FOLDERS)):
        for candidate in (path, path.with_name(path.name + suffix)):
            if candidate.is_file():
                return candidate
    stems = {path.name: path for path in shipped(suffix)}
    near = difflib.get_close_matches(given.name, stems, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"shipped are: {', '.join(stems) or 'none'}"
    raise AntiphonError(f"device {device!r}: there is no file {str(name)!r}; {hint}")
