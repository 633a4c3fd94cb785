"""The driver without a clock: renders as fast as the machine goes, bit-exact from run to run; all [main].

Blocks are the same as on stage; the last one may be shorter. What sounds depends on the frame a message is set to,
never on the clock or on the size of the blocks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import numpy as np

from realtime.drivers import offline_callback as callback
from realtime.drivers.base import Driver
from realtime.native.errors import AntiphonError

DEFAULT_FRAMES = 64
MIDI_OUT_ROOM = 1 << 16
MIDI_OUT_BYTES = 1 << 20
Message = tuple[int, int, bytes]
"""(frame, port or source, raw MIDI)"""


class OfflineDriver(Driver):
    """`render()` is the way to use it; `start()` renders into the void until `stop()`, for scenes that are recorded."""

    name = "offline"
    native_midi = True

    def __init__(self):
        super().__init__(callback.OFFLINE_CONTROL)
        self._played = np.zeros(MIDI_OUT_ROOM, callback.PLAYED)
        self._pool = np.zeros(MIDI_OUT_BYTES, np.uint8)
        self._thread: threading.Thread | None = None
        self.position = 0
        """Frames rendered since `open`."""

    @property
    def description(self) -> str:
        return f"offline, as fast as it goes, {self.sample_rate} Hz, {self.frames} frames"

    def render(
        self,
        frames: int,
        audio_in: np.ndarray | None = None,
        midi: Iterable[Message] = (),
        progress: Callable[[float], object] | None = None,
    ) -> tuple[np.ndarray, list[Message]]:
        """Render the next `frames` frames.

        audio_in: float32 (inputs, frames), silence if None.
        midi: messages for the engine, (frame from the start of this call, source, bytes).
        progress: called with 0..1 about every second of music.
        Returns audio float32 (outputs, frames) and what the engine played on its MIDI outputs, (frame, port, bytes).
        """
        if self.state == "closed":
            raise AntiphonError("The offline driver is closed: open it before rendering.")
        record, inputs = self.control.record, self.engine.inputs
        if audio_in is None:
            source = np.zeros((inputs, frames), np.float32)
        else:
            source = np.ascontiguousarray(audio_in, np.float32)
            if source.shape != (inputs, frames):
                raise AntiphonError(f"The input has shape {source.shape}, the engine wants {(inputs, frames)}.")
        result = np.zeros((self.engine.outputs, frames), np.float32)
        messages = sorted(midi, key=lambda message: message[0])
        data = [np.frombuffer(bytes(message[2]), np.uint8) for message in messages]
        scheduled = np.array(
            [(m[0], m[1], d.size, d.ctypes.data) for m, d in zip(messages, data, strict=True)], callback.SCHEDULED
        )
        record["scheduled"], record["n_scheduled"], record["next_scheduled"] = scheduled.ctypes.data, len(scheduled), 0
        record["muted"] = 0
        played: list[Message] = []
        done = 0
        # whole blocks between two looks at the clock, so that the blocks fall as in one long call
        step = -(-self.sample_rate // record["block_frames"]) * int(record["block_frames"])
        while done < frames:
            count = min(step, frames - done)
            record["n_played"] = record["pool_used"] = 0
            callback.render(self.control.address, done, count, source.ctypes.data, result.ctypes.data, frames)
            played += self._collect()
            done += count
            self.position += count
            if progress is not None:
                progress(done / frames)
        return result, played

    def _collect(self) -> list[Message]:
        found = self._played[: int(self.control.record["n_played"])]
        return [(int(p["frame"]), int(p["port"]), self._pool[p["at"] : p["at"] + p["size"]].tobytes()) for p in found]

    def _open(self, frames: int | None) -> None:
        record = self.control.record
        record["frames"] = record["block_frames"] = frames or DEFAULT_FRAMES
        record["sample_rate"] = int(self.engine.sample_rate)
        record["played"], record["played_room"] = self._played.ctypes.data, len(self._played)
        record["pool"], record["pool_room"] = self._pool.ctypes.data, len(self._pool)
        self.position = 0

    def _start(self) -> None:
        self.control.record["stop"] = 0
        self._thread = threading.Thread(target=self._run, name="offline render", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self.control.record["stop"]:
            self.render(int(self.control.record["block_frames"]) * 64)

    def _stop(self) -> None:
        self.control.record["stop"] = 1
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _close(self) -> None:
        self._stop()
