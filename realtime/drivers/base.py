"""What every driver offers, and the supervisor that brings it back when its server or device goes; [main].

The callback itself is compiled code (see the *_callback files); nothing here runs on the audio thread.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from realtime.drivers import scheduling
from realtime.drivers.control import CONTROL, MAX_CHANNELS, Control
from realtime.native.errors import AntiphonError

log = logging.getLogger("antiphon.driver")
TICK_S = 0.05
_open_drivers: weakref.WeakSet = weakref.WeakSet()


class EngineLike(Protocol):
    """What a driver needs to know of an engine. `calls`: see realtime.drivers.calls."""

    calls: np.ndarray
    sample_rate: float
    inputs: int
    outputs: int


class Driver(ABC):
    """Where blocks come from.

    Life: `open(engine, ...)`, `start()`, `stop()`, `start()` ..., `close()`; all [main]. After `start()` a supervisor
    thread watches: if the server or device goes, the engine is left as it is, and the sound returns by itself with it.

    Hooks (run on the supervisor thread; set before `start()`):
      on_lost(why: str), on_back(what: str): the sound went, the sound returned.
      on_frames_change(frames: int): the server changed its period; the engine needs nothing, it takes any block.
      on_midi_gone(port: int): whoever played into that MIDI input has gone, perhaps with a key down.
      on_rate_change(sample_rate: int) -> EngineLike | None: the server came back at another rate. Return an engine made
        for it, or None and call `attach(engine)` when one is ready; until then the driver is silent.
    """

    name = ""
    native_midi = False
    """True if raw MIDI goes in and out inside the callback, sample-accurate."""

    def __init__(self, dtype: np.dtype = CONTROL):
        self.control = Control(dtype)
        self.engine: Any = None  # an EngineLike while open
        self.state = "closed"  # closed, open, running, lost
        self.on_lost: Callable[[str], Any] | None = None
        self.on_back: Callable[[str], Any] | None = None
        self.on_frames_change: Callable[[int], Any] | None = None
        self.on_midi_gone: Callable[[int], Any] | None = None
        self.on_rate_change: Callable[[int], EngineLike | None] | None = None
        self._lock = threading.RLock()
        self._supervisor: threading.Thread | None = None
        self._ending = threading.Event()
        self._known_frames = 0

    # -- for everyone ------------------------------------------------------------------------------------------------
    def open(self, engine: EngineLike, frames: int | None = None, sample_rate: int | None = None, **options) -> None:
        """Reserve server or device for this engine; no sound yet. Raises AntiphonError with the remedy."""
        if self.state != "closed":
            raise AntiphonError(f"The {self.name} driver is already open: close it first.")
        check_format(engine, frames)
        if sample_rate is not None and int(sample_rate) != int(engine.sample_rate):
            raise AntiphonError(
                f"The engine was made for {int(engine.sample_rate)} Hz, not for {int(sample_rate)} Hz: make it at the "
                f"rate of the driver."
            )
        self.engine = engine
        self.control.set_engine(engine)
        for word in ("xruns", "lost", "stop", "beat", "thread_id", "midi_lost"):
            self.control.record[word] = 0
        self._open(frames, **options)
        self._known_frames = self.frames
        self.state = "open"
        _open_drivers.add(self)

    def start(self) -> None:
        """Let it sound."""
        with self._lock:
            if self.state == "closed":
                raise AntiphonError(f"The {self.name} driver is closed: open it before starting it.")
            if self.state in ("running", "lost"):
                return
            self.control.record["muted"] = 0
            self._start()
            self.state = "running"
        self._ending.clear()
        self._supervisor = threading.Thread(target=self._watch, name=f"{self.name} supervisor", daemon=True)
        self._supervisor.start()

    def stop(self) -> None:
        """Silence; the driver stays open."""
        self._end_supervisor()
        with self._lock:
            if self.state == "running":
                self._stop()
                self.state = "open"
            elif self.state == "lost":
                self.state = "closed"

    def close(self) -> None:
        """Give server or device back. Safe at any time, any number of times."""
        self.stop()
        with self._lock:
            if self.state != "closed":
                self._close()
            self.state = "closed"
        _open_drivers.discard(self)

    def attach(self, engine: EngineLike) -> None:
        """Go over to another engine between two blocks; the old one is free when this returns. [main]"""
        check_format(engine, None)
        with self._lock:
            if self.engine is not None and (engine.inputs, engine.outputs) != (self.engine.inputs, self.engine.outputs):
                raise AntiphonError(
                    f"The new engine has {engine.inputs} inputs and {engine.outputs} outputs, the driver is open with "
                    f"{self.engine.inputs} and {self.engine.outputs}: close and open the driver."
                )
            self._silence_engine()
            self.engine = engine
            self.control.set_engine(engine)
            self.control.record["muted"] = int(int(engine.sample_rate) != self.sample_rate)

    def realtime_report(self) -> scheduling.RealtimeReport:
        """The scheduling the audio thread has, and what is missing (for `antiphon doctor`)."""
        return scheduling.report(self.name, int(self.control.record["thread_id"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def running(self) -> bool:
        """True while blocks come."""
        return self.state == "running" and not self.control.record["lost"]

    @property
    def callbacks(self) -> int:
        return int(self.control.record["beat"])

    @property
    def xruns(self) -> int:
        """Blocks lost, as the server, the device or (null) the clock reports them."""
        return int(self.control.record["xruns"])

    @property
    def sample_rate(self) -> int:
        return int(self.control.record["sample_rate"])

    @property
    def frames(self) -> int:
        """Frames of a block."""
        return int(self.control.record["frames"])

    def latency_s(self) -> float:
        """From the engine's output to the loudspeaker, seconds, as server or device report it."""
        return 0.0

    @property
    @abstractmethod
    def description(self) -> str:
        """One line for the status bar."""

    # -- for the drivers ---------------------------------------------------------------------------------------------
    @abstractmethod
    def _open(self, *arguments: Any, **options: Any) -> None:
        """Called with the block size asked for (or None) and the driver's own options."""

    @abstractmethod
    def _start(self) -> None: ...
    @abstractmethod
    def _stop(self) -> None: ...
    @abstractmethod
    def _close(self) -> None: ...

    def _recover(self) -> bool:
        """Try once to come back after a loss; True when it sounds again. [supervisor]"""
        return False

    def _discard(self) -> None:  # noqa: B027
        """Let go of what is left of a lost server or device. [supervisor]"""

    def _tick(self) -> None:  # noqa: B027
        """Housekeeping of the supervisor, every 50 ms."""

    def _is_lost(self) -> str:
        """Why the sound has gone, or ''."""
        return "the device has gone" if self.control.record["lost"] else ""

    def _silence_engine(self) -> None:
        """Mute, and wait until no callback can still be inside the engine."""
        self.control.record["muted"] = 1
        if self.state == "running":
            beat, deadline = self.callbacks, time.monotonic() + 1.0
            while self.callbacks < beat + 2 and time.monotonic() < deadline and not self.control.record["lost"]:
                time.sleep(0.001)

    def _adopt_rate(self) -> bool:
        """True if the engine fits the rate of the device; else ask the hook for one that does."""
        if self.sample_rate == int(self.engine.sample_rate):
            return True
        self.control.record["muted"] = 1
        engine = self._call(self.on_rate_change, self.sample_rate)
        if engine is not None:
            self.attach(engine)
        return engine is not None

    def _call(self, hook: Callable | None, *arguments):
        try:
            return hook(*arguments) if hook else None
        except Exception:  # a hook must not end the supervision
            log.exception("a driver hook failed")
            return None

    def _end_supervisor(self) -> None:
        self._ending.set()
        thread = self._supervisor
        if thread is not None and thread is not threading.current_thread():
            thread.join(10.0)
        self._supervisor = None

    def _watch(self) -> None:
        while not self._ending.wait(TICK_S):
            try:
                with self._lock:
                    self._supervise()
            except Exception:
                log.exception("the driver's supervisor failed and goes on")

    def _supervise(self) -> None:
        if self.state == "running":
            why = self._is_lost()
            if why:
                self.state = "lost"
                log.warning("%s: %s; waiting for it to return", self.name, why)
                self._discard()
                self._call(self.on_lost, why)
                return
            self._tick()
            if self.frames != self._known_frames:
                self._known_frames = self.frames
                self._call(self.on_frames_change, self.frames)
        elif self.state == "lost" and self._recover():
            self.state = "running"
            self._known_frames = self.frames
            log.warning("%s: back: %s", self.name, self.description)
            self._call(self.on_back, self.description)


def check_format(engine: EngineLike, frames: int | None) -> None:
    """Raise AntiphonError unless channels, rate and block size are ones Antiphon plays."""
    if frames is not None and not 16 <= frames <= 2048:
        raise AntiphonError(f"A block of {frames} frames is out of range: choose 16 to 2048, for example --frames 128.")
    if not 44_100 <= engine.sample_rate <= 192_000:
        raise AntiphonError(f"{engine.sample_rate:g} Hz is out of range: choose a sample rate of 44100 to 192000 Hz.")
    for what, count in (("inputs", engine.inputs), ("outputs", engine.outputs)):
        if not 0 <= count <= MAX_CHANNELS:
            raise AntiphonError(f"{count} {what} are out of range: a driver has 0 to {MAX_CHANNELS} of them.")


@atexit.register
def _close_all() -> None:
    """A compiled callback must not outlive the interpreter that owns its code."""
    for driver in list(_open_drivers):
        try:
            driver.close()
        except Exception:
            log.exception("closing the %s driver failed", driver.name)
