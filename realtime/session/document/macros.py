"""The macros of a scene in its text ([[macro]]): set as a whole, and kept right through every edit; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime.engine.rack import fresh_uid
from realtime.session.document.blocks import Block
from realtime.session.document.document import Document, Part
from realtime.session.document.mapping import address_now, things
from realtime.session.macros.macro import Macro, read_macro
from realtime.session.scene_write import rows


def macros(document: Document) -> list[Macro]:
    """Those that the text names, in order."""
    return [read_macro(part.table, f"macro {number}") for number, part in enumerate(document.all("macro"), 1)]


def put(document: Document, wanted: list[Macro]) -> None:
    """Make these the document's macros; those that have not changed keep their text and comments."""
    parts, there = document.all("macro"), macros(document)
    for number, macro in enumerate(wanted):
        if number >= len(parts):
            content = "".join(f"{line}\n" for line in rows(macro.to_dict()))
            document.insert(Part("macro", fresh_uid(), [Block(("macro",), "", "[[macro]]\n", content)]), -1)
        elif there[number] != macro:
            for key, what in macro.to_dict().items():
                parts[number].put(key, what)
    for part in parts[len(wanted) :]:
        document.remove(part)


def follow(former: Document, document: Document, instead: Mapping[int, int]) -> None:
    """After an edit: let the macros mean the things that they meant before; one that has nothing left to move goes."""
    parts = document.all("macro")
    if not parts:
        return
    at, names = things(former), {uid: address for address, uid in things(document).items()}
    for part in parts:
        targets: list[dict[str, Any]] = [dict(one) for one in part.table["targets"]]
        places = [address_now(one["address"], at, names, document, instead) for one in targets]
        if places == [one["address"] for one in targets]:
            continue
        kept = [one | {"address": place} for one, place in zip(targets, places, strict=True) if place]
        if kept:
            part.put("targets", kept)
        else:
            document.remove(part)


def keys(document: Document) -> list[tuple[str, frozenset[tuple]]]:
    """Of each macro that moves several things: its name and what it moves, as `live` calls it."""
    at = things(document)
    return [(one.name, frozenset(_keys(one, at))) for one in macros(document) if len(one.targets) > 1]


def _keys(macro: Macro, at: Mapping[str, int]) -> list[tuple]:
    found: list[tuple] = []
    for target in macro.targets:
        head, _, knob = target.address.rpartition("/")
        if head not in at:
            continue
        if knob.startswith("send_"):
            found.append(("send", at[head], at.get(f"/mix/{knob.removeprefix('send_')}", 0)))
        else:
            found.append(({"/r": "param", "/m": "strip", "/p": "player"}[head[:2]], at[head], knob))
    return found
