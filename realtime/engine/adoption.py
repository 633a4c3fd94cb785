"""What of a rack is what sounds already: it goes on untouched as the scene changes, with devices, knobs and tails; [main].

A track is the same if its name, devices with their options, width, transposition and sources of sound are; a bus if its
name, devices and width are; the master if its devices are. Of a bus or a master that goes on there is one, in the new
scene: what still rings of the former one is led into it there (`guests.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from realtime.contract.device import Device
from realtime.devices.registry import find
from realtime.engine.guests import Door
from realtime.engine.mix import Feed
from realtime.engine.node import Node
from realtime.engine.rack import Bus, Rack, Slot, Track
from realtime.native.errors import AntiphonError

Name = tuple[str, str]
"""("track", its name), ("bus", its name) or MASTER."""
MASTER: Name = ("master", "")
Key = tuple[str, ...]
MASTER_DOOR: Key = ("master",)


@dataclass(frozen=True)
class Chain:
    """What a chain is, apart from its values."""

    devices: tuple[tuple[Device, dict, str], ...]  # device, options, sidechain
    uids: tuple[int, ...]

    def equals(self, other: Chain) -> bool:
        return len(self.devices) == len(other.devices) and all(
            mine[0] is its[0] and mine[1:] == its[1:] for mine, its in zip(self.devices, other.devices, strict=True)
        )


@dataclass(frozen=True)
class Shape:
    """What a track, a bus or the master is, apart from its values."""

    uid: int
    chain: Chain
    rest: tuple = ()  # width; of a track also its sources of sound and transposition
    needs: tuple[str, ...] = ()  # strips whose sound it takes


Shapes = Mapping[Name, Shape]
"""What a plan is made of; independent of what happens to the rack later."""


def shapes_of(rack: Rack) -> Shapes:
    """Raises AntiphonError for an unknown device."""
    found = {("track", track.name): _track(track) for track in rack.tracks}
    found |= {("bus", bus.name): _bus(bus) for bus in rack.buses}
    return found | {MASTER: Shape(0, _chain(rack.master), (), _keys(rack.master))}


def _chain(slots: Sequence[Slot]) -> Chain:
    devices = [slot.device if isinstance(slot.device, Device) else find(slot.device) for slot in slots]
    rows = tuple((device, dict(slot.options), slot.sidechain) for device, slot in zip(devices, slots, strict=True))
    return Chain(rows, tuple(slot.uid for slot in slots))


def _keys(slots: Sequence[Slot]) -> tuple[str, ...]:
    return tuple(slot.sidechain for slot in slots if slot.sidechain)


def _track(track: Track) -> Shape:
    needs = (*_keys(track.slots), *([track.audio_from.rpartition("/")[0]] if track.audio_from else []))
    rest = (track.channels, tuple(track.audio_input), track.audio_from, track.keys.transpose)
    return Shape(track.uid, _chain(track.slots), rest, needs)


def _bus(bus: Bus) -> Shape:
    return Shape(bus.uid, _chain(bus.slots), (bus.channels,), _keys(bus.slots))


def same(former: Shapes, new: Shapes) -> dict[Name, tuple[Shape, Shape]]:
    """(former's, new one's) of all that can go on; what needs another's sound does so only if that one does."""
    found = {
        name: (former[name], shape)
        for name, shape in new.items()
        if name in former and former[name].rest == shape.rest and former[name].chain.equals(shape.chain)
    }
    while True:
        there = {name for _, name in found}
        lost = [name for name, (_, shape) in found.items() if not there.issuperset(shape.needs)]
        if not lost:
            return found
        for name in lost:
            del found[name]


@dataclass
class Adopted:
    """What a plan takes over by identity from the plan that it follows, keyed as in its own rack."""

    nodes: dict[int, Node] = field(default_factory=dict)  # by uid
    feeds: dict[Key, Feed] = field(default_factory=dict)
    mixers: dict[Key, Node] = field(default_factory=dict)
    doors: dict[Key, Door] = field(default_factory=dict)
    strips: dict[tuple[str, int], int] = field(default_factory=dict)  # kind, uid in the former rack -> uid in this one
    own: dict[int, Node] = field(default_factory=dict)  # built for it before and not yet used, by uid

    @property
    def tracks(self) -> dict[int, int]:
        """uid in the former rack -> uid in this one."""
        return {uid: to for (kind, uid), to in self.strips.items() if kind == "track"}


@dataclass(frozen=True)
class Running:
    """A plan that sounds, as far as another can take it over."""

    shapes: Shapes
    nodes: Mapping[int, Node]
    feeds: Mapping[Key, Feed]
    mixers: Mapping[Key, Node]
    doors: Mapping[Key, Door]


def adopt(former: Running, new: Shapes) -> Adopted:
    """All that goes on, from a track's first device to the master's last."""
    result, pairs = Adopted(), same(former.shapes, new)
    for (kind, _), (its, mine) in pairs.items():
        if kind != "master":
            result.strips[kind, its.uid] = mine.uid
    devices = {
        old: new for its, mine in pairs.values() for old, new in zip(its.chain.uids, mine.chain.uids, strict=True)
    }
    result.nodes = {new: former.nodes[old] for old, new in devices.items()}
    of_tracks = {uid for (kind, _), (its, _) in pairs.items() if kind == "track" for uid in its.chain.uids}
    for key, feed in former.feeds.items():
        own = _renamed(key, devices, result.strips, MASTER in pairs)
        if own is None:
            continue
        result.feeds[own] = feed
        # all else is mixed anew: it has other inputs, or they are late by another time
        if key[0] == "strip" or (key[0] == "align" and int(key[1]) in of_tracks):
            result.mixers |= {own: former.mixers[key]} if key in former.mixers else {}
    for key, door in former.doors.items():
        if key == MASTER_DOOR:
            result.doors |= {key: door} if MASTER in pairs else {}
        elif ("bus", int(key[1])) in result.strips:
            result.doors["bus", str(result.strips["bus", int(key[1])])] = door
    return result


def _renamed(key: Key, devices: Mapping[int, int], strips: Mapping[tuple[str, int], int], master: bool) -> Key | None:
    """The key of a feed of the former plan in the new one; None if it does not go on."""
    kind = key[0]
    if kind == "align":
        device = devices.get(int(key[1]))
        return None if device is None else (kind, str(device), *key[2:])
    if kind == "strip":
        uid = strips.get((key[1], int(key[2])))
        return None if uid is None else (kind, key[1], str(uid))
    if kind == "send":
        bus, track = strips.get(("bus", int(key[1]))), strips.get(("track", int(key[2])))
        return None if bus is None or track is None else (kind, str(bus), str(track))
    uid = strips.get((key[2], int(key[3])))  # of a sum; the first one goes into the master's devices
    return None if uid is None or (key[1] == "0" and not master) else (kind, key[1], key[2], str(uid), key[4])


def known(rack: Rack) -> Shapes | None:
    """The shapes of a rack, None if a device of it is unknown (the wiring says which)."""
    try:
        return shapes_of(rack)
    except AntiphonError:
        return None
