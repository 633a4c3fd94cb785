"""The files of one compiled function's versions, each named by all that it was made from; none is read as another; [main].

Numba's own scheme numbers them, and an index says which number is which version. It is written before the file and by
whoever comes last: of two processes that compile side by side, or start after an upgrade, one may be given what the other
made of other sources, or of a record with other offsets. On the audio thread that is memory overwritten in silence. Here
there is no index: a file is whole, and right by its name and by what it says of itself, or it is not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import time
from pathlib import Path
from typing import Any

from numba.core import caching

KEPT_DAYS = 14
"""Files of other sources are kept for so long: another checkout or version may share the folder."""
_DAY_S = 86400.0


class KernelFiles(caching.IndexDataCacheFile):
    """Numba's `load` and `save` of (key, data) for the function `filename_base` of sources with `source_stamp`."""

    def __init__(self, cache_path: str, filename_base: str, source_stamp: str):
        super().__init__(cache_path=cache_path, filename_base=filename_base, source_stamp=source_stamp)
        self._base = filename_base
        self._made_from = hashlib.sha256(f"{self._version}|{source_stamp}".encode()).hexdigest()[:12]

    def save(self, key: Any, data: Any) -> None:
        """Keep a version; it is seen whole or not at all. Raises OSError."""
        self._save_data(self._name(key), (self._source_stamp, key, data))
        self._tidy()

    def load(self, key: Any) -> Any:
        """The version of this key, None if it is not there."""
        try:
            stamp, known, data = self._load_data(self._name(key))
        except (
            OSError,
            EOFError,
            ValueError,
            TypeError,
            pickle.UnpicklingError,
        ):  # not there; damaged; of another making
            return None
        return data if stamp == self._source_stamp and known == key else None

    def flush(self) -> None:
        """Forget every version of these sources."""
        for path in self.files():
            with contextlib.suppress(OSError):
                path.unlink()

    def files(self) -> list[Path]:
        """What is kept of these sources."""
        return sorted(Path(self._cache_path).glob(f"{_plain(self._base)}.{self._made_from}-*.nbc"))

    def _name(self, key: Any) -> str:
        return f"{self._base}.{self._made_from}-{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.nbc"

    def _tidy(self) -> None:
        oldest = time.time() - KEPT_DAYS * _DAY_S
        for path in Path(self._cache_path).glob(f"{_plain(self._base)}.*"):
            with contextlib.suppress(OSError):
                if not path.name.startswith(f"{self._base}.{self._made_from}-") and path.stat().st_mtime < oldest:
                    os.unlink(path)


def _plain(name: str) -> str:
    """A name in which a pattern's signs stand for themselves."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
