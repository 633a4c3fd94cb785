"""A JACK client that plays notes at known frames and listens for the click and the echo of each; on JACK's thread."""

from __future__ import annotations

import numpy as np

from realtime.drivers import libjack
from realtime.drivers.calls import offset_of
from realtime.native.call import caller
from realtime.native.jit import audio_entry, int32, int64, uint32, uint64, void
from realtime.native.memory import aligned, f32_view, load_i32, record_view, store_i64

NOTES_A_CYCLE = 4
_WORDS = (
    "client", "port_get_buffer", "midi_get_event_count", "midi_event_get", "midi_clear_buffer", "midi_event_write",
    "last_frame_time", "audio_in", "midi_in", "midi_out", "cycles", "sent", "clicks", "echoes", "wanted", "sent_at",
    "clicks_at", "echoes_at",
)  # fmt: skip
SENDER = np.dtype([*((word, "i8") for word in _WORDS), ("event", "i8", (3,)), ("message", "i8")], align=True)
at = record_view(SENDER)
EVENT, MESSAGE = offset_of(SENDER, "event"), offset_of(SENDER, "message")
_get_buffer = caller(int64, int64, uint32)
_event_count = caller(uint32, int64)
_event_get = caller(int32, int64, int64, uint32)
_clear = caller(void, int64)
_write = caller(int32, int64, uint32, int64, uint64)
_last_frame_time = caller(uint32, int64)


@audio_entry(int32(uint32, int64))
def process(nframes, address):
    me = at(address)
    frames = np.int64(nframes)
    now = np.int64(_last_frame_time(me.last_frame_time, me.client))
    audio = f32_view(_get_buffer(me.port_get_buffer, me.audio_in, nframes), frames)
    heard = _get_buffer(me.port_get_buffer, me.midi_in, nframes)
    out = _get_buffer(me.port_get_buffer, me.midi_out, nframes)
    _clear(me.midi_clear_buffer, out)
    me.cycles += 1
    if me.cycles > 100:
        store_i64(address + MESSAGE, 0x643C90)  # note-on, middle C, velocity 100
        part = frames // NOTES_A_CYCLE
        for k in range(NOTES_A_CYCLE):
            if me.sent < me.wanted:
                offset = k * part + (me.sent * 7) % part  # every offset of the block in turn
                _write(me.midi_event_write, out, np.uint32(offset), address + MESSAGE, np.uint64(3))
                store_i64(me.sent_at + 8 * me.sent, now + offset)
                me.sent += 1
    for i in range(frames):
        if audio[i] > 0.5 and me.clicks < me.wanted:
            store_i64(me.clicks_at + 8 * me.clicks, now + i)
            me.clicks += 1
    for k in range(_event_count(me.midi_get_event_count, heard)):
        if _event_get(me.midi_event_get, address + EVENT, heard, np.uint32(k)) == 0 and me.echoes < me.wanted:
            store_i64(me.echoes_at + 8 * me.echoes, now + load_i32(address + EVENT))
            me.echoes += 1
    return np.int32(0)


_FUNCTIONS = {
    "port_get_buffer": "jack_port_get_buffer",
    "midi_get_event_count": "jack_midi_get_event_count",
    "midi_event_get": "jack_midi_event_get",
    "midi_clear_buffer": "jack_midi_clear_buffer",
    "midi_event_write": "jack_midi_event_write",
    "last_frame_time": "jack_last_frame_time",
}


class NoteSender:
    """Sends `notes` note-ons, four a cycle, from note-sender:out to a MIDI input; listens to its audio and echo.

    `sent`, `clicks`, `echoes`: int64 frames of the server's clock.
    """

    def __init__(self, notes: int):
        self._memory = aligned(1, SENDER)
        self.state = self._memory[0]
        self._logs = np.zeros((3, notes), np.int64)
        self.state["wanted"] = notes
        for name, log in zip(("sent_at", "clicks_at", "echoes_at"), self._logs, strict=True):
            self.state[name] = log.ctypes.data
        found = libjack.find_server()
        assert found is not None, "no JACK server is running"
        self._library = found[0]
        lib, ffi = self._library.lib, self._library.ffi
        self._client = self._library.open_client("note-sender")
        self.state["client"] = int(ffi.cast("intptr_t", self._client))
        for word, function in _FUNCTIONS.items():
            self.state[word] = self._library.address(function)
        audio, midi = b"32 bit float mono audio", b"8 bit raw midi"
        for word, name, kind, flags in (
            ("audio_in", "in", audio, 1),
            ("midi_in", "echo", midi, 1),
            ("midi_out", "out", midi, 2),
        ):
            port = lib.jack_port_register(self._client, name.encode(), kind, flags, 0)
            self.state[word] = int(ffi.cast("intptr_t", port))
        argument = ffi.cast("void*", self._memory.ctypes.data)
        lib.jack_set_process_callback(self._client, ffi.cast("JackProcessCallback", process.address), argument)

    def start(self, midi_in: str, audio_out: str, midi_out: str) -> None:
        lib = self._library.lib
        assert lib.jack_activate(self._client) == 0
        for source, target in (
            (audio_out, "note-sender:in"),
            (midi_out, "note-sender:echo"),
            ("note-sender:out", midi_in),
        ):
            assert lib.jack_connect(self._client, source.encode(), target.encode()) == 0, (source, target)

    @property
    def finished(self) -> bool:
        wanted = self.state["wanted"]
        return all(self.state[word] >= wanted for word in ("sent", "clicks", "echoes"))

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple(int(self.state[word]) for word in ("sent", "clicks", "echoes"))

    sent = property(lambda self: self._logs[0])
    clicks = property(lambda self: self._logs[1])
    echoes = property(lambda self: self._logs[2])

    def close(self) -> None:
        self._library.lib.jack_client_close(self._client)
