"""The driver without hardware: blocks on time from a native clock thread, nothing to hear; all [main]."""

from __future__ import annotations

import time

import numpy as np

from realtime.drivers import null_callback as callback
from realtime.drivers import scheduling
from realtime.drivers.base import Driver
from realtime.drivers.control import MAX_CHANNELS
from realtime.native.memory import aligned
from realtime.native.thread import NativeThread

DEFAULT_FRAMES = 64
START_DELAY_NS = 2_000_000


class NullDriver(Driver):
    """For machines without sound, for tests, and to keep the time; its inputs are silent.

    `outputs`: float32 (outputs, frames), the block last played (a live view, for meters and tests).
    """

    name = "null"

    def __init__(self):
        super().__init__(callback.NULL_CONTROL)
        self._thread: NativeThread | None = None
        self._missing: list[str] = []

    @property
    def description(self) -> str:
        return f"no sound device (null clock), {self.sample_rate} Hz, {self.frames} frames"

    @property
    def skipped(self) -> int:
        """Periods left out because the engine was behind."""
        return int(self.control.record["skipped"])

    def wake_histogram(self) -> np.ndarray:
        """int64[4096]: blocks by microseconds from the due time to the thread's awakening."""
        return self.control.record["wake"].copy()

    def realtime_report(self) -> scheduling.RealtimeReport:
        result = super().realtime_report()
        result.missing += [line for line in self._missing if line not in result.missing]
        return result

    def _open(self, frames: int | None) -> None:
        record, frames = self.control.record, frames or DEFAULT_FRAMES
        record["frames"] = record["block_frames"] = frames
        record["sample_rate"] = int(self.engine.sample_rate)
        record["skipped"], record["wake"] = 0, 0
        self._audio = aligned(2 * MAX_CHANNELS * frames).reshape(2, MAX_CHANNELS, frames)
        for table, buffers in (("audio_in", self._audio[0]), ("audio_out", self._audio[1])):
            for channel in range(MAX_CHANNELS):
                record[table][channel] = buffers[channel].ctypes.data
        self.outputs = self._audio[1][: self.engine.outputs]

    def _start(self) -> None:
        self._missing = [line for line in (scheduling.lock_memory(),) if line]
        for word in ("stop", "thread_id", "start_ns"):
            self.control.record[word] = 0
        self._thread = NativeThread(callback.clock_loop.address, self.control.address)
        deadline = time.monotonic() + 2.0
        while self.control.record["thread_id"] == 0 and time.monotonic() < deadline:
            time.sleep(0.0005)
        refused = scheduling.raise_priority(int(self.control.record["thread_id"]))
        if refused:
            self._missing.append(refused)
        self.control.record["start_ns"] = time.monotonic_ns() + START_DELAY_NS

    def _stop(self) -> None:
        self.control.record["stop"] = 1
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _close(self) -> None:
        self._stop()
