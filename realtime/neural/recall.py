"""Figures of model files kept from one start to the next, by machine and by digest of the file; [main]."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import platformdirs


def recall_file(name: str) -> Path:
    """Where figures of a sort are kept."""
    return Path(os.environ.get("ANTIPHON_CACHE") or platformdirs.user_cache_dir("antiphon")) / f"{name}.json"


def recall(path: Path, machine: str, digest: str) -> dict[str, Any] | None:
    """What was kept for a file on this machine, if anything."""
    try:
        found = json.loads(path.read_text())[machine][digest]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def keep(path: Path, machine: str, digest: str, figures: dict[str, Any]) -> None:
    """Keep figures; silently without effect where the cache cannot be written."""
    try:
        table = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        table = {}
    try:
        table.setdefault(machine, {})[digest] = figures
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(table))
        part.replace(path)
    except (OSError, AttributeError):
        pass
