"""The control server: the tree over OSC 1.0 on UDP, one thread, with OSCQuery beside it; loopback unless asked.

A message with arguments sets; one without gets, answered to its sender (a trigger such as /panic fires either way).
Address patterns (/rack/*/bypass) reach every match. Wrong packets are counted in `stats`, answered by
`/antiphon/error s s s` (address, kind, sentence; at most 20 a second), and otherwise harmless.

    /antiphon/subscribe s i i i   address prefix, port (0 = the sender's), lease in s (1..60), rate in Hz (1..60):
                                  the values now, then every change under the prefix, coalesced; also for /stream/*;
                                  answered by /antiphon/subscribed s i s i (prefix, lease, instance, version)
    /antiphon/unsubscribe s       ends one of the sender's subscriptions
    /antiphon/renew               renews all; answered by /antiphon/alive s i i (instance, version, subscriptions)
    /antiphon/bye                 ends all of them
    /antiphon/tree i              pushed when nodes come or go (the tree's version): describe it again by OSCQuery

A client that is gone (bye, or a lease run out) has every note it still held by /midi released, and its pedals lifted.

What a session does:
    server = ControlServer(tree, port=0); server.start(); print(server.port) ... server.stop()
    server.publish_scope(float32 (channels, n), sample_rate)      from the engine's scope ring, about 60 times a second
    server.publish_meters({"peak_l_db": -3.2, ...})               about 30 times a second; the panel draws METER_NAMES
    server.publish_notes([(source, on, key, velocity, beat)])     "you" or a player's name; a future beat is a plan
"""

import contextlib
import os
import select
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np

from realtime.control import discovery, oscquery, wire
from realtime.control.held import HeldNotes
from realtime.control.streams import NoteEvent, PlanEvent, Streams
from realtime.control.subscriptions import Sender, Subscriptions, value_message
from realtime.control.tree import ControlError, Tree
from realtime.native.errors import AntiphonError

METER_NAMES = (
    *("peak_l_db", "peak_r_db", "rms_l_db", "rms_r_db", "limiter_db"),  # limiter_db: gain reduction, 0 or less
    *(
        "input_l_db",
        "input_r_db",
        "load_percent",
        "load_p99_percent",
        "load_max_percent",
        "late",
        "xruns",
        "latency_ms",
    ),
)
PUSH_HZ = 60.0
POLL_HZ = 20.0
BATCH = 256  # packets read between two looks at the clock, so that a flood cannot stop the pushes
ERRORS_PER_SECOND = 20


class ControlServer:
    """See the module's text. `port` is both UDP and TCP (OSCQuery). Raises AntiphonError if it is taken."""

    def __init__(
        self,
        tree: Tree,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        name: str = "Antiphon",
        announce: bool = True,
        advertise: bool = False,
    ) -> None:
        self.tree = tree
        self.host = host
        self.name = name
        self.instance = uuid.uuid4().hex[:12]
        self.stats: Counter[str] = Counter()
        self.streams = Streams()
        self.subscriptions = Subscriptions(tree, self.streams)
        self._announce, self._advertise = announce, advertise
        self._held = HeldNotes()
        self._lock = threading.Lock()
        self._changed: dict[str, None] = {}
        self._polled: dict[str, object] = {}
        self._next_poll = self._error_window = 0.0
        self._errors_left = ERRORS_PER_SECOND
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._socket, self._query = _bind(tree, host, port, name)
        self.port: int = self._socket.getsockname()[1]
        self.http_port: int = self._query.port
        self._unlisten = tree.listen(self._on_tree)
        self._zeroconf: object | None = None

    @property
    def clients(self) -> int:
        """How many clients hold a subscription now."""
        return len(self.subscriptions)

    def start(self) -> Self:
        """Starts both threads and announces the door to panels and command line."""
        self._query.start()
        self._thread.start()
        host = "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host
        if self._announce:
            discovery.announce(discovery.Endpoint(host, self.port, self.http_port, os.getpid(), self.instance))
        if self._advertise:
            self._zeroconf = _advertise(self.name, host, self.http_port)
        return self

    def stop(self) -> None:
        """Ends the threads and takes the door file away; safe to call twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._unlisten()
        self._query.stop()
        self._socket.close()
        if self._zeroconf is not None:
            self._zeroconf.close()  # type: ignore[attr-defined]
            self._zeroconf = None
        if self._announce:
            discovery.withdraw(self.instance)

    def publish_scope(self, samples: np.ndarray, sample_rate: float | None = None) -> None:
        """Audio for the scope, float32 (channels, n); any thread but the audio thread."""
        self.streams.publish_scope(samples, sample_rate)

    def publish_meters(self, values: Mapping[str, float]) -> None:
        """Meter readings by name (METER_NAMES, and any other); any thread but the audio thread."""
        self.streams.publish_meters(values)

    def publish_notes(self, events: Iterable[NoteEvent]) -> None:
        """Notes for the roll: (source, on, key, velocity 0..1, beat); any thread but the audio thread."""
        self.streams.publish_notes(events)

    def publish_plans(self, events: Iterable[PlanEvent]) -> None:
        """What players plan, before it sounds, see `streams`; any thread but the audio thread."""
        self.streams.publish_plans(events)

    # the control thread

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            pause = due - time.monotonic() if self.clients else 0.1
            try:
                ready, _, _ = select.select([self._socket], [], [], max(0.0, pause))
            except (OSError, ValueError):
                break
            if ready:
                self._read_batch()
            now = time.monotonic()
            if now >= due:
                self._push(now)
                due = max(due + 1.0 / PUSH_HZ, now + 0.25 / PUSH_HZ)
        for sender in self.subscriptions.senders():
            self._release(sender)

    def _read_batch(self) -> None:
        for _ in range(BATCH):
            try:
                data, sender = self._socket.recvfrom(wire.MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:  # Windows tells here that an earlier answer found nobody
                self.stats["socket"] += 1
                return
            self.stats["packets"] += 1
            try:
                messages = wire.parse(data)
            except wire.WireError:
                self.stats["malformed"] += 1
                continue
            for message in messages:
                self._serve(message, sender)

    def _serve(self, message: wire.Message, sender: Sender) -> None:
        self.stats["messages"] += 1
        try:
            if message.address.startswith("/antiphon/"):
                self._own(message, sender)
                return
            for node in self.tree.match(message.address):
                if message.args or node.type == "I":
                    self.tree.set(node.address, *message.args)
                    if node.address == "/midi":
                        self._held.note(sender, message.args)
                else:
                    self._send(value_message(node, self.tree.get(node.address)), sender)
        except ControlError as error:
            self.stats[error.kind] += 1
            self._complain(message.address, error, sender)
        except wire.WireError:
            self.stats["unsendable"] += 1

    def _own(self, message: wire.Message, sender: Sender) -> None:
        verb = message.address.removeprefix("/antiphon/")
        if verb == "subscribe" and message.tags == "siii":
            made = self.subscriptions.subscribe(sender, message.args)
            told: tuple = (made.prefix, int(made.lease_s), self.instance, self.tree.version)
            self._send(wire.message("/antiphon/subscribed", "sisi", *told), sender)
        elif verb == "renew":
            told = (self.instance, self.tree.version, self.subscriptions.renew(sender))
            self._send(wire.message("/antiphon/alive", "sii", *told), sender)
        elif (verb == "unsubscribe" and message.tags == "s") or verb == "bye":
            if self.subscriptions.end(sender, message.args[0] if verb == "unsubscribe" else None):
                self._release(sender)
        else:
            sentence = f"{message.address:.120} ,{message.tags:.20} is not served; see realtime/control/osc.py."
            raise ControlError("type" if verb in ("subscribe", "unsubscribe") else "unknown", sentence)

    def _on_tree(self, event: str, address: str) -> None:
        """[any] Remembers a change for the next push."""
        if event == "value":
            with self._lock:
                self._changed[address] = None

    def _push(self, now: float) -> None:
        for sender in self.subscriptions.expire(now):
            self.stats["expired"] += 1
            self._release(sender)
        with self._lock:
            changed, self._changed = self._changed, {}
        if not self.clients:
            self.streams.take_scope()
            self.streams.take_notes()
            self.streams.take_plans()
            return
        if now >= self._next_poll:
            self._next_poll = now + 1.0 / POLL_HZ
            self._poll(changed)
        for target, messages in self.subscriptions.outgoing(changed, now).items():
            for datagram in wire.bundles(messages):
                self._send(datagram, target)

    def _poll(self, changed: dict[str, None]) -> None:
        for node in self.tree.nodes():
            if not node.poll:
                continue
            try:
                value = node.read()
            except Exception:
                self.stats["failed"] += 1
                continue
            if self._polled.get(node.address, self) != value:
                self._polled[node.address] = value
                changed[node.address] = None

    def _release(self, sender: Sender) -> None:
        for message in self._held.release(sender):
            with contextlib.suppress(ControlError):
                self.tree.set("/midi", *message)
                self.stats["released"] += 1

    def _complain(self, address: str, error: ControlError, sender: Sender) -> None:
        now = time.monotonic()
        if now - self._error_window >= 1.0:
            self._error_window, self._errors_left = now, ERRORS_PER_SECOND
        if self._errors_left > 0:
            self._errors_left -= 1
            self._send(wire.message("/antiphon/error", "sss", address[:200], error.kind, str(error)), sender)

    def _send(self, datagram: bytes, target: Sender) -> None:
        try:
            self._socket.sendto(datagram, target)
            self.stats["sent"] += 1
        except (OSError, OverflowError):
            self.stats["dropped"] += 1


def _bind(tree: Tree, host: str, port: int, name: str) -> tuple[socket.socket, oscquery.QueryServer]:
    """A UDP socket and an HTTP server on one port number: the door has one address to remember."""
    problem: OSError | None = None
    for _ in range(1 if port else 20):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                with contextlib.suppress(OSError):
                    udp.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
            udp.bind((host, port))
            udp.setblocking(False)
            number = udp.getsockname()[1]
            return udp, oscquery.QueryServer(tree, host, number, oscquery.host_info(name, host, number))
        except OSError as error:
            udp.close()
            problem = error
    raise AntiphonError(
        f"The control port {host}:{port} cannot be opened ({problem}); choose another one, or 0 for any free one."
    )


def _advertise(name: str, host: str, port: int) -> object | None:
    """OSCQuery's zeroconf entry (_oscjson._tcp), when the zeroconf package is there."""
    try:
        from zeroconf import ServiceInfo, Zeroconf
    except ImportError:
        return None
    service = Zeroconf()
    service.register_service(
        ServiceInfo("_oscjson._tcp.local.", f"{name}._oscjson._tcp.local.", port, addresses=[socket.inet_aton(host)])
    )
    return service
