"""A JACK client that sends MIDI at known frames and keeps the frame of every note that comes back; `listen` runs on JACK's
thread.

[main] but `listen`. What it hears went once around the graph: it comes one period after it was played.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.drivers import libjack
from realtime.drivers.calls import offset_of
from realtime.native.call import caller
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio_entry, int32, int64, uint32, uint64, void
from realtime.native.memory import aligned, load_i32, load_i64, load_u8, record_view, store_i64

WARM_CYCLES = 100
_WORDS = ("port_get_buffer", "midi_clear_buffer", "midi_event_write", "midi_get_event_count", "midi_event_get", "midi_out",
          "midi_in", "cycles", "now", "next", "count", "times", "messages", "sizes", "going", "heard", "room", "heard_at",
          "xruns")  # fmt: skip
HAND = np.dtype([*((word, "i8") for word in _WORDS), ("event", "i8", (3,)), ("bytes", "i8")], align=True)
_hand_at = record_view(HAND)
_BYTES, _EVENT = offset_of(HAND, "bytes"), offset_of(HAND, "event")
_DATA = 16
"""Of a jack_midi_event_t: time, size, address of its bytes."""
_get_buffer = caller(int64, int64, uint32)
_clear = caller(void, int64)
_write = caller(int32, int64, uint32, int64, uint64)
_event_count = caller(uint32, int64)
_event_get = caller(int32, int64, int64, uint32)


@audio_entry(int32(uint32, int64))
def listen(nframes, address):
    """JackProcessCallback: write what is due in this cycle, keep the frame of each note-on."""
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
    source = _get_buffer(me.port_get_buffer, me.midi_in, nframes)
    for index in range(_event_count(me.midi_get_event_count, source)):
        if _event_get(me.midi_event_get, address + _EVENT, source, np.uint32(index)) != 0 or me.heard >= me.room:
            continue
        if load_u8(load_i64(address + _EVENT + _DATA)) & 0xF0 == 0x90:
            store_i64(me.heard_at + 8 * me.heard, me.now + load_i32(address + _EVENT))
            me.heard += 1
    me.now += frames
    return np.int32(0)


@audio_entry(int32(int64))
def stumble(address):
    """JackXRunCallback: the server has lost a cycle."""
    _hand_at(address).xruns += 1
    return np.int32(0)


_FUNCTIONS = ("port_get_buffer", "midi_clear_buffer", "midi_event_write", "midi_get_event_count", "midi_event_get")


class ClockHand:
    """messages: (frame of its own clock, bytes), in order. `heard`: frames of the notes that came back."""

    def __init__(self, server: str | None, messages: Sequence[tuple[int, bytes]], room: int = 4096):
        self._memory = aligned(1, HAND)
        self.state = self._memory[0]
        self._times = np.array([at for at, _ in messages], np.int64)
        self._messages = np.array([int.from_bytes(data, "little") for _, data in messages], np.int64)
        self._sizes = np.array([len(data) for _, data in messages], np.int64)
        self._heard = np.zeros(room, np.int64)
        for name, number in dict(
            times=self._times.ctypes.data, messages=self._messages.ctypes.data, sizes=self._sizes.ctypes.data,
            count=len(messages), room=room, heard_at=self._heard.ctypes.data,
        ).items():  # fmt: skip
            self.state[name] = number
        found = libjack.find_server(server)
        if found is None:
            raise libjack.no_server(server)
        self._library = found[0]
        lib, ffi = self._library.lib, self._library.ffi
        self._client = self._library.open_client("clock-hand", server)
        for word in _FUNCTIONS:
            self.state[word] = self._library.address(f"jack_{word}")
        for word, port_name, flags in (("midi_in", b"in", 1), ("midi_out", b"out", 2)):
            port = lib.jack_port_register(self._client, port_name, b"8 bit raw midi", flags, 0)
            self.state[word] = int(ffi.cast("intptr_t", port))
        argument = ffi.cast("void*", self._memory.ctypes.data)
        lib.jack_set_process_callback(self._client, ffi.cast("JackProcessCallback", listen.address), argument)
        lib.jack_set_xrun_callback(self._client, ffi.cast("JackXRunCallback", stumble.address), argument)

    def start(self, midi_in: str, midi_out: str) -> None:
        """Connect to these ports of the instrument, and begin."""
        lib = self._library.lib
        lib.jack_activate(self._client)
        for source, target in (("clock-hand:out", midi_in), (midi_out, "clock-hand:in")):
            if lib.jack_connect(self._client, source.encode(), target.encode()) != 0:
                raise AntiphonError(
                    f"JACK ports {source} and {target} cannot be connected; is Antiphon on this server?"
                )
        self.state["going"] = 1

    @property
    def finished(self) -> bool:
        """Whether all was sent."""
        return bool(self.state["next"] >= self.state["count"])

    @property
    def heard(self) -> np.ndarray:
        """Frames of its own clock, in order."""
        return self._heard[: int(self.state["heard"])].copy()

    @property
    def xruns(self) -> int:
        """Cycles that the server has lost."""
        return int(self.state["xruns"])

    def close(self) -> None:
        """Leave the server."""
        self._library.lib.jack_client_close(self._client)
