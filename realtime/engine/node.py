"""A running device as the main thread holds it, and its place in one plan; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from realtime.contract import messages
from realtime.contract.block import BLOCK, MAX_EVENTS_OUT, MAX_FRAMES
from realtime.contract.device import Device, Instance
from realtime.contract.events import EVENT
from realtime.contract.ports import MAIN, find_port
from realtime.engine.alignment import line_size, new_line
from realtime.engine.layout import CHASE_ROOM, NODE, NODE_EVENTS, PARAMETER_ROOM
from realtime.engine.played_out import SENT
from realtime.engine.rack import Slot
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned, field_offset
from realtime.native.ring import Ring

AWAY_TARGET, BYPASS_TARGET = field_offset(NODE, "away_target"), field_offset(NODE, "bypass_target")


class Node:
    """One device with all memory that belongs to it alone, through every edit that keeps it.

    Write `target[row]` to move a parameter; `offsets[row]` is what modulation adds to it.
    """

    def __init__(
        self, label: str, device: Device | None, instance: Instance, values: Mapping[str, float], slot: Slot | None
    ):
        self.label, self.device, self.instance, self.slot = label, device, instance, slot
        self.generation = slot.generation if slot is not None else 0
        self.options = dict(slot.options) if slot is not None else {}
        params = instance.params
        initial = np.array([values.get(param.id, param.default) for param in params], np.float32)
        self.now, self.end, self.target = initial.copy(), initial.copy(), initial.copy()
        self.jumps = np.array([param.jumps for param in params], np.uint8)
        self.ranges = np.array([param.maximum - param.minimum for param in params], np.float32)
        self.lows = np.array([param.minimum for param in params], np.float32)
        self.offsets = np.zeros(len(params), np.float32)
        self.out = aligned(max(2, instance.outputs) * MAX_FRAMES).reshape(-1, MAX_FRAMES)
        events_in = device is not None and device.events_in
        wants = device is not None and device.parameter_events
        self.takes_events = events_in or wants
        self.events = aligned(NODE_EVENTS + CHASE_ROOM + PARAMETER_ROOM + 1 if self.takes_events else 1, EVENT)
        self.hears_notes = events_in
        self.events_out = aligned(MAX_EVENTS_OUT + 1, EVENT) if device is not None and device.events_out else None
        plays = device is not None and device.kind == "midi"
        self.sent = aligned(1, SENT) if plays else None
        self.told = Ring(messages.TOLD, messages.ROOM) if device is not None and device.speaks else None
        self.scratch = aligned(8, np.int64)
        self.record = aligned(1, NODE)
        self._lines: list[np.ndarray] = []
        self._fill()

    def _fill(self) -> None:
        instance, record = self.instance, self.record
        main = find_port(instance.input_ports, role=MAIN)
        lists = (self.now, self.end, self.target, self.jumps, self.ranges, self.lows, self.offsets)
        pristine = instance.pristine
        for name, number in dict(
            entry=instance.entry, reset=instance.reset, state=instance.state.ctypes.data,
            motion=[array.ctypes.data for array in lists], state_bytes=instance.state.size,
            pristine=0 if pristine is None else pristine.ctypes.data,
            channels_in=0 if main is None or self.slot is None else instance.input_ports[main].channels,
            channels_out=0 if not instance.outputs else instance.output_ports[0].channels,
            sent=0 if self.sent is None else self.sent.ctypes.data,
            takes_parameters=int(self.device is not None and self.device.parameter_events),
        ).items():  # fmt: skip
            record[name] = number
        dry = record[0]["dry"]
        dry["faded"], dry["now"] = -1, instance.latency
        channels = int(record["channels_in"][0])
        if channels:
            line = new_line(channels, max(1, instance.latency))
            self._lines.append(line)
            dry["line"], dry["size"] = line.ctypes.data, line.size // channels

    @property
    def address(self) -> int:
        return self.record.ctypes.data

    @property
    def name(self) -> str:
        return self.device.name if self.device is not None else ""

    @property
    def peak(self) -> float:
        """Highest sample of its main output a moment ago, as amplitude. [any but audio]"""
        return float(self.record[0]["peak"])

    @property
    def kind(self) -> str:
        return self.device.kind if self.device is not None else "effect"

    def begin_away(self) -> None:
        """Begin faded out: the device comes into a rack that sounds."""
        self.record["bypass_now"] = 1.0
        self.record["warm"] = self.instance.latency
        self.record[0]["dry"]["now"] = 0

    def longer_line(self, latency: int) -> tuple[int, int]:
        """(address, size a channel) of a dry line for a latency, or (0, 0) if the one there is does."""
        channels = int(self.record["channels_in"][0])
        if not channels or line_size(latency) <= int(self.record[0]["dry"]["size"]):
            return 0, 0
        line = new_line(channels, latency)
        self._lines.append(line)
        return line.ctypes.data, line.size // channels

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

    def modulate(self, name: str, offset: float) -> None:
        """Add an offset in real units to a parameter; the sum keeps to the range, and 0 gives the parameter back."""
        self.offsets[self.row(name)] = offset
        self.record["modulated"] = 1

    def values(self) -> dict[str, float]:
        """All parameters as they are set."""
        return {param.id: float(self.target[row]) for row, param in enumerate(self.instance.params)}

    def bypass(self, on: bool) -> None:
        """Fade to the dry signal, or to silence where there is none."""
        assert self.slot is not None
        self.slot.bypass = on
        self.record["bypass_target"] = 1.0 if on else 0.0

    def share(self, sample_rate: float) -> float:
        """Last measured duration of a quantum as a share of its time."""
        frames = int(self.record["load_frames"][0])
        return float(self.record["load_ns"][0]) * sample_rate / 1e9 / frames if frames else 0.0


@dataclass
class Place:
    """A node in one plan: what it is wired to."""

    node: Node
    sources: list[int]  # addresses of the input buffers, port after port
    connected: int = 0  # bit mask of the input ports
    before: Place | None = None  # the midi device it hears
    sends: bool = False  # what it plays goes out at MIDI, too
    block: np.ndarray = field(default_factory=lambda: aligned(1, BLOCK))
    keep: list[Any] = field(default_factory=list)

    def fill(self, sample_rate: float, transport: int, note_ids: int) -> None:
        """Write the block record, all but what the callback writes."""
        node, instance = self.node, self.node.instance
        outputs = [node.out[channel].ctypes.data for channel in range(instance.outputs)]
        table = np.array([*self.sources, *outputs, 0], np.int64)
        self.keep.append(table)
        for name, number in dict(
            frames=MAX_FRAMES, sample_rate=sample_rate, transport=transport, note_ids=note_ids,
            audio_in=table.ctypes.data, audio_out=table.ctypes.data + 8 * len(self.sources),
            inputs=len(self.sources), outputs=instance.outputs, connected=self.connected,
            params_now=node.now.ctypes.data, params_end=node.end.ctypes.data, n_params=len(instance.params),
            events=node.events.ctypes.data, events_out=0 if node.events_out is None else node.events_out.ctypes.data,
            latency=instance.latency, messages=0 if node.told is None else node.told.address,
            scratch=node.scratch.ctypes.data, heap=instance.heap.ctypes.data, heap_floats=instance.heap.size,
            tables=instance.tables.ctypes.data, context=instance.context,
        ).items():  # fmt: skip
            self.block[name] = number
