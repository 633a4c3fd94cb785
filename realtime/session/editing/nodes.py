"""Editing in the control tree: /edit, /undo, /save, /scene/..., and the lists that a panel draws; [main], control thread."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from realtime.contract.option import Option
from realtime.control.tree import READ, WRITE, Node
from realtime.devices.registry import devices
from realtime.native.errors import AntiphonError
from realtime.players.registry import about, player_class, player_names
from realtime.session.document.paste import ALL
from realtime.session.editing import library
from realtime.session.editing.audition import EXAMPLE, Audition
from realtime.session.editing.desk import MACRO_KEYS, Desk
from realtime.session.editing.editor import Editor
from realtime.session.editing.keeper import Keeper
from realtime.session.editing.recovery import Recovery
from realtime.session.order import read_order

OF_DESK = (("copy", ("uid", "track", "bus")), ("set_macro", MACRO_KEYS))
"""What is no edit of a scene by itself: name, keys of its order."""
_LIST_S = 1.0
"""How old a list of files may be."""


@cache
def device_list() -> str:
    """Every device that can be added, as JSON."""
    return json.dumps(
        [
            {
                "device": one.name, "title": one.title, "kind": one.kind, "doc": one.doc,
                "options": list(one.option_names), "params": len(one.params),
            }
            for one in devices().values()
        ]
    )  # fmt: skip


def player_list() -> list[dict[str, Any]]:
    """Every player that can be added; one whose file cannot be run is left out."""
    found = []
    for name in player_names():
        with contextlib.suppress(AntiphonError):
            player = player_class(name)
            found.append(
                {"player": name, "title": name.capitalize(), "doc": about(player), "lanes": list(player.LANES),
                 "drums": sorted(player.UNPITCHED), "options": [_option(row) for row in player.OPTIONS],
                 "params": len(player.TABLE)}
            )  # fmt: skip
    return found


def _option(row: Option) -> dict[str, Any]:
    return {"name": row.name, "default": row.default, "choices": row.choices, "doc": row.text()}


class Listing:
    """A list of files as JSON, read again when it is old."""

    def __init__(self, read: Callable[[], list[dict[str, Any]]]):
        self._read, self._until, self._text = read, 0.0, "[]"

    def __call__(self) -> str:
        now = time.monotonic()
        if now >= self._until:
            self._text, self._until = json.dumps(self._read()), now + _LIST_S
        return self._text


def layout_node(editor: Editor) -> Node:
    """/rack/layout: comes and goes with the rack."""
    return Node("/rack/layout", "s", READ, get=editor.shown_layout, poll=True, title="Layout",
                description="JSON: tracks, buses, master and players, each with its uid and its place in the tree.")  # fmt: skip


def nodes(editor: Editor, recovery: Recovery) -> list[Node]:
    """All of it, for the tree's fixed part."""
    do, keeper, desk = editor.session.do, Keeper(editor), Desk(editor)

    def job(work: Callable[[Any], Any], what: str) -> Callable[[Any], None]:
        return lambda value: do(partial(work, value), what)

    def trigger(work: Callable[[], Any], what: str) -> Callable[[Any], None]:
        return lambda _value: do(work, what)

    audition = Audition(editor, desk.load)

    def hear(text: str) -> None:
        wanted = read_order(text, "/audition/hear", EXAMPLE)
        editor.check_unlocked()
        do(lambda: audition.hear(wanted), "hearing it")

    special = {"paste": desk.paste, "load": desk.load, "copy": desk.copy, "set_macro": desk.set_macro}

    def edit(name: str) -> Callable[[str], None]:
        def ask(text: str) -> None:
            wanted = read_order(text or "{}", f"/edit/{name}", '{"uid": 7}')
            if name != "copy":
                editor.check_unlocked()
            work = special.get(name, partial(editor.edit, name))
            do(lambda: work(wanted), name.replace("_", " "))

        return ask

    def text(address: str, get: Callable[[], str], title: str, description: str, poll: bool = True) -> Node:
        return Node(address, "s", READ, get=get, poll=poll, title=title, description=description)

    def write(address: str, set: Callable[[str], Any], title: str, description: str) -> Node:
        return Node(address, "s", WRITE, set=set, title=title, description=description)

    found = [
        write(f"/edit/{name}", edit(name), name.replace("_", " ").capitalize(), f"JSON object: {', '.join(known)}.")
        for name, known in [*((name, known) for name, (_, known) in ALL.items()), *OF_DESK]
    ]
    morph = editor.morph

    def position(value: float) -> None:
        morph.move(editor.live, value)

    return [
        *found,
        text("/edit/clipboard", lambda: desk.clipboard, "Clipboard", "What was copied, as TOML."),
        write("/snapshot/store", job(desk.store_snapshot, "storing a snapshot"), "Store", "Name of a snapshot."),
        write("/snapshot/recall", job(desk.recall_snapshot, "recalling a snapshot"), "Recall", "Name of a snapshot."),
        write("/snapshot/remove", job(desk.remove_snapshot, "removing a snapshot"), "Remove", "Name of a snapshot."),
        text("/snapshot/list", editor.shown_snapshots, "Snapshots", "JSON list."),
        text("/snapshot/current", lambda: desk.current_snapshot, "Snapshot", "The one recalled or stored last."),
        Node("/morph/from", "s", get=lambda: morph.start, set=lambda name: morph.choose(start=name), title="Morph from",
             description="Name of a snapshot."),
        Node("/morph/to", "s", get=lambda: morph.end, set=lambda name: morph.choose(end=name), title="Morph to",
             description="Name of a snapshot."),
        Node("/morph/position", "f", range=(0.0, 1.0), default=0.0, get=lambda: morph.position, set=position, title="Morph",
             description="From the first snapshot (0) to the second (1); what is moved by hand meanwhile stays."),
        write("/audition/hear", hear, "Hear", "JSON: title, and one of scene, load, replace_device (orders as of /edit)."),
        text("/audition/heard", lambda: audition.heard, "Heard", "What is heard before it is chosen, or empty."),
        Node("/audition/keep", "I", WRITE, set=trigger(audition.keep, "keeping it"), title="Keep what is heard"),
        Node("/audition/back", "I", WRITE, set=trigger(audition.back, "going back"), title="Back to what was before"),
        text("/recover/offer", lambda: recovery.offer, "Recover", "What the last run left unsaved, or empty."),
        Node("/recover/take", "I", WRITE, set=trigger(recovery.take, "recovering"), title="Take it back"),
        Node("/recover/drop", "I", WRITE, set=trigger(recovery.drop, "dropping"), title="Drop it"),
        Node("/undo", "I", WRITE, set=trigger(editor.undo, "undo"), title="Undo", description="One step back."),
        Node("/redo", "I", WRITE, set=trigger(editor.redo, "redo"), title="Redo", description="One step forth again."),
        text("/undo/name", lambda: editor.history.next_undo, "Undo", "What would be undone."),
        text("/redo/name", lambda: editor.history.next_redo, "Redo", "What would be redone."),
        text("/history", lambda: json.dumps(editor.history.names), "History", "JSON list of what was done, newest last."),
        write("/save", job(keeper.save, "saving the scene"), "Save", 'A name to save as, "" to save in place.'),
        Node("/save/changed", "T", READ, get=lambda: editor.is_changed, poll=True, title="Changed",
             description="Whether the scene differs from its file."),
        text("/save/name", lambda: editor.place.name, "Name", "The scene's name."),
        write("/scene/rename", job(keeper.rename, "renaming the scene"), "Rename", "The scene's new name."),
        write("/scene/delete", job(keeper.delete, "deleting a scene"), "Delete", "Name of a scene for the trash."),
        write("/scene/favourite", job(keeper.favourite, "marking a scene"), "Favourite", "Name of a scene to mark or not."),
        text("/scenes/info", Listing(library.info), "Scenes", "JSON list of all scenes, with what they say of themselves."),
        text("/devices/list", device_list, "Devices", "JSON list of all devices that can be added.", poll=False),
        text("/players/list", Listing(player_list), "Players", "JSON list of all players that can be added.", poll=False),
        text("/assets/list", Listing(library.assets), "Files", "JSON list of all files that can be loaded.", poll=False),
        Node("/lock", "T", get=lambda: editor.locked, set=editor.lock, title="Lock", curve="bool", default=False,
             description="Perform mode: nothing can be edited, overwritten or deleted."),
    ]  # fmt: skip
