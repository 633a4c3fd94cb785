"""Where compiled kernels are kept, keyed by every source they were made from; [main].

Numba's own cache looks at one file only: a kernel would go on using the old body of an imported helper. Here the stamp of
a file is a hash of it *and of all project files it imports*, so that an edit recompiles exactly what it touches.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from pathlib import Path

import llvmlite
import numba
import platformdirs
from numba.core import caching

from realtime.native.kernel_files import KernelFiles

ROOT = Path(__file__).resolve().parents[2]
_IMPORT = re.compile(r"^\s*(?:from\s+(realtime[\w.]*)\s+import\s+([^#\n]*|\([^)]*\))|import\s+(realtime[\w.]*))", re.M)


def cache_folder() -> Path:
    """Folder of the compiled kernels; `ANTIPHON_CACHE` overrides the user's cache folder."""
    base = os.environ.get("ANTIPHON_CACHE") or platformdirs.user_cache_dir("antiphon")
    return Path(base) / f"kernels-{numba.__version__}-{llvmlite.__version__}"


def _module_file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return None


@functools.cache
def _imports(path: Path) -> tuple[str, frozenset[Path]]:
    text = path.read_bytes()
    found: set[Path] = set()
    for match in _IMPORT.finditer(text.decode("utf-8", "replace")):
        package = match.group(1) or match.group(3)
        names = re.findall(r"\w+", match.group(2) or "")
        for module in (package, *(f"{package}.{name}" for name in names)):
            file = _module_file(module)
            if file is not None:
                found.add(file)
    return hashlib.sha256(text).hexdigest(), frozenset(found)


@functools.cache
def source_stamp(path: Path) -> str:
    """Hash of a source file and, through its imports, of every project file that can end up in its machine code."""
    seen: dict[Path, str] = {}
    todo = [path]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen[file], imported = _imports(file)
            todo.extend(imported)
    joined = "".join(f"{file.name}:{digest};" for file, digest in sorted(seen.items()))
    return hashlib.sha256(joined.encode()).hexdigest()


class _HouseLocator(caching._CacheLocator):
    """Numba cache locator for the files of this project."""

    def __init__(self, py_func, py_file: str):
        self._file = Path(py_file).resolve()
        self._line = py_func.__code__.co_firstlineno

    def get_cache_path(self) -> str:
        relative = self._file.relative_to(ROOT)
        return str(cache_folder() / "-".join(relative.with_suffix("").parts))

    def get_source_stamp(self):
        return source_stamp(self._file)

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, py_func, py_file):
        path = Path(py_file).resolve()
        if not path.is_relative_to(ROOT) or ".venv" in path.parts or not path.is_file():
            return None
        locator = cls(py_func, py_file)
        try:
            locator.ensure_cache_path()
        except OSError:
            return None
        return locator


def install() -> None:
    """Make Numba keep this project's kernels in `cache_folder()`, each named by all its sources."""
    caching.IndexDataCacheFile = KernelFiles
    for implementation in (caching.CompileResultCacheImpl, caching.CodeLibraryCacheImpl):
        if _HouseLocator not in implementation._locator_classes:
            implementation._locator_classes = [_HouseLocator, *implementation._locator_classes]
