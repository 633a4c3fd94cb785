"""Which tracks of a rack are tracks that sound: these go on untouched as the scene changes, with devices and strip; [main].

A track is the same if its name, devices with their options, width, transposition and sources of sound are. Buses and the
master are not handed on: the former scene's still have its tails to carry. The new scene has its own, and a track that goes
on fades from the ones to the others, which for what is linear in its input is as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from realtime.contract.device import Device
from realtime.devices.registry import find
from realtime.engine.mix import Feed
from realtime.engine.node import Node
from realtime.engine.rack import Rack, Slot, Track
from realtime.native.errors import AntiphonError


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
class TrackShape:
    """What a track is, apart from its values."""

    uid: int
    chain: Chain
    rest: tuple  # width, sources of sound, transposition
    needs: tuple[str, ...]  # tracks whose sound it takes


@dataclass(frozen=True)
class Shapes:
    """What a plan is made of, by name; independent of what happens to the rack later."""

    tracks: dict[str, TrackShape]
    buses: dict[str, tuple[int, Chain]]  # uid, devices
    master: Chain

    @classmethod
    def of(cls, rack: Rack) -> Shapes:
        """Raises AntiphonError for an unknown device."""
        return cls(
            {track.name: _shape(track) for track in rack.tracks},
            {bus.name: (bus.uid, _chain(bus.slots)) for bus in rack.buses},
            _chain(rack.master),
        )


def _chain(slots: Sequence[Slot]) -> Chain:
    devices = [slot.device if isinstance(slot.device, Device) else find(slot.device) for slot in slots]
    rows = tuple((device, dict(slot.options), slot.sidechain) for device, slot in zip(devices, slots, strict=True))
    return Chain(rows, tuple(slot.uid for slot in slots))


def _shape(track: Track) -> TrackShape:
    needs = [slot.sidechain for slot in track.slots if slot.sidechain]
    needs += [track.audio_from.rpartition("/")[0]] if track.audio_from else []
    rest = (track.channels, tuple(track.audio_input), track.audio_from, track.keys.transpose)
    return TrackShape(track.uid, _chain(track.slots), rest, tuple(needs))


def same_tracks(former: Shapes, new: Shapes) -> list[tuple[TrackShape, TrackShape]]:
    """Pairs (former's, new one's) of the tracks that can go on; a track needs that those go on whose sound it takes."""
    found = {
        name: (former.tracks[name], shape)
        for name, shape in new.tracks.items()
        if name in former.tracks
        and former.tracks[name].rest == shape.rest
        and former.tracks[name].chain.equals(shape.chain)
    }
    while True:
        lost = [name for name, (_, shape) in found.items() if any(need not in found for need in shape.needs)]
        if not lost:
            return list(found.values())
        for name in lost:
            del found[name]


def same_chains(former: Shapes, new: Shapes) -> list[tuple[Chain, Chain]]:
    """Pairs of chains of buses and master that are alike: their values can be kept."""
    pairs = [
        (former.buses[name][1], chain)
        for name, (_, chain) in new.buses.items()
        if name in former.buses and former.buses[name][1].equals(chain)
    ]
    return [*pairs, (former.master, new.master)] if former.master.equals(new.master) else pairs


@dataclass
class Adopted:
    """What a plan takes over by identity from the plan that it follows, keyed as in its own rack."""

    nodes: dict[int, Node] = field(default_factory=dict)  # by uid
    feeds: dict[tuple[str, ...], Feed] = field(default_factory=dict)
    mixers: dict[tuple[str, ...], Node] = field(default_factory=dict)
    tracks: dict[int, int] = field(default_factory=dict)  # uid in the former rack -> uid in this one
    own: dict[int, Node] = field(default_factory=dict)  # built for it before and not yet used, by uid


def adopt(
    former_shapes: Shapes,
    nodes: dict[int, Node],
    feeds: dict[tuple[str, ...], Feed],
    mixers: dict[tuple[str, ...], Node],
    new: Shapes,
) -> Adopted:
    """All that belongs to the tracks that go on."""
    result = Adopted()
    for its, mine in same_tracks(former_shapes, new):
        result.tracks[its.uid] = mine.uid
        keys: dict[tuple[str, ...], tuple[str, ...]] = {
            ("strip", "track", str(its.uid)): ("strip", "track", str(mine.uid))
        }
        for old, fresh in zip(its.chain.uids, mine.chain.uids, strict=True):
            result.nodes[fresh] = nodes[old]
            for key in feeds:
                if key[:2] == ("align", str(old)):
                    keys[key] = ("align", str(fresh), *key[2:])
        for key, own in keys.items():
            result.feeds[own] = feeds[key]
            if key in mixers:
                result.mixers[own] = mixers[key]
    return result


def known(rack: Rack) -> Shapes | None:
    """The shapes of a rack, None if a device of it is unknown (the wiring says which)."""
    try:
        return Shapes.of(rack)
    except AntiphonError:
        return None
