"""Compiles a rack into a plan: the flat list of nodes, buffers and routes that the callback walks; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from realtime.contract.block import BLOCK, MAX_FRAMES
from realtime.contract.device import Device, Instance, Spec
from realtime.contract.events import EVENT
from realtime.devices.registry import find
from realtime.engine.layout import (
    FRESH,
    NODE,
    NODE_EVENTS,
    PLAN_HEAD,
    ROUTE,
)
from realtime.engine.mix import Mix
from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from realtime.engine.sources import sources_mask
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned


@dataclass
class Node:
    """One device in a plan, as the main thread holds it: write `target[row]` to move a parameter."""

    label: str
    device: Device
    instance: Instance
    now: np.ndarray
    end: np.ndarray
    target: np.ndarray
    jumps: np.ndarray
    ranges: np.ndarray
    dry: np.ndarray
    block: np.ndarray
    events: np.ndarray
    slot: Slot | None = None
    sources: list[int] = field(default_factory=list)  # addresses of the input buffers
    out: np.ndarray = field(default_factory=lambda: aligned(0))
    latency_at_output: int = 0
    record: np.ndarray | None = None  # the NODE record in the plan

    def row(self, name: str) -> int:
        """Row of a parameter in the table. Raises AntiphonError."""
        for index, param in enumerate(self.instance.params):
            if param.id == name:
                return index
        raise AntiphonError(f"{self.label} has no parameter {name!r}")

    def get(self, name: str) -> float:
        """A parameter's target."""
        return float(self.target[self.row(name)])

    def set(self, name: str, value: float) -> None:
        """Move a parameter; heard from the next quantum on."""
        row = self.row(name)
        self.target[row] = self.instance.params[row].clamp(value)


def _make_node(label: str, device: Device, instance: Instance, values: Mapping[str, float], slot: Slot | None) -> Node:
    params = instance.params
    initial = np.array([values.get(param.id, param.default) for param in params], np.float32)
    takes_events = device.kind == "instrument" or getattr(device, "takes_events", False)
    size = 1 << (instance.latency + 2 * MAX_FRAMES).bit_length()
    return Node(
        label=label,
        device=device,
        instance=instance,
        now=initial.copy(),
        end=initial.copy(),
        target=initial.copy(),
        jumps=np.array([param.jumps for param in params], np.uint8),
        ranges=np.array([param.maximum - param.minimum for param in params], np.float32),
        dry=aligned(2 * size),
        block=aligned(1, BLOCK),
        events=aligned(NODE_EVENTS if takes_events else 1, EVENT),
        slot=slot,
    )


class Plan:
    """A rack made ready to sound. Owns every byte that the callback touches on its behalf.

    rack: what to build. spec: rates and sizes. former: a plan whose devices (same uid, same device and options) are taken
    over with their state, for an edit; the former one must be replaced by this one, never run beside it.
    """

    def __init__(
        self,
        rack: Rack,
        sample_rate: float,
        transport_address: int,
        inputs: int = 0,
        outputs: int = 2,
        former: Plan | None = None,
        serial: int = 1,
    ):
        rack.number()
        self.rack, self.sample_rate, self.serial = rack, float(sample_rate), serial
        self.transport_address = transport_address
        self.n_inputs, self.n_outputs = inputs, max(2, outputs + (outputs & 1))
        self.nodes: list[Node] = []
        self.devices: dict[int, Node] = {}  # by uid of the slot
        self.strips: dict[str, Node] = {}
        self.sends: dict[tuple[str, str], tuple[Node, int]] = {}
        self._former = former
        self._silence = aligned(MAX_FRAMES)
        self._input_buffers = aligned(max(1, inputs) * MAX_FRAMES).reshape(-1, MAX_FRAMES)
        self._keep: list[Any] = []
        self._routes: list[tuple[Node, Track]] = []
        outputs_by_pair = self._wire()
        self._finish(outputs_by_pair)
        self._former = None

    # -- wiring -----------------------------------------------------------------------------------------------------

    def _place(self, slot: Slot, where: str, sources: list[int]) -> Node:
        former = self._former.devices.get(slot.uid) if self._former else None
        try:
            device = slot.device if isinstance(slot.device, Device) else find(slot.device)
            kept = former is not None and former.slot is not None and former.device is device
            if kept and former is not None and former.slot is not None and former.slot.options == slot.options:
                # the same memory goes on in the new plan; only the block record is made anew
                node = replace(former, slot=slot, block=aligned(1, BLOCK), sources=[], record=None)
            else:
                values = dict(slot.values) if slot.options else device.values(slot.values)
                instance = device.build(Spec(self.sample_rate, MAX_FRAMES, slot.options, values))
                checked = self._check_values(slot, instance)
                node = _make_node(slot.title or device.title, device, instance, checked, slot)
        except AntiphonError as error:
            raise AntiphonError(f"{where}: {error}") from None
        slot.values = {param.id: float(node.target[row]) for row, param in enumerate(node.instance.params)}
        self._add(node, sources)
        self.devices[slot.uid] = node
        return node

    @staticmethod
    def _check_values(slot: Slot, instance: Instance) -> dict[str, float]:
        table = {param.id: param for param in instance.params}
        result = {name: param.default for name, param in table.items()}
        for name, raw in slot.values.items():
            if name not in table:
                raise AntiphonError(
                    f"device {slot.device!r} has no parameter {name!r}; it has: {', '.join(table) or 'none'}"
                )
            try:
                result[name] = table[name].parse(raw)
            except AntiphonError as error:
                raise AntiphonError(f"device {slot.device!r}: {error}") from None
        return result

    def _add(self, node: Node, sources: list[int]) -> None:
        wanted = node.instance.inputs
        silence = self._silence.ctypes.data
        node.sources = (sources + [silence] * wanted)[:wanted]
        node.out = aligned(max(2, node.instance.outputs) * MAX_FRAMES).reshape(-1, MAX_FRAMES)
        self.nodes.append(node)

    def _mixer(self, label: str, feeds: list[tuple[str, Node, float, float, bool]]) -> Node:
        """Sum (name, node, gain_db, pan, mute) with latency compensation."""
        latest = max((node.latency_at_output for _, node, *_ in feeds), default=0)
        delays = [latest - node.latency_at_output for _, node, *_ in feeds]
        device = Mix([name for name, *_ in feeds] or ["silence"], delays or [0])
        instance = device.build(Spec(self.sample_rate, MAX_FRAMES))
        values: dict[str, float] = {}
        for index, (_, _, gain_db, pan, mute) in enumerate(feeds):
            values |= {f"gain_db_{index}": gain_db, f"pan_{index}": pan, f"mute_{index}": float(mute)}
        node = _make_node(label, device, instance, values, None)
        sources = [self._output(feed, side) for _, feed, *_ in feeds for side in range(2)]
        self._add(node, sources)
        node.latency_at_output = latest
        return node

    @staticmethod
    def _output(node: Node, side: int) -> int:
        channel = side if node.instance.outputs > 1 else 0
        return node.out.ctypes.data + channel * MAX_FRAMES * 4

    def _chain(
        self, slots: list[Slot], where: str, first: Node | None, sources: list[int], latency: int
    ) -> Node | None:
        node = first
        for number, slot in enumerate(slots, 1):
            if node is not None:
                sources = [self._output(node, 0), self._output(node, 1)]
            side: list[int] = []
            if slot.sidechain:
                driver = self.strips.get(slot.sidechain)
                if driver is None:
                    raise AntiphonError(
                        f"{where}, device {number}: sidechain {slot.sidechain!r} is no track that comes before this one"
                    )
                side = [self._output(driver, 0), self._output(driver, 1)]
            placed = self._place(slot, f"{where}, device {number}", sources + side if slot.sidechain else sources)
            placed.latency_at_output = latency + placed.instance.latency
            latency = placed.latency_at_output
            node = placed
        return node

    def _wire_track(self, track: Track) -> Node:
        where = f"track {track.name!r}"
        sources: list[int] = []
        if track.audio_input:
            for channel in (track.audio_input * 2)[:2]:
                if channel <= self.n_inputs:
                    sources.append(self._input_buffers[channel - 1].ctypes.data)
                else:
                    sources.append(self._silence.ctypes.data)
        last = self._chain(track.slots, where, None, sources, 0)
        if last is None:
            raise AntiphonError(f"{where} is empty; give it at least one device")
        for slot in track.slots:
            node = self.devices[slot.uid]
            if node.events.size > 1:
                self._routes.append((node, track))
        strip = self._mixer(f"{track.name} strip", [(track.name, last, track.gain_db, track.pan, track.mute)])
        self.strips[track.name] = strip
        return strip

    def _wire(self) -> dict[int, Node]:
        """Build all chains; returns the last node of each output pair."""
        for track in self.rack.tracks:
            if track.name in self.strips:
                raise AntiphonError(f"two tracks are called {track.name!r}; give each its own name")
            self._wire_track(track)
        returns: list[Node] = []
        names = {bus.name for bus in self.rack.buses}
        for track in self.rack.tracks:
            for bus_name in track.sends:
                if bus_name not in names:
                    raise AntiphonError(f"track {track.name!r} sends to {bus_name!r}, which is no bus of this scene")
        for bus in self.rack.buses:
            returns.append(self._wire_bus(bus))
        pairs: dict[int, Node] = {}
        for pair in sorted({0, *((track.output - 1) // 2 for track in self.rack.tracks)}):
            members = [t for t in self.rack.tracks if (t.output - 1) // 2 == pair]
            feeds = [(t.name, self.strips[t.name], 0.0, 0.0, False) for t in members]
            if pair == 0:
                feeds += [(b.name, node, 0.0, 0.0, False) for b, node in zip(self.rack.buses, returns, strict=True)]
            total = self._mixer(f"sum {pair + 1}", feeds)
            if pair == 0 and self.rack.master:
                total = self._chain(self.rack.master, "master", total, [], total.latency_at_output) or total
            pairs[pair] = total
        return pairs

    def _wire_bus(self, bus: Bus) -> Node:
        feeds = []
        for track in self.rack.tracks:
            gain = track.sends.get(bus.name, -90.0)
            feeds.append((track.name, self.strips[track.name], gain, 0.0, False))
        entry = self._mixer(f"{bus.name} send", feeds)
        for index, track in enumerate(self.rack.tracks):
            self.sends[track.name, bus.name] = (entry, index)
        last = self._chain(bus.slots, f"bus {bus.name!r}", entry, [], entry.latency_at_output) or entry
        strip = self._mixer(f"{bus.name} return", [(bus.name, last, bus.gain_db, bus.pan, False)])
        self.strips[bus.name] = strip
        return strip

    # -- memory -----------------------------------------------------------------------------------------------------

    def _finish(self, pairs: dict[int, Node]) -> None:
        self._records = aligned(len(self.nodes), NODE)
        for index, node in enumerate(self.nodes):
            self._fill(self._records[index : index + 1], node)
            node.record = self._records[index : index + 1]
        table = np.zeros(self.n_outputs, np.int64)
        for pair in range(self.n_outputs // 2):
            for side in range(2):
                silent = self._silence.ctypes.data
                table[2 * pair + side] = self._output(pairs[pair], side) if pair in pairs else silent
        inputs = np.array([row.ctypes.data for row in self._input_buffers], np.int64)
        heard = [
            (node, track, mask, lane) for node, track in self._routes for mask, lane in self._hears(track)
        ]  # fmt: skip
        routes = aligned(max(1, len(heard)), ROUTE)
        for route, (node, track, mask, lane) in zip(routes, heard, strict=False):
            self._fill_route(route, node, track.keys, mask, lane)
        self.head = aligned(1, PLAN_HEAD)
        self.latency = max((node.latency_at_output for node in pairs.values()), default=0)
        longest = max((node.instance.tail_s for node in self.nodes), default=0.0)
        for name, number in dict(
            nodes=self._records.ctypes.data, n_nodes=len(self.nodes), routes=routes.ctypes.data,
            n_routes=len(heard), inputs=inputs.ctypes.data, outputs=table.ctypes.data,
            n_inputs=self.n_inputs, n_outputs=self.n_outputs, silence_s=min(6.0, max(0.5, longest)),
            crossfade=int(self._former is not None), serial=self.serial, mode=FRESH,
        ).items():  # fmt: skip
            self.head[name] = number
        self._keep += [table, inputs, routes]

    def _fill(self, record: np.ndarray, node: Node) -> None:
        instance = node.instance
        tables = np.array(node.sources + [node.out[c].ctypes.data for c in range(instance.outputs)] or [0], np.int64)
        self._keep.append(tables)
        for name, number in dict(
            frames=MAX_FRAMES, sample_rate=self.sample_rate, transport=self.transport_address,
            audio_in=tables.ctypes.data, audio_out=tables.ctypes.data + 8 * len(node.sources),
            inputs=instance.inputs, outputs=instance.outputs, params_now=node.now.ctypes.data,
            params_end=node.end.ctypes.data, n_params=len(instance.params), events=node.events.ctypes.data,
            heap=instance.heap.ctypes.data, heap_floats=instance.heap.size,
            tables=instance.tables.ctypes.data, context=instance.context,
        ).items():  # fmt: skip
            node.block[name] = number
        motion = [array.ctypes.data for array in (node.now, node.end, node.target, node.jumps, node.ranges)]
        for name, number in dict(
            entry=instance.entry, block=node.block.ctypes.data, state=instance.state.ctypes.data, motion=motion,
            pristine=instance.pristine.ctypes.data, state_bytes=instance.state.size,
            dry=node.dry.ctypes.data, dry_size=node.dry.size // 2, latency=instance.latency,
            inputs=instance.inputs, outputs=instance.outputs, takes_events=int(node.events.size > 1),
            can_bypass=int(instance.inputs >= 2 and node.slot is not None),
        ).items():  # fmt: skip
            record[name] = number
        bypassed = 1.0 if node.slot is not None and node.slot.bypass else 0.0
        record["bypass_target"] = record["bypass_now"] = bypassed

    def _hears(self, track: Track) -> list[tuple[int, int]]:
        try:
            return sources_mask(track.keys.sources, self.rack.lanes)
        except AntiphonError as error:
            raise AntiphonError(f"track {track.name!r}: {error}") from None

    @staticmethod
    def _fill_route(route, node: Node, keys: Keys, sources: int, lane: int) -> None:
        channels = 0
        for channel in keys.channels:
            channels |= 1 << (channel - 1)
        assert node.record is not None
        for name, number in dict(
            node=node.record.ctypes.data, sources=sources, channels=channels, key_low=keys.key_low,
            key_high=keys.key_high, velocity_low=(keys.velocity_low - 0.5) / 127.0,
            velocity_high=(keys.velocity_high + 0.5) / 127.0, transpose=keys.transpose, lane=lane,
        ).items():  # fmt: skip
            route[name] = number

    @property
    def address(self) -> int:
        """Address of the plan's head: what the engine is given."""
        return self.head.ctypes.data

    def ordered(self) -> list[Node]:
        """The devices by rack number, 1-based in the control tree."""
        return [self.devices[slot.uid] for slot in self.rack.slots()]

    def bypass(self, uid: int, on: bool) -> None:
        """Bypass a device, or mute an instrument, without a click."""
        node = self.devices[uid]
        assert node.record is not None and node.slot is not None
        node.slot.bypass = on
        node.record["bypass_target"] = 1.0 if on else 0.0
