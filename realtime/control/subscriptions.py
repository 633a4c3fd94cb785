"""Who is told what: clients, their leased subscriptions, and the messages due to them; control thread."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from realtime.control import wire
from realtime.control.streams import METERS, MUSIC, NOTES, PLAN, SCOPE, SPECTRUM, Streams
from realtime.control.tree import ControlError, Node, Tree, under
from realtime.control.values import as_told

MAX_CLIENTS = 64
MAX_SUBSCRIPTIONS = 64  # of one client
MAX_RATE_HZ = 60.0
SPECTRUM_HZ = 30.0
TOO_LONG = "long"
"""Kind of the /antiphon/error that stands for a value which no datagram can carry."""

Sender = tuple[str, int]
Outgoing = dict[Sender, list[bytes]]


@dataclass
class Subscription:
    """One client's wish for one prefix."""

    prefix: str
    target: Sender
    lease_s: float
    interval_s: float
    expires: float
    due: float = 0.0
    dirty: dict[str, None] = field(default_factory=dict)  # an ordered set of addresses

    def take_turn(self, now: float) -> bool:
        """Whether its rate allows a push now; if so the next one is an interval away."""
        if now < self.due:
            return False
        self.due = now + self.interval_s * 0.9  # the push clock itself is no finer than 1/60 s
        return True


class Subscriptions:
    """All subscriptions by client and prefix."""

    def __init__(self, tree: Tree, streams: Streams) -> None:
        self.tree = tree
        self.streams = streams
        self._clients: dict[Sender, dict[str, Subscription]] = {}
        self._version = tree.version
        self._next_spectrum = 0.0

    def __len__(self) -> int:
        return len(self._clients)

    def subscribe(self, sender: Sender, args: tuple) -> Subscription:
        """Starts or restarts one: (prefix, port or 0, lease in s, rate in Hz). Raises ControlError."""
        prefix, port, lease_s, rate_hz = args
        if not prefix.startswith("/") or not 0 <= port <= 65535:
            raise ControlError(
                "type", "/antiphon/subscribe takes an address prefix, a port, a lease in s and a rate in Hz."
            )
        own = self._clients.get(sender, {})
        if (not own and len(self._clients) >= MAX_CLIENTS) or (prefix not in own and len(own) >= MAX_SUBSCRIPTIONS):
            raise ControlError("full", "Too many subscriptions; let some run out.")
        lease = float(min(max(lease_s, 1), 60))
        interval = 1.0 / min(max(rate_hz, 1), MAX_RATE_HZ)
        made = Subscription(prefix, (sender[0], port or sender[1]), lease, interval, time.monotonic() + lease)
        made.dirty = dict.fromkeys(node.address for node in self.tree.nodes(prefix) if node.readable)
        self._clients.setdefault(sender, own)[prefix] = made
        return made

    def renew(self, sender: Sender) -> int:
        """Renews a client's leases; returns how many it holds."""
        now = time.monotonic()
        own = self._clients.get(sender, {})
        for subscription in own.values():
            subscription.expires = now + subscription.lease_s
        return len(own)

    def end(self, sender: Sender, prefix: str | None = None) -> bool:
        """Ends one subscription or all of a client; True when the client holds none now."""
        own = self._clients.get(sender, {})
        if prefix is None:
            own.clear()
        own.pop(prefix or "", None)
        if not own:
            self._clients.pop(sender, None)
        return not own

    def expire(self, now: float) -> list[Sender]:
        """Drops what ran out; returns the clients that hold nothing any more."""
        gone = []
        for sender, own in list(self._clients.items()):
            for prefix in [prefix for prefix, one in own.items() if now >= one.expires]:
                del own[prefix]
            if not own:
                del self._clients[sender]
                gone.append(sender)
        return gone

    def senders(self) -> list[Sender]:
        """All clients."""
        return list(self._clients)

    def outgoing(self, changed: Iterable[str], now: float) -> Outgoing:
        """The messages due now, by target: tree version, changed values, streams."""
        out: Outgoing = {}
        everyone = [one for own in self._clients.values() for one in own.values()]
        if self.tree.version != self._version:
            self._version = self.tree.version
            for sender in self._clients:
                out.setdefault(sender, []).append(wire.message("/antiphon/tree", "i", self._version))
        changed = list(changed)
        for one in everyone:
            one.dirty.update((address, None) for address in changed if under(one.prefix, address))
            if one.dirty and one.take_turn(now):
                out.setdefault(one.target, []).extend(self._values(one))
        self._streams(everyone, out, now)
        return out

    def _values(self, subscription: Subscription) -> Iterator[bytes]:
        for address in subscription.dirty:
            with contextlib.suppress(ControlError, wire.WireError):  # gone, or unreadable just now
                yield value_message(self.tree.node(address), self.tree.get(address))
        subscription.dirty = {}

    def _streams(self, everyone: list[Subscription], out: Outgoing, now: float) -> None:
        scope, notes, plans = self.streams.take_scope(), self.streams.take_notes(), self.streams.take_plans()
        music = self.streams.take_music()
        spectrum: list[bytes] = []
        for one in everyone:
            if not under("/stream", one.prefix):
                continue  # "/" is for values only: audio is for those who ask for it by name
            messages: list[bytes] = []
            if under(one.prefix, SCOPE):
                messages += scope
            if under(one.prefix, NOTES):
                messages += notes
            if under(one.prefix, PLAN):
                messages += plans
            if under(one.prefix, MUSIC):
                messages += music
            if under(one.prefix, METERS) and one.take_turn(now):
                messages += self.streams.meters_messages()
            if under(one.prefix, SPECTRUM) and now >= self._next_spectrum:
                spectrum = spectrum or [self.streams.spectrum_message()]
                messages += spectrum
            out.setdefault(one.target, []).extend(messages)
        if spectrum:
            self._next_spectrum = now + 1.0 / SPECTRUM_HZ


def value_message(node: Node, value: object) -> bytes:
    """The message that tells a node's value, or says that it is too long for one and where it is read. Raises WireError."""
    try:
        pairs = list(zip(node.type, as_told(node, value), strict=True))
    except (ValueError, TypeError, OverflowError) as error:
        raise wire.WireError(f"{node.address} cannot be told: {error}") from error
    tags = "".join(("T" if one else "F") if tag == "T" else tag for tag, one in pairs)
    told = wire.message(node.address, tags, *(one for tag, one in pairs if tag != "T"))
    if len(told) <= wire.MAX_DATAGRAM:
        return told
    sentence = (
        f"{node.address} takes {len(told)} bytes, and one message carries {wire.MAX_DATAGRAM}; "
        f"read it by OSCQuery: GET {node.address}?VALUE at this port"
    )
    return wire.message("/antiphon/error", "sss", node.address, TOO_LONG, sentence)
