"""What this panel remembers of its own between starts: favourites that the instrument does not keep; no Qt."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from platformdirs import user_state_path

from ui.state import reading


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
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(sorted(self.keys)), "utf-8")
            fresh.replace(self._path)
