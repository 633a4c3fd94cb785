"""Is the JACK server behind our MIDI ports alive, and does it take what we send; [MIDI thread], no Python on JACK's.

RtMidi neither notices that its server has died nor gives up on a full ring: it would wait for ever, holding the
interpreter. So a client of our own, in the same libjack that rtmidi uses, watches: a compiled shutdown function sets
a word, and the frame time tells whether the ring is being read.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from realtime.midi.jack_in import JackInput
from realtime.native.jit import audio_entry, int64, void
from realtime.native.memory import store_i64

NO_START_SERVER = 1
RING_BYTES = 16384
"""RtMidi's ring towards JACK, per output port."""
BUDGET_BYTES = 12000
STALLED_S = 0.5
"""Longer than any cycle: 8,192 frames at 44.1 kHz are 0.19 s."""


@audio_entry(void(int64))
def _server_died(flag):
    """JACK's notification thread: raise the flag at this address."""
    store_i64(flag, 1)


@audio_entry(void(int64))
def _quiet(message):
    """libjack would write its complaints to the terminal."""


@functools.cache
def rtmidi_libjack() -> ctypes.CDLL | None:
    """The libjack that rtmidi is linked to: its wheel's own copy, else the system's."""
    import rtmidi

    folder = Path(rtmidi.__file__).parent.parent
    candidates = [str(path) for path in sorted(folder.glob("python_rtmidi*/libjack*"))]
    for path in (*candidates, ctypes.util.find_library("jack")):
        try:
            library = ctypes.CDLL(path) if path else None
        except OSError:
            continue
        if library is not None:
            break
    else:
        return None
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, arguments in (
        ("jack_client_open", pointer, [text, ctypes.c_int, pointer]),
        ("jack_client_close", ctypes.c_int, [pointer]),
        ("jack_on_shutdown", None, [pointer, pointer, pointer]),
        ("jack_last_frame_time", ctypes.c_uint32, [pointer]),
        ("jack_port_by_name", pointer, [pointer, text]),
        ("jack_port_get_all_connections", ctypes.POINTER(text), [pointer, pointer]),
        ("jack_free", None, [pointer]),
        ("jack_port_register", pointer, [pointer, text, text, ctypes.c_ulong, ctypes.c_ulong]),
        ("jack_port_name", text, [pointer]),
        ("jack_get_sample_rate", ctypes.c_uint32, [pointer]),
        ("jack_set_process_callback", ctypes.c_int, [pointer, pointer, pointer]),
        ("jack_activate", ctypes.c_int, [pointer]),
        ("jack_connect", ctypes.c_int, [pointer, text, text]),
        ("jack_set_port_connect_callback", ctypes.c_int, [pointer, pointer, pointer]),
        ("jack_set_port_registration_callback", ctypes.c_int, [pointer, pointer, pointer]),
        ("jack_port_by_id", pointer, [pointer, ctypes.c_uint32]),
        ("jack_set_error_function", None, [pointer]),
        ("jack_set_info_function", None, [pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.jack_set_error_function(_quiet.address)
    library.jack_set_info_function(_quiet.address)
    return library


def bury(client: object) -> None:
    """Never touch a client of a dead server again, at the interpreter's end neither.

    libjack frees all clients of a dead server when the next one is opened, by anybody, at any moment, even in vain;
    closing one afterwards would crash. What its callback uses must stay until then.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(client))


class JackWatch:
    """A client that only looks. `JackWatch.open()` returns None when no server answers.

    It also returns None while clients of a dead server are still held in this process, see `bury`.
    """

    _open: ClassVar[set[JackWatch]] = set()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, library: ctypes.CDLL, client: int):
        self._library = library
        self._client: int | None = client
        self._flag = np.zeros(1, np.int64)
        library.jack_on_shutdown(client, _server_died.address, self._flag.ctypes.data)

    @classmethod
    def open(cls, name: str = "Antiphon watch") -> JackWatch | None:
        """Join the default server, if there is one."""
        library = rtmidi_libjack()
        if library is None:
            return None
        with cls._lock:
            if not all(watch.running() for watch in cls._open):
                return None
            client = library.jack_client_open(name.encode(), NO_START_SERVER, None)
            if not client:
                return None
            watch = cls(library, client)
            cls._open.add(watch)
            return watch

    @property
    def alive(self) -> bool:
        """False once the server has died or shut down."""
        return self._client is not None and not self._flag[0]

    def running(self) -> bool:
        """Does the server go on from cycle to cycle? One that has just died, or hangs, is seen before it is told, if ever.

        Nothing may be opened meanwhile: libjack would wait for ever, or crash when the clients of the dead one close.
        Takes one cycle, or `STALLED_S` where there are none.
        """
        cycle, deadline = self.frame_time(), time.monotonic() + STALLED_S
        while self.alive and time.monotonic() < deadline:
            if self.frame_time() != cycle:
                return True
            time.sleep(0.001)
        return False

    def frame_time(self) -> int:
        """Frame at which the server's current cycle began."""
        return self._library.jack_last_frame_time(self._client) if self._client else 0

    def open_input(self, client_name: str, port_name: str, other: str | None) -> JackInput:
        """A MIDI input of ours, connected with another's output if one is named. Raises OSError."""
        made = JackInput(self._library, client_name)
        try:
            made.open(port_name, other)
        except OSError:
            self.put_away(made)
            raise
        return made

    def put_away(self, client: Any) -> None:
        """`delete` a client, once; one of a dead server is left to libjack."""
        if self.running():
            client.delete()
        else:
            bury(client)

    def connections(self, port: str) -> frozenset[str]:
        """Full names of the ports connected to one of ours."""
        handle = self._library.jack_port_by_name(self._client, port.encode()) if self.alive else None
        if not handle:
            return frozenset()
        names = self._library.jack_port_get_all_connections(self._client, handle)
        if not names:
            return frozenset()
        found: list[str] = []
        while names[len(found)] is not None:
            found.append(names[len(found)].decode("utf-8", "replace"))
        self._library.jack_free(names)
        return frozenset(found)

    def close(self) -> None:
        """Leave the server; once."""
        if self._client:
            if self.running():
                self._library.jack_client_close(self._client)
            else:
                bury(self)
            self._client = None
            with self._lock:
                self._open.discard(self)


class RingBudget:
    """How much may be sent without filling RtMidi's ring: what was sent two cycles ago has been read."""

    def __init__(self, frame_time: Callable[[], int]):
        self._frame_time = frame_time
        self._cycle = frame_time()
        self._sent, self._sent_before = 0, 0

    def take(self, size: int) -> bool:
        """Reserve room for a message of `size` bytes; False: not now."""
        cycle = self._frame_time()
        if cycle != self._cycle:
            self._cycle, self._sent_before, self._sent = cycle, self._sent, 0
        needed = size + 8
        if self._sent + self._sent_before + needed > BUDGET_BYTES:
            return False
        self._sent += needed
        return True

    @staticmethod
    def fits(size: int) -> bool:
        """Can a message of this size ever be sent?"""
        return size + 8 <= BUDGET_BYTES
