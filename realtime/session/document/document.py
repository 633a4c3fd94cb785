"""A scene as its text, cut into tracks, devices, buses and players that keep their identity through every edit; [main].

The text is the truth: what an edit does not touch stays as somebody wrote it, to the byte. A document is never changed
once another has been made of it, so that an undo is a step back to the one before.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from realtime.engine.rack import Bus, Rack, Slot, Track, fresh_uid
from realtime.native.errors import AntiphonError
from realtime.session.document import rows
from realtime.session.document.blocks import Block, blocks, has_inline_tables, is_array

KINDS = ("track", "bus", "master", "player", "macro", "map", "snapshot")
SILENT = ("macro", "map", "snapshot")
"""Those that sound by nothing that they say."""
"""The arrays of tables of a scene; a part is one table of them with all that belongs to it."""


@dataclass
class Part:
    """A track, bus, device, player, macro, assignment or snapshot: its tables, and its devices behind them."""

    kind: str
    uid: int
    blocks: list[Block]
    devices: list[Part] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks) + "".join(device.text for device in self.devices)

    def copied(self) -> Part:
        """The same for an edit to change."""
        return Part(self.kind, self.uid, list(self.blocks), [device.copied() for device in self.devices])

    def anew(self) -> Part:
        """A second one of it, with an identity of its own."""
        return Part(self.kind, fresh_uid(), list(self.blocks), [device.anew() for device in self.devices])

    @property
    def table(self) -> Mapping[str, Any]:
        """What its text says, without its devices."""
        found: Any = tomllib.loads("".join(block.text for block in self.blocks))
        for key in self.blocks[0].path:
            found = found[key][0] if isinstance(found[key], list) else found[key]
        return found

    @property
    def tail(self) -> str:
        """Blank lines and comments at its end."""
        last = self.devices[-1] if self.devices else self
        return last.blocks[-1].tail

    @tail.setter
    def tail(self, text: str) -> None:
        last = self.devices[-1] if self.devices else self
        last.blocks[-1] = replace(last.blocks[-1], tail=text)

    def put(self, key: str, what: Any) -> None:
        """Set one of its values; None takes it out."""
        inner = [n for n, block in enumerate(self.blocks) if n and block.path[len(self.blocks[0].path) :][:1] == (key,)]
        if inner:
            # a table of its own under this header: its rows change one by one, so that their comments stay
            if isinstance(what, Mapping) and len(inner) == 1 and self.blocks[inner[0]].path[-1] == key:
                self._put_rows(inner[0], what)
                return
            tail = self.tail
            self.blocks = [block for n, block in enumerate(self.blocks) if n not in inner]
            self.tail = self.tail or tail
        head = self.blocks[0]
        self.blocks[0] = replace(head, content=rows.put(head.content, key, what))

    def _put_rows(self, number: int, what: Mapping[str, Any]) -> None:
        block = self.blocks[number]
        content, has = block.content, tomllib.loads(block.content)
        for key in [*has, *what]:
            if has.get(key) != what.get(key):
                content = rows.put(content, key, what.get(key))
        self.blocks[number] = replace(block, content=content)

    @property
    def name(self) -> str:
        return str(self.table.get("name", ""))


class Document:
    """parts: all tables in the order of the text. folder: where the files it names lie."""

    def __init__(self, head: list[Block], parts: list[Part], original: str | None = None):
        self.head, self.parts, self._original = head, parts, original

    @classmethod
    def parse(cls, text: str) -> Document:
        """Of a valid scene's text. Raises AntiphonError for one that is written as values where headers belong."""
        found = blocks(text)
        headers = {block.path[0] for block in found if block.path}
        table = tomllib.loads(text)
        inner = {block.path[1] for block in found if len(block.path) > 1}
        if has_inline_tables(table, KINDS, headers) or any(
            has_inline_tables(one, ("device",), inner)
            for kind in ("track", "bus")
            for one in table.get(kind, ())
            if isinstance(one, Mapping)
        ):
            raise AntiphonError("it writes its tracks or devices as values in one line, not under [[track]] headers")
        document = cls([], [], text)
        for block in found:
            document._take(block)
        return document

    def _take(self, block: Block) -> None:
        kind = block.path[0] if block.path else ""
        if kind not in KINDS:
            self.head.append(block)
        elif len(block.path) == 1 and is_array(block):
            self.parts.append(Part(kind, fresh_uid(), [block]))
        else:
            owner = next(part for part in reversed(self.parts) if part.kind == kind)
            if block.path[1] != "device":
                owner.blocks.append(block)
            elif len(block.path) == 2:
                owner.devices.append(Part("device", fresh_uid(), [block]))
            else:
                owner.devices[-1].blocks.append(block)

    def copied(self) -> Document:
        """One for an edit to change."""
        return Document(list(self.head), [part.copied() for part in self.parts])

    @cached_property
    def text(self) -> str:
        if self._original is not None:
            return self._original
        texts = ["".join(block.text for block in self.head), *(part.text for part in self.parts)]
        for number, text in enumerate(texts[:-1]):
            if text and not text.endswith("\n"):
                texts[number] = text + "\n"
        return "".join(texts)

    # -- finding ------------------------------------------------------------------------------------------------------

    def all(self, kind: str) -> list[Part]:
        """Parts of a kind, in order."""
        return [part for part in self.parts if part.kind == kind]

    def named(self, kind: str, name: str) -> Part | None:
        """A track or bus by its name, given or counted."""
        for number, part in enumerate(self.all(kind), 1):
            if (part.name or f"{kind} {number}") == name:
                return part
        return None

    def name_of(self, part: Part) -> str:
        """The name of a track or bus as the rack has it."""
        return part.name or f"{part.kind} {self.all(part.kind).index(part) + 1}"

    def chains(self) -> Iterator[tuple[Part | None, list[Part]]]:
        """(track or bus, its devices), and (None, the master's devices)."""
        for part in [*self.all("track"), *self.all("bus")]:
            yield part, part.devices
        yield None, self.all("master")

    def device(self, uid: int) -> tuple[Part | None, list[Part], int] | None:
        """(track or bus or None for the master, its devices, place in them)."""
        for owner, devices in self.chains():
            for at, device in enumerate(devices):
                if device.uid == uid:
                    return owner, devices, at
        return None

    def identity(self) -> list[int]:
        """The uids of all that sounds, in order."""
        return [uid for part, devices in self.chains() for uid in [part.uid if part else 0, *(d.uid for d in devices)]]

    def _pairs(self, rack: Rack) -> Iterator[tuple[Part, Track | Bus | Slot]]:
        """Each part with what the rack of this text has of it."""
        strips: tuple[tuple[str, Sequence[Track | Bus]], ...] = ("track", rack.tracks), ("bus", rack.buses)
        for kind, items in strips:
            for part, item in zip(self.all(kind), items, strict=True):
                yield part, item
                yield from zip(part.devices, item.slots, strict=True)
        yield from zip(self.all("master"), rack.master, strict=True)

    def sounds_like(self, other: Document) -> bool:
        """Whether the two differ in macros, assignments and snapshots at most."""
        texts = [
            [
                "".join(block.text for block in one.head),
                *(p.text for p in one.parts if p.kind not in SILENT),
            ]
            for one in (self, other)
        ]
        return self.identity() == other.identity() and [t.strip() for t in texts[0]] == [t.strip() for t in texts[1]]

    def number(self, rack: Rack) -> None:
        """Give a rack read from this text the identities of its parts."""
        for part, item in self._pairs(rack):
            item.uid = part.uid

    def adopt(self, rack: Rack) -> None:
        """Take over the identities of a rack that sounds already."""
        for part, item in self._pairs(rack):
            part.uid = item.uid

    # -- changing (a copy) --------------------------------------------------------------------------------------------

    def put(self, key: str, what: Any) -> None:
        """Set a value of the scene itself."""
        root = self.head[0]
        content = rows.put(root.content, key, what)
        tail = root.tail if root.tail.strip() or root.content or not content else "\n" + root.tail.lstrip("\n")
        # a text that begins with comments keeps them on top
        self.head[0] = replace(root, content=content, tail=tail) if root.content else replace(
            root, content=root.tail + content, tail="\n" if self.parts else ""
        )  # fmt: skip

    def insert(self, part: Part, at: int) -> None:
        """Put a part among those of its kind; 0 = first, -1 or beyond = last."""
        others = self.all(part.kind)
        if others and 0 <= at < len(others):
            place = self.parts.index(others[at])
        elif others:
            place = self.parts.index(others[-1]) + 1
        else:
            order = [KINDS.index(one.kind) for one in self.parts]
            place = next((n for n, kind in enumerate(order) if kind > KINDS.index(part.kind)), len(self.parts))
        self.parts.insert(place, part)
        self._breathe(place)

    def remove(self, part: Part) -> None:
        """Take a part out; comments that stand apart behind it stay."""
        place = self.parts.index(part)
        self.parts.remove(part)
        kept = part.tail
        if "#" in kept and place:
            before = self.parts[place - 1]
            before.tail = _ended(before.text, before.tail) + kept.lstrip("\n")
        elif "#" in kept:
            self.head[-1] = replace(self.head[-1], tail=self.head[-1].tail + kept.lstrip("\n"))
        if "#" in kept:
            part.tail = "\n"

    def put_device(self, owner: Part | None, device: Part, at: int) -> None:
        """Put a device into the chain of a track or bus, or (None) of the master."""
        made = as_device_of(device, owner)
        if owner is None:
            self.insert(made, at)
        else:
            insert_device(owner, made, at)

    def take_device(self, uid: int) -> Part:
        """Take a device out of its chain; what stands behind the chain stays."""
        found = self.device(uid)
        assert found is not None
        owner, devices, at = found
        device = devices[at]
        if owner is None:
            self.remove(device)
            return device
        kept = device.tail if at == len(devices) - 1 or "#" in device.tail else ""
        devices.pop(at)
        before = devices[at - 1] if at else owner
        behind = before.devices[-1] if at and before.devices else before
        block = behind.blocks[-1]
        behind.blocks[-1] = replace(block, tail=_ended(block.text, block.tail) + kept)
        device.tail = ""
        return device

    def _breathe(self, place: int) -> None:
        """A blank line before and behind a part that came."""
        before = self.parts[place - 1] if place else None
        if before is not None:
            before.tail = _apart(before.text, before.tail)
        elif self.head and "".join(block.text for block in self.head).strip():
            last = self.head[-1]
            self.head[-1] = replace(last, tail=_apart(last.text, last.tail))
        if place + 1 < len(self.parts):
            self.parts[place].tail = _apart(self.parts[place].text, self.parts[place].tail)


def _ended(text: str, tail: str) -> str:
    return tail if not text or text.endswith("\n") else tail + "\n"


def _apart(text: str, tail: str) -> str:
    tail = _ended(text, tail)
    whole = text + "\n" if not text.endswith("\n") else text
    return tail if whole.replace("\r", "").endswith("\n\n") else tail + "\n"


def insert_device(owner: Part, device: Part, at: int) -> None:
    """Put a device into a chain; 0 = first, -1 or beyond = last. The blank line behind a chain stays behind it."""
    devices = owner.devices
    text = device.text
    device.tail = "" if text.endswith("\n") else "\n"
    if 0 <= at < len(devices):
        devices.insert(at, device)
        return
    last = devices[-1].blocks if devices else owner.blocks
    block = last[-1]
    device.tail += block.tail
    last[-1] = replace(block, tail="" if (block.lead + block.header + block.content).endswith("\n") else "\n")
    devices.append(device)


def copied_block(block: Block, path: tuple[str, ...]) -> Block:
    """A table under the name that it has in another chain."""
    return block.with_path(path, is_array(block))


def device_path(owner: Part | None) -> tuple[str, ...]:
    """The header of a device's table in a chain."""
    return ("master",) if owner is None else (owner.kind, "device")


def as_device_of(device: Part, owner: Part | None) -> Part:
    """A device in the words of another chain."""
    made = copy.copy(device)
    path, old = device_path(owner), len(device.blocks[0].path)
    made.blocks = [copied_block(block, (*path, *block.path[old:])) for block in device.blocks]
    made.kind = "master" if owner is None else "device"
    return made
