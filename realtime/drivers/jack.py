"""Native JACK client: audio and sample-accurate MIDI, on jackd and on PipeWire; all [main] or its supervisor thread.

The callback is jack_callback.py. Recovery: the server's shutdown callback raises a flag, the supervisor closes what is
left, tries to open anew, registers the same ports and restores the connections they had.
"""

from __future__ import annotations

import ctypes
import os
import re
import threading
import time
from dataclasses import dataclass
from typing import Any

from realtime.drivers import jack_callback as callback
from realtime.drivers import libjack
from realtime.drivers.base import Driver
from realtime.drivers.control import MAX_MIDI_PORTS
from realtime.drivers.scheduling import RealtimeReport
from realtime.native.errors import AntiphonError

AUDIO, MIDI = b"32 bit float mono audio", b"8 bit raw midi"
IS_INPUT, IS_OUTPUT, IS_PHYSICAL = 1, 2, 4
CLOSE_TIMEOUT_S = 5.0
RETRY_S = 0.25
PATCHBAY_S = 0.5
STALLED_S = 3.0
SUSPICIOUS_S = 0.3
NO_DEVICE = "none"
"""Name of the device for outputs that are connected with nothing."""

_FUNCTIONS = {
    "port_get_buffer": "jack_port_get_buffer",
    "midi_get_event_count": "jack_midi_get_event_count",
    "midi_event_get": "jack_midi_event_get",
    "midi_clear_buffer": "jack_midi_clear_buffer",
    "midi_event_write": "jack_midi_event_write",
    "midi_max_event_size": "jack_midi_max_event_size",
    "port_by_id": "jack_port_by_id",
    "get_time": "jack_get_time",
    "get_cycle_times": "jack_get_cycle_times",
}


@dataclass(frozen=True)
class Patchbay:
    """Cables as (short name of our port, full name of the other), and the ports of ours that have been patched."""

    cables: frozenset[tuple[str, str]] = frozenset()
    ports: frozenset[str] = frozenset()


def probe(server: str | None = None) -> libjack.Server | None:
    """The running server's rate and period, or None."""
    found = libjack.find_server(server)
    return found[1] if found else None


class JackDriver(Driver):
    """Options of `open`: server (name), client_name, connect (to the loudspeakers and microphones, default True),
    device (pattern of the clients or ports that the outputs play to; "none": none; default: the first loudspeakers),
    midi_inputs, midi_outputs (ports, default 1 each), midi_connect (pattern of MIDI ports that are kept connected with
    midi_in, also when they appear later; default: none), resize_server (let `frames` change the period of a jackd that
    other programs share; it is given back on closing), restore (a former driver's `patchbay`).
    """

    name = "jack"
    native_midi = True

    def __init__(self):
        super().__init__(callback.JACK_CONTROL)
        self._client = None
        self._library: Any = None  # a libjack.Library once opened
        self._ports: dict[str, object] = {}
        self._connections: set[tuple[str, str]] = set()  # (short name of our port, full name of the other)
        self._wanted: set[tuple[str, str]] = set()  # connections to restore as their ports return
        self._next_try = self._next_patch = 0.0
        self._last_beat, self._last_beat_s = -1, 0.0
        self._pulled = [0] * MAX_MIDI_PORTS  # cables that are known to have left each MIDI input
        self._resized: tuple[int, int] | None = None  # the server's own period, and what we made of it

    @property
    def description(self) -> str:
        if self._library is None:
            return "JACK, closed"
        flavour = "PipeWire" if self._library.is_pipewire else "JACK"
        name = self._server or os.environ.get("JACK_DEFAULT_SERVER")
        where = f" server '{name}'" if name and flavour == "JACK" else ""
        return (
            f"{flavour}{where}, {self.sample_rate} Hz, {self.frames} frames, {self.control.record['inputs']} in, "
            f"{self.control.record['outputs']} out, sample-accurate MIDI"
        )

    @property
    def client_name(self) -> str:
        """Name in the patchbay (the server appends a number if ours is taken)."""
        return self._name

    def wake_histogram(self):
        """int64[4096]: callbacks by microseconds from the server's cycle start to our first instruction."""
        return self.control.record["wake"].copy()

    def realtime_report(self) -> RealtimeReport:
        result = super().realtime_report()
        if result.policy == "OTHER":
            result.missing[:1] = ["JACK runs without real-time priority: start it with 'jackd -R ...'."]
        return result

    def connect(self, port: str, other: str) -> None:
        """Connect our port (short name) with another (full name)."""
        ours = f"{self._name}:{port}".encode()
        outgoing = port.startswith(("out_", "midi_out"))
        source, target = (ours, other.encode()) if outgoing else (other.encode(), ours)
        error = self._library.lib.jack_connect(self._client, source, target)
        if error not in (0, 17):  # EEXIST: it was connected already
            raise AntiphonError(f"JACK has no port '{other}' that '{port}' could be connected with: see 'jack_lsp'.")

    # -- open and close ----------------------------------------------------------------------------------------------
    def _open(
        self,
        frames: int | None,
        server: str | None = None,
        client_name: str = "antiphon",
        connect: bool = True,
        midi_inputs: int = 1,
        midi_outputs: int = 1,
        midi_connect: str | None = None,
        device: str | None = None,
        resize_server: bool = False,
        restore: Patchbay | None = None,
    ) -> None:
        self._server, self._wanted_name, self._connect, self._asked_frames = server, client_name, connect, frames
        self._device, self._resize, self._resized = device, resize_server, None
        self._midi_counts = (min(midi_inputs, MAX_MIDI_PORTS), min(midi_outputs, MAX_MIDI_PORTS))
        self._midi_connect = re.compile(midi_connect, re.IGNORECASE) if midi_connect else None
        self._connections, self._wanted = set(), set(restore.cables) if restore is not None else set()
        self._patched = restore.ports if restore is not None else frozenset()
        self.control.record["wake"] = 0
        if not self._open_client():
            raise libjack.no_server(server)
        rate, wanted = self.sample_rate, int(self.engine.sample_rate)
        if rate != wanted:
            self._close()
            raise AntiphonError(
                f"JACK runs at {rate} Hz and the engine at {wanted} Hz: "
                f"ask for --rate {rate}, or restart JACK with -r {wanted}."
            )
        try:
            if frames:
                self.resize(frames)
            if self._device not in (None, "", NO_DEVICE):
                self._named(IS_INPUT)
        except AntiphonError:
            self._close()
            raise

    def _open_client(self) -> bool:
        # PipeWire takes a client's wish for a period from the environment, when the client opens
        wish = (
            {"PIPEWIRE_LATENCY": f"{self._asked_frames}/{int(self.engine.sample_rate)}"} if self._asked_frames else {}
        )
        former = {key: os.environ.get(key) for key in wish}
        os.environ.update(wish)
        try:
            found = libjack.find_server(self._server)
            if found is None:
                return False
            self._library, server = found
            lib, ffi = self._library.lib, self._library.ffi
            client = self._library.open_client(self._wanted_name, self._server)
        finally:
            for key, value in former.items():
                os.environ.pop(key, None) if value is None else os.environ.update({key: value})
        if client is None:
            return False
        self._client = client
        self._name = ffi.string(lib.jack_get_client_name(client)).decode()
        record = self.control.record
        record["client"] = int(ffi.cast("intptr_t", client))
        for word, function in _FUNCTIONS.items():
            record[word] = self._library.address(function)
        record["sample_rate"], record["frames"] = server.sample_rate, server.frames
        record["lost"], record["thread_id"] = 0, 0
        self._set_callbacks()
        self._register_ports()
        self._resized = None
        if self._asked_frames and self._resize:
            try:
                self.resize(self._asked_frames)
            except AntiphonError:
                self._close()
                raise
        return True

    def resize(self, frames: int) -> None:
        """Change the period; a jackd's only if `resize_server` allows it, for all its programs have the same.

        Raises AntiphonError, and nothing has changed then. PipeWire gives each client its own: there it is a wish.
        """
        lib, former = self._library.lib, int(self._library.lib.jack_get_buffer_size(self._client))
        if frames == former:
            return
        if self._library.is_pipewire and not self._resize:
            return
        if not self._resize:
            raise AntiphonError(
                f"JACK runs at {former} frames, and all its programs share them: leave the block as it is, or ask for "
                f"{frames} with --resize-server; it is given back on quitting."
            )
        if lib.jack_set_buffer_size(self._client, frames) != 0:
            raise AntiphonError(
                f"JACK will not change its period from {former} to {frames} frames: "
                f"restart it with -p {frames}, or leave --frames out."
            )
        self._resized = (self._resized[0] if self._resized else former, frames)
        self._asked_frames = frames
        self.control.record["frames"] = frames

    def allow_resize(self, allowed: bool) -> None:
        """What `resize_server` says from now on."""
        self._resize = allowed

    def _leave(self, client: Any, resized: tuple[int, int] | None) -> None:
        """Give the server its own period back, unless somebody else has changed it since, and close."""
        lib = self._library.lib
        if resized is not None and not self.control.record["lost"]:
            own, ours = resized
            if own != ours and lib.jack_get_buffer_size(client) == ours:
                lib.jack_set_buffer_size(client, own)
        lib.jack_client_close(client)

    @property
    def patchbay(self) -> Patchbay:
        """Our cables as they are now, and the ports that have been patched."""
        if self._client is None or self.state == "closed":
            return Patchbay(frozenset(self._wanted | self._connections), frozenset(self._ports))
        return Patchbay(frozenset(self._current_connections() | self._wanted), frozenset(self._ports))

    @property
    def cables(self) -> frozenset[tuple[str, str]]:
        """Our cables as they were seen last; asks nobody. [any]"""
        return frozenset(self._connections)

    def _set_callbacks(self) -> None:
        lib, ffi, client = self._library.lib, self._library.ffi, self._client
        argument = ffi.cast("void*", self.control.address)
        lib.jack_on_info_shutdown(client, ffi.cast("JackInfoShutdownCallback", callback.on_shutdown.address), argument)
        for function, kind, compiled in (
            (lib.jack_set_process_callback, "JackProcessCallback", callback.process),
            (lib.jack_set_xrun_callback, "JackXRunCallback", callback.on_xrun),
            (lib.jack_set_sample_rate_callback, "JackSampleRateCallback", callback.on_sample_rate),
            (lib.jack_set_port_connect_callback, "JackPortConnectCallback", callback.on_connection),
        ):
            if function(client, ffi.cast(kind, compiled.address), argument) != 0:
                raise AntiphonError("JACK refused a callback: restart the server.")

    def _register_ports(self) -> None:
        lib, ffi, record = self._library.lib, self._library.ffi, self.control.record
        self._ports = {}

        def register(names: list[str], kind: bytes, flags: int, table: str) -> None:
            for index, name in enumerate(names):
                port = lib.jack_port_register(self._client, name.encode(), kind, flags, 0)
                if not port:
                    raise AntiphonError(f"JACK gave no port '{name}': it may have run out of ports (jackd --port-max).")
                self._ports[name] = port
                record[table][index] = int(ffi.cast("intptr_t", port))

        def numbered(stem: str, count: int) -> list[str]:
            return [stem if index == 0 else f"{stem}_{index + 1}" for index in range(count)]

        midi_inputs, midi_outputs = self._midi_counts
        register([f"in_{n + 1}" for n in range(self.engine.inputs)], AUDIO, IS_INPUT, "in_ports")
        register([f"out_{n + 1}" for n in range(self.engine.outputs)], AUDIO, IS_OUTPUT, "out_ports")
        register(numbered("midi_in", midi_inputs), MIDI, IS_INPUT, "midi_in_ports")
        register(numbered("midi_out", midi_outputs), MIDI, IS_OUTPUT, "midi_out_ports")
        record["midi_inputs"], record["midi_outputs"] = midi_inputs, midi_outputs

    def _start(self) -> None:
        if not self._activate():
            raise AntiphonError(
                "JACK would not start the client: the server may have just gone; start it and try again."
            )

    def _activate(self) -> bool:
        if self._library.lib.jack_activate(self._client) != 0:
            return False
        self._last_beat, self._last_beat_s = -1, time.monotonic()
        if self._connect and not self._connections:
            self._connect_loudspeakers()
        self._patch()
        return True

    def _stop(self) -> None:
        self._connections = self._current_connections()
        self._library.lib.jack_deactivate(self._client)
        self._wanted |= self._connections

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        # with a dead server this may hang; the thread is then left behind, and the client with it
        resized, self._resized = self._resized, None
        closing = threading.Thread(target=self._leave, args=(client, resized), daemon=True)
        closing.start()
        closing.join(CLOSE_TIMEOUT_S)

    # -- patchbay ----------------------------------------------------------------------------------------------------
    def _port_names(self, kind: bytes, flags: int) -> list[str]:
        lib, ffi = self._library.lib, self._library.ffi
        names = lib.jack_get_ports(self._client, ffi.NULL, kind, flags)
        found: list[str] = []
        if names:
            while names[len(found)]:
                found.append(ffi.string(names[len(found)]).decode())
            lib.jack_free(names)
        return [name for name in found if not name.startswith(f"{self._name}:")]

    def _connect_loudspeakers(self) -> None:
        def best(flags: int, hint: str) -> list[str]:
            # a virtual sink (PipeWire's null sink) is not "physical" but is named like one
            return self._port_names(AUDIO, flags | IS_PHYSICAL) or [
                n for n in self._port_names(AUDIO, flags) if hint in n
            ]

        speakers, microphones = best(IS_INPUT, ":playback_"), best(IS_OUTPUT, ":capture_")
        if self._device == NO_DEVICE:
            speakers = microphones = []
        elif self._device:
            speakers = self._named(IS_INPUT, required=False)
            microphones = self._named(IS_OUTPUT, required=False) or microphones
        outputs, inputs = self.engine.outputs, self.engine.inputs
        pairs = [(f"out_{n + 1}", speakers[n]) for n in range(min(outputs, len(speakers)))]
        if outputs == 1 and len(speakers) > 1:
            pairs.append(("out_1", speakers[1]))  # mono plays on both sides
        pairs += [(f"in_{n + 1}", microphones[n]) for n in range(min(inputs, len(microphones)))]
        self._wanted |= {(ours, other) for ours, other in pairs if ours not in self._patched}

    def _named(self, flags: int, required: bool = True) -> list[str]:
        """The ports whose client or full name holds the device's name. Raises AntiphonError if one must be there."""
        wanted = str(self._device).lower()
        names = self._port_names(AUDIO, flags)
        found = [name for name in names if wanted in name.lower()]
        if required and not found:
            clients = ", ".join(sorted({name.partition(":")[0] for name in names})) or "none"
            raise AntiphonError(f"JACK has no audio device {self._device!r} to play to: there are {clients}.")
        return found

    def _current_connections(self) -> set[tuple[str, str]]:
        lib, ffi = self._library.lib, self._library.ffi
        found: set[tuple[str, str]] = set()
        for name, port in self._ports.items():
            others = lib.jack_port_get_all_connections(self._client, port)
            if others:
                count = 0
                while others[count]:
                    found.add((name, ffi.string(others[count]).decode()))
                    count += 1
                lib.jack_free(others)
        return found

    def _patch(self) -> None:
        """Make the connections that are wanted and possible; note those that exist."""
        self._connections = self._current_connections()
        existing = {
            name
            for kind in (AUDIO, MIDI)
            for name in self._port_names(kind, IS_INPUT) + self._port_names(kind, IS_OUTPUT)
        }
        if self._midi_connect is not None:
            sources = {name for name in self._port_names(MIDI, IS_OUTPUT) if self._midi_connect.search(name)}
            self._wanted |= {("midi_in", name) for name in sources} - self._connections
        for port, other in sorted(self._wanted):
            if other in existing and port in self._ports:
                try:
                    self.connect(port, other)
                except AntiphonError:
                    continue  # it went between the two calls; it stays wanted
                self._wanted.discard((port, other))
        self._connections = self._current_connections()

    # -- supervision -------------------------------------------------------------------------------------------------
    def _is_lost(self) -> str:
        if self.control.record["lost"]:
            return "the JACK server has gone"
        now = time.monotonic()
        if self.callbacks != self._last_beat:
            self._last_beat, self._last_beat_s = self.callbacks, now
        elif now - self._last_beat_s > SUSPICIOUS_S and self._library.is_pipewire and self._library.server() is None:
            return "PipeWire has gone"  # its libjack does not tell
        elif now - self._last_beat_s > STALLED_S:
            return f"the JACK server has sent no block for {STALLED_S:g} s"
        return ""

    def _tick(self) -> None:
        if self.sample_rate != int(self.engine.sample_rate):
            self._adopt_rate()
        for port, pulled in enumerate(self.control.record["midi_unplugged"][: self._midi_counts[0]]):
            if pulled != self._pulled[port]:
                self._pulled[port] = int(pulled)
                self._call(self.on_midi_gone, port)
        now = time.monotonic()
        if now >= self._next_patch:
            self._next_patch = now + PATCHBAY_S
            self._patch()

    def _discard(self) -> None:
        self._wanted |= self._connections
        self._next_try = 0.0
        self._close()

    def _recover(self) -> bool:
        now = time.monotonic()
        if now < self._next_try:
            return False
        self._next_try = now + RETRY_S
        if self._client is None and not self._open_client():
            return False
        if self.control.record["lost"]:
            self._discard()
            return False
        if not self._adopt_rate():
            return False
        self.control.record["muted"] = 0
        return self._activate()

    def latency_s(self) -> float:
        """From engine output to the loudspeaker as the server knows it, seconds."""
        port = self._ports.get("out_1")
        if port is None or self._client is None:
            return 0.0
        bounds = (ctypes.c_uint32 * 2)()
        pointer = ctypes.c_void_p(int(self._library.ffi.cast("intptr_t", port)))
        self._library.call("jack_port_get_latency_range", None, pointer, ctypes.c_int(1), bounds)  # JackPlaybackLatency
        return bounds[1] / self.sample_rate
