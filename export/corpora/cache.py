"""What takes long to parse is parsed once: lines of pieces in the user's cache, written whole or not at all; [any]."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs

VERSION = 3


def cache_folder() -> Path:
    return Path(platformdirs.user_cache_dir("antiphon")) / "corpora"


def cached(name: str, make: Callable[[list[str]], Iterable[dict]], damaged: list[str]) -> list[dict]:
    """The lines `make` gives, from the cache if it has them; what `make` names as damaged is kept with them. A cache that
    cannot be written or is damaged costs time, never data."""
    file = cache_folder() / f"{name}_{VERSION}.jsonl.gz"
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            faults = json.loads(next(lines))
            rows = [json.loads(line) for line in lines]
        damaged += faults
        return rows
    except (OSError, EOFError, ValueError, StopIteration):
        pass
    faults = []
    rows = list(make(faults))
    damaged += faults
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(part, "wt", encoding="utf-8") as out:
            out.write(json.dumps(faults) + "\n")
            out.writelines(json.dumps(row) + "\n" for row in rows)
        os.replace(part, file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
    return rows
