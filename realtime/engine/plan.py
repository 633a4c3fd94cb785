"""Compiles a rack into a plan: the flat list of places, buffers and routes that the callback walks; [main]."""

from __future__ import annotations

from typing import Any

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.contract.device import Device
from realtime.devices.registry import find
from realtime.engine.adoption import MASTER_DOOR, Adopted, Running, adopt, known
from realtime.engine.edit import Wired, going_away, rewired
from realtime.engine.layout import CLAIM, ENTRY, FRESH, HOLD, MAX_HOLDS, MAX_TRACK_BITS, PLACE, PLAN_HEAD, ROUTE
from realtime.engine.node import Node, Place
from realtime.engine.rack import Keys, Rack, Slot, Track
from realtime.engine.sources import sources_mask
from realtime.engine.succession import Succession
from realtime.engine.wiring import Wiring
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned


def keeps(node: Node, slot: Slot) -> bool:
    """Whether a running device can go on in a slot: the same device, built in the same way."""
    if node.generation != slot.generation or node.options != slot.options:
        return False
    try:
        device = slot.device if isinstance(slot.device, Device) else find(slot.device)
    except AntiphonError:
        return False
    return node.device is device


class Plan:
    """A rack made ready to sound. Owns every byte that the callback touches on its behalf.

    former: the plan that this one edits. Its devices (same uid, same device and options), mixers and delay lines go on
    in this one by identity; it must be replaced by this one, never run beside it. What only one of the two has is faded.

    like: the plan of another scene that this one is to follow. Tracks that are the same in both go on in this one, the
    rest of it rings beside; values: "reset" (what goes on glides to this scene's values) or "keep". own: devices that were
    built for this rack before and have not sounded yet, by uid.
    """

    def __init__(
        self,
        rack: Rack,
        sample_rate: float,
        transport_address: int,
        note_ids: int,
        inputs: int = 0,
        outputs: int = 2,
        former: Plan | None = None,
        serial: int = 1,
        family: int = 0,
        like: Plan | None = None,
        values: str = "reset",
        own: dict[int, Node] | None = None,
    ):
        rack.number()
        self.rack, self.sample_rate, self.serial, self.family = rack, float(sample_rate), serial, family or serial
        self.n_outputs = max(2, outputs + (outputs & 1))
        self._keep: list[Any] = []
        self.shapes = known(rack)
        adopted = Adopted()
        if like is not None and like.shapes is not None and self.shapes is not None:
            adopted = adopt(like.running, self.shapes)
        adopted.own = {uid: node for uid, node in (own or {}).items() if uid not in adopted.nodes}
        self.adopted = adopted
        self.steady: set[int] = set(adopted.tracks.values()) | (former.steady if former is not None else set())
        """uids of the tracks whose inputs are not faded with the plan, because they go on from the plan before."""
        running = former.nodes if former is not None else {}
        kept = {
            slot.uid: running[slot.uid]
            for slot in rack.slots()
            if slot.uid in running and keeps(running[slot.uid], slot)
        }
        self.wiring: Wiring = Wiring(
            rack, self.sample_rate, inputs, kept, former.wired.feeds if former else {}, former is not None,
            adopted, self.steady, former.wiring.doors if former else None,
        )  # fmt: skip
        self.nodes: dict[int, Node] = {uid: place.node for uid, place in self.wiring.devices.items()}
        self.strips, self.sends = self.wiring.strips, self.wiring.sends
        self.wired: Wired = Wired.of(rack, self.nodes, self.wiring.feeds)
        leaving = going_away(former.wired, self.wired) if former is not None else []
        self._rewired = rewired(former.wired, self.wired) if former is not None else []
        before = former or like
        self.made_for = 0 if before is None else before.serial
        """Serial of the plan that it follows."""
        self.follows, self.edits = like is not None, former is not None
        succession = Succession()
        if former is not None:
            succession.carry(former.wired.order, {uid: uid for uid in self.wired.order}, self.wired.order)
        elif like is not None:
            succession.carry(like.wired.order, adopted.tracks, self.wired.order)
            succession.part(adopted, like.wired.feeds, self.wired.feeds)
            if values == "keep":
                succession.keep_chains(like, self)
            else:
                succession.reset(adopted, rack)
        running_now = {id(node) for node in (*running.values(), *adopted.nodes.values())}
        self._finish(leaving, former, succession, running_now, transport_address, note_ids)

    @property
    def places(self) -> list[Place]:
        """All devices, mixers and folds in the order of the signal."""
        return self.wiring.places

    @property
    def running(self) -> Running:
        """What another plan can take over."""
        return Running(self.shapes or {}, self.nodes, self.wired.feeds, self.wiring.mixers, self.wiring.doors)

    # -- memory -----------------------------------------------------------------------------------------------------

    def _finish(
        self, leaving: list[int], former: Plan | None, succession: Succession, running: set[int], transport: int,
        note_ids: int,
    ) -> None:  # fmt: skip
        uids = {id(node): uid for uid, node in self.nodes.items()}
        places = aligned(len(self.places), PLACE)
        for record, place in zip(places, self.places, strict=True):
            place.fill(self.sample_rate, transport, note_ids)
            line, size = place.node.longer_line(place.node.instance.latency)
            before = 0 if place.before is None else place.before.block.ctypes.data
            uid, hears = uids.get(id(place.node), 0), int(place.node.takes_events)
            row = (place.node.address, place.block.ctypes.data, before, uid, hears, line, size, int(place.sends))
            for name, number in zip(PLACE.names or (), row, strict=True):
                record[name] = number
        pairs, silent = self.wiring.pairs, self.wiring.silence.ctypes.data
        table = np.zeros(self.n_outputs, np.int64)
        for channel in range(self.n_outputs):
            pair, side = divmod(channel, 2)
            table[channel] = pairs[pair].channels[side] if pair in pairs else silent
        inputs = np.array([row.ctypes.data for row in self.wiring.inputs], np.int64)
        steady = np.array([row.ctypes.data for row in self.wiring.steady_inputs], np.int64)
        heard = [(place, track, *way) for place, track in self.wiring.routes for way in self._hears(track)]
        routes = aligned(max(1, len(heard)), ROUTE)
        for route, (place, track, mask, lane) in zip(routes, heard, strict=False):
            bit = min(MAX_TRACK_BITS, self.wired.order.index(track.uid))
            self._fill_route(route, place, bit, track.keys, mask, lane, id(place.node) not in running)
        fades, gone = np.array([*self.wired.fades(), 0], np.int64), np.array([*leaving, 0], np.int64)
        holds = np.zeros(MAX_HOLDS, HOLD)
        claims = np.array([*self.wiring.claims, (0, 0)], CLAIM)
        entries = self._entries()
        self.head = aligned(1, PLAN_HEAD)
        self.latency = max((signal.latency for signal in pairs.values()), default=0)
        longest = max((node.instance.tail_s for node in self.nodes.values()), default=0.0)
        numbers: dict[str, float] = dict(
            places=places.ctypes.data, n_places=len(places), claims=claims.ctypes.data, n_claims=len(claims) - 1,
            entries=entries.ctypes.data, n_entries=len(entries), routes=routes.ctypes.data,
            n_routes=len(heard), inputs=inputs.ctypes.data, outputs=table.ctypes.data,
            n_inputs=self.wiring.n_inputs, n_outputs=self.n_outputs, silence_s=min(6.0, max(0.5, longest)),
            family=self.family, leaving=gone.ctypes.data, n_leaving=len(leaving), fades=fades.ctypes.data,
            n_fades=len(fades) - 1, serial=self.serial, mode=FRESH, waited=-1, tail_s=-1.0,
            former=self.made_for if former is not None or succession.shares else 0,
            steady_inputs=steady.ctypes.data if self.steady else 0, holds=holds.ctypes.data, **succession.addresses(),
        )  # fmt: skip
        for field, value in numbers.items():
            self.head[field] = value
        self.head["stages"] = self.wiring.stages
        self._keep += [
            claims,
            entries,
            self.wiring.doors,
            places,
            table,
            inputs,
            steady,
            routes,
            fades,
            gone,
            holds,
            succession,
        ]

    def _entries(self) -> np.ndarray:
        rows = sorted(self.wiring.entries, key=lambda entry: entry[0] is not self.wiring.doors[MASTER_DOOR])
        return np.array([(door.address, at.channels[0], len(at.channels), stage) for door, at, stage in rows], ENTRY)

    def _hears(self, track: Track) -> list[tuple[int, int]]:
        try:
            return sources_mask(track.keys.sources, self.rack.lanes)
        except AntiphonError as error:
            raise AntiphonError(f"track {track.name!r}: {error}") from None

    @staticmethod
    def _fill_route(route, place: Place, track: int, keys: Keys, sources: int, lane: int, fresh: bool) -> None:
        channels = 0
        for channel in keys.channels:
            channels |= 1 << (channel - 1)
        for name, number in dict(
            block=place.block.ctypes.data, node=place.node.address, track=track, fresh=int(fresh),
            sources=sources, channels=channels, key_low=keys.key_low,
            key_high=keys.key_high, velocity_low=(keys.velocity_low - 0.5) / 127.0,
            velocity_high=(keys.velocity_high + 0.5) / 127.0, transpose=keys.transpose, lane=lane,
        ).items():  # fmt: skip
            route[name] = number

    @property
    def address(self) -> int:
        """Address of the plan's head: what the engine is given."""
        return self.head.ctypes.data

    def announce(self) -> None:
        """Just before it is published: tracks that get another source stay silent until its sound has come through."""
        for strip in self._rewired:
            strip.memory["warm"] = self.latency + 4 * MAX_FRAMES

    def bind(self) -> None:
        """Once it was taken: the devices that go on belong to this plan's rack, as they are set. [main]"""
        for slot in self.rack.slots():
            node = self.nodes[slot.uid]
            node.slot, slot.generation = slot, node.generation
            slot.values, slot.bypass = node.values(), bool(node.record["bypass_target"][0] > 0.5)

    @property
    def mode(self) -> int:
        """FRESH, LIVE, RINGING, FADING or DONE, as the callback has it."""
        return int(self.head["mode"][0])

    @property
    def instead(self) -> int:
        """Address of the plan that was made of it for an edit since, 0 = none."""
        return int(self.head["instead"][0])

    @property
    def held(self) -> int:
        """Notes that it was given and whose end has not come."""
        return int(self.head["n_holds"][0] + self.head["lost_holds"][0])

    def ordered(self) -> list[Node]:
        """The devices by rack number, 1-based in the control tree."""
        return [self.nodes[slot.uid] for slot in self.rack.slots()]

    def bypass(self, uid: int, on: bool) -> None:
        """Bypass a device, or mute an instrument, without a click."""
        self.nodes[uid].bypass(on)
