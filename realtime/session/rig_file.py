"""What the rig is, kept for the next evening: sound, MIDI ports, keyboards, in a TOML file of the user's own; [main].

A file that a person wrote keeps its comments and order. One that cannot be read is left aside, never written over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import platformdirs
import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item

from realtime.native.whole_file import whole_file


def user_rig() -> Path:
    """The user's rig file, whether it is there or not."""
    return Path(platformdirs.user_config_dir("antiphon")) / "rig.toml"


class RigFile:
    """path: of the file; None keeps everything in memory. say: told what cannot be read or written."""

    def __init__(self, path: Path | None, say: Callable[[str], Any]):
        self.path, self._say = path, say
        self._lock = threading.Lock()
        self._broken = False
        self._document = tomlkit.document()
        if path is not None:
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            self._document = tomlkit.parse(path.read_text("utf-8"))
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            why = " ".join(str(getattr(error, "strerror", None) or error).split())
            self._broken = True
            self._say(f"the rig file {path} is not used ({why}); mend it, or remove it to begin anew")

    def get(self, *path: str) -> dict[str, Any]:
        """A table of it as plain values; {} where there is none. [any but audio]"""
        with self._lock:
            table: Any = self._document
            for name in path:
                table = table.get(name) if isinstance(table, Mapping) else None
            return dict(table.unwrap()) if isinstance(table, (Container, Item)) and isinstance(table, Mapping) else {}

    def put(self, path: tuple[str, ...], values: Mapping[str, Any]) -> None:
        """Set values of a table, and write the file; a value of None is taken out."""
        with self._lock:
            if self.path is not None and not self._broken:
                self._read(self.path)  # a person, or another instrument, may have written since
            table: Any = self._document
            for name in path:
                if not isinstance(table.get(name), Mapping):
                    table[name] = tomlkit.table()
                table = table[name]
            for name, value in values.items():
                if value is None:
                    table.pop(name, None)
                else:
                    table[name] = value
            self._write()

    def _write(self) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._broken:
                self.path.replace(self.path.with_suffix(".unread.toml"))
                self._broken = False
            with whole_file(self.path) as part:
                part.write_text(tomlkit.dumps(self._document), "utf-8")
        except OSError as error:
            self._say(f"the rig cannot be kept in {self.path}: {error.strerror or error}; it holds until the end")
