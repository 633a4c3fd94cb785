"""What an edit of the rack takes away from the sound, so that the callback can fade it out first; [main]."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from realtime.contract.ports import MAIN
from realtime.engine.mix import AWAY_TARGET as FEED_AWAY
from realtime.engine.mix import Feed
from realtime.engine.node import AWAY_TARGET, Node
from realtime.engine.rack import Keys, Rack


@dataclass(frozen=True)
class Wired:
    """What sounds in a plan, by identity; independent of what happens to the rack later."""

    chains: dict[tuple[str, int], list[int]]  # uids of the devices, in order
    nodes: dict[int, Node]  # by uid
    feeds: dict[tuple[str, ...], Feed]
    heard: dict[int, Keys]  # by uid of the track
    sources: dict[int, tuple]  # of a track: the audio it takes in

    @classmethod
    def of(cls, rack: Rack, nodes: dict[int, Node], feeds: dict[tuple[str, ...], Feed]) -> Wired:
        return cls(
            {key: [slot.uid for slot in slots] for key, slots in rack.chains()},
            nodes,
            feeds,
            {track.uid: copy.copy(track.keys) for track in rack.tracks},
            {track.uid: (tuple(track.audio_input), track.audio_from) for track in rack.tracks},
        )

    def fades(self) -> list[int]:
        """Addresses of the fades of all that an edit can take away."""
        nodes = [node.address + AWAY_TARGET for node in self.nodes.values()]
        return nodes + [feed.address + FEED_AWAY for feed in self.feeds.values()]


def in_place(former: Sequence[int], new: Sequence[int]) -> set[int]:
    """A largest set of items that stand in both lists in the same order (longest common subsequence)."""
    at = {item: index for index, item in enumerate(former)}
    both = [item for item in new if item in at]
    best: list[list[int]] = []  # the longest rising run that ends at each item
    longest: list[int] = []
    for item in both:
        run: list[int] = []
        for other in best:
            if at[other[-1]] < at[item] and len(other) > len(run):
                run = other
        best.append([*run, item])
        longest = max(longest, best[-1], key=len)
    return set(longest)


def _loses_its_delay(former: Wired, new: Wired, uids: Sequence[int]) -> bool:
    """Whether a device of a chain had its main input held back for a sidechain, and has that no more."""
    keys = [("align", str(uid), MAIN) for uid in uids]
    return any(former.feeds[key].delay_now > 0 for key in keys if key in former.feeds and key not in new.feeds)


def going_away(former: Wired, new: Wired) -> list[int]:
    """Addresses of the fades of all that must be silent before the exchange: what is gone, and what moves.

    A moved device comes back in its new place: it fades to its dry signal, which sounds alike before and after.
    """
    stays: set[int] = set()
    for chain, uids in new.chains.items():
        stays |= in_place(former.chains.get(chain, []), uids)
    gone_nodes = [node for uid, node in former.nodes.items() if uid not in stays or new.nodes.get(uid) is not node]
    gone_feeds = [feed for key, feed in former.feeds.items() if new.feeds.get(key) is not feed]
    for uid, source in new.sources.items():
        strip = former.feeds.get(("strip", "track", str(uid)))
        changed = former.sources.get(uid, source) != source
        if strip is not None and (changed or _loses_its_delay(former, new, new.chains[("track", uid)])):
            gone_feeds.append(strip)
    return [node.address + AWAY_TARGET for node in gone_nodes] + [feed.address + FEED_AWAY for feed in gone_feeds]
