"""The recording of a session: begun, ended, and told when it is whole or has failed; [main]."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from realtime.engine import takes
from realtime.engine.engine import Engine
from realtime.engine.recorder import Recorder
from realtime.native.errors import AntiphonError
from realtime.session.guard import explain
from realtime.session.paths import user_folder

CLOSING_S = 10.0
"""How long the end of the session waits for a disk that takes no more; what it took can be read."""
SLOW_S = 1.0
"""A disk that takes longer over the end of a take is told of."""


class Recording:
    """At most one recording at a time, beside those whose end the disk still takes.

    state: "stopped", "recording", or "failed: " and why.
    """

    def __init__(self, say: Callable[[str], Any]):
        self._say = say
        self._recorder: Recorder | None = None
        self._ending: list[tuple[Recorder, float]] = []
        self._told: set[int] = set()
        self.state = "stopped"

    @property
    def path(self) -> str:
        """Path of the file being recorded, or ""."""
        return str(self._recorder.path) if self._recorder is not None else ""

    def start(self, engine: Engine, path: str, anywhere: bool = False) -> None:
        """Record to a new file; anywhere: outside the recordings folder too. Ends the recording that runs."""
        self.stop()
        try:
            target = takes.place(path, user_folder("recordings"), anywhere)
            self._recorder = Recorder(engine, target).start()
        except Exception as error:
            self._fail(error)
            return
        self.state = "recording"
        self._say(f"recording to {self._recorder.path}")

    def stop(self) -> None:
        """End the recording, if there is one; `watch` tells when the file is whole. Returns at once."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        recorder.end()
        self._ending.append((recorder, time.monotonic()))
        self.state = "stopped"

    def watch(self) -> None:
        """Tell of takes that are whole, and of a recording that has failed by itself."""
        if self._recorder is not None and self._recorder.error:
            error, self._recorder = self._recorder.error, None
            self._fail(AntiphonError(error))
        for recorder, since in [*self._ending]:
            if recorder.done:
                self._finish(recorder, since)
            elif time.monotonic() - since > SLOW_S and id(recorder) not in self._told:
                self._told.add(id(recorder))
                self._say(f"the disk still takes the end of {recorder.path}; the music goes on")

    def close(self) -> None:
        """End the recording, and wait for the disk, but not for ever."""
        self.stop()
        deadline = time.monotonic() + CLOSING_S
        for recorder, since in [*self._ending]:
            self._finish(recorder, since, max(0.0, deadline - time.monotonic()))

    def _finish(self, recorder: Recorder, since: float, timeout_s: float = 0.0) -> None:
        self._ending.remove((recorder, since))
        self._told.discard(id(recorder))
        try:
            path = recorder.wait(timeout_s)
        except Exception as error:
            self._fail(error)
            return
        lost = f"; {recorder.lost} blocks were lost to a disk that stood still" if recorder.lost else ""
        self._say(f"recorded {recorder.seconds:.1f} s to {path}{lost}")

    def _fail(self, error: Exception) -> None:
        sentence = explain(error, "the recording")
        self.state = f"failed: {sentence}"
        self._say(sentence)
