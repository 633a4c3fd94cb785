"""The control server: the tree over OSC 1.0 on UDP, one thread, with OSCQuery beside it; loopback unless asked.

A message with arguments sets; one without gets, answered to its sender (a trigger such as /panic fires either way).
Address patterns (/rack/*/bypass) reach every match. Wrong packets are counted in `stats`, answered by
`/antiphon/error s s s` (address, kind, sentence; at most 20 a second), and otherwise harmless. A value that is too long for
a datagram is told as an error of kind "long", once each time it changes: read it by OSCQuery.

    /antiphon/subscribe s i i i   address prefix, port (0 = the sender's), lease in s (1..60), rate in Hz (1..60):
                                  the values now, then every change under the prefix, coalesced; also for /stream/*;
                                  answered by /antiphon/subscribed s i s i (prefix, lease, instance, version)
    /antiphon/unsubscribe s       ends one of the sender's subscriptions
    /antiphon/renew               renews all; answered by /antiphon/alive s i i (instance, version, subscriptions)
    /antiphon/bye                 ends all of them
    /antiphon/tree i              pushed when nodes come or go (the tree's version): describe it again by OSCQuery

A client that is gone (bye, a lease run out, or a port that is closed: one that holds notes without a subscription is
asked every second) has every note it still held by /midi released, and its pedals lifted. Nothing that comes ends the
thread: what is not ours to expect is said by `say` and counted in `stats["failed"]`.

What a session does:
    server = ControlServer(tree, port=0); server.start(); print(server.port) ... server.stop()
    server.publish_scope(float32 (channels, n), sample_rate)      from the engine's scope ring, about 60 times a second
    server.publish_meters({"peak_l_db": -3.2, ...})               about 30 times a second
    server.publish_notes([(source, on, key, velocity, beat, lane)])     source: "you" or a player's name
"""

import contextlib
import os
import selectors
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np

from realtime.control import discovery, oscquery, pattern, wire
from realtime.control.held import HeldNotes
from realtime.control.streams import MusicEvent, NoteEvent, PlanEvent, Streams
from realtime.control.subscriptions import Sender, Subscriptions, value_message
from realtime.control.tree import ControlError, Tree
from realtime.control.vanished import keep_refusals, take_refusals
from realtime.native.errors import AntiphonError

PUSH_HZ = 60.0
POLL_HZ = 20.0
BATCH = 256  # packets read between two looks at the clock, so that a flood cannot stop the pushes
ERRORS_PER_SECOND = 20
ASK_EVERY_S = 1.0
PATTERN_SHARE_S = 0.05
"""Time that address patterns may take between two looks at the clock; what comes after is refused."""


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
        say: Callable[[str], Any] = lambda sentence: None,
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
        self._say = say
        self._said_s = 0.0
        self._next_ask = self._pattern_s = 0.0
        self._lock = threading.Lock()
        self._changed: dict[str, None] = {}
        self._polled: dict[str, object] = {}
        self._next_poll = self._error_window = 0.0
        self._errors_left = ERRORS_PER_SECOND
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._socket, self._query = _bind(tree, host, port, name, say)
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
            try:
                discovery.announce(discovery.Endpoint(host, self.port, self.http_port, os.getpid(), self.instance))
            except AntiphonError as error:  # it can still be reached by its port
                self._say(f"{error}; until then `antiphon panel --port {self.port}` finds this instrument")
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
        """Meter readings by name, any thread but the audio thread; the panel draws these:

        peak_l_db, peak_r_db, rms_l_db, rms_r_db, limiter_db (gain reduction, 0 or less), load_percent,
        load_p99_percent, load_max_percent, late, xruns, latency_ms.
        """
        self.streams.publish_meters(values)

    def publish_notes(self, events: Iterable[NoteEvent]) -> None:
        """Notes for the roll: (source, on, key, velocity 0..1, beat); any thread but the audio thread."""
        self.streams.publish_notes(events)

    def publish_plans(self, events: Iterable[PlanEvent]) -> None:
        """What players plan, before it sounds, see `streams`; any thread but the audio thread."""
        self.streams.publish_plans(events)

    def publish_music(self, events: Iterable[MusicEvent]) -> None:
        """What the music is from now on, see `streams`; any thread but the audio thread."""
        self.streams.publish_music(events)

    # the control thread

    def _run(self) -> None:
        due = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not self._stop.is_set():
                try:
                    pause = due - time.monotonic() if self.clients else 0.1
                    if selector.select(max(0.0, pause)):
                        self._read_batch()
                    now = time.monotonic()
                    if now >= due:
                        due = max(due + 1.0 / PUSH_HZ, now + 0.25 / PUSH_HZ)
                        self._push(now)
                except Exception as error:
                    self._failed("the control thread", error)
                    self._stop.wait(0.01)
        for sender in {*self.subscriptions.senders(), *self._held.clients()}:
            self._release(sender)

    def _read_batch(self) -> None:
        self._bury()
        self._pattern_s = 0.0
        for _ in range(BATCH):
            try:
                data, sender = self._socket.recvfrom(wire.MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:  # told here that an earlier answer found nobody
                self.stats["socket"] += 1
                continue
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
            elif pattern.is_pattern(message.address):
                self._serve_pattern(message, sender)
            else:
                self._serve_node(message.address, message.args, sender)
        except ControlError as error:
            self.stats[error.kind] += 1
            self._complain(message.address, error, sender)
        except wire.WireError:
            self.stats["unsendable"] += 1
        except Exception as error:
            self._failed(f"{message.address:.120}", error)

    def _serve_pattern(self, message: wire.Message, sender: Sender) -> None:
        """Every match gets the message; one that refuses it keeps no other from it. Raises ControlError."""
        if self._pattern_s > PATTERN_SHARE_S:
            raise ControlError("busy", "Too many address patterns at once; name the addresses, or send them slower.")
        start = time.monotonic()
        refusal: ControlError | None = None
        try:
            for node in self.tree.match(message.address):
                try:
                    self._serve_node(node.address, message.args, sender)
                except ControlError as error:
                    refusal = refusal or error
        finally:
            self._pattern_s += time.monotonic() - start
        if refusal is not None:
            raise refusal

    def _serve_node(self, address: str, args: tuple, sender: Sender) -> None:
        node = self.tree.node(address)
        if not args and node.type != "I":
            self._send(value_message(node, self.tree.get(address)), sender)
            return
        self.tree.set(address, *args)
        if address == "/midi":
            for late in self._held.note(sender, node.accept(args)):
                self._release(late)

    def _failed(self, where: str, error: Exception) -> None:
        """What no one foresaw is counted and said, at most once a second; the thread goes on."""
        self.stats["failed"] += 1
        now = time.monotonic()
        if now - self._said_s >= 1.0:
            self._said_s = now
            with contextlib.suppress(Exception):
                self._say(f"{where}: {error!r:.200}; the control door stays open")

    def _bury(self) -> None:
        """Whoever's port is closed holds no note and no subscription."""
        for sender in take_refusals(self._socket):
            if self.subscriptions.end(sender):
                self._release(sender)

    def _ask(self, now: float) -> None:
        """A datagram to those who hold notes and have no lease: only a port that is closed answers."""
        self._next_ask = now + ASK_EVERY_S
        leased = set(self.subscriptions.senders())
        for sender in self._held.clients():
            if sender not in leased:
                self._send(wire.message("/antiphon/alive", "sii", self.instance, self.tree.version, 0), sender)

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
        if now >= self._next_ask:
            self._bury()
            self._ask(now)
        for sender in self.subscriptions.expire(now):
            self.stats["expired"] += 1
            self._release(sender)
        with self._lock:
            changed, self._changed = self._changed, {}
        if not self.clients:
            self.streams.take_scope()
            self.streams.take_notes()
            self.streams.take_plans()
            self.streams.take_music()
            return
        for address in changed:  # told between two looks: the next look must tell what has become of it
            self._polled.pop(address, None)
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
            with contextlib.suppress(ControlError, KeyError):
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
        for _ in range(2):
            try:
                self._socket.sendto(datagram, target)
                self.stats["sent"] += 1
                return
            except ConnectionRefusedError:  # an earlier datagram's, told by this call, which sent nothing
                continue
            except (OSError, OverflowError):
                break
        self.stats["dropped"] += 1


def _bind(
    tree: Tree, host: str, port: int, name: str, say: Callable[[str], Any]
) -> tuple[socket.socket, oscquery.QueryServer]:
    """A UDP socket and an HTTP server on one port number: the door has one address to remember."""
    problem: Exception | None = None
    for _ in range(1 if port else 20):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                with contextlib.suppress(OSError):
                    udp.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
            udp.bind((host, port))
            udp.setblocking(False)
            keep_refusals(udp)
            number = udp.getsockname()[1]
            return udp, oscquery.QueryServer(tree, host, number, oscquery.host_info(name, host, number), say)
        except (OSError, OverflowError) as error:
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
