"""The boxes that are plugged in: which profile each port has, where its lights are sent, what its controls say; [map thread].

Ports are known by their lasting names: what was unplugged and comes back, on whatever socket, is the same box.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime.engine.layout import PLAYER_SOURCE, PORT_SOURCE
from realtime.midi.backend import matches
from realtime.midi.map.profile import Profile, load_profiles
from realtime.midi.map.source import Source
from realtime.native.errors import AntiphonError, nearest
from realtime.native.whole_file import whole_file
from realtime.session.paths import PRESETS, user_folder
from realtime.session.scene_write import rows

ANYONE = (1 << PLAYER_SOURCE) - 2
"""Mask of all outside sources but the panel."""


@dataclass
class Port:
    """One port that is or was there. source: the engine's number. out: name of the output for its lights, "" = ours."""

    name: str
    source: int
    profile: Profile | None = None
    connected: bool = True
    out: str | None = None


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    try:
        return name in patterns or matches(name, patterns)
    except AntiphonError:
        return False


class Controllers:
    """inputs(): (name, engine source) of each port that is open now; outputs(): the names of open outputs."""

    def __init__(
        self, inputs: Callable[[], list[tuple[str, int]]], outputs: Callable[[], list[str]], say: Callable[[str], Any]
    ):
        self._inputs, self._outputs, self._say = inputs, outputs, say
        self.profiles = load_profiles((PRESETS / "controllers", user_folder("controllers")), say)
        self.ports: dict[str, Port] = {}
        self._chosen = self._read_chosen()

    # -- plugging -----------------------------------------------------------------------------------------------------

    def look(self) -> tuple[bool, list[Port]]:
        """Look at the ports again: (whether anything has changed, those that have come)."""
        present, outputs = dict(self._inputs()), self._outputs()
        come, changed = [], False
        for name, source in present.items():
            port = self.ports.get(name)
            if port is None or not port.connected or port.source != source:
                port = self.ports[name] = Port(name, source, self.profile_for(name))
                come.append(port)
            out = self._out_of(port, outputs)
            if out != port.out:
                port.out = out
                come += [] if port in come else [port]
        for port in self.ports.values():
            if port.connected and port.name not in present:
                port.connected, port.out, changed = False, None, True
        return changed or bool(come), come

    def _out_of(self, port: Port, outputs: list[str]) -> str | None:
        """Where its lights are heard: "" = our own MIDI out; None = nowhere now."""
        if port.source == PORT_SOURCE:
            return ""
        if port.name in outputs:
            return port.name
        patterns = port.profile.outputs if port.profile is not None else ()
        return next((name for name in outputs if _matches(name, patterns)), None)

    def wanted_outputs(self, answered: set[str]) -> tuple[str, ...]:
        """Patterns of the outputs to open: of the boxes with a profile, and of the ports named."""
        names = [p.name for p in self.ports.values() if p.source != PORT_SOURCE and (p.profile or p.name in answered)]
        patterns = [pattern for p in self.ports.values() if p.profile and p.connected for pattern in p.profile.outputs]
        return tuple(dict.fromkeys([*(f"/^{_escape(name)}$/" for name in names), *patterns]))

    # -- profiles -----------------------------------------------------------------------------------------------------

    def profile_for(self, name: str) -> Profile | None:
        """The profile chosen for a port, or else the first whose patterns its name matches; the longest pattern wins."""
        if name in self._chosen:
            return self.profiles.get(self._chosen[name])
        found = [
            (len(pattern), profile)
            for profile in self.profiles.values()
            for pattern in profile.ports
            if _matches(name, (pattern,))
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def choose(self, port: str, profile: str) -> None:
        """Give a port a profile by name; "" = the one that its name says. Raises AntiphonError."""
        if profile and profile not in self.profiles:
            raise AntiphonError(f"there is no controller profile {profile!r:.60}; {nearest(profile, self.profiles)}")
        if profile:
            self._chosen[port] = profile
        else:
            self._chosen.pop(port, None)
        if port in self.ports:
            self.ports[port].profile = self.profile_for(port)
            self.ports[port].out = None  # seen as new by the next look
        self._write_chosen()

    def _read_chosen(self) -> dict[str, str]:
        path = user_folder("maps") / "controllers.toml"
        try:
            found = tomllib.loads(path.read_text("utf-8")).get("profile", {}) if path.is_file() else {}
            return {str(port): str(name) for port, name in found.items() if name in self.profiles}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
            self._say(f"the chosen controller profiles are not used: {path}: {error}")
            return {}

    def _write_chosen(self) -> None:
        path = user_folder("maps") / "controllers.toml"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as part:
                part.write_text("\n".join(["[profile]", *rows(self._chosen), ""]), "utf-8")
        except OSError as error:
            self._say(
                f"the profile of a controller cannot be kept in {path} ({error.strerror}); it holds until the end"
            )

    # -- what controls say --------------------------------------------------------------------------------------------

    def resolve(self, source: Source) -> list[tuple[int, Source]]:
        """(mask of engine sources, message) of an assignment's control: at its port by name; if that is not there, on any
        box that has a control of the same role; empty while none is."""
        if source.kind == "key":
            return [(0, source)]
        there = [port for port in self.ports.values() if port.connected]
        at = [port for port in there if source.port and _matches(port.name, (source.port,))]
        if source.control:
            found = [hit for port in (at or there) if (hit := self._control(port, source))]
            if found:
                return found
        if not source.port:
            return [] if source.control and source.number < 0 and source.kind == "cc" else [(ANYONE, source)]
        has_message = source.number >= 0 or source.kind in ("bend", "pressure", "note", "velocity", "program")
        return [(1 << port.source, source) for port in at if has_message]

    @staticmethod
    def _control(port: Port, source: Source) -> tuple[int, Source] | None:
        control = port.profile.find(source.control) if port.profile is not None else None
        if control is None:
            return None
        said = control.source
        kind = "velocity" if source.kind == "velocity" and said.kind == "note" else said.kind
        return 1 << port.source, Source(
            kind, said.channel, said.number, said.wide, said.coding, port.name, source.control
        )

    def by_source(self, source: int) -> Port | None:
        """The port of an engine's source number."""
        return next((port for port in self.ports.values() if port.source == source and port.connected), None)

    def named(self, source: Source, port: int) -> Source:
        """A source that was heard, with its port and the role of its control, so that it is found again elsewhere."""
        where = self.by_source(port)
        if where is None:
            return source
        control = where.profile.of(source) if where.profile is not None else None
        if control is None:
            return Source(**{**source.to_dict(), "port": where.name})
        coding = control.source.coding or source.coding
        return Source(
            source.kind, source.channel, source.number, source.wide, coding, where.name, control.role or control.name
        )

    def listing(self) -> list[Mapping[str, Any]]:
        """For the panel: each port, its profile and controls."""
        return [
            {
                "port": port.name, "profile": port.profile.name if port.profile else "",
                "title": port.profile.title if port.profile else port.name, "connected": port.connected,
                "lights": port.out is not None and port.profile is not None,
                "controls": [one.to_dict() for one in port.profile.controls] if port.profile else [],
            }
            for port in self.ports.values()
        ]  # fmt: skip


def _escape(name: str) -> str:

    return re.escape(name)
