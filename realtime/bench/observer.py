"""A silent JACK client that notes when each cycle reaches it: the clock that both sides of a bench are held to.

[main] but `observe`, which is compiled and runs on JACK's thread.
"""

from __future__ import annotations

import numpy as np
from numba import types

from realtime.drivers import jack_callback, libjack
from realtime.drivers.control import FIELDS, Control
from realtime.native.clock import now_ns
from realtime.native.jit import audio_entry
from realtime.native.memory import record_view, store_i64

OBSERVER = np.dtype(
    [
        *FIELDS,
        ("cycles", "i8"),
        ("room", "i8"),
        ("log", "i8"),
    ],
    align=True,
)
_observer_at = record_view(OBSERVER)
NAME = "antiphon-observer"


@audio_entry(types.int32(types.uint32, types.int64))
def observe(nframes, address):
    """JackProcessCallback: when this cycle reached us, ns of the monotonic clock."""
    record = _observer_at(address)
    if record.cycles < record.room:
        store_i64(record.log + 8 * record.cycles, now_ns())
        record.cycles += 1
    return np.int32(0)


class Observer:
    """`with Observer(server, room) as observer`: then `cycles()` and `xruns`."""

    def __init__(self, server: str, room: int):
        found = libjack.find_server(server)
        if found is None:
            raise libjack.no_server(server)
        self._library, self.server = found
        self._control = Control(OBSERVER)
        self._log = np.ones(room, np.int64)
        record = self._control.record
        record["room"], record["log"] = room, self._log.ctypes.data
        lib, ffi = self._library.lib, self._library.ffi
        self._client = self._library.open_client(NAME, server)
        argument = ffi.cast("void*", self._control.address)
        lib.jack_set_process_callback(self._client, ffi.cast("JackProcessCallback", observe.address), argument)
        on_xrun = ffi.cast("JackXRunCallback", jack_callback.on_xrun.address)
        lib.jack_set_xrun_callback(self._client, on_xrun, argument)

    def cycles(self) -> np.ndarray:
        """int64: when this client, which has nothing to do, awoke for each cycle; ns of the monotonic clock."""
        return self._log[: int(self._control.record["cycles"])].copy()

    @property
    def xruns(self) -> int:
        """Xrun notifications of the server."""
        return int(self._control.record["xruns"])

    def __enter__(self) -> Observer:
        self._library.lib.jack_activate(self._client)
        return self

    def __exit__(self, *_) -> None:
        self._library.lib.jack_client_close(self._client)
