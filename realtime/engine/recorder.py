"""Streams the master to a sound file from a ring: the callback only copies; a thread of its own writes, [recorder]."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

from realtime.engine.engine import Engine
from realtime.engine.growing_file import GrowingFile
from realtime.engine.mixdown import audio_record
from realtime.engine.takes import kind_of
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring

RING_SECONDS = 12.0
"""Sound the ring holds while a disk sleeps."""
_READABLE_S = 0.1
_TO_DISK_S = 1.0
_IDLE_S = 0.02
_END_S = 30.0


class Recorder:
    """One recording from `start` to `stop`, every frame once. Raises AntiphonError when the file cannot be made.

    path: where it is written; if there is a file of that name, beside it as NAME-2, NAME-3 …
    lost: quanta that found the ring full (a disk that stood still for 12 s). error: why it ended by itself, or "".
    """

    def __init__(self, engine: Engine, path: str | Path):
        path = Path(path)
        kind_of(path)
        self._engine = engine
        capacity = int(RING_SECONDS * engine.sample_rate / 32)
        try:
            self._ring = Ring(audio_record(engine.outputs), capacity)
            self._file = GrowingFile(path, round(engine.sample_rate), engine.outputs)
        except (OSError, RuntimeError, ValueError, MemoryError) as error:
            why = getattr(error, "strerror", None) or error or "no memory is left"
            raise AntiphonError(f"cannot record to {path}: {why}; choose another folder or name") from None
        self.path = self._file.path
        self.error = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._write, name="recorder", daemon=True)

    @property
    def lost(self) -> int:
        """Quanta that were refused."""
        return self._ring.refused

    @property
    def frames(self) -> int:
        """Frames written."""
        return self._file.frames

    @property
    def seconds(self) -> float:
        """Length of what has been written."""
        return self.frames / self._engine.sample_rate

    def start(self) -> Recorder:
        """Begin with the next quantum. Raises AntiphonError."""
        try:
            self._thread.start()
        except RuntimeError as error:
            self._file.rescue()
            raise AntiphonError(f"cannot record to {self.path}: {error}") from None
        self._engine.record_to(self._ring)
        return self

    def end(self) -> None:
        """End with this quantum; its own thread writes what is left, however long the disk takes. Returns at once."""
        self._engine.record_to(None)
        self._ending.set()

    @property
    def done(self) -> bool:
        """After `end`: the file is whole, or `error` says why it is not."""
        return not self._thread.is_alive()

    def wait(self, timeout_s: float = _END_S) -> Path:
        """After `end`: the path, once the file is whole. Raises AntiphonError if it is not, or not in time."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise AntiphonError(f"the disk does not take the end of {self.path}; what it took can be read")
        if self.error:
            raise AntiphonError(self.error)
        return self.path

    def stop(self) -> Path:
        """`end` and `wait`."""
        self.end()
        return self.wait()

    def _write(self) -> None:
        try:
            self._drain()
            self._file.secure()
            self._file.close()
        except Exception as error:
            self._engine.record_to(None)
            self._rescue(error)

    def _drain(self) -> None:
        readable = to_disk = time.monotonic()
        while True:
            ending = self._ending.is_set()  # before the look into the ring: nothing comes after it
            if ending:
                self._engine.quiesce.wait()  # the quantum that saw the ring is whole
            blocks = [np.array(r["data"][:, : int(r["frames"])].T) for r in self._ring.pop_all(2048)]
            if blocks:
                self._file.write(np.concatenate(blocks))
            now = time.monotonic()
            if now - readable > _READABLE_S:
                readable = now
                to_disk, due = (now, True) if now - to_disk > _TO_DISK_S else (to_disk, False)
                self._secure(due)
            if not blocks:
                if ending:
                    return
                time.sleep(_IDLE_S)

    def _secure(self, to_disk: bool = True) -> None:
        self._file.secure(to_disk)

    def _rescue(self, error: Exception) -> None:
        try:
            why = self._file.why(error)
            self._file.rescue()
        except Exception as second:  # the disk itself is gone
            why = str(second)
        self.error = f"the recording {self.path} stopped after {self.seconds:.1f} s: {why}; the music goes on"
