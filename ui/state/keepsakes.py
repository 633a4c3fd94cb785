"""What this panel remembers of its own between starts: favourites that the instrument does not keep; no Qt."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from ui.state import reading


class Kept:
    """Settings of this panel by name, each a list of texts; a file that cannot be read or written is no harm."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or user_state_path("antiphon") / "panel_settings.json"
        self._values: dict[str, list[str]] = {}
        with contextlib.suppress(OSError, UnicodeDecodeError):
            found = reading.table(self._path.read_text("utf-8"))
            self._values = {name: reading.names(reading.dumps(value)) for name, value in found.items()}

    def get(self, name: str) -> list[str]:
        """What was kept under a name; [] for nothing."""
        return list(self._values.get(name, ()))

    def put(self, name: str, value: list[str]) -> None:
        """Keeps it; [] lets it go."""
        self._values = {key: one for key, one in self._values.items() if key != name} | ({name: value} if value else {})
        _write(self._path, self._values)


class Favourites:
    """Keys of browser items ("device:poly"), kept in a small file; a file that cannot be read or written is no harm."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or user_state_path("antiphon") / "panel_favourites.json"
        self.keys: frozenset[str] = frozenset()
        with contextlib.suppress(OSError, UnicodeDecodeError):
            self.keys = frozenset(reading.names(self._path.read_text("utf-8")))

    def toggle(self, key: str) -> None:
        """Keeps an item, or lets it go."""
        self.keys = self.keys ^ {key}
        _write(self._path, sorted(self.keys))


def _write(path: Path, content: Any) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(content), "utf-8")
        fresh.replace(path)
