"""The panel that `antiphon play` opens: before the instrument is there it shows what is being compiled, then the instrument;
[main]."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from typing import IO

import typer

from realtime.commands.output import complain

CLOSED = 3
"""Exit status of a panel that was closed without meaning to end the instrument (ui/panel.py)."""
_COMMAND = (sys.executable, "-m", "ui.panel", "--ends-show")


class PlayPanel:
    """wanted: whether there is to be one at all."""

    def __init__(self, wanted: bool):
        self._wanted = wanted
        self._process: subprocess.Popen | None = None

    def prepare(self) -> Callable[[float, str, float], None]:
        """Opens it in expectation of an instrument; returns what is to be told how far its making is. A window that is
        closed meanwhile ends it: that raises typer.Exit."""
        self._start("--prepares", told=True)
        return self._tell_how_far

    def _start(self, *arguments: str, told: bool = False) -> None:
        if not self._wanted:
            return
        try:
            self._process = subprocess.Popen(
                [*_COMMAND, *arguments], stdin=subprocess.PIPE if told else None, text=True
            )
        except OSError as error:
            self._wanted = False
            complain(f"the panel cannot be opened ({error.strerror or error}); the sound goes on without it")

    def _tell_how_far(self, share: float, note: str, left_s: float) -> None:
        status = self._process.poll() if self._process is not None else None
        if status == 0:
            raise typer.Exit(0)
        if status is not None:
            self._process = None
            self._wanted = False  # it could not be shown, and said why
        self._say({"share": share, "note": note, "left_s": left_s})

    def _say(self, what: dict) -> None:
        line: IO[str] | None = self._process.stdin if self._process is not None else None
        with contextlib.suppress(OSError, ValueError):  # it was closed: the show begins without it
            if line is not None:
                line.write(json.dumps(what) + "\n")
                line.flush()

    def open(self, port: int) -> None:
        """The instrument is there."""
        if self._process is None:
            self._start("--port", str(port))
        else:
            self._say({"port": port})

    @property
    def is_open(self) -> bool:
        """Whether there is a window, so that the terminal need say nothing."""
        return self._process is not None

    def closed(self) -> int | None:
        """Its exit status once after it has ended, else None."""
        status = self._process.poll() if self._process is not None else None
        if status is not None:
            self._process = None
        return status

    def end(self) -> None:
        """Close it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
