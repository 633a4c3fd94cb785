"""The terminal of a running instrument, which may be closed at any time, and the signals that end it in order; [main]."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from typing import Any

from realtime.commands.output import plain

_STDOUT, _STDERR = 1, 2


HANGUP_S = 5.0
"""Silence after which an instrument whose terminal was closed ends."""
_QUIET = 1e-3


def stop_on_signals(stop: threading.Event, hangup: threading.Event) -> None:
    """A key or a system that shuts down sets `stop`, a terminal that is closed `hangup`: either way the end is in order."""
    events = {"SIGINT": stop, "SIGTERM": stop, "SIGBREAK": stop, "SIGHUP": hangup}
    for name, event in events.items():
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda *_, event=event: event.set())


class Hangup:
    """A window that was closed by mistake must not end the music: the instrument plays on while anything sounds or is
    recorded, and ends once it has been silent for HANGUP_S."""

    def __init__(self, closed: threading.Event):
        self._closed = closed
        self._last_sound: float | None = None

    def is_over(self, session: Any) -> bool:
        """Whether it is time to end. Called with every turn of the main loop."""
        if not self._closed.is_set():
            return False
        now = time.monotonic()
        if self._last_sound is None or session.recording or max(session.engine.record[0]["peaks"]) > _QUIET:
            self._last_sound = now
        return now - self._last_sound > HANGUP_S


class Terminal:
    """What is printed while the instrument plays. Once nobody can read it any more, it is dropped, and the show goes on."""

    def __init__(self) -> None:
        self.is_live = bool(sys.stderr is not None and sys.stderr.isatty())
        self._closed: set[int] = set()

    def tell(self, text: str) -> None:
        """A sentence for the performer."""
        self._write(_STDERR, f"antiphon: {plain(text)}\n")

    def status(self, line: str, live: bool) -> None:
        """The status line: over the last one, or one after the other where there is no terminal."""
        if live:
            width = max(20, shutil.get_terminal_size().columns - 1)
            self._write(_STDERR, f"\r{plain(line)[:width]}\x1b[K")
        else:
            self._write(_STDERR, f"{plain(line)}\n")

    def end_status(self, line: str, live: bool) -> None:
        """The last one."""
        self._write(_STDERR, "\n" if live else "")
        self.status(line, live=False)

    def result(self, value: Any) -> None:
        """One JSON document on stdout."""
        self._write(_STDOUT, json.dumps(value, indent=2, default=float) + "\n")

    def _write(self, number: int, text: str) -> None:
        stream = sys.stderr if number == _STDERR else sys.stdout
        if stream is None or number in self._closed:
            return
        try:
            stream.write(text)
            stream.flush()
        except UnicodeError:
            self._write(number, text.encode("ascii", "replace").decode())
        except (OSError, ValueError):  # closed, or a full disk behind it: ValueError is Python's word for a closed file
            self._closed.add(number)
            _let_go(number)


def _let_go(number: int) -> None:
    """Whatever is still in the buffer, and all that anybody prints there later, goes nowhere."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
