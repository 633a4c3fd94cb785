"""The MIDI ports: virtual and hardware, hot-plugged, polled once a millisecond; on two threads of their own.

The *MIDI thread* alone reads, writes and calls the sink; the *scan thread* looks for ports once a second and opens
and closes them (which can take tens of milliseconds). A port that goes away releases its notes, one that comes back
has its old number.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from realtime.midi.backend import LOOPMIDI, Backend, choose_api, matches
from realtime.midi.open_port import OpenIn, OpenOut, Sink
from realtime.midi.port_reader import Reader
from realtime.midi.port_sender import POLL_S, Pull, Sender
from realtime.native.errors import MOST_NAMES, AntiphonError

log = logging.getLogger("antiphon.midi")

SCAN_S = 1.0
DEFAULT_EXCLUDE = ("Midi Through*", "*:Midi Through*")
DEFAULT_INPUTS = {"jack": ("system:*", "a2j:*")}
"""Which inputs `("*",)` stands for where the API also lists every program's ports."""


class MidiPorts:
    """Opens, polls and schedules. start() returns at once; ports appear as they are found.

    sink: see Sink. inputs, outputs: name patterns of hardware ports (see `backend.matches`); `Antiphon in` and
    `Antiphon out` are there besides, if virtual. api: auto, alsa, jack, core, winmm or none.
    exclude: patterns never opened.
    pull: called once a millisecond on the MIDI thread for messages to send, as (port, when_ns, bytes): Engine.midi_out.
    say: told, in one sentence each, what the performer should know.
    allowed: asked with each look whether an input that matches may be opened, or stay so. [scan thread]
    With the `jack` driver, whose own ports are better, use api="alsa" for hardware (or "none").
    """

    def __init__(
        self,
        sink: Sink,
        inputs: Sequence[str] = ("*",),
        outputs: Sequence[str] = (),
        api: str = "auto",
        virtual: bool = True,
        name: str = "Antiphon",
        exclude: Sequence[str] = DEFAULT_EXCLUDE,
        pull: Pull | None = None,
        max_sources: int = 16,
        scan_s: float = SCAN_S,
        say: Callable[[str], Any] = log.warning,
        allowed: Callable[[str], bool] = lambda name: True,
    ):
        for pattern in (*inputs, *outputs, *exclude):
            matches("", (pattern,))  # a wrong pattern speaks up now
        if api != "auto":
            choose_api(api)
        self.sink, self.api, self.virtual, self.name = sink, api, virtual, name
        self.inputs, self.outputs, self.exclude = tuple(inputs), tuple(outputs), tuple(exclude)
        self.max_sources, self.scan_s, self.say = max_sources, scan_s, say
        self._allowed = allowed
        self.insensible: frozenset[str] = frozenset()
        """Ports whose Active Sensing means nothing: its end is not theirs. [any]"""
        self.present: tuple[str, ...] = ()
        """The inputs that match and are there, whether they are open or not."""
        self._said: set[str] = set()
        self._sender = Sender(pull, self._guard)
        self._reader = Reader(sink, self._guard, self._tell, self.look_again, lambda: self.insensible)
        self.note: str = ""
        """A sentence for the user when something is not as it should be."""
        self._sources: dict[str, int] = {f"{name} in": 0} if virtual else {}
        self._ins: tuple[OpenIn, ...] = ()
        self._outs: tuple[OpenOut, ...] = ()
        self._peers: frozenset[str] = frozenset()
        self._backend: Backend | None = None
        self._orders: queue.SimpleQueue = queue.SimpleQueue()
        self.addressed: tuple[str, ...] = ()
        """As `answered`, for what songs send. [any]"""
        self.answered: tuple[str, ...] = ()
        """Patterns of outputs that are opened to be sent to by name only; they may change at any time. [any]"""
        self._running = False
        self._scan_now = threading.Event()
        self._scanned = threading.Event()
        self._threads: list[threading.Thread] = []

    # [main]

    def start(self) -> MidiPorts:
        """Start both threads. [main]"""
        self._running = True
        for target, title in ((self._poll, "midi"), (self._scan, "midi scan")):
            thread = threading.Thread(target=target, name=f"antiphon {title}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def stop(self) -> None:
        """End the notes that sound at our outputs, close everything. [main]"""
        self._running = False
        self._scan_now.set()
        for thread in reversed(self._threads):
            thread.join(10.0)
        self._threads.clear()

    def rescan(self, timeout_s: float = 5.0) -> bool:
        """Look for ports now; True when that is done. [any but the MIDI threads]"""
        self._scanned.clear()
        self._scan_now.set()
        return self._scanned.wait(timeout_s)

    def look_again(self) -> None:
        """Look for ports soon. [any]"""
        self._scan_now.set()

    def send(self, data: bytes, when_ns: int | None = None, to: str = "") -> None:
        """Send one message at a time of the monotonic clock (now if None): to all outputs that hear what is played, or to
        the one of a name, if it is open. [any]"""
        self._sender.send(data, time.monotonic_ns() if when_ns is None else when_ns, to)

    def panic(self) -> None:
        """Forget what is planned and silence all that listens to our outputs. [any]"""
        self._orders.put(("panic", None, None))

    @property
    def lost(self) -> int:
        """Messages out that no port could take."""
        return self._sender.lost

    @property
    def peers(self) -> frozenset[str]:
        """Full names of what is connected with our virtual input."""
        return self._peers

    @property
    def sources(self) -> dict[int, str]:
        """Source numbers and their port names, the absent ones too."""
        return {number: name for name, number in self._sources.items()}

    def status(self) -> dict[str, Any]:
        """What is open, for the panel and `antiphon ports`."""
        backend = self._backend
        return {
            "api": backend.api if backend else None,
            "inputs": [{"source": i.source, "name": i.name} for i in self._ins],
            "outputs": [o.name for o in self._outs],
            "lost": self.lost,
            "note": self.note,
        }

    # [MIDI thread]

    def _poll(self) -> None:
        while self._running:
            self._guard(self._obey)
            for port in self._ins:
                self._guard(self._reader.read, port)
            self._guard(self._sender.turn, self._outs)
            time.sleep(POLL_S)
        self._guard(self._obey)

    def _guard(self, function: Callable, *arguments) -> None:
        """One wrong message must not silence the others, nor one wrong port the rest."""
        try:
            function(*arguments)
        except AntiphonError as error:
            self._tell(str(error))
        except Exception as error:
            log.debug("MIDI: %s failed", function.__name__, exc_info=True)
            self._tell(f"MIDI goes on after a fault: {type(error).__name__} {error}".rstrip() + ".")

    def _tell(self, text: str) -> None:
        """Say it, once, until `_said` forgets it."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    def _obey(self) -> None:
        while not self._orders.empty():
            order, subject, done = self._orders.get()
            try:
                if order == "release":
                    self._guard(self.sink.release_all, subject)
                elif order == "panic":
                    self._sender.silence(self._outs)
                elif order == "finish":
                    self._guard(self._sender.finish, subject)
            finally:
                if done is not None:
                    done.set()

    # [scan thread]

    def _ask(self, order: str, subject: Any) -> None:
        done = threading.Event()
        self._orders.put((order, subject, done))
        while not done.wait(0.05):
            if not any(thread.is_alive() for thread in self._threads[:1]):
                self._obey()

    def _scan(self) -> None:
        while self._running:
            self._scan_now.clear()
            self._guard(self._look)
            self._scanned.set()
            self._scan_now.wait(self.scan_s)
        self._guard(self._close)

    def _look(self) -> None:
        if self._backend is not None and not self._backend.alive:
            self.note = "The JACK server has gone; MIDI ports come back with it."
            self.say(self.note)
            self._close()
        if self._backend is None and not self._open():
            self._tell_unmatched(())
            return
        backend = self._backend
        assert backend is not None
        self._tell_unmatched(backend.inputs())
        self._update_inputs(backend)
        self._update_outputs(backend)
        peers = backend.peers(f"{self.name} in") if self.virtual else None
        if peers is not None:
            if self._peers - peers:  # a player left our virtual port, perhaps with a key down
                self._orders.put(("release", 0, None))
            self._peers = peers

    def _tell_unmatched(self, present: Iterable[str]) -> None:
        """A pattern that was written for a port which is not there."""
        names = sorted(present)
        for pattern in self.inputs if self.api != "none" else ():
            if pattern != "*" and not any(matches(name, (pattern,)) for name in names):
                there = f"there are: {', '.join(names[:MOST_NAMES])}" if names else "there is none"
                self._tell(f"No MIDI port matches '{pattern}' yet; it is opened when it appears ({there}).")

    def _open(self) -> bool:
        api = choose_api(self.api)
        if api is None:
            if self.api != "none":
                self.note = (
                    "No MIDI system answers (no ALSA sequencer, no JACK server); it will be used when it appears."
                )
            return False
        self._backend = Backend.open(api, self.name)
        if self._backend is None:
            self.note = f"The MIDI system '{api}' does not answer; it will be used when it appears."
            return False
        self.note = "" if self._backend.has_virtual_ports or not self.virtual else LOOPMIDI.format(self.name)
        if self.note:
            self._tell(self.note)
        return True

    def _wanted(self, present: dict[str, str], patterns: Sequence[str], virtual: str) -> dict[str, str | None]:
        """lasting name -> present name (None: a virtual port of ours)"""
        backend = self._backend
        assert backend is not None
        if backend.api in DEFAULT_INPUTS and tuple(patterns) == ("*",):
            patterns = DEFAULT_INPUTS[backend.api]
        found: dict[str, str | None] = {virtual: None} if self.virtual and backend.has_virtual_ports else {}
        for name, present_name in present.items():
            loopback = self.virtual and not backend.has_virtual_ports and name == virtual
            if loopback or (matches(name, patterns) and not matches(name, self.exclude)):
                found[name] = present_name
        return found

    def _update_inputs(self, backend: Backend) -> None:
        wanted = self._wanted(backend.inputs(), self.inputs, f"{self.name} in")
        self.present = tuple(wanted)
        wanted = {name: there for name, there in wanted.items() if there is None or self._allowed(name)}
        for port in self._ins:
            if (
                port.name not in wanted
                or (port.port.has_left and wanted[port.name] is not None)
                or (port.there != wanted[port.name])
            ):
                self._drop_input(port)
        present = {port.name for port in self._ins}
        for name, present_name in wanted.items():
            if name in present:
                continue
            if name not in self._sources:
                number = next(n for n in itertools.count(1) if n not in self._sources.values())
                if number >= self.max_sources:
                    self.note = f"MIDI port '{name}' is left closed: {self.max_sources} sources are in use already."
                    self._tell(self.note)
                    continue
                self._sources[name] = number
            self._guard(self._open_input, backend, name, present_name)

    def _open_input(self, backend: Backend, name: str, present_name: str | None) -> None:
        port = OpenIn(name, self._sources[name], backend.open_input(name, present_name), present_name)
        self._forgive(name)
        log.info("MIDI in: %s", name)
        self.sink.opened(port.source, name)
        self._ins = (*self._ins, port)

    def _forgive(self, name: str) -> None:
        """A port that opens may complain anew the next time it does not."""
        self._said = {text for text in self._said if f"'{name}'" not in text}

    def _drop_input(self, port: OpenIn) -> None:
        self._ins = tuple(other for other in self._ins if other is not port)
        self._ask("release", port.source)  # answered between two turns: the MIDI thread no longer reads it
        if self._backend is not None:
            self._backend.put_away(port.port)
        log.info("MIDI in gone: %s", port.name)
        if self._running:
            self._guard(self.sink.closed, port.source, port.name)

    def _update_outputs(self, backend: Backend) -> None:
        outputs, answered = backend.outputs(), (*self.answered, *self.addressed)
        playing = self._wanted(outputs, self.outputs, f"{self.name} out")
        wanted = playing | {
            name: there for name, there in outputs.items() if name not in playing and matches(name, answered)
        }
        for out in self._outs:
            if out.name not in wanted:
                self._drop_output(out)
        present = {out.name: out for out in self._outs}
        for name, present_name in wanted.items():
            if name not in present:
                self._guard(self._open_output, backend, name, present_name, name in playing)
            else:
                present[name].hears_all = name in playing

    def _open_output(self, backend: Backend, name: str, present_name: str | None, hears_all: bool) -> None:
        out = OpenOut(name, backend.open_output(name, present_name), backend.budget(), hears_all)
        self._outs = (*self._outs, out)
        self._forgive(name)
        log.info("MIDI out: %s", name)

    def _drop_output(self, out: OpenOut, finish: bool = False) -> None:
        self._outs = tuple(other for other in self._outs if other is not out)
        self._ask("finish" if finish else "nothing", out)
        if self._backend is not None:
            self._backend.put_away(out.port)

    def _close(self) -> None:
        """Everything closes before anything is opened again: libjack forgives no client of a dead server."""
        backend = self._backend
        alive = backend is not None and backend.alive
        for port in self._ins:
            self._drop_input(port)
        for out in self._outs:
            self._drop_output(out, finish=alive)
        self._peers = frozenset()
        self.present = ()
        self._backend = None
        if backend is not None:
            backend.close()
