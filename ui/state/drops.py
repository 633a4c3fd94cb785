"""What may be dropped where, and which edit each drop is: devices, tracks, browser items and files; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from ui import strings
from ui.state import reading
from ui.state.layout import BUS, TRACK, Chain, Layout

MIME = "application/x-antiphon-item"
FILES = {
    ".nam": "nam", ".onnx": "onnx", ".mid": "midi", ".midi": "midi", ".toml": "scene",
    **dict.fromkeys((".wav", ".flac", ".aif", ".aiff", ".ogg", ".w64"), "wav"),
}  # fmt: skip
IN_A_CHAIN = ("nam", "onnx", "wav")


@dataclass(frozen=True)
class Item:
    """What is dragged: kind slot, chain, device, scene, song, or a file's kind; `name` is its uid, key, id or path."""

    kind: str
    name: str
    title: str = ""

    def dumped(self) -> str:
        """As it travels in a drag."""
        return reading.dumps({"kind": self.kind, "name": self.name, "title": self.title})


@dataclass(frozen=True)
class Drop:
    """One edit: address, its body (a table as JSON, or a plain value), what it would do; or why it is none."""

    address: str = ""
    body: Any = None
    refusal: str = ""
    words: str = ""

    @property
    def argument(self) -> str:
        """The text that goes out."""
        return reading.dumps(self.body) if isinstance(self.body, dict) else str(self.body)


@dataclass(frozen=True)
class Target:
    """Between devices of a chain (`at` from 0; -1 its end), on a device (`onto`), or between tracks (chain "")."""

    chain: str = ""
    at: int = -1
    onto: str = ""
    extra: dict[str, Any] = field(default_factory=dict, hash=False)


def loaded(text: str) -> Item | None:
    """An item from a drag of ours; None from anything else."""
    found = reading.table(text)
    if not isinstance(found.get("kind"), str) or not isinstance(found.get("name"), str):
        return None
    return Item(found["kind"], found["name"], str(found.get("title") or ""))


def of_file(path: str) -> Item | None:
    """An item from a file's path, by its ending; None for a file that no place takes."""
    pure = PurePath(path)
    kind = FILES.get(pure.suffix.lower())
    return Item(kind, path, pure.name) if kind else None


def plan(item: Item, target: Target, layout: Layout) -> Drop:
    """The edit that a drop is; a Drop with a refusal says in a sentence why it is none."""
    chain = layout.chain(target.chain)
    if target.chain and chain is None:
        return Drop(refusal=strings.GONE)
    if item.kind == "slot":
        return _slot(item, target, chain, layout)
    if item.kind == "chain":
        return _chain(item, target, layout)
    if item.kind == "device":
        return _device(item, target, chain, layout)
    if item.kind == "scene":
        return _scene(item)
    if item.kind == "song":
        return Drop("/setlist/edit", {"add": item.name}, words=strings.ADD_SONG.format(item.title or item.name))
    if item.kind in FILES.values():
        return _file(item, target, chain)
    return Drop(refusal=strings.NO_PLACE.format(item.title or item.name))


def moved_to(before: int, wished: int) -> int:
    """Where something that stood at `before` stands when it is dropped into the gap `wished` of its own chain."""
    return wished - 1 if wished > before else wished


def _slot(item: Item, target: Target, chain: Chain | None, layout: Layout) -> Drop:
    place = layout.place(item.name)
    if place is None:
        return Drop(refusal=strings.GONE)
    if chain is None:
        return Drop(refusal=strings.INTO_A_CHAIN)
    source, before = place
    at = len(chain.devices) if target.at < 0 else target.at
    if source.key == chain.key:
        at = moved_to(before, at)
        if at == before:
            return Drop()
    said = strings.MOVE.format(source.devices[before].title, chain.title or chain.name)
    return Drop("/edit/move_device", {"uid": source.devices[before].ref, "chain": chain.key, "at": at}, words=said)


def _chain(item: Item, target: Target, layout: Layout) -> Drop:
    moved = layout.chain(item.name)
    if moved is None or moved.kind not in (TRACK, BUS):
        return Drop(refusal=strings.MASTER_STAYS)
    peers = layout.tracks() if moved.kind == TRACK else layout.buses()
    before = peers.index(moved)
    at = moved_to(before, len(peers) if target.at < 0 else min(target.at, len(peers)))
    if at == before:
        return Drop()
    address = "/edit/move_track" if moved.kind == TRACK else "/edit/move_bus"
    return Drop(address, {"name": moved.name, "at": at}, words=strings.MOVE_CHAIN.format(moved.name))


def _device(item: Item, target: Target, chain: Chain | None, layout: Layout) -> Drop:
    if target.onto:
        slot = layout.slot(target.onto)
        if slot is None:
            return Drop(refusal=strings.GONE)
        swap = {"uid": slot.ref, "device": item.name}
        return Drop("/edit/replace_device", swap, words=strings.REPLACE.format(slot.title, item.title or item.name))
    if chain is None:
        body: dict[str, Any] = {
            "name": free_name(item.title or item.name, layout),
            "at": target.at,
            "devices": [{"device": item.name}],
        }
        return Drop("/edit/add_track", body, words=strings.NEW_TRACK.format(item.title or item.name))
    body = {"chain": chain.key, "at": target.at, "device": item.name}
    return Drop("/edit/add_device", body, words=strings.ADD.format(item.title or item.name, chain.title or chain.name))


def _scene(item: Item) -> Drop:
    if item.name.lower().endswith(".toml"):
        return Drop("/edit/load", {"path": item.name}, words=strings.LOAD.format(item.title or item.name))
    return Drop("/scene", item.name, words=strings.LOAD.format(item.title or item.name))


def _file(item: Item, target: Target, chain: Chain | None) -> Drop:
    body: dict[str, Any] = {"path": item.name}
    if item.kind in IN_A_CHAIN and chain is not None:
        body |= {"chain": chain.key, "at": target.at}
    return Drop("/edit/load", body, words=strings.LOAD.format(item.title or PurePath(item.name).name))


def free_name(wished: str, layout: Layout) -> str:
    """A name that no track or bus has yet: "Poly", "Poly 2" …"""
    taken = {chain.name for chain in layout.chains}
    base = " ".join(wished.split())[:58] or strings.TRACK
    return next(name for name in (base, *(f"{base} {n}" for n in range(2, 999))) if name not in taken)
