"""What an edit of the rack takes away from the sound, so that the callback can fade it out first; [main]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from realtime.engine.mix import AWAY_TARGET as FEED_AWAY
from realtime.engine.mix import Feed
from realtime.engine.node import AWAY_TARGET, Node
from realtime.engine.rack import Rack


@dataclass(frozen=True)
class Wired:
    """What sounds in a plan, by identity; independent of what happens to the rack later."""

    chains: dict[tuple[str, int], list[int]]  # uids of the devices, in order
    nodes: dict[int, Node]  # by uid
    feeds: dict[tuple[str, ...], Feed]
    order: list[int]  # uids of the tracks
    sources: dict[int, tuple]  # of a track: the audio it takes in

    @classmethod
    def of(cls, rack: Rack, nodes: dict[int, Node], feeds: dict[tuple[str, ...], Feed]) -> Wired:
        return cls(
            {key: [slot.uid for slot in slots] for key, slots in rack.chains()},
            nodes,
            feeds,
            [track.uid for track in rack.tracks],
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


def rewired(former: Wired, new: Wired) -> list[Feed]:
    """Strips of the tracks that take their sound from elsewhere now."""
    strips = [
        former.feeds.get(("strip", "track", str(uid)))
        for uid, source in new.sources.items()
        if former.sources.get(uid, source) != source
    ]
    return [strip for strip in strips if strip is not None]


def going_away(former: Wired, new: Wired) -> list[int]:
    """Addresses of the fades of all that must be silent before the exchange: what is gone, and what moves.

    A moved device comes back in its new place: it fades to its dry signal, which sounds alike before and after.
    """
    stays: set[int] = set()
    for chain, uids in new.chains.items():
        stays |= in_place(former.chains.get(chain, []), uids)
    gone_nodes = [node for uid, node in former.nodes.items() if uid not in stays or new.nodes.get(uid) is not node]
    gone_feeds = [feed for key, feed in former.feeds.items() if new.feeds.get(key) is not feed]
    gone_feeds += rewired(former, new)
    return [node.address + AWAY_TARGET for node in gone_nodes] + [feed.address + FEED_AWAY for feed in gone_feeds]
