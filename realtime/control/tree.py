"""The tree: every parameter by OSC address, with type, range, unit, getter and setter; [main], control thread.

What a session puts in (it may add and remove subtrees at any time; the panel follows by `version`):

    /rack/<n>/name /title /kind /bypass /load and one node a device parameter, by `nodes.device_nodes`
    /player/<n>/name /title and its parameters, by `nodes.player_nodes`
    /transport/{playing,tempo_bpm,numerator,denominator,looping,loop_start,loop_end} and read-only {beat,bar}
    /mix/<track>/{name,gain_db,pan,mute,send_<bus>} and /mix/master/gain_db, by `nodes.strip_nodes`, `send_node`
    /scene (rw: load by name) and /scenes (ro: JSON list), /panic, /midi, /log: by `nodes.session_nodes`
    /engine/{driver,sample_rate,frames,load,late,xruns} (ro), by `nodes.value_nodes` over `nodes.ENGINE`
    /record (rw: a file name starts, "" stops) and /record/state (ro: stopped, recording, or failed: why)

Threads. `get` and `set` run the node's functions on the calling thread (mostly the control server's), so a setter must
return at once: anything slow (loading a scene, opening a file) is queued by the session for its own thread. No call
here is for the audio thread: setters write atomics or push to a ring that the callback reads.

Change notification. `set` marks the node changed. A value that changes by itself is either told by `touch(address)`, or
polled by the server when the node says `poll=True` (beat, load, counters: cheap getters only).
"""

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from realtime.control import pattern
from realtime.native.crashlog import brief, log
from realtime.native.errors import AntiphonError

READ, WRITE, READ_WRITE = "r", "w", "rw"
TYPES = frozenset("ifdsbTI")


class ControlError(ValueError):
    """A get or set that cannot be served; `kind` is what is counted: unknown, type, access, failed."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass(eq=False)
class Node:
    """One parameter or trigger.

    type: OSC tags: i, f, d, s, b (blob), T (bool) or I (trigger, no value); several ("iii") make the value a tuple.
    access: "r", "w" or "rw" as the client sees it. range: (low, high) in `unit`, clamped on set.
    labels: names of an enum's steps, value = index + range[0]. curve: lin, log, enum or bool (how a knob maps).
    get/set: the session's functions; without them the node keeps the value. poll: changes by itself, cheap to get.
    group: caption under which a panel may gather it ("" = by its name). scene: the value that the scene set, where known.
    """

    address: str
    type: str = "f"
    access: str = READ_WRITE
    range: tuple[float, float] | None = None
    default: Any = None
    unit: str = ""
    labels: tuple[str, ...] = ()
    curve: str = "lin"
    title: str = ""
    description: str = ""
    group: str = ""
    get: Callable[[], Any] | None = None
    set: Callable[[Any], Any] | None = None
    poll: bool = False
    value: Any = None
    scene: Any = None

    def __post_init__(self) -> None:
        if not self.address.startswith("/") or self.address.endswith("/") or pattern.is_pattern(self.address):
            raise ValueError(f"{self.address!r} is not an OSC address: it starts with / and has none of ?*[]{{}}")
        if not self.type or not set(self.type) <= TYPES:
            raise ValueError(f"{self.address}: type {self.type!r} is not made of {''.join(sorted(TYPES))}")
        if self.access not in (READ, WRITE, READ_WRITE):
            raise ValueError(f"{self.address}: access {self.access!r} is not r, w or rw")
        if self.value is None and self.get is None:
            self.value = self.default if self.default is not None else _zero(self.type)

    @property
    def readable(self) -> bool:
        return "r" in self.access and self.type != "I"

    @property
    def writable(self) -> bool:
        return "w" in self.access

    def read(self) -> Any:
        """The value now; a tuple for several tags."""
        return self.get() if self.get is not None else self.value

    def accept(self, args: tuple) -> Any:
        """The arguments of a message as this node's value: converted, checked and clamped. Raises ControlError."""
        if self.type == "I":
            return True
        if len(args) != len(self.type):
            raise ControlError("type", f"{self.address} takes {len(self.type)} value(s), not {len(args)}.")
        values = tuple(self._convert(tag, value) for tag, value in zip(self.type, args, strict=True))
        return values if len(values) > 1 else values[0]

    def _convert(self, tag: str, value: Any) -> Any:
        if tag == "s" and isinstance(value, str):
            return value
        if tag == "b" and isinstance(value, bytes):
            return value
        if tag in "ifdT" and isinstance(value, str) and value in self.labels:
            return self.labels.index(value) + int(self.range[0] if self.range else 0)
        if tag in "ifdT" and isinstance(value, (int, float)) and math.isfinite(value):
            if tag == "T":
                return bool(value)
            if self.range is not None:
                value = min(max(value, self.range[0]), self.range[1])
            return round(value) if tag == "i" else float(value)
        wanted = {"s": "a text", "b": "a blob", "T": "true or false"}.get(tag, "a finite number")
        raise ControlError("type", f"{self.address} takes {wanted}, not {value!r:.60}.")


Listener = Callable[[str, str], None]


class Tree:
    """All nodes by address. `version` grows whenever nodes come or go."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._nodes: dict[str, Node] = {}
        self._listeners: list[Listener] = []
        self.version = 0

    def add(self, *nodes: Node) -> None:
        """Puts nodes in; one at a taken address replaces it. One version step for the whole call."""
        with self._lock:
            self._nodes.update((node.address, node) for node in nodes)
            self.version += 1
        self._tell("added", nodes[0].address if len(nodes) == 1 else "/")

    def remove(self, prefix: str) -> int:
        """Takes out the node at `prefix` and all below it; returns how many."""
        with self._lock:
            gone = [address for address in self._nodes if under(prefix, address)]
            for address in gone:
                del self._nodes[address]
            self.version += bool(gone)
        if gone:
            self._tell("removed", prefix)
        return len(gone)

    def replace(self, prefix: str, nodes: Iterable[Node]) -> None:
        """A subtree for another in one step, so that no client sees the gap: a scene's new rack."""
        fresh = list(nodes)
        with self._lock:
            for address in [address for address in self._nodes if under(prefix, address)]:
                del self._nodes[address]
            self._nodes.update((node.address, node) for node in fresh)
            self.version += 1
        self._tell("added", prefix)

    def node(self, address: str) -> Node:
        """The node at an address. Raises ControlError (unknown)."""
        try:
            return self._nodes[address]
        except KeyError:
            raise ControlError(
                "unknown", f"There is no {address:.120} here; `antiphon devices` or OSCQuery lists all."
            ) from None

    def nodes(self, prefix: str = "/") -> list[Node]:
        """All nodes at or below `prefix`, in the order they were added."""
        with self._lock:
            if prefix == "/":
                return list(self._nodes.values())
            return [node for address, node in self._nodes.items() if under(prefix, address)]

    def match(self, address: str) -> list[Node]:
        """The nodes an OSC address or address pattern names. Raises ControlError (unknown, type)."""
        if not pattern.is_pattern(address):
            return [self.node(address)]
        try:
            found = [node for node in self.nodes() if pattern.matches(address, node.address)]
        except ValueError as error:
            raise ControlError("type", f"{error}.") from None
        if not found:
            raise ControlError("unknown", f"Nothing here matches {address:.120}.")
        return found

    def get(self, address: str) -> Any:
        """The value at an address. Raises ControlError (unknown, access, failed)."""
        node = self.node(address)
        if not node.readable:
            raise ControlError("access", f"{address} can only be written.")
        try:
            return node.read()
        except Exception as error:
            raise ControlError("failed", f"{address} could not be read: {error}") from error

    def set(self, address: str, *args: Any) -> None:
        """Sets one node from raw arguments (as of a message). Raises ControlError, also for a setter's own error."""
        node = self.node(address)
        if not node.writable:
            raise ControlError("access", f"{address} can only be read.")
        value = node.accept(args)
        try:
            if node.set is not None:
                node.set(value)
            else:
                node.value = value
        except (AntiphonError, ControlError, OSError) as error:
            raise ControlError("failed", f"{address} could not be set: {error}") from error
        except Exception as error:
            said = f"{address}: this should not have happened ({brief(error)}); {log(error, address)}"
            raise ControlError("failed", said) from error
        if node.readable:
            self._tell("value", address)

    def touch(self, *addresses: str) -> None:
        """Says that these values changed by themselves (learn, a scene, another client): pushed to subscribers."""
        for address in addresses:
            self._tell("value", address)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls listener(event, address) on value, added, removed, on the changing thread; returns its off switch."""
        with self._lock:
            self._listeners = [*self._listeners, listener]

        def stop() -> None:
            with self._lock:
                self._listeners = [one for one in self._listeners if one is not listener]

        return stop

    def __contains__(self, address: str) -> bool:
        return address in self._nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes())

    def __len__(self) -> int:
        return len(self._nodes)

    def _tell(self, event: str, address: str) -> None:
        for listener in self._listeners:
            listener(event, address)


def under(prefix: str, address: str) -> bool:
    """Whether `address` is `prefix` or lies below it."""
    return prefix == "/" or address == prefix or address.startswith(prefix.rstrip("/") + "/")


def _zero(tags: str) -> Any:
    zeros = tuple({"s": "", "b": b"", "T": False, "i": 0}.get(tag, 0.0) for tag in tags)
    return zeros if len(zeros) > 1 else zeros[0]
