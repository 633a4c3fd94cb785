"""Whom a player hears, and which tracks and MIDI channels its lanes go to: as words, and as menus that edit it; Qt thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QMenu, QWidget

from ui import strings
from ui.state import layout, reading
from ui.state.band import Lane, Member, is_playable, rerouted, sources, tracks_of
from ui.state.layout import Layout
from ui.store import Store
from ui.style.draw import menu_text

EDIT_PLAYER, EDIT_TRACK = "/edit/set_player", "/edit/set_track"


class Routes:
    """The ways between players and tracks. Every change is an edit of the tree, so that undo takes it back."""

    def __init__(self, store: Store, band: Callable[[], Iterable[Member]]) -> None:
        self.store, self.band = store, band

    @property
    def layout(self) -> Layout:
        """The rack as the tree tells of it."""
        return layout.read(self.store.value("/rack/layout"))

    # words

    def spoken(self, name: str) -> str:
        """A source as a person says it: "your keys", "1 Answer", "2 Comp bass"."""
        parts = name.split(" ", 2)
        if parts[0] == "player" and len(parts) > 1:
            title = next((f"{one.number} {one.title}" for one in self.band() if str(one.number) == parts[1]), name)
            return strings.A_PLAYER_OF.format(title, parts[2]) if len(parts) > 2 else title
        return strings.HEARD_NAMES.get(name, name)

    def hears(self, member: Member) -> str:
        """Whom a player hears."""
        names = ", ".join(self.spoken(name) for name in member.hears)
        return strings.HEARS_WHOM.format(names) if names else strings.HEARS_NOBODY

    def lane_words(self, member: Member, lane: Lane) -> str:
        """Where a lane goes: "bells · ch 2 · MIDI out"."""
        tracks = [chain.title or chain.name for chain in tracks_of(self.layout, member.number, lane.name)]
        parts = [", ".join(tracks) or strings.GOES_NOWHERE, strings.LANE_CHANNEL.format(lane.channel)]
        return " · ".join([*parts, *([lane.port or self.port()] if lane.midi else [])])

    def plays(self, member: Member) -> str:
        """Where all lanes go, in one line."""
        if len(member.lanes) == 1:
            return strings.THEN.format(self.lane_words(member, member.lanes[0]))
        found = [(lane.name, tracks_of(self.layout, member.number, lane.name)) for lane in member.lanes]
        ways = [
            strings.LANE_LINE.format(name, ", ".join(one.title or one.name for one in tracks) or strings.GOES_NOWHERE)
            for name, tracks in found
        ]
        same = {tuple(one.key for one in tracks) for _, tracks in found}
        if len(same) == 1 and found[0][1]:
            return strings.THEN.format(", ".join(one.title or one.name for one in found[0][1]))
        return ", ".join(ways)

    def port(self) -> str:
        """MIDI out, by the name of the port that is open; it alone where there is none."""
        rows = reading.listed(self.store.value("/midi/ports"))
        names = [str(one.get("name")) for one in rows if one.get("direction") == "out" and one.get("open")]
        return names[0] if len(names) == 1 else strings.LANE_MIDI

    # menus

    def open_hears(self, at: QWidget, member: Member) -> QMenu:
        """All that can be heard, to check or not."""
        menu = QMenu(at)
        for name in sources(self.band(), but=member.number):
            act = menu.addAction(menu_text(self.spoken(name)), lambda name=name: self.hear(member, name))
            act.setCheckable(True)
            act.setChecked(name in member.hears)
        return _popped(menu, at)

    def open_tracks(self, at: QWidget, member: Member, lane: Lane) -> QMenu:
        """The tracks that a lane may sound on."""
        menu = QMenu(at)
        found = self.layout
        heard = {chain.key for chain in tracks_of(found, member.number, lane.name)}
        for chain in found.chains:
            if is_playable(chain):
                names = rerouted(chain, member.number, lane.name, [one.name for one in member.lanes])
                body = {"track": chain.name, "hears": names}
                act = menu.addAction(
                    menu_text(chain.title or chain.name), lambda body=body: self.store.send_json(EDIT_TRACK, body)
                )
                act.setCheckable(True)
                act.setChecked(chain.key in heard)
                act.setEnabled("players" not in chain.hears)
        return _popped(menu, at)

    def open_ports(self, at: QWidget, member: Member, lane: Lane) -> QMenu:
        """No MIDI, Antiphon's own output, or one of those that are there; one that is missing stays chosen."""
        menu = QMenu(at)
        names = reading.names(self.store.value("/midi/outputs"))
        ways: list[tuple[str, dict[str, Any]]] = [
            (strings.NO_MIDI, {"midi": False}),
            (self.port(), {"midi": True, "port": ""}),
        ]
        ways += [(name, {"midi": True, "port": name}) for name in names]
        if lane.port and lane.port not in names:
            ways.append((strings.MISSING_PORT.format(lane.port), {"midi": True, "port": lane.port}))
        for said, parts in ways:
            act = menu.addAction(menu_text(said), lambda parts=parts: self.set_lane(member, lane.name, **parts))
            act.setCheckable(True)
            act.setChecked(lane.port == parts["port"] if parts["midi"] and lane.midi else parts["midi"] == lane.midi)
        return _popped(menu, at)

    def open_channels(self, at: QWidget, member: Member, lane: Lane) -> QMenu:
        """Its sixteen channels, with who has them."""
        menu = QMenu(at)
        taken = {one.channel: one.name for one in member.lanes if one.name != lane.name}
        for channel in range(1, 17):
            said = strings.CHANNEL.format(channel) + (f" ({taken[channel]})" if channel in taken else "")
            act = menu.addAction(
                menu_text(said), lambda channel=channel: self.set_lane(member, lane.name, channel=channel)
            )
            act.setCheckable(True)
            act.setChecked(channel == lane.channel)
        return _popped(menu, at)

    # edits

    def hear(self, member: Member, name: str) -> None:
        """Lets a player hear a source, or no longer."""
        heard = [one for one in member.hears if one != name] if name in member.hears else [*member.hears, name]
        self.store.send_json(EDIT_PLAYER, {"number": member.number, "hears": heard})

    def set_lane(self, member: Member, name: str, **parts: Any) -> None:
        """channel, midi, program or port of a lane. A lane that has the channel takes the one given up."""
        former = next(one for one in member.lanes if one.name == name)
        rows = {}
        for lane in member.lanes:
            row: dict[str, Any] = {
                "channel": lane.channel, "midi": lane.midi, "program": lane.program, "port": lane.port,
            }  # fmt: skip
            if lane.name == name:
                row |= parts
            elif parts.get("channel") == lane.channel:
                row["channel"] = former.channel
            row = {key: value for key, value in row.items() if value != "" and (key != "program" or value >= 0)}
            rows[lane.name] = row
        self.store.send_json(EDIT_PLAYER, {"number": member.number, "lanes": rows})


def _popped(menu: QMenu, at: QWidget) -> QMenu:
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at.mapToGlobal(QPoint(0, at.height())))
    return menu
