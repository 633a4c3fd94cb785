"""The MIDI ports as the performer wants them: which are used, how each is set up, what comes and goes; [main].

Settings are kept by the ports' names, so that they are there again when the port is.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from realtime.drivers.jack import JackDriver
from realtime.engine.layout import PANEL_SOURCE, PLAYER_SOURCE, PORT_SOURCE
from realtime.midi.describe import Describer
from realtime.midi.port_settings import PortSettings, as_table, port_table, read_settings
from realtime.native.errors import AntiphonError
from realtime.session.audio_wish import read_object
from realtime.session.instrument import Rigged
from realtime.session.midi_io import NATIVE_IN, NATIVE_OUT
from realtime.session.midi_monitor import MidiMonitor

MOST_TRANSPOSED = 48
PANEL = "panel"
_LOOK_S, _LOOP_S = 0.1, 1.0
_SECOND = 1.0
_PLAIN = PortSettings()


class MidiRig:
    """session: the one it belongs to. `ports` is the JSON of /midi/ports."""

    def __init__(self, session: Rigged):
        self._session = session
        self._lock = threading.RLock()
        kept = session.rig.get("midi")
        self.ask, self.thru = kept.get("ask") is True, kept.get("thru") is True
        self.transpose = 0
        self.known, self.ignored = _names(kept.get("use")), _names(kept.get("ignore"))
        self._settings = self._read_settings()
        self._published: dict[int, tuple[Any, ...]] = {}
        self._engine: Any = None
        self._asked: set[str] = set()
        self._open: dict[str, int] = {}
        self._started = False
        self._counts: dict[str, int] = {}
        self._heard: dict[str, float] = {}
        self._last: dict[str, str] = {}
        self._looped: set[int] = set()
        self._lost = 0
        self._next = self._next_loop = 0.0
        self.ports = "[]"
        self.monitor = MidiMonitor(session, self.names)

    def _read_settings(self) -> dict[str, PortSettings]:
        found: dict[str, PortSettings] = {}
        for name, table in self._session.rig.get("midi", "ports").items():
            try:
                found[name] = read_settings(dict(table), f"the rig file, port {name!r}")
            except (AntiphonError, TypeError, ValueError) as error:
                self._session.say(f"{error}; the port is used as it comes")
        return found

    # -- what the tree reads and sets ---------------------------------------------------------------------------------

    def getters(self) -> dict[str, Callable[[], Any]]:
        """What the tree reads."""
        return {
            "/midi/ports": lambda: self.ports,
            "/midi/outputs": self._outputs, "/midi/ask": lambda: self.ask, "/midi/thru": lambda: self.thru,
            "/midi/transpose": lambda: self.transpose, "/midi/monitor": self.monitor.read,
            "/midi/watch": lambda: self.monitor.watched, "/midi/settings": self._all_settings,
        }  # fmt: skip

    def setters(self) -> dict[str, Callable[[Any], Any]]:
        """What the tree sets; all return at once."""
        do = self._session.do
        return {
            "/midi/use": lambda name: do(lambda: self.use(name), "using a MIDI port"),
            "/midi/ignore": lambda name: do(lambda: self.ignore(name), "ignoring a MIDI port"),
            "/midi/ask": lambda on: do(lambda: self.set_ask(on), "the MIDI ports"),
            "/midi/thru": lambda on: do(lambda: self.set_thru(on), "MIDI thru"),
            "/midi/transpose": self.set_transpose,
            "/midi/watch": self.monitor.watch,
            "/midi/port": self.request_port,
        }

    def _all_settings(self) -> str:
        return json.dumps({name: as_table(settings) for name, settings in sorted(self._settings.items())})

    def request_port(self, text: str) -> None:
        """/midi/port: set a port up, soon. Raises AntiphonError for what cannot be meant. [any but audio]"""
        wish = read_object(text, ("port", *PortSettings.__dataclass_fields__), "/midi/port")
        name = wish.pop("port", None)
        if not isinstance(name, str) or not name:
            raise AntiphonError('/midi/port: "port" names the port, as /midi/ports lists it')
        settings = read_settings(wish, f"/midi/port: {name[:60]}", self._settings.get(name))
        self._session.do(lambda: self.set_port(name, settings), "setting up a MIDI port")

    def set_port(self, name: str, settings: PortSettings) -> None:
        """Keep and use the settings of a port, whether it is there or not."""
        with self._lock:
            self._settings[name] = settings
            self._trust({source for source, one in self.names().items() if one == name})
        self.publish()
        self._session.rig.put(("midi", "ports"), {name: as_table(settings) or None})

    def settings(self, name: str) -> PortSettings:
        """What is set for a port."""
        return self._settings.get(name, _PLAIN)

    def set_transpose(self, semitones: int) -> None:
        """Everything that is played by hand, but drums. [any but audio]"""
        self.transpose = semitones
        self._session.do(self.publish, "transposing")

    def set_thru(self, on: bool) -> None:
        """On to MIDI out, but for the ports that say otherwise."""
        self.thru = on
        self._trust(set(self.names()))
        self.publish()
        self._keep()

    def _trust(self, sources: set[int]) -> None:
        """A loop that was cut may have been taken away."""
        self._looped -= sources
        for source in sources:
            if source < PLAYER_SOURCE:
                self._session.engine.port_states["thru_cut"][source] = 0

    # -- which are used -----------------------------------------------------------------------------------------------

    def set_ask(self, on: bool) -> None:
        """Whether a port that nobody knows yet waits until it is used or ignored."""
        self.ask = on
        self._asked.clear()
        self._keep()
        self._rescan()

    def use(self, name: str) -> None:
        """Open a port now and whenever it is there."""
        with self._lock:
            self.known.add(name)
            self.ignored.discard(name)
            self._asked.discard(name)
        self._keep()
        self._rescan()

    def ignore(self, name: str) -> None:
        """Close a port and leave it closed; what it holds ends."""
        with self._lock:
            self.ignored.add(name)
            self.known.discard(name)
            self._asked.discard(name)
        self._keep()
        self._rescan()

    def _keep(self) -> None:
        values = {"ask": self.ask, "thru": self.thru, "use": sorted(self.known), "ignore": sorted(self.ignored)}
        self._session.rig.put(("midi",), values)

    def _rescan(self) -> None:
        if self._session.midi is not None:
            self._session.midi.ports.rescan(0.0)

    # -- the policy that the ports ask --------------------------------------------------------------------------------

    def allowed(self, name: str) -> bool:
        """Whether an input may be open. [scan thread]"""
        with self._lock:
            if name in self.ignored:
                return False
            if not self.ask or name in self.known:
                return True
            new = name not in self._asked
            self._asked.add(name)
        if new:
            self._session.say(f"MIDI port '{name}' is there: use it or ignore it")
        return False

    def opened(self, source: int, name: str) -> None:
        """It is set up before its first message. [scan thread]"""
        with self._lock:
            self._open[name] = source
            self._asked.discard(name)
        self.publish()
        if self._started:
            self._session.say(f"MIDI port '{name}' is there and used")

    def closed(self, source: int, name: str) -> None:
        """It has been unplugged. [scan thread]"""
        with self._lock:
            self._open.pop(name, None)
        what = "is used no longer" if name in self.ignored else "has gone; what it held is released"
        self._session.say(f"MIDI port '{name}' {what}")

    def sysex(self, source: int, data: bytes) -> bool:
        """Whether a dump may go on to MIDI out. [MIDI thread]"""
        self.monitor.long(source, data)
        name = self.names().get(source, "")
        return "sysex" not in self.settings(name).filter

    # -- the callback's tables ----------------------------------------------------------------------------------------

    def names(self) -> dict[int, str]:
        """The engine's sources of the ports, by number. [any but audio]"""
        midi, driver = self._session.midi, self._session.driver
        found = {PANEL_SOURCE: PANEL}
        if midi is not None:
            return found | midi.sources
        return found | ({PORT_SOURCE: NATIVE_IN} if driver.native_midi else {})

    def publish(self) -> None:
        """Give the callback what has changed. [main, scan thread]"""
        with self._lock:
            engine = self._session.engine
            if engine is not self._engine:
                self._engine, self._published, self._counts = engine, {}, {}
            for source, name in self.names().items():
                if source < PLAYER_SOURCE:
                    self._publish(source, self.settings(name))
            midi = self._session.midi
            if midi is not None:
                midi.ports.insensible = frozenset(
                    name for name, one in self._settings.items() if "active_sensing" in one.filter
                )

    def _publish(self, source: int, settings: PortSettings) -> None:
        thru = self.thru and source not in self._looped and source != PANEL_SOURCE
        wanted = (settings, self.transpose, thru, source in self._looped)
        if self._published.get(source, (_PLAIN, 0, False, False)) == wanted:
            return
        self._published[source] = wanted
        table = port_table(settings, self.transpose, thru)
        if source in self._looped:
            table["thru"] = 0
        self._engine.set_port_map(source, table)

    # -- what is seen -------------------------------------------------------------------------------------------------

    def attend(self) -> None:
        """With every tick: a new engine gets its tables, activity is read, loops are cut."""
        self._started = True
        now = time.monotonic()
        self.monitor.attend()
        if self._engine is not self._session.engine:
            self.publish()
        if now < self._next:
            return
        self._next = now + _LOOK_S
        self._read_activity(now)
        self.ports = json.dumps(self._rows(now))
        if now >= self._next_loop:
            self._next_loop = now + _LOOP_S
            self._cut_loops()
            self._tell_lost()

    def _read_activity(self, now: float) -> None:
        states, record = self._session.engine.port_states, self._session.engine.record
        for source, name in self.names().items():
            if source < PLAYER_SOURCE:
                self._note(name, int(states["count"][source]), int(states["last"][source]), now)
        self._note(self._out_name(), int(record["out_count"][0]), int(record["out_last"][0]), now)

    def _note(self, name: str, count: int, last: int, now: float) -> None:
        if count == self._counts.get(name, 0):
            return
        self._counts[name] = count
        self._heard[name] = now
        self._last[name] = Describer().text(last.to_bytes(8, "little")[: last >> 24])

    def _out_name(self) -> str:
        return NATIVE_OUT if self._session.driver.native_midi else "Antiphon out"

    def _rows(self, now: float) -> list[dict[str, Any]]:
        midi, driver = self._session.midi, self._session.driver
        opened = set(self._open) | ({NATIVE_IN} if driver.native_midi else set())
        present = set(midi.ports.present) if midi is not None else set()
        names = dict.fromkeys([*self.names().values(), *sorted(present | self.ignored | self._asked)])
        rows = [self._row(name, "in", name in opened, name in opened | present, now) for name in names if name != PANEL]
        outs = midi.ports.status()["outputs"] if midi is not None else []
        outs = [*([NATIVE_OUT] if driver.native_midi else []), *outs]
        return rows + [self._row(name, "out", True, True, now) for name in outs]

    def _outputs(self) -> str:
        """JSON: the outputs that a lane can be sent to by name."""
        midi = self._session.midi
        return json.dumps(list(midi.ports.there) if midi is not None else [])

    def _row(self, name: str, direction: str, opened: bool, present: bool, now: float) -> dict[str, Any]:
        heard = self._heard.get(name)
        age = now - heard if heard is not None else _SECOND
        seen = ""
        if heard is not None:
            at = datetime.fromtimestamp(time.time() - age).strftime("%H:%M:%S")
            seen = at if present else f"not seen since {at}"
        elif not present:
            seen = "not seen"
        return {
            "name": name, "direction": direction, "open": opened, "present": present, "ignored": name in self.ignored,
            "asked": name in self._asked, "activity": round(max(0.0, 1.0 - age / _SECOND), 2),
            "last": self._last.get(name, ""), "seen": seen, "thru": self._goes_on(name) if direction == "in" else False,
        }  # fmt: skip

    def _goes_on(self, name: str) -> bool:
        own = self.settings(name).thru
        return self.thru if own is None else own

    def _cut_loops(self) -> None:
        """What goes out must not come in again."""
        found = {int(source) for source in range(PLAYER_SOURCE) if self._session.engine.port_states["thru_cut"][source]}
        if self._is_cabled_to_itself():
            found.add(PORT_SOURCE)
        names = self.names()
        for source in found - self._looped:
            name = names.get(source, str(source))
            if self._goes_on(name):
                self._looped.add(source)
                self._session.say(
                    f"MIDI thru of '{name}' is off: what goes out comes in again; set thru anew without the loop"
                )
                self.publish()

    def _tell_lost(self) -> None:
        """Messages out that found no room."""
        session = self._session
        lost = int(session.driver.control.record["midi_lost"]) + (
            session.midi.ports.lost if session.midi is not None else 0
        )
        if lost > self._lost:
            more = lost - self._lost
            session.say(f"MIDI out: {more} message{'s' if more > 1 else ''} found no room and did not go out")
        self._lost = lost

    def _is_cabled_to_itself(self) -> bool:
        driver, midi = self._session.driver, self._session.midi
        if not any(self._goes_on(name) for name in self.names().values()):
            return False
        if isinstance(driver, JackDriver):
            return any(port == NATIVE_OUT and other.endswith(f":{NATIVE_IN}") and other.startswith(driver.client_name)
                       for port, other in driver.patchbay.cables)  # fmt: skip
        return midi is not None and any("Antiphon out" in peer for peer in midi.ports.peers)


def _names(value: Any) -> set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, list) else set()
