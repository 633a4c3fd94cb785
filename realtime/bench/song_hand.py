"""A JACK client with hands and ears: sends MIDI at known frames and keeps what it hears; `listen` runs on JACK's thread.

[main] but `listen`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.drivers import libjack
from realtime.drivers.calls import offset_of
from realtime.native.call import caller
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio_entry, int32, int64, uint32, uint64, void
from realtime.native.memory import aligned, copy_memory, load_i64, record_view, store_i64

EARS = 2
WARM_CYCLES = 100
MOST_XRUNS = 100_000
_WORDS = ("port_get_buffer", "midi_clear_buffer", "midi_event_write", "midi_out", "cycles", "now", "next", "count",
          "times", "messages", "sizes", "room", "heard", "going", "xruns", "xruns_at")  # fmt: skip
HAND = np.dtype([*((word, "i8") for word in _WORDS), ("ears", "i8", (EARS,)), ("logs", "i8", (EARS,)), ("bytes", "i8")],
                align=True)  # fmt: skip
_hand_at = record_view(HAND)
_BYTES = offset_of(HAND, "bytes")
_get_buffer = caller(int64, int64, uint32)
_clear = caller(void, int64)
_write = caller(int32, int64, uint32, int64, uint64)


@audio_entry(int32(uint32, int64))
def listen(nframes, address):
    """JackProcessCallback: write what is due in this cycle, keep what is heard."""
    me = _hand_at(address)
    frames = np.int64(nframes)
    out = _get_buffer(me.port_get_buffer, me.midi_out, nframes)
    _clear(me.midi_clear_buffer, out)
    me.cycles += 1
    if me.going == 0 or me.cycles <= WARM_CYCLES:
        return np.int32(0)
    while me.next < me.count:
        due = load_i64(me.times + 8 * me.next)
        if due >= me.now + frames:
            break
        store_i64(address + _BYTES, load_i64(me.messages + 8 * me.next))
        _write(me.midi_event_write, out, np.uint32(max(0, due - me.now)), address + _BYTES,
               np.uint64(load_i64(me.sizes + 8 * me.next)))  # fmt: skip
        me.next += 1
    if me.heard + frames <= me.room:
        for ear in range(EARS):
            source = _get_buffer(me.port_get_buffer, me.ears[ear], nframes)
            copy_memory(me.logs[ear] + 4 * me.heard, source, 4 * frames)
        me.heard += frames
    me.now += frames
    return np.int32(0)


@audio_entry(int32(int64))
def stumble(address):
    """JackXRunCallback: the server has lost a cycle about here, and what was heard of it is not ours."""
    me = _hand_at(address)
    if me.xruns < MOST_XRUNS:
        store_i64(me.xruns_at + 8 * me.xruns, me.heard)
        me.xruns += 1
    return np.int32(0)


_FUNCTIONS = {
    "port_get_buffer": "jack_port_get_buffer",
    "midi_clear_buffer": "jack_midi_clear_buffer",
    "midi_event_write": "jack_midi_event_write",
}


class SongHand:
    """messages: (frame of its own clock, bytes), in order. frames: how long it listens; `sound`: float32 (EARS, frames)."""

    def __init__(self, server: str | None, messages: Sequence[tuple[int, bytes]], frames: int):
        self._memory = aligned(1, HAND)
        self.state = self._memory[0]
        self._times = np.array([at for at, _ in messages] or [0], np.int64)
        self._messages = np.array([int.from_bytes(data, "little") for _, data in messages] or [0], np.int64)
        self._sizes = np.array([len(data) for _, data in messages] or [0], np.int64)
        self._sound = np.full(
            (EARS, frames), 0.0, np.float32
        )  # written at once: its pages are no growth of the instrument
        self._xruns = np.zeros(MOST_XRUNS, np.int64)
        for name, number in dict(
            times=self._times.ctypes.data, messages=self._messages.ctypes.data, sizes=self._sizes.ctypes.data,
            count=len(messages), room=frames, xruns_at=self._xruns.ctypes.data,
        ).items():  # fmt: skip
            self.state[name] = number
        found = libjack.find_server(server)
        if found is None:
            raise libjack.no_server(server)
        self._library, self.server = found
        lib, ffi = self._library.lib, self._library.ffi
        self._client = self._library.open_client("song-hand", server)
        for word, function in _FUNCTIONS.items():
            self.state[word] = self._library.address(function)
        audio, midi = b"32 bit float mono audio", b"8 bit raw midi"
        for ear in range(EARS):
            port = lib.jack_port_register(self._client, f"ear_{ear + 1}".encode(), audio, 1, 0)
            self.state["ears"][ear] = int(ffi.cast("intptr_t", port))
            self.state["logs"][ear] = self._sound[ear].ctypes.data
        port = lib.jack_port_register(self._client, b"out", midi, 2, 0)
        self.state["midi_out"] = int(ffi.cast("intptr_t", port))
        argument = ffi.cast("void*", self._memory.ctypes.data)
        lib.jack_set_process_callback(self._client, ffi.cast("JackProcessCallback", listen.address), argument)

        on_xrun = ffi.cast("JackXRunCallback", stumble.address)
        lib.jack_set_xrun_callback(self._client, on_xrun, argument)

    def start(self, midi_in: str, *outputs: str) -> None:
        """Connect, and begin."""
        lib = self._library.lib
        lib.jack_activate(self._client)
        pairs = [("song-hand:out", midi_in), *((port, f"song-hand:ear_{n + 1}") for n, port in enumerate(outputs))]
        for source, target in pairs:
            if lib.jack_connect(self._client, source.encode(), target.encode()) != 0:
                raise AntiphonError(
                    f"JACK ports {source} and {target} cannot be connected; is Antiphon on this server?"
                )
        self.state["going"] = 1

    @property
    def finished(self) -> bool:
        """Whether all was sent and heard."""
        return bool(self.state["next"] >= self.state["count"]) and bool(self.state["heard"] + 8192 > self.state["room"])

    @property
    def sound(self) -> np.ndarray:
        """What was heard so far."""
        return self._sound[:, : int(self.state["heard"])]

    @property
    def xruns(self) -> np.ndarray:
        """Frames of the sound near which the server has lost a cycle."""
        return self._xruns[: int(self.state["xruns"])].copy()

    def close(self) -> None:
        """Leave the server."""
        self._library.lib.jack_client_close(self._client)
