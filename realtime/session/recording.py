"""The recording of a session: begun, ended, and told when it fails; [main]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime.engine import takes
from realtime.engine.engine import Engine
from realtime.engine.recorder import Recorder
from realtime.native.errors import AntiphonError
from realtime.session.guard import explain
from realtime.session.paths import user_folder


class Recording:
    """At most one recording at a time. state: "stopped", "recording", or "failed: " and why."""

    def __init__(self, say: Callable[[str], Any]):
        self._say = say
        self._recorder: Recorder | None = None
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
        """End the recording, if there is one."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        try:
            path = recorder.stop()
        except Exception as error:
            self._fail(error)
            return
        self.state = "stopped"
        lost = f"; {recorder.lost} blocks were lost to a disk that stood still" if recorder.lost else ""
        self._say(f"recorded {recorder.seconds:.1f} s to {path}{lost}")

    def watch(self) -> None:
        """Tell of a recording that has failed by itself."""
        if self._recorder is not None and self._recorder.error:
            error, self._recorder = self._recorder.error, None
            self._fail(AntiphonError(error))

    def _fail(self, error: Exception) -> None:
        sentence = explain(error, "the recording")
        self.state = f"failed: {sentence}"
        self._say(sentence)
