"""How a plan follows another: whose notes are whose, which values are set, what fades in the former; [main]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from realtime.contract.limits import SILENT_DB
from realtime.engine.adoption import Adopted, Shapes
from realtime.engine.layout import COPY, MAX_TRACK_BITS, NODE, PARTING
from realtime.engine.mix import FEED, Feed
from realtime.engine.node import Node
from realtime.engine.rack import Bus, Rack, Track
from realtime.engine.wiring import FeedKey, Wiring, checked
from realtime.native.memory import field_offset

_BYPASS = tuple(field_offset(NODE, name) for name in ("bypass_target", "bypass_now"))
_KNOBS = tuple(field_offset(FEED, name) for name in ("target", "end", "now"))
_KNOB_ROWS = FEED["target"].shape[0]


class Follows(Protocol):
    """A plan, as far as it is needed here."""

    @property
    def shapes(self) -> Shapes | None: ...
    @property
    def nodes(self) -> Mapping[int, Node]: ...
    @property
    def wiring(self) -> Wiring: ...


class Succession:
    """carried, copies, partings: what PLAN_HEAD has of them."""

    def __init__(self) -> None:
        self._carried = np.full(MAX_TRACK_BITS + 1, -1, np.int64)
        self._copies: list[tuple[int, int, int]] = []
        self._partings: list[tuple[int, int]] = []
        self._keep: list[np.ndarray] = []
        self._tables: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def shares(self) -> bool:
        """Whether it can follow that one plan only."""
        return bool(self._copies or self._partings)

    def carry(self, former: Sequence[int], goes_on: Mapping[int, int], new: Sequence[int]) -> None:
        """former, new: uids of the tracks in order; goes_on: the former's uid -> the new one's."""
        at = {uid: index for index, uid in enumerate(new)}
        for index, uid in enumerate(former):
            to = at.get(goes_on.get(uid, -1), -1)
            if to >= 0:
                self._carried[min(index, MAX_TRACK_BITS)] = min(to, MAX_TRACK_BITS)

    def part(self, adopted: Adopted, former: Mapping[FeedKey, Feed], new: Mapping[FeedKey, Feed]) -> None:
        """What goes on fades from those of the former's sums and buses that do not, while it comes into the new ones."""
        going_on = {id(feed) for feed in adopted.feeds.values()}
        arrives = {
            (key[2], int(key[3])): int(feed.memory["warm"][0])
            for key, feed in new.items()
            if key[0] == "sum" and id(feed) not in going_on
        }
        for key, feed in former.items():
            if key[0] not in ("sum", "send") or id(feed) in going_on:
                continue
            strip = (key[2], int(key[3])) if key[0] == "sum" else ("track", int(key[2]))
            if strip in adopted.strips:
                self._partings.append((feed.address, arrives.get((strip[0], adopted.strips[strip]), 0)))

    def _set(self, to: int, values: Sequence[float]) -> None:
        array = np.array(values, np.float32)
        self._keep.append(array)
        self._copies.append((to, array.ctypes.data, array.size))

    def reset(self, adopted: Adopted, rack: Rack) -> None:
        """What goes on glides to the values of its new scene."""
        for slot in rack.slots():
            node = adopted.nodes.get(slot.uid)
            if node is None:
                continue
            values = checked(slot, node.instance)
            if values:
                self._set(node.target.ctypes.data, [values[param.id] for param in node.instance.params])
            self._set(node.address + _BYPASS[0], [float(slot.bypass)])
        strips: list[tuple[str, Track | Bus]] = [*(("track", track) for track in rack.tracks)]
        for kind, strip in [*strips, *(("bus", bus) for bus in rack.buses)]:
            self._reset_feed(adopted, ("strip", kind, str(strip.uid)), [strip.gain_db, strip.pan, float(strip.mute)])
        for bus in rack.buses:
            for track in rack.tracks:
                key, level = ("send", str(bus.uid), str(track.uid)), track.sends.get(bus.name, SILENT_DB)
                self._reset_feed(adopted, key, [level, 0.0, 0.0])

    def _reset_feed(self, adopted: Adopted, key: FeedKey, values: Sequence[float]) -> None:
        feed = adopted.feeds.get(key)
        if feed is not None:
            self._set(feed.address + _KNOBS[0], values)

    def keep_chains(self, former: Follows, new: Follows) -> None:
        """Buses and sends that are called alike, but do not go on, begin with the values that the former's have as the plan
        is taken; so does a master that is alike."""
        for which, shape in (new.shapes or {}).items():
            its = (former.shapes or {}).get(which)
            if its is None or which[0] == "track" or not its.chain.equals(shape.chain):
                continue
            for old, fresh in zip(its.chain.uids, shape.chain.uids, strict=True):
                self._copy_node(former.nodes[old], new.nodes[fresh])
        for name, feed in new.wiring.strips.items():
            if ("bus", name) in (new.shapes or {}) and ("bus", name) in (former.shapes or {}):
                self._copy_feed(former.wiring.strips[name], feed)
        for key, feed in new.wiring.sends.items():
            if key in former.wiring.sends:
                self._copy_feed(former.wiring.sends[key], feed)

    def _copy_node(self, former: Node, new: Node) -> None:
        if former is new:
            return
        for name in ("target", "end", "now"):
            source, to = getattr(former, name), getattr(new, name)
            if source.size:
                self._copies.append((to.ctypes.data, source.ctypes.data, source.size))
        for offset in _BYPASS:
            self._copies.append((new.address + offset, former.address + offset, 1))

    def _copy_feed(self, former: Feed, new: Feed) -> None:
        if former is new:
            return
        for offset in _KNOBS:
            self._copies.append((new.address + offset, former.address + offset, _KNOB_ROWS))

    def addresses(self) -> dict[str, int]:
        """The fields of PLAN_HEAD."""
        copies = np.array([*self._copies, (0, 0, 0)], COPY)
        partings = np.array([*self._partings, (0, 0)], PARTING)
        self._tables = copies, partings
        return dict(
            carried=self._carried.ctypes.data, copies=copies.ctypes.data, n_copies=len(self._copies),
            partings=partings.ctypes.data, n_partings=len(self._partings),
        )  # fmt: skip
