"""The panel's copy of the instrument's tree, which all views read, watch and set; Qt thread.

A view asks `value("/scene")`, `json("/rack/layout", {})`, `has("/undo")`; it is told by `watch`; it sets by `send`, and
binds controls by `bind`. What a tree lacks (an older engine, a part not built in) is simply absent: `has` is False, `value` the
default, and `send` says so in the notice line instead of doing nothing in silence.
"""

import json
from collections.abc import Callable
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtSignal

from ui import model, strings
from ui.connection import Connection

Watcher = Callable[[str, Any], None]


class Store(QObject):
    """State and values of the instrument the panel is connected to.

    Signals: state_changed("searching" | "connected" | "silent"), structure_changed() when nodes came or went,
    changed(address, value) for each value, meters(dict of name -> float), note(source, on, key, velocity 0..1, beat),
    plan(player from 1, lane, kind, serial, beat, duration, key, velocity), scope(float32 (channels, n), rate),
    notice(sentence) for the performer.
    """

    state_changed = pyqtSignal(str)
    structure_changed = pyqtSignal()
    changed = pyqtSignal(str, object)
    meters = pyqtSignal(dict)
    scope = pyqtSignal(object, float)
    note = pyqtSignal(str, bool, int, float, float)
    plan = pyqtSignal(tuple)
    notice = pyqtSignal(str)

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.instrument = model.Instrument()
        self.values: dict[str, Any] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self._watchers: dict[
            str, list[tuple[QObject, Watcher]]
        ] = {}  # by prefix: an address is looked up with all above it
        self._owners_gone = False
        self._parsed: dict[str, tuple[Any, Any]] = {}
        wire = connection
        wire.state_changed.connect(self.state_changed)
        wire.instrument_changed.connect(self._on_instrument)
        wire.value_changed.connect(self._on_value)
        wire.refused.connect(self.notice)
        wire.meters.connect(self.meters)
        wire.scope.connect(self.scope)
        wire.note.connect(self.note)
        wire.plan.connect(self.plan)

    # reading

    @property
    def state(self) -> str:
        """searching, connected or silent."""
        return self.connection.state

    def has(self, address: str) -> bool:
        """Whether the tree has this node (also those that can only be set)."""
        return address in self.nodes

    def value(self, address: str, default: Any = None) -> Any:
        """The last known value of a node."""
        return self.values.get(address, default)

    def json(self, address: str, default: Any) -> Any:
        """The value of a node that carries JSON, parsed; `default` when there is none or of another kind."""
        text = self.values.get(address)
        known = self._parsed.get(address)
        if known is None or known[0] != text:
            try:
                known = (text, json.loads(str(text)))
            except (TypeError, ValueError):
                known = (text, None)
            self._parsed[address] = known
        found = known[1]
        return found if isinstance(found, type(default)) else default

    def parameter(self, address: str) -> model.Parameter | None:
        """A writable number or switch of the tree, with range, unit and curve."""
        return self.instrument.parameters.get(address)

    def parameters(self, prefix: str) -> list[model.Parameter]:
        """All parameters below a prefix, in the tree's order."""
        start = prefix.rstrip("/") + "/"
        return [one for address, one in self.instrument.parameters.items() if address.startswith(start)]

    # being told

    def watch(self, prefix: str, told: Watcher, owner: QObject) -> None:
        """told(address, value) for every value at or below a prefix: now for what is known, then at each change, until
        `owner` is destroyed."""
        prefix = prefix.rstrip("/") or "/"
        self._watchers.setdefault(prefix, []).append((owner, told))
        owner.destroyed.connect(self._on_owner_gone)
        for address, value in list(self.values.items()):
            if _under(prefix, address):
                told(address, value)

    def _on_owner_gone(self) -> None:
        """A widget may end while Python's collector has half undone what it leaves behind: nothing of it is called here."""
        self._owners_gone = True

    def _forget(self) -> None:
        self._owners_gone = False
        alive = {
            prefix: [(owner, told) for owner, told in watchers if not sip.isdeleted(owner)]
            for prefix, watchers in self._watchers.items()
        }
        self._watchers = {prefix: watchers for prefix, watchers in alive.items() if watchers}

    # setting

    def send(self, address: str, *args: Any) -> bool:
        """Sets a node, or triggers it (no argument). False, with a notice, where the tree has none."""
        if self.state == "connected" and self.nodes and address not in self.nodes:
            self.notice.emit(strings.NO_SUCH_NODE.format(address))
            return False
        self.connection.send(address, *args)
        return True

    def send_json(self, address: str, content: Any) -> bool:
        """Sets a node that takes JSON."""
        return self.send(address, json.dumps(content))

    def bind(self, control: Any) -> Any:
        """Couples a Control of ui.widgets to its parameter's node, both ways; returns it."""
        parameter = control.parameter
        control.edited.connect(lambda value, _gesture: self.send(parameter.address, parameter.for_wire(value)))
        control.learn_wanted.connect(lambda: self.send("/learn/start", parameter.address))
        control.can_learn = lambda: self.has("/learn/start")

        def show(address: str, value: Any) -> None:
            if address == parameter.address:  # there may be more below it, as a macro's name
                control.show_value(float(value))

        self.watch(parameter.address, show, control)
        return control

    # from the wire

    def _on_instrument(self, fresh: model.Instrument) -> None:
        self.instrument = fresh
        self.nodes = fresh.nodes
        self.values = dict(fresh.values)
        self._parsed = {address: known for address, known in self._parsed.items() if address in self.values}
        self.structure_changed.emit()
        for address, value in list(self.values.items()):
            self._tell(address, value)

    def _on_value(self, address: str, value: Any) -> None:
        self.values[address] = value
        self._tell(address, value)

    def _tell(self, address: str, value: Any) -> None:
        if self._owners_gone:
            self._forget()
        prefix = address
        while prefix:
            self._tell_at(prefix, address, value)
            prefix = prefix.rpartition("/")[0]
        self._tell_at("/", address, value)
        self.changed.emit(address, value)

    def _tell_at(self, prefix: str, address: str, value: Any) -> None:
        for owner, told in tuple(self._watchers.get(prefix, ())):
            if not sip.isdeleted(owner):
                told(address, value)


def _under(prefix: str, address: str) -> bool:
    return prefix == address or prefix == "/" or address.startswith(prefix.rstrip("/") + "/")
