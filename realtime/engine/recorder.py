"""Streams the master to a WAV or FLAC file from a ring: the callback only copies; a thread of its own writes, [recorder]."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import soundfile

from realtime.engine.engine import Engine, audio_record
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring

RING_SECONDS = 12.0
"""Sound the ring holds while a disk sleeps."""
_FLUSH_S = 0.5
_UPDATE_HEADER_NOW = 0x1060  # SFC_UPDATE_HEADER_NOW of libsndfile: the file is whole up to here, whatever comes
SUBTYPES = {".wav": ("WAV", "FLOAT"), ".flac": ("FLAC", "PCM_24"), ".w64": ("W64", "FLOAT"), ".rf64": ("RF64", "FLOAT")}


class Recorder:
    """One recording. `lost` counts frames that found the ring full (a disk that stood still for 12 s)."""

    def __init__(self, engine: Engine, path: str | Path):
        self.path = Path(path).expanduser()
        kind = SUBTYPES.get(self.path.suffix.lower())
        if kind is None:
            raise AntiphonError(f"cannot record to {self.path.name!r}: end the name in .wav, .flac, .w64 or .rf64")
        self._engine = engine
        self._kind = kind
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = soundfile.SoundFile(
                self.path, "w", round(engine.sample_rate), engine.outputs, format=kind[0], subtype=kind[1]
            )
        except (OSError, RuntimeError) as error:
            raise AntiphonError(f"cannot record to {self.path}: {error}; choose another folder") from None
        capacity = int(RING_SECONDS * engine.sample_rate / 32)
        self._ring = Ring(audio_record(engine.outputs), capacity)
        self.frames = 0
        self.error = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._write, name="recorder", daemon=True)

    @property
    def lost(self) -> int:
        """Quanta that were refused."""
        return self._ring.refused

    @property
    def seconds(self) -> float:
        """Length of what has been written."""
        return self.frames / self._engine.sample_rate

    def start(self) -> Recorder:
        """Begin with the next quantum."""
        self._engine.record_to(self._ring)
        self._thread.start()
        return self

    def stop(self) -> Path:
        """End the recording, write what is left, and return the path. Raises AntiphonError if writing failed."""
        self._engine.record_to(None)
        time.sleep(0.02)  # the callback may still be in the quantum that saw the ring
        self._ending.set()
        self._thread.join(30.0)
        if self.error:
            raise AntiphonError(self.error)
        return self.path

    def _write(self) -> None:
        last_flush = time.monotonic()
        try:
            while True:
                ending = self._ending.is_set()
                blocks = [np.array(r["data"][:, : int(r["frames"])].T) for r in self._ring.pop_all(2048)]
                if blocks:
                    sound = np.concatenate(blocks)
                    self._file.write(sound)
                    self.frames += len(sound)
                if time.monotonic() - last_flush > _FLUSH_S:
                    self._secure()
                    last_flush = time.monotonic()
                if not blocks:
                    if ending:
                        break
                    time.sleep(0.02)
            self._secure()
        except (OSError, RuntimeError) as error:
            self._engine.record_to(None)
            self.error = f"the recording {self.path} stopped after {self.frames} frames: {error}; the music goes on"
        finally:
            self._file.close()

    def _secure(self) -> None:
        if self._kind[0] != "FLAC":
            soundfile._snd.sf_command(self._file._file, _UPDATE_HEADER_NOW, soundfile._ffi.NULL, 0)
        self._file.flush()
