"""How a plan follows another: whose notes are whose, which values are set, what fades in the former; [main]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from realtime.engine.adoption import Adopted, Shapes, same_chains
from realtime.engine.layout import COPY, MAX_TRACK_BITS, NODE, PARTING
from realtime.engine.mix import FEED, Feed
from realtime.engine.node import Node
from realtime.engine.rack import Rack
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
        """A track that goes on fades from the former's sums and buses while it comes into the new ones."""
        arrives = {
            int(key[3]): int(feed.memory["warm"][0])
            for key, feed in new.items()
            if key[0] == "sum" and key[2] == "track"
        }
        for key, feed in former.items():
            uid = int(key[3]) if key[0] == "sum" and key[2] == "track" else int(key[2]) if key[0] == "send" else 0
            if uid in adopted.tracks:
                self._partings.append((feed.address, arrives.get(adopted.tracks[uid], 0)))

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
        for track in rack.tracks:
            feed = adopted.feeds.get(("strip", "track", str(track.uid)))
            if feed is not None:
                self._set(feed.address + _KNOBS[0], [track.gain_db, track.pan, float(track.mute)])

    def keep_chains(self, former: Follows, new: Follows) -> None:
        """Buses and master that are alike begin with the values that the former's have as the plan is taken."""
        if former.shapes is None or new.shapes is None:
            return
        for its, mine in same_chains(former.shapes, new.shapes):
            for old, fresh in zip(its.uids, mine.uids, strict=True):
                self._copy_node(former.nodes[old], new.nodes[fresh])
        for name, feed in new.wiring.strips.items():
            if name in new.shapes.buses and name in former.shapes.buses:
                self._copy_feed(former.wiring.strips[name], feed)
        for key, feed in new.wiring.sends.items():
            if key in former.wiring.sends:
                self._copy_feed(former.wiring.sends[key], feed)

    def _copy_node(self, former: Node, new: Node) -> None:
        for name in ("target", "end", "now"):
            source, to = getattr(former, name), getattr(new, name)
            if source.size:
                self._copies.append((to.ctypes.data, source.ctypes.data, source.size))
        for offset in _BYPASS:
            self._copies.append((new.address + offset, former.address + offset, 1))

    def _copy_feed(self, former: Feed, new: Feed) -> None:
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
