"""Keeps what is learned of one performer on the disk, behind the player's back: [player process], a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from realtime.native.errors import AntiphonError
from realtime.players.manner.manner import Played
from realtime.players.manner.store import load, merged, save

LAST_S = 1.0


class Keeper:
    """path: the performer's file. forgotten: it was taken away since it was read, so all of it is to be forgotten.
    trouble: a sentence, where it could not be written; what is learned then lives as long as the player."""

    def __init__(self, path: Path):
        self.path = path
        self.trouble = ""
        self.forgotten = False
        self._stamp = _stamp(path)
        self._known: set[Played] = set()
        self._next: list[Played] | None = None
        self._awake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def read(self) -> list[Played]:
        """What was kept. Raises AntiphonError."""
        self._stamp = _stamp(self.path)
        phrases = load(self.path)
        self._known = set(phrases)
        return phrases

    def keep(self, phrases: Sequence[Played]) -> None:
        """All that is to be in the file, soon; returns at once. What comes while it writes is written next."""
        with self._awake:
            self._next = list(phrases)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
                self._thread.start()
            self._awake.notify_all()

    def settled(self, wait_s: float = LAST_S) -> bool:
        """Waits until all is written; whether it is."""
        with self._awake:
            return self._awake.wait_for(lambda: self._next is None and not self._busy, wait_s)

    def _run(self) -> None:
        while True:
            with self._awake:
                self._awake.wait_for(lambda: self._next is not None)
                phrases, self._next, self._busy = self._next or [], None, True
            try:
                self._write(phrases)
            finally:
                with self._awake:
                    self._busy = False
                    self._awake.notify_all()

    def _write(self, phrases: list[Played]) -> None:
        """Another mirror of the same performer may have written meanwhile: what it learned stays, what was taken out of
        its file since is gone."""
        try:
            stamp = _stamp(self.path)
            if self._stamp is not None and stamp is None:
                self.forgotten, self._stamp = True, None
                self._known.clear()
                return
            if stamp != self._stamp:
                theirs = load(self.path)
                mine, gone = set(phrases), self._known.difference(theirs)
                new = [p for p in theirs if p in mine or p not in self._known]
                phrases = merged(new, (p for p in phrases if p not in gone))
            save(self.path, phrases)
            self._stamp, self._known = _stamp(self.path), set(phrases)
            self.trouble = ""
        except (AntiphonError, OSError) as error:
            self.trouble = (
                f"what is learned of {self.path.stem} cannot be kept ({error}); it is known until this player ends"
            )


def _stamp(path: Path) -> tuple[int, int] | None:
    """By which a file is told from what it was; None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
