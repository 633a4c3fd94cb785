"""Edits of players, macros and the scene itself: each checks its order and changes the text, and nothing else; [main]."""

from __future__ import annotations

from collections.abc import Mapping

from realtime.engine.rack import fresh_uid
from realtime.native.errors import AntiphonError
from realtime.players.registry import player_class
from realtime.session.document import macros, references, rows
from realtime.session.document.blocks import Block
from realtime.session.document.document import Part
from realtime.session.document.orders import Change, Edit
from realtime.session.macros.macro import read_macros
from realtime.session.player_slot import PlayerSlot, read_lanes
from realtime.session.table import Table

SCENE_KEYS = ("title", "description", "tags", "tempo_bpm", "signature", "key", "notes", "chart", "follower")
PLAYER_KEYS = ("player", "hears", "options", "lanes", "values")


def add_player(change: Change, order: Table) -> None:
    """{"player","values","hears"}"""
    if not order.text("player"):
        raise AntiphonError(f'{order.where}: say which player, for example "player": "answer"')
    row = {key: order.table[key] for key in ("player", "hears", "options", "lanes") if order.table.get(key)}
    content = rows.rows({**row, **order.inner("values").table})
    change.document.insert(Part("player", fresh_uid(), [Block(("player",), "", "[[player]]\n", content)]), -1)
    change.name = f"Add player {order.text('player')}"


def _player(change: Change, order: Table) -> tuple[Part, int]:
    players = change.document.all("player")
    if not players:
        raise AntiphonError(f"{order.where}: this scene has no player")
    number = order.whole("number", 0, 1, len(players))
    return players[number - 1], number


def remove_player(change: Change, order: Table) -> None:
    """{"number"}"""
    part, number = _player(change, order)
    references.forget_player(change.document, number)
    change.document.remove(part)
    change.name = f"Remove player {part.table['player']}"


def move_player(change: Change, order: Table) -> None:
    """{"number","at"}: among the players, 0 = first, -1 or beyond = last"""
    part, number = _player(change, order)
    at, last = order.whole("at", -1, -1, 1000), len(change.document.all("player")) - 1
    to = (at if 0 <= at < last else last) + 1
    references.move_player(change.document, number, to)
    change.document.remove(part)
    change.document.insert(part, to - 1)
    change.name = f"Move player {part.table['player']}"


def set_player(change: Change, order: Table) -> None:
    """{"number", any of player, hears, options, lanes, values}"""
    part, _ = _player(change, order)
    done = []
    for key in ("player", "hears", "options", "lanes"):
        if key in order.table:
            part.put(key, order.table[key] or None)
            done.append(key)
    if "lanes" in order.table:
        try:
            lanes = read_lanes(player_class(str(part.table["player"])), part.table.get("lanes", {}))
        except AntiphonError as error:
            raise AntiphonError(f"{order.where}: {error}") from None
        change.values.update({("lane", part.uid, index): lane for index, lane in enumerate(lanes)})
    if "options" in order.table and isinstance(order.table["options"] or {}, Mapping):
        told = PlayerSlot(str(part.table["player"]), options=dict(order.table["options"] or {})).texts()
        change.values.update({("option", part.uid, name): text for name, text in told.items()})
    for key, what in order.inner("values").table.items():
        part.put(key, what)
        change.values["player", part.uid, key] = what
        done.append(key)
    change.name = f"Set {', '.join(done) or 'nothing'} of player {part.table['player']}"


def set_scene(change: Change, order: Table) -> None:
    """{any of SCENE_KEYS}"""
    done = [key for key in SCENE_KEYS if key in order.table]
    for key in done:
        change.document.put(key, order.table[key])
        if key == "tempo_bpm":
            change.values["scene", "tempo_bpm"] = order.table[key]
        if key == "signature" and isinstance(order.table[key], (list, tuple)) and len(order.table[key]) == 2:
            change.values |= dict(
                zip((("scene", "numerator"), ("scene", "denominator")), order.table[key], strict=True)
            )
    change.name = f"Set {', '.join(done) or 'nothing'} of the scene"


def set_macros(change: Change, order: Table) -> None:
    """{"macros"}: all that there shall be, in order; none: found by rule"""
    wanted = read_macros(order.tables("macros"), order.where)
    macros.put(change.document, list(wanted))
    change.name = f"Set macros: {', '.join(one.name for one in wanted[:3])}{' and more' if len(wanted) > 3 else ''}"


SCENE_EDITS: dict[str, Edit] = {
    "add_player": (add_player, PLAYER_KEYS),
    "remove_player": (remove_player, ("number",)),
    "move_player": (move_player, ("number", "at")),
    "set_player": (set_player, (*PLAYER_KEYS, "number")),
    "set_scene": (set_scene, SCENE_KEYS),
    "set_macros": (set_macros, ("macros",)),
}
