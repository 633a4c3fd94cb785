"""One MIDI input on JACK: its bytes as they come, stamped by the frame, through a ring; `process` is [audio].

rtmidi's own JACK input takes a dump that has lost its end for an endless one and hands on nothing more, so that one
damaged message leaves the port deaf. Here nothing is held back: `ByteStream` finds the messages on the other side.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numba import types

from realtime.native.atomics import fetch_add
from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.jit import audio, audio_entry, void
from realtime.native.memory import aligned, copy_memory, field_offset, load_i32, load_i64, record_view
from realtime.native.ring import Ring, ring_push

PIECES = 16384
"""What a flood may be ahead of its reader: 1.6 s at JACK's limit of about ten messages a millisecond."""
PIECE_BYTES = 48
PIECE = np.dtype([("when_ns", "i8"), ("size", "i4"), ("bytes", "u1", (PIECE_BYTES,))], align=True)
INPUT = np.dtype(
    [
        ("ring", "i8"),
        ("port", "i8"),
        ("port_get_buffer", "i8"),  # addresses of libjack's functions
        ("midi_get_event_count", "i8"),
        ("midi_event_get", "i8"),
        ("frame_ns", "f8"),
        ("client", "i8"),
        ("port_by_id", "i8"),
        ("other", "i8"),  # 1 + number of the port that was connected with it last
        ("unplugged", "i8"),  # cables that have left it
        ("left", "i8"),  # how often the port that it was connected with has gone from the server
        ("event", "i8", (3,)),  # jack_midi_event_t {uint32 time; size_t size; uint8_t *buffer}
        ("piece", PIECE),
    ],
    align=True,
)
_input_at = record_view(INPUT)
_piece_at = record_view(PIECE)
_EVENT, _PIECE = field_offset(INPUT, "event"), field_offset(INPUT, "piece")
_BYTES = _PIECE + field_offset(PIECE, "bytes")

_i64, _u32, _i32 = types.int64, types.uint32, types.int32
_get_buffer = caller(_i64, _i64, _u32)
_event_count = caller(_u32, _i64)
_event_get = caller(_i32, _i64, _i64, _u32)
_port_by_id = caller(_i64, _i64, _u32)
_UNPLUGGED, _LEFT = field_offset(INPUT, "unplugged"), field_offset(INPUT, "left")


@audio_entry(void(_u32, _u32, _i32, _i64))
def on_connection(port, other, connected, address):
    """JackPortConnectCallback: a cable comes, is pulled, or goes with its player; JACK's notification thread."""
    state = _input_at(address)
    for name, opposite in ((port, other), (other, port)):
        if _port_by_id(state.port_by_id, state.client, name) == state.port:
            if connected != 0:
                state.other = np.int64(opposite) + 1
            else:
                fetch_add(address + _UNPLUGGED, 1)


@audio_entry(void(_u32, _i32, _i64))
def on_registration(port, registered, address):
    """JackPortRegistrationCallback: a port has come or gone; JACK's notification thread."""
    state = _input_at(address)
    if registered == 0 and np.int64(port) + 1 == state.other:
        state.other = 0
        fetch_add(address + _LEFT, 1)


MIDI_TYPE, IS_INPUT = b"8 bit raw midi", 1


@audio
def _pass_on(address, data, size, when_ns):
    """A message, in as many pieces as it needs."""
    port = _input_at(address)
    piece = _piece_at(address + _PIECE)
    piece.when_ns = when_ns
    done = np.int64(0)
    while done < size:
        piece.size = min(np.int64(PIECE_BYTES), size - done)
        copy_memory(address + _BYTES, data + done, np.int64(piece.size))
        ring_push(port.ring, address + _PIECE)
        done += piece.size


@audio_entry(_i32(_u32, _i64))
def process(frames, address):
    """JackProcessCallback. An event's stamp is one period late, as all are, and keeps the distance to its neighbours."""
    port = _input_at(address)
    now = now_ns()
    buffer = _get_buffer(port.port_get_buffer, port.port, frames)
    for index in range(_event_count(port.midi_get_event_count, buffer)):
        if _event_get(port.midi_event_get, address + _EVENT, buffer, np.uint32(index)) == 0:
            when_ns = now + np.int64(load_i32(address + _EVENT) * port.frame_ns)
            _pass_on(address, load_i64(address + _EVENT + 16), load_i64(address + _EVENT + 8), when_ns)
    return np.int32(0)


class JackInput:
    """A client of its own: `open` its port, `read` it, `delete` it, each once. Raises OSError if JACK refuses.

    library: see `jackwatch.rtmidi_libjack`.
    """

    def __init__(self, library: Any, client_name: str):
        self._library = library
        self._client = library.jack_client_open(client_name.encode(), 1, None)
        if not self._client:
            raise OSError("JACK takes no more clients")
        self._ring = Ring(PIECE, PIECES)
        self._state = aligned(1, INPUT)
        self._lost = self._pulled = 0

    def open(self, port_name: str, other: str | None = None) -> None:
        """Register the port and start. other: full name of the port to be connected with; None: none."""
        library, state = self._library, self._state[0]
        port = library.jack_port_register(self._client, port_name.encode(), MIDI_TYPE, IS_INPUT, 0)
        if not port:
            raise OSError("JACK has no more ports")
        state["ring"], state["port"] = self._ring.address, port
        state["client"] = self._client
        for name in ("port_get_buffer", "midi_get_event_count", "midi_event_get", "port_by_id"):
            state[name] = ctypes.cast(getattr(library, f"jack_{name}"), ctypes.c_void_p).value
        state["frame_ns"] = 1e9 / library.jack_get_sample_rate(self._client)
        library.jack_set_process_callback(self._client, process.address, self._state.ctypes.data)
        library.jack_set_port_connect_callback(self._client, on_connection.address, self._state.ctypes.data)
        library.jack_set_port_registration_callback(self._client, on_registration.address, self._state.ctypes.data)
        if library.jack_activate(self._client) != 0:
            raise OSError("JACK starts no client")
        if other is not None:
            ours = library.jack_port_name(port)
            if library.jack_connect(self._client, other.encode(), ours) not in (0, 17):  # EEXIST
                raise OSError("the port has gone")

    def read(self, limit: int) -> list[tuple[bytes, int]]:
        """Up to `limit` pieces of what came: (bytes, monotonic ns), empty if there is nothing now."""
        return [
            (record["bytes"].tobytes()[: record["size"]], int(record["when_ns"]))
            for record in self._ring.pop_all(limit)
        ]

    def overflowed(self) -> bool:
        """Has anything been lost since the last call? [MIDI thread]"""
        former, self._lost = self._lost, self._ring.refused
        return self._lost != former

    def unplugged(self) -> bool:
        """Has a cable left since the last call, perhaps with a key down? [MIDI thread]"""
        former, self._pulled = self._pulled, int(self._state["unplugged"][0])
        return self._pulled != former

    @property
    def has_left(self) -> bool:
        """Whether the port that was connected has gone from the server, be it back by now. [scan thread]"""
        return bool(self._state["left"][0])

    def delete(self) -> None:
        """Leave JACK; the callback has ended when this returns."""
        if self._client:
            self._library.jack_client_close(self._client)
            self._client = None
