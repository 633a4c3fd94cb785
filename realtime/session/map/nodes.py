"""/learn, /map, /controllers and /key in the tree; setters check at once and let the map thread do it; [any but audio]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from realtime.control.tree import READ, WRITE, Node
from realtime.native.errors import AntiphonError
from realtime.session.order import read_order

MOST_LAYERS = 127
_EXAMPLE = '{"source": {"number": 21}, "targets": [{"address": "/rack/1/mix"}]}'


class Mapped(Protocol):
    """What the nodes need of the map."""

    learn: Any
    session: Any
    layer: int
    page: int
    part: str

    def order(self, work: Callable[[], Any]) -> None: ...
    def put(self, table: Any) -> None: ...
    def remove(self, name: str) -> None: ...
    def key(self, name: str, down: bool) -> None: ...
    def set_layer(self, layer: int) -> None: ...
    def set_page(self, page: int) -> None: ...
    def set_part(self, part: str) -> None: ...
    def choose_profile(self, port: str, profile: str) -> None: ...
    def keep_learned(self) -> None: ...
    def listing(self) -> str: ...
    def controller_listing(self) -> str: ...
    def profile_listing(self) -> str: ...


def map_nodes(maps: Mapped) -> list[Node]:
    """All nodes of the map."""

    def unlocked(work: Callable[[Any], Any]) -> Callable[[Any], None]:
        """In perform mode no control gets another meaning."""

        def ask(value: Any) -> None:
            maps.session.editor.check_unlocked()
            work(value)

        return ask

    def start(address: str) -> None:
        maps.learn.check(address)
        maps.order(lambda: maps.learn.start(address))

    def keep(_: Any) -> None:
        maps.learn.check_kept()
        maps.order(maps.keep_learned)

    def choose(address: str) -> None:
        maps.learn.check_choice(address)
        maps.order(lambda: maps.learn.choose(address))

    def put(text: str) -> None:
        maps.put(read_order(text, "/map/set", _EXAMPLE))

    def profile(text: str) -> None:
        found = read_order(text, "/controllers/profile", '{"port": "KEYS", "profile": ""}')
        port, name = found.get("port"), found.get("profile", "")
        if not isinstance(port, str) or not port or not isinstance(name, str):
            raise AntiphonError(
                '/controllers/profile: say {"port": its name, "profile": a name of presets/controllers}'
            )
        maps.choose_profile(port, name)

    number = (0, MOST_LAYERS)
    return [
        Node("/learn/start", "s", WRITE, set=unlocked(start), title="Learn",
             description='Wait for the control that shall move this address; "" waits for a parameter, too.'),
        Node("/learn/cancel", "I", WRITE, set=lambda _: maps.order(maps.learn.cancel), title="Cancel learning",
             description="Nothing has changed."),
        Node("/learn/keep", "I", WRITE, set=unlocked(keep), title="Keep",
             description="What was learned becomes an assignment."),
        Node("/learn/choose", "s", WRITE, set=choose, title="Choose",
             description='Which of the candidates the control shall move: an address, or "all".'),
        Node("/learn/state", "s", READ, get=lambda: maps.learn.state(), title="Learning",
             description="JSON: waiting (address), heard (text), candidates (addresses that the control would move)."),
        Node("/map/list", "s", READ, get=maps.listing, title="Assignments",
             description="JSON list: what each control moves, and whether it has it in its hand (waiting, caught)."),
        Node("/map/set", "s", WRITE, set=unlocked(put), title="Assign",
             description="One assignment as JSON; with the id of one that there is it takes its place."),
        Node("/map/remove", "s", WRITE, set=unlocked(maps.remove), title="Remove an assignment", description="By its id."),
        Node("/map/layer", "i", range=number, default=0, get=lambda: maps.layer, set=maps.set_layer, title="Layer",
             description="Assignments of this layer lie over those of layer 0."),
        Node("/map/page", "i", range=number, default=0, get=lambda: maps.page, set=maps.set_page, title="Page",
             description="Assignments of this page lie over those of page 0; the boxes show it."),
        Node("/map/part", "s", get=lambda: maps.part, set=maps.set_part, title="Part",
             description='The part of the song whose assignments (scope "part") are in force.'),
        Node("/controllers/list", "s", READ, get=maps.controller_listing, title="Controllers",
             description="JSON list: each port with its profile and controls, connected or not."),
        Node("/controllers/profiles", "s", READ, get=maps.profile_listing, title="Profiles",
             description="JSON list of all profiles that a port can have: profile, title, ports (patterns of names)."),
        Node("/controllers/profile", "s", WRITE, set=unlocked(profile), title="Profile of a port",
             description='JSON {"port", "profile"}; profile "" goes by the name of the port.'),
        Node("/key", "si", WRITE, (0, 1), set=lambda pair: maps.key(pair[0], bool(pair[1])), title="Computer key",
             description="Name of a key of the computer, 1 down, 0 up: a control like any other."),
    ]  # fmt: skip
