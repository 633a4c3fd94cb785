"""The JACK library by handle and by address: jackd's own or PipeWire's, whichever has a server running; [main].

JACK-Client's cffi declarations are used, but over a handle of our own: one process may hold both libraries, and a
client must be closed exactly once even when its server has died (JACK-Client's destructor closes again).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import glob
import os
import sys
from dataclasses import dataclass

from numba import types

from realtime.native.errors import AntiphonError
from realtime.native.jit import audio_entry

_PIPEWIRE = (
    "/usr/lib/*/pipewire-*/jack/libjack.so.0",
    "/usr/lib64/pipewire-*/jack/libjack.so.0",
    "/usr/lib/pipewire-*/jack/libjack.so.0",
)


@audio_entry(types.void(types.int64))
def quiet(message):
    """Error and info function for libjack, which would write to the terminal from its own threads."""


@dataclass(frozen=True)
class Server:
    """A JACK server that answers."""

    flavour: str  # "JACK" or "PipeWire"
    sample_rate: int
    frames: int
    realtime: bool
    library: str


class Library:
    """One libjack: `.lib` (cffi), `.ffi`, and addresses of functions for compiled code."""

    def __init__(self, path: str):
        # the import of JACK-Client itself loads the system's libjack: take only its declarations
        from _jack import ffi

        self.path, self.ffi = path, ffi
        self.lib = ffi.dlopen(path)
        self._symbols = ctypes.CDLL(path)
        for set_function in (self.lib.jack_set_error_function, self.lib.jack_set_info_function):
            set_function(ffi.cast("void (*)(const char*)", quiet.address))

    def address(self, name: str) -> int:
        """Address of a C function of this library, 0 if it has none of that name."""
        try:
            return ctypes.cast(getattr(self._symbols, name), ctypes.c_void_p).value or 0
        except AttributeError:
            return 0

    def call(self, name: str, restype, *arguments):
        """Call a function that JACK-Client does not declare; arguments are ctypes values."""
        function = getattr(self._symbols, name)
        function.restype = restype
        return function(*arguments)

    def open_client(self, name: str, server: str | None = None):
        """jack_client_t* of a running server, or None; never starts a server."""
        options = self.lib.JackNoStartServer
        status = self.ffi.new("jack_status_t*")
        extra = []
        if server:
            options |= self.lib.JackServerName
            extra.append(self.ffi.new("char[]", server.encode()))
        client = self.lib.jack_client_open(name.encode(), options, status, *extra)
        return client if client else None

    @property
    def is_pipewire(self) -> bool:
        version = self.lib.jack_get_version_string()
        return bool(version) and b"PipeWire" in self.ffi.string(version)

    def server(self, server: str | None = None) -> Server | None:
        """What the running server is, or None if none answers."""
        client = self.open_client("antiphon-probe", server)
        if client is None:
            return None
        try:
            return Server(
                "PipeWire" if self.is_pipewire else "JACK",
                int(self.lib.jack_get_sample_rate(client)),
                int(self.lib.jack_get_buffer_size(client)),
                bool(self.lib.jack_is_realtime(client)),
                self.path,
            )
        finally:
            self.lib.jack_client_close(client)


@functools.cache
def library(path: str) -> Library:
    return Library(path)


def candidates() -> list[str]:
    """Paths of the JACK libraries of this machine, jackd's before PipeWire's; `ANTIPHON_LIBJACK` names the only one."""
    chosen = os.environ.get("ANTIPHON_LIBJACK")
    if chosen:
        return [chosen]
    name = "libjack64" if sys.platform == "win32" else "jack"
    paths = [ctypes.util.find_library(name), *(path for pattern in _PIPEWIRE for path in sorted(glob.glob(pattern)))]
    if sys.platform == "darwin":
        paths += ["/opt/homebrew/lib/libjack.dylib", "/usr/local/lib/libjack.dylib"]
    return list(dict.fromkeys(path for path in paths if path))


def find_server(server: str | None = None) -> tuple[Library, Server] | None:
    """The first library whose server answers, or None (no library, or no server running)."""
    for path in candidates():
        try:
            found = library(path)
            answer = found.server(server)
        except OSError:
            continue
        if answer is not None:
            return found, answer
    return None


def no_server(server: str | None) -> AntiphonError:
    """The sentence for a missing server."""
    name = server or os.environ.get("JACK_DEFAULT_SERVER")
    which = f"No JACK server named '{name}'" if name else "No JACK or PipeWire server"
    if not candidates():
        return AntiphonError(
            "No JACK library is installed: install jackd2 or pipewire-jack, or use --driver portaudio."
        )
    return AntiphonError(f"{which} is running: start one (for example 'jackd -R -d alsa'), or use --driver portaudio.")
