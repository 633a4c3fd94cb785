"""Wires a rack: places its devices, mixers and folds in the order of the signal, all of them aligned in time; [main]."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.contract.device import Device, Instance
from realtime.contract.limits import SILENT_DB
from realtime.contract.ports import AUX, MAIN, SIDECHAIN, Port, find_port, first_channel
from realtime.devices.registry import find
from realtime.engine import fold
from realtime.engine.adoption import MASTER_DOOR, Adopted
from realtime.engine.guests import Door
from realtime.engine.layout import OF_BUSES, OF_MASTER
from realtime.engine.mix import WIDEST, Feed, mix, mixer_state
from realtime.engine.node import Node, Place
from realtime.engine.rack import Bus, Rack, Slot, Track
from realtime.native.errors import AntiphonError, nearest
from realtime.native.memory import aligned

FeedKey = tuple[str, ...]
WIDTHS = (1, 2, WIDEST)
_CHANNEL_BYTES = 4 * MAX_FRAMES


@dataclass(frozen=True)
class Signal:
    """Sound on its way: addresses of float32[MAX_FRAMES] buffers, and how many samples it is late."""

    channels: tuple[int, ...]
    latency: int = 0


@dataclass(frozen=True)
class _Input:
    """One input of a mixer: who it is through all edits, its title, its signal, and how its knobs begin."""

    key: FeedKey
    title: str
    signal: Signal
    values: dict[str, float]
    passes: bool = False  # it only holds a signal back: what goes is its delay, not the sound


class Wiring:
    """All places of a rack. inputs: channels of the driver.

    kept_nodes, kept_feeds, kept_doors: what is taken over from the plan that is edited, by uid and by key. is_edit: what is
    new begins faded out. adopted: what goes on from another scene's plan. steady: uids of the tracks that hear the driver's
    inputs without the plan's fade. Raises AntiphonError with the place and the remedy.
    """

    def __init__(
        self,
        rack: Rack,
        sample_rate: float,
        inputs: int,
        kept_nodes: dict[int, Node],
        kept_feeds: dict[FeedKey, Feed],
        is_edit: bool,
        adopted: Adopted | None = None,
        steady: Collection[int] = (),
        kept_doors: Mapping[FeedKey, Door] | None = None,
    ):
        self.rack, self._rate, self.n_inputs, self._is_edit = rack, sample_rate, inputs, is_edit
        self._adopted = adopted or Adopted()
        self._arriving = {(kind, str(uid)) for (kind, _), uid in self._adopted.strips.items()}
        self._kept_doors = {**(kept_doors or {}), **self._adopted.doors}
        self._kept_nodes = kept_nodes | self._adopted.own
        self._kept_feeds = kept_feeds | self._adopted.feeds
        self._steady = steady
        self.places: list[Place] = []
        self.devices: dict[int, Place] = {}  # by uid of the slot
        self.feeds: dict[FeedKey, Feed] = {}
        self.mixers: dict[FeedKey, Node] = {}  # by the key of the first input
        self.claims: list[tuple[int, int]] = []  # (feed, wires) of the mixers that were made for this plan
        self.doors: dict[FeedKey, Door] = {}
        self.entries: list[tuple[Door, Signal, int]] = []  # what goes in at each door, and after which stage
        self.stages: list[int] = [0]  # places at which they begin
        self.strips: dict[str, Feed] = {}  # by name of track and bus
        self.sends: dict[tuple[str, str], Feed] = {}
        self.routes: list[tuple[Place, Track]] = []
        self.silence = aligned(MAX_FRAMES)
        self.inputs = aligned(max(1, inputs) * MAX_FRAMES).reshape(-1, MAX_FRAMES)
        self.steady_inputs = aligned(max(1, inputs) * MAX_FRAMES).reshape(-1, MAX_FRAMES)
        self._strip_signals: dict[str, Signal] = {}
        self._aux: dict[str, Signal] = {}
        self.pairs = self._wire()

    # -- building blocks ----------------------------------------------------------------------------------------------

    def _silent(self, channels: int) -> Signal:
        return Signal((self.silence.ctypes.data,) * channels)

    def _fit(self, signal: Signal, channels: int) -> Signal:
        """The same signal with another count of channels: doubled from mono, folded, or filled up with silence."""
        have = len(signal.channels)
        if have == channels:
            return signal
        if have > channels:
            place = self._add(Node("fold", None, fold.build(have, channels), {}, None), [*signal.channels])
            return Signal(self._buffers(place, channels), signal.latency)
        known = signal.channels * 2 if have == 1 else signal.channels
        return Signal((*known, *self._silent(channels).channels)[:channels], signal.latency)

    @staticmethod
    def _buffers(place: Place, channels: int, first: int = 0) -> tuple[int, ...]:
        base = place.node.out.ctypes.data
        return tuple(base + (first + channel) * _CHANNEL_BYTES for channel in range(channels))

    def _add(self, node: Node, sources: list[int]) -> Place:
        place = Place(node, sources)
        self.places.append(place)
        return place

    def _feed(self, item: _Input, channels: int, delay: int) -> Feed:
        feed = self._kept_feeds.get(item.key)
        if feed is None or feed.channels != channels:
            arrives = self._arrives(item.key)
            feed = Feed(
                item.title, channels, delay=0 if self._is_edit else delay, away=self._is_edit or arrives,
                passes=item.passes, metered=item.key[0] == "strip",
            )  # fmt: skip
            feed.start(item.values)
            if arrives:
                feed.memory["warm"] = delay
        self.feeds[item.key] = feed
        return feed

    def _arrives(self, key: FeedKey) -> bool:
        """Whether it brings what goes on out of a former scene's sum or bus, where it fades meanwhile."""
        kind = (key[2], key[3]) if key[0] == "sum" else ("track", key[2]) if key[0] == "send" else ("", "")
        return kind in self._arriving

    def _mixer(self, label: str, items: list[_Input], channels: int) -> Signal:
        """Sum signals, each delayed to the latest."""
        signals = [self._fit(item.signal, channels) for item in items]
        latest = max((signal.latency for signal in signals), default=0)
        delays = [latest - signal.latency for signal in signals]
        feeds = [self._feed(item, channels, delay) for item, delay in zip(items, delays, strict=True)]
        key = items[0].key if items else ("empty", label)
        sources = [c for signal in signals for c in signal.channels]
        if key in self._adopted.mixers:
            self.mixers[key] = self._adopted.mixers[key]
            return Signal(self._buffers(self._add(self.mixers[key], sources), channels), latest)
        state, wires = mixer_state(feeds, delays, channels)
        self.claims += [(feed.address, wires.ctypes.data) for feed in feeds]
        instance = Instance(
            entry=mix.address, params=(), inputs=channels * len(items), outputs=channels,
            state=state, heap=aligned(0), tables=np.zeros(0, np.uint8), keep=[wires, feeds],
            input_ports=tuple(Port(f"input_{number}", channels) for number in range(len(items))),
        )  # fmt: skip
        self.mixers[key] = Node(label, None, instance, {}, None)
        return Signal(self._buffers(self._add(self.mixers[key], sources), channels), latest)

    def _aligned(self, slot: Slot, end: str, signal: Signal, latency: int) -> Signal:
        """The signal, `latency` samples late in all."""
        late = Signal(self._silent(len(signal.channels)).channels, latency)
        key = ("align", str(slot.uid), end)
        # the second input sounds nothing: it is what the first one waits for
        return self._mixer(
            f"align {end}",
            [_Input(key, end, signal, {}, passes=end == MAIN), _Input((*key, "clock"), "", late, {}, passes=True)],
            len(signal.channels),
        )

    # -- devices ------------------------------------------------------------------------------------------------------

    def _node(self, slot: Slot, where: str) -> Node:
        adopted = self._adopted.nodes.get(slot.uid)
        if adopted is not None:
            return adopted  # it belongs to the scene that sounds until this plan is taken
        kept = self._kept_nodes.get(slot.uid)
        if kept is not None:
            kept.slot = slot
            slot.values = kept.values()
            return kept
        try:
            device = slot.device if isinstance(slot.device, Device) else find(slot.device)
            values = dict(slot.values) if slot.options else device.values(slot.values)
            instance = device.make(self._rate, slot.options, values)
            node = Node(slot.title or device.title, device, instance, checked(slot, instance), slot)
        except AntiphonError as error:
            raise AntiphonError(f"{where}: {error}") from None
        node.record["bypass_target"] = node.record["bypass_now"] = float(slot.bypass)
        if self._is_edit:
            node.begin_away()
        slot.values = node.values()
        return node

    def _sidechain(self, slot: Slot, node: Node, where: str) -> tuple[int, Signal] | None:
        if not slot.sidechain:
            return None
        port = find_port(node.instance.input_ports, role=SIDECHAIN)
        if port is None:
            raise AntiphonError(
                f"{where}: {node.label} has no sidechain input; take `sidechain` out, or use a device that has one"
            )
        if slot.sidechain not in self._strip_signals:
            raise AntiphonError(f"{where}: sidechain {slot.sidechain!r} is no track of this scene")
        return port, self._fit(self._strip_signals[slot.sidechain], node.instance.input_ports[port].channels)

    def _place(self, slot: Slot, where: str, main: Signal | None, before: Place | None) -> tuple[Place, Signal | None]:
        """Put one device behind `main`; its place and its main output (that of a midi device is what came in)."""
        node = self._node(slot, where)
        ports = node.instance.input_ports
        main_port = find_port(ports, role=MAIN)
        keyed = self._sidechain(slot, node, where)
        latency = main.latency if main is not None else 0
        if main is not None and main_port is not None:
            main = self._fit(main, ports[main_port].channels)
        if keyed is not None:
            row, key = keyed
            latency = max(latency, key.latency) if main is not None else latency
            if main is not None:
                main = self._aligned(slot, MAIN, main, latency)
            keyed = row, self._aligned(slot, SIDECHAIN, key, max(latency, key.latency))
        place = self._add(node, [])
        for index, port in enumerate(ports):
            signal = main if index == main_port else keyed[1] if keyed is not None and index == keyed[0] else None
            place.connected |= int(signal is not None) << index
            place.sources += (signal or self._silent(port.channels)).channels
        place.before = before if node.hears_notes else None
        self.devices[slot.uid] = place
        outputs = node.instance.output_ports
        main_out = find_port(outputs, role=MAIN)
        late = latency + node.instance.latency
        if main_out is None:
            return place, main
        return place, Signal(self._buffers(place, outputs[main_out].channels, first_channel(outputs, main_out)), late)

    def _chain(self, slots: list[Slot], where: str, signal: Signal | None, track: Track | None = None) -> Signal | None:
        before: Place | None = None
        for number, slot in enumerate(slots, 1):
            latency = signal.latency if signal is not None else 0
            place, signal = self._place(slot, f"{where}, device {number}", signal, before)
            node = place.node
            if track is not None and node.hears_notes and place.before is None:
                self.routes.append((place, track))
            if track is not None:
                self._offer_aux(track, node, place, latency + node.instance.latency)
            if node.events_out is not None:
                before = place
        places = [self.devices[slot.uid] for slot in slots]
        self._check_heard(places, where)
        if track is not None and track.midi_out:
            self._send_out(places, where)
        return signal

    @staticmethod
    def _send_out(places: list[Place], where: str) -> None:
        """The last midi device before the instrument plays to MIDI out, too. Raises AntiphonError if there is none."""
        playing = [place for place in places if place.node.kind == "midi"]
        if not playing:
            raise AntiphonError(
                f"{where.split(', device')[0]}: midi_out sends what its midi devices play, and it has none; "
                "put one before the instrument, or take midi_out away"
            )
        playing[-1].sends = True

    @staticmethod
    def _check_heard(places: list[Place], where: str) -> None:
        """Raises AntiphonError for a device that plays notes to nobody."""
        heard = {id(place.before) for place in places}
        for number, place in enumerate(places, 1):
            if place.node.events_out is not None and place.node.kind == "midi" and id(place) not in heard:
                raise AntiphonError(
                    f"{where}, device {number}: {place.node.label} plays notes that no device behind it hears; "
                    "put it before an instrument"
                )

    def _offer_aux(self, track: Track, node: Node, place: Place, latency: int) -> None:
        outputs = node.instance.output_ports
        for index, port in enumerate(outputs):
            if port.role == AUX:
                buffers = self._buffers(place, port.channels, first_channel(outputs, index))
                self._aux[f"{track.name}/{port.id}"] = Signal(buffers, latency)

    # -- tracks, buses, master ----------------------------------------------------------------------------------------

    def _source(self, track: Track, where: str) -> Signal | None:
        if track.audio_from:
            if track.audio_from not in self._aux:
                known = ", ".join(self._aux) or "none"
                raise AntiphonError(
                    f"{where}: audio_from {track.audio_from!r} is no aux output of a track; there are: {known}"
                )
            return self._aux[track.audio_from]
        if not track.audio_input:
            return None
        silent, inputs = self.silence.ctypes.data, self.steady_inputs if track.uid in self._steady else self.inputs
        rows = [c - 1 if c <= self.n_inputs else None for c in track.audio_input]
        return Signal(tuple(silent if row is None else inputs[row].ctypes.data for row in rows))

    def _wire_track(self, track: Track) -> None:
        where = f"track {track.name!r}"
        if track.channels not in WIDTHS:
            raise AntiphonError(f"{where}: channels = {track.channels} must be 1, 2 or {WIDEST}")
        source = self._source(track, where)
        signal = self._chain(track.slots, where, source, track)
        if not track.slots:
            raise AntiphonError(f"{where} is empty; give it at least one device")
        if signal is None:
            raise AntiphonError(f"{where} makes no sound: its devices only play notes; put an instrument behind them")
        values = {"gain_db": track.gain_db, "pan": track.pan, "mute": float(track.mute)}
        key = ("strip", "track", str(track.uid))
        strip = [_Input(key, track.name, signal, values)]
        self._strip_signals[track.name] = self._mixer(f"{track.name} strip", strip, track.channels)
        self.strips[track.name] = self.feeds[key]

    def _in_order(self) -> list[Track]:
        """Tracks such that each comes after those whose sound it needs. Raises AntiphonError for a circle."""
        by_name = {track.name: track for track in self.rack.tracks}
        done: dict[str, bool] = {}
        order: list[Track] = []

        def visit(track: Track, path: tuple[str, ...]) -> None:
            if track.name in path:
                circle = " -> ".join((*path[path.index(track.name) :], track.name))
                raise AntiphonError(
                    f"track {track.name!r}: the tracks hear each other in a circle ({circle}); break it"
                )
            if done.get(track.name):
                return
            for needed in [slot.sidechain for slot in track.slots] + [track.audio_from.rpartition("/")[0]]:
                if needed in by_name:
                    visit(by_name[needed], (*path, track.name))
            done[track.name] = True
            order.append(track)

        for track in self.rack.tracks:
            visit(track, ())
        return order

    def _wire(self) -> dict[int, Signal]:
        """Build all chains; the signal of each output pair."""
        names: set[str] = set()
        for name in [track.name for track in self.rack.tracks] + [bus.name for bus in self.rack.buses]:
            if name in names:
                raise AntiphonError(f"two tracks or buses are called {name!r}; give each its own name")
            names.add(name)
        buses = {bus.name for bus in self.rack.buses}
        for track in self.rack.tracks:
            for name in track.sends:
                if name not in buses:
                    raise AntiphonError(f"track {track.name!r} sends to {name!r}, which is no bus of this scene")
        for track in self._in_order():
            self._wire_track(track)
        sent = [self._enter(bus) for bus in self.rack.buses]
        self.stages.append(len(self.places))
        for bus, signal in zip(self.rack.buses, sent, strict=True):
            self._wire_bus(bus, signal)
        return self._sum()

    def _door(self, key: FeedKey, signal: Signal, stage: int) -> None:
        """What former scenes still give to this sum comes in behind it."""
        self.doors[key] = door = self._kept_doors.get(key) or Door()
        self.entries.append((door, signal, stage))

    def _enter(self, bus: Bus) -> Signal:
        """The sum of what the tracks send to a bus."""
        if bus.channels not in WIDTHS:
            raise AntiphonError(f"bus {bus.name!r}: channels = {bus.channels} must be 1, 2 or {WIDEST}")
        items = []
        for track in self.rack.tracks:
            key = ("send", str(bus.uid), str(track.uid))
            values = {"gain_db": track.sends.get(bus.name, SILENT_DB)}
            items.append(_Input(key, f"{track.name} to {bus.name}", self._strip_signals[track.name], values))
        entry = self._mixer(f"{bus.name} send", items, bus.channels)
        for track, item in zip(self.rack.tracks, items, strict=True):
            self.sends[track.name, bus.name] = self.feeds[item.key]
        self._door(("bus", str(bus.uid)), entry, OF_BUSES)
        return entry

    def _wire_bus(self, bus: Bus, entry: Signal) -> None:
        last = self._chain(bus.slots, f"bus {bus.name!r}", entry)
        assert last is not None
        key = ("strip", "bus", str(bus.uid))
        strip = [_Input(key, bus.name, last, {"gain_db": bus.gain_db, "pan": bus.pan, "mute": float(bus.mute)})]
        self._strip_signals[bus.name] = self._mixer(f"{bus.name} return", strip, bus.channels)
        self.strips[bus.name] = self.feeds[key]

    def _sum(self) -> dict[int, Signal]:
        """What leaves by each pair of outputs; a wide track leaves by as many pairs as it needs."""
        leaving: dict[int, list[_Input]] = {0: []}
        everything: list[tuple[str, Track | Bus]] = [("track", track) for track in self.rack.tracks]
        everything += [("bus", bus) for bus in self.rack.buses]
        for kind, item in everything:
            signal = self._strip_signals[item.name]
            first = (item.output - 1) // 2 if isinstance(item, Track) else 0
            for number, at in enumerate(range(0, len(signal.channels), 2)):
                pair = first + number
                part = Signal(signal.channels[at : at + 2], signal.latency)
                key = ("sum", str(pair), kind, str(item.uid), str(number))
                leaving.setdefault(pair, []).append(_Input(key, item.name, part, {}))
        pairs = {pair: self._mixer(f"sum {pair + 1}", items, 2) for pair, items in sorted(leaving.items())}
        self._door(MASTER_DOOR, pairs[0], OF_MASTER)
        self.stages.append(len(self.places))
        if self.rack.master:
            pairs[0] = self._fit(self._chain(self.rack.master, "master", pairs[0]) or pairs[0], 2)
        self.stages.append(len(self.places))
        return pairs


def checked(slot: Slot, instance: Instance) -> dict[str, float]:
    """All values of an instance, those of the slot checked. Raises AntiphonError."""
    table = {param.id: param for param in instance.params}
    result = {name: param.default for name, param in table.items()}
    for name, raw in slot.values.items():
        if name not in table:
            raise AntiphonError(f"device {slot.device!r} has no parameter {name!r}; {nearest(name, table, 'it has')}")
        try:
            result[name] = table[name].parse(raw)
        except AntiphonError as error:
            raise AntiphonError(f"device {slot.device!r}: {error}") from None
    return result
