"""python-rtmidi behind one small face: which API, which ports, open and close; [MIDI scan thread].

rtmidi directly, not mido's ports: mido makes an object of every message and drops the backend's time between
messages. Its callbacks are never used: with JACK they would take the interpreter's lock on JACK's own thread.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, Protocol

from realtime.midi.arrival import ArrivalClock
from realtime.midi.jackwatch import JackWatch, RingBudget
from realtime.native.errors import AntiphonError

APIS = {"alsa": "API_LINUX_ALSA", "jack": "API_UNIX_JACK", "core": "API_MACOSX_CORE", "winmm": "API_WINDOWS_MM"}
QUEUE_MESSAGES = 32768
JACK_NAME_CHARACTERS = 60
LOOPMIDI = (
    "Windows has no virtual MIDI ports of its own: install loopMIDI (tobias-erichsen.de), add ports named "
    "'{0} in' and '{0} out' there, and Antiphon will use them."
)
_ALSA_ADDRESS = re.compile(r"\s+\d+:\d+$")
_WINMM_INDEX = re.compile(r"\s+\d+$")


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Does a port name match one of the patterns: `/regex/`, a wildcard (* ? [ ]), or a part of the name; any case."""
    for pattern in patterns:
        if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
            try:
                if re.search(pattern[1:-1], name, re.IGNORECASE):
                    return True
            except re.error as error:
                raise AntiphonError(
                    f"MIDI port pattern {pattern}: {error}; write a regular expression or use * and ?."
                ) from None
        elif any(sign in pattern for sign in "*?["):
            if fnmatchcase(name.lower(), pattern.lower()):
                return True
        elif pattern and pattern.lower() in name.lower():
            return True
    return False


def lasting_name(name: str, api: str) -> str:
    """The part of a port's name that is the same after replugging (ALSA and Windows append numbers that change)."""
    if api == "alsa":
        return _ALSA_ADDRESS.sub("", name)
    return _WINMM_INDEX.sub("", name) if api == "winmm" else name


def lasting_names(names: Iterable[str], api: str) -> dict[str, str]:
    """lasting name -> present name; a second device of the same name gets ' #2'."""
    result: dict[str, str] = {}
    for name in names:
        base = unique = lasting_name(name, api)
        number = 2
        while unique in result:
            unique = f"{base} #{number}"
            number += 1
        result[unique] = name
    return result


def compiled_apis() -> list[str]:
    """The APIs that this build of rtmidi knows, best first for hardware."""
    try:
        import rtmidi
    except ImportError:
        return []
    known = set(rtmidi.get_compiled_api())
    return [name for name, constant in APIS.items() if getattr(rtmidi, constant) in known]


def choose_api(wanted: str = "auto") -> str | None:
    """The API to use now, None if there is none at the moment (no sequencer, no server). Raises AntiphonError."""
    available = compiled_apis()
    if wanted == "none":
        return None
    if wanted == "auto":
        for name in available:
            if name == "alsa" and not os.path.exists("/dev/snd/seq"):
                continue
            if name != "jack":
                return name
            watch = JackWatch.open("Antiphon probe")
            if watch is not None:
                watch.close()
                return name
        return None
    if wanted not in APIS:
        raise AntiphonError(f"MIDI API {wanted!r} is unknown; use one of: auto, {', '.join(APIS)}, none.")
    if wanted not in available:
        raise AntiphonError(
            f"MIDI API {wanted!r} is not built into this rtmidi on {sys.platform}; use 'auto' or 'none'."
        )
    if wanted == "alsa" and not os.path.exists("/dev/snd/seq"):
        return None
    return wanted


def cannot_open(what: str, name: str, error: Exception) -> AntiphonError:
    """The sentence for a port that is held by another program, or was pulled out just now."""
    reason = str(error).strip().rstrip(".") or type(error).__name__
    return AntiphonError(f"MIDI {what} '{name}' cannot be opened ({reason}); it is tried again every second.")


class Input(Protocol):
    """An open input, read by the MIDI thread alone."""

    def read(self, limit: int) -> list[tuple[bytes, int]]:
        """Up to `limit` pieces of what came: (bytes, monotonic ns), empty if there is nothing now."""

    def overflowed(self) -> bool:
        """Has anything been lost since the last call?"""

    def unplugged(self) -> bool:
        """Has a sender gone since the last call, perhaps with a key down?"""

    @property
    def has_left(self) -> bool:
        """Whether the port it was opened on has gone, be it back by now: it must be opened anew."""

    def delete(self) -> None:
        """Close it, once."""


class PolledInput:
    """An rtmidi input behind that face."""

    def __init__(self, port: Any):
        self._port, self._clock = port, ArrivalClock()
        self._run = 0
        self._lost = False

    def read(self, limit: int) -> list[tuple[bytes, int]]:
        """See Input."""
        found: list[tuple[bytes, int]] = []
        while len(found) < limit:
            item = self._port.get_message()
            if item is None:
                # rtmidi does not say what it dropped; a queue that held all it can has dropped some
                self._lost |= self._run >= QUEUE_MESSAGES - 1
                self._run = 0
                break
            self._run += 1
            found.append((bytes(item[0]), self._clock.stamp(item[1], time.monotonic_ns())))
        return found

    def overflowed(self) -> bool:
        """See Input."""
        lost, self._lost = self._lost, False
        return lost

    def unplugged(self) -> bool:
        """See Input; rtmidi does not tell, a scan does."""
        return False

    @property
    def has_left(self) -> bool:
        """See Input."""
        return False

    def delete(self) -> None:
        """See Input."""
        self._port.delete()


class Backend:
    """One API, open. `Backend.open` returns None while the server or the sequencer is not there."""

    def __init__(self, api: str, name: str, watch: JackWatch | None):
        import rtmidi

        self.api, self.name, self.watch = api, name, watch
        self._rtmidi, self._constant = rtmidi, getattr(rtmidi, APIS[api])
        self._in_scan: Any = None
        self._out_scan: Any = None
        self._in_scan = rtmidi.MidiIn(self._constant, name=self._client("scan in"))
        self._out_scan = rtmidi.MidiOut(self._constant, name=self._client("scan out"))

    @classmethod
    def open(cls, api: str, name: str) -> Backend | None:
        watch = JackWatch.open(f"{name} watch") if api == "jack" else None
        if api == "jack" and watch is None:
            return None
        try:
            return cls(api, name, watch)
        except (OSError, SystemError, RuntimeError):  # rtmidi's words for "no server"
            if watch is not None:
                watch.close()
            return None

    def _client(self, suffix: str) -> str:
        # JACK shows one client per port; ALSA keeps the first name given for all
        return f"{self.name} {suffix}" if self.api == "jack" else self.name

    @property
    def alive(self) -> bool:
        return self.watch is None or self.watch.alive

    @property
    def has_virtual_ports(self) -> bool:
        return self.api != "winmm"

    def is_own(self, name: str) -> bool:
        """Is this one of our own ports (which must not be connected to ourselves)?"""
        return name.startswith((f"{self.name} ", f"{self.name}:", "RtMidi"))

    def inputs(self) -> dict[str, str]:
        """Ports that one can hear: lasting name -> present name."""
        return lasting_names((n for n in self._in_scan.get_ports() if not self.is_own(n)), self.api)

    def outputs(self) -> dict[str, str]:
        """Ports that one can play: lasting name -> present name."""
        return lasting_names((n for n in self._out_scan.get_ports() if not self.is_own(n)), self.api)

    def _ask(self) -> None:
        if self.watch is not None and not self.watch.running():
            raise OSError("the JACK server does not answer")

    def open_input(self, label: str, present_name: str | None = None) -> Input:
        """A present port, or a virtual one named `label`. Raises AntiphonError if it cannot be opened now."""
        try:
            self._ask()
            if self.watch is not None:
                return self.watch.open_input(self._client_for(label), label.replace(":", " "), present_name)
            port = self._rtmidi.MidiIn(self._constant, name=self._client_for(label), queue_size_limit=QUEUE_MESSAGES)
            port.ignore_types(sysex=False, timing=False, active_sense=False)
            return PolledInput(self._connect(port, label, present_name))
        except (self._rtmidi.RtMidiError, OSError, SystemError, RuntimeError) as error:
            raise cannot_open("input", label, error) from None

    def open_output(self, label: str, present_name: str | None = None):
        """A MidiOut, as `open_input`."""
        try:
            self._ask()
            port = self._rtmidi.MidiOut(self._constant, name=self._client_for(label))
            return self._connect(port, label, present_name)
        except (self._rtmidi.RtMidiError, OSError, SystemError, RuntimeError) as error:
            raise cannot_open("output", label, error) from None

    def _client_for(self, label: str) -> str:
        if self.api != "jack":
            return self.name
        client = label if label.startswith(self.name) else f"{self.name} - {label}".replace(":", " ")
        return client[:JACK_NAME_CHARACTERS]

    def _connect(self, port, label: str, present_name: str | None):
        try:
            if present_name is None:
                return port.open_virtual_port(label)
            names = port.get_ports()
            if present_name in names:
                return port.open_port(names.index(present_name), label.replace(":", " "))
            raise OSError("it has just gone")
        except Exception:
            self.put_away(port)
            raise

    def budget(self) -> RingBudget | None:
        """Flow control for one output port, where the API needs it."""
        return RingBudget(self.watch.frame_time) if self.watch else None

    def peers(self, label: str) -> frozenset[str] | None:
        """What is connected to our virtual port; None if the API cannot tell."""
        if self.api == "jack" and self.watch is not None:
            return self.watch.connections(f"{label}:{label}")
        if self.api == "alsa":
            try:
                with open("/proc/asound/seq/clients", encoding="utf-8", errors="replace") as text:
                    return alsa_peers(text.read(), label)
            except OSError:
                return None
        return None

    def put_away(self, port: Any) -> None:
        """Close a port of ours, once; one of a dead JACK server is left to libjack."""
        if self.watch is None:
            port.delete()
        else:
            self.watch.put_away(port)

    def close(self) -> None:
        """Close the scanning clients, after all ports; with a dead JACK server too, before a new one opens."""
        for port in (self._in_scan, self._out_scan):
            if port is not None:
                self.put_away(port)
        self._in_scan = self._out_scan = None
        if self.watch is not None:
            self.watch.close()


def alsa_peers(clients: str, label: str) -> frozenset[str]:
    """Addresses connected to the ALSA sequencer port named `label`, from the text of /proc/asound/seq/clients."""
    found: set[str] = set()
    inside = False
    for line in clients.splitlines():
        port = re.match(r'\s*Port\s+\d+ : "(.*)"', line)
        if port or line.startswith("Client"):
            inside = port is not None and port.group(1) == label
        elif inside and (connection := re.match(r"\s*Connect(?:ing To|ed From): (.*)", line)):
            found.update(part.strip().split("[")[0] for part in connection.group(1).split(","))
    return frozenset(found)
