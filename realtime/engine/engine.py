"""The engine as the main thread holds it: memory, plans, commands, meters; no method but the callback runs on [audio]."""

from __future__ import annotations

import threading
import time

import numpy as np

from realtime.contract.limits import SILENT_DB
from realtime.contract.messages import LATENCY, MOVED, RESTART, TAIL
from realtime.dsp.lookahead import limiter_lookahead
from realtime.engine import layout
from realtime.engine.beside import Beside
from realtime.engine.bindings import Bindings
from realtime.engine.callback import engine_run
from realtime.engine.command_port import CommandPort
from realtime.engine.engine_memory import LIMITER_LOOKAHEAD_S, EngineMemory
from realtime.engine.layout import PLAYER_SOURCE
from realtime.engine.meters import Meters
from realtime.engine.midi_flow import engine_midi_in, engine_midi_out, engine_midi_out_count
from realtime.engine.morph_table import MorphTable
from realtime.engine.node import Node
from realtime.engine.offline import process
from realtime.engine.plan import Plan
from realtime.engine.player_ports import PlayerPorts
from realtime.engine.rack import Rack
from realtime.engine.switching import Switches
from realtime.native.atomics import exchange, load_acquire, store_release
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio
from realtime.native.quiesce import Quiesce
from realtime.native.ring import Ring


@audio
def _publish(address, value):
    return exchange(address, value)


@audio
def _store(address, value):
    store_release(address, value)


@audio
def _load(address):
    return load_acquire(address)


class Engine:
    """One engine: give its `calls` to a driver, or call `process` yourself.

    sample_rate: Hz, 44.1k..192k. inputs, outputs: channels of the driver, 0..8.
    """

    def __init__(self, sample_rate: float = 48000.0, inputs: int = 0, outputs: int = 2, tempo_bpm: float = 120.0):
        if not 8000 <= sample_rate <= 384000:
            raise AntiphonError(f"a sample rate of {sample_rate:g} Hz is out of range; use 44100 to 192000")
        if not (0 <= inputs <= layout.MAX_CHANNELS and 1 <= outputs <= layout.MAX_CHANNELS):
            raise AntiphonError(
                f"{inputs} inputs and {outputs} outputs: an engine has 0 to 8 inputs and 1 to 8 outputs"
            )
        self.sample_rate, self.inputs, self.outputs = float(sample_rate), int(inputs), int(outputs)
        self.latency = limiter_lookahead(self.sample_rate, LIMITER_LOOKAHEAD_S)
        self.quiesce = Quiesce()
        """What the callback may still read is freed through this: players' and recorders' rings, and plans."""
        self._memory = memory = EngineMemory(self.sample_rate, self.inputs, self.outputs, self.quiesce.address)
        self.record, self.address = memory.record, memory.record.ctypes.data
        self.commands, self.tells, self.automation, self.messages = (
            memory.commands, memory.tells, memory.automation, memory.messages,
        )  # fmt: skip
        self.replies, self.controls = memory.replies, memory.controls
        self.heard, self.midi_ring, self.retired, self.switched, self.scope = (
            memory.heard, memory.midi_ring, memory.retired, memory.switched, memory.scope,
        )  # fmt: skip
        self._recording: Ring | None = None
        self._port_maps: list[np.ndarray | None] = [None] * PLAYER_SOURCE
        self._monitor: Ring | None = None
        self._plans: dict[int, Plan] = {}
        self.plan: Plan | None = None
        self._serial = 0
        self._writing = threading.Lock()
        self._automating = threading.Lock()
        self._replying = threading.Lock()
        self._morphing = threading.Lock()
        self._bindings: Bindings | None = None
        self._morph: MorphTable | None = None
        self._commands = CommandPort(memory)
        self.players = PlayerPorts(
            self.record, memory.arrays["stand_ins"], memory.arrays["told"], self._commands, self.quiesce
        )
        self.meters = Meters(memory)
        self.beside = Beside(memory, self.quiesce)
        """Click, count-in and backing track."""
        self.switches = Switches(self)
        """Switching to plans that were made ready aside."""
        self.set_tempo_now(tempo_bpm)
        self.calls = np.array(
            [
                engine_run.address,
                engine_midi_in.address,
                engine_midi_out_count.address,
                engine_midi_out.address,
                self.address,
            ],
            np.int64,
        )

    # -- plans --------------------------------------------------------------------------------------------------------

    @property
    def transport_address(self) -> int:
        """Address of the transport record that devices read."""
        return self.address + layout.TRANSPORT_AT

    def compile(self, rack: Rack, edit: bool = False) -> Plan:
        """Build a plan for a rack, aside from what sounds. Raises AntiphonError, and nothing has changed then.

        edit: the rack is the current one, changed: all that both have goes on untouched, what comes and goes is faded.
        Publish it before the next one is compiled.
        """
        self.switches.settle()
        self._serial += 1
        former, family = None, 0
        if edit and self.plan is not None:
            family = self.plan.family
            sounding = self.sounding()
            if sounding is not None and sounding.family == family:
                former = sounding
        return Plan(
            rack, self.sample_rate, self.transport_address, layout.address(self.record, "note_counter"),
            self.inputs, self.outputs, former=former, serial=self._serial, family=family,
        )  # fmt: skip

    def compile_after(
        self, rack: Rack, former: Plan | None, values: str = "reset", own: dict[int, Node] | None = None
    ) -> Plan:
        """Build a plan for another scene that is to follow `former`; see `Plan`. Raises AntiphonError."""
        self._serial += 1
        return Plan(
            rack, self.sample_rate, self.transport_address, layout.address(self.record, "note_counter"),
            self.inputs, self.outputs, serial=self._serial, like=former, values=values, own=own,
        )  # fmt: skip

    def sounding(self) -> Plan | None:
        """The plan that the callback took last."""
        return self.numbered(int(_load(layout.address(self.record, "accepted"))))

    def numbered(self, serial: int) -> Plan | None:
        """The plan of a serial, if the callback may still hold it."""
        return next((plan for plan in self._plans.values() if plan.serial == serial), None)

    def swap(self, plan: Plan, wait_s: float = 1.0) -> bool:
        """Publish a plan; the callback takes it at the next quantum's edge, an edit once what it takes away has faded.
        True once it has. False: no callback runs, or the scene that it edits or follows was left before it came; then
        `plan` is what sounds, as before."""
        self.collect()
        if plan.edits:
            self.switches.follow(plan)
        self._plans[plan.address] = plan
        plan.announce()
        former = _publish(layout.address(self.record, "next_plan"), plan.address)
        if former:  # published before but never taken; the callback may be looking at it
            unused = self._plans.pop(int(former))
            self.quiesce.retire(unused, lambda: self._close(unused))
        self.plan = plan
        deadline = time.monotonic() + wait_s
        while _load(layout.address(self.record, "accepted")) != plan.serial:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.0005)
            self.collect()
            if self._plans.get(plan.address) is not plan:
                return False
        return True

    def enlist(self, plan: Plan) -> None:
        """The callback may take this plan by itself from now on: it is kept until that is over. [main]"""
        self._plans[plan.address] = plan

    def delist(self, plan: Plan) -> None:
        """The callback cannot take this plan any more; if it never did, it is freed once no block can see it. [main]"""

        def free() -> None:
            if plan.mode == layout.FRESH and self._plans.pop(plan.address, None) is not None:
                self._close(plan)

        self.quiesce.retire(plan, free)

    def _drop(self, address: int) -> None:
        plan = self._plans.pop(int(address), None)
        if plan is self.plan and plan is not None and plan.mode == layout.FRESH:
            self.plan = self.sounding()  # it was refused
        if plan is not None:
            self.quiesce.retire(plan, lambda: self._close(plan))

    def _close(self, plan: Plan) -> None:
        """End what only this plan's devices hold open."""
        others = [*self._plans.values(), *self.switches.plans()]
        alive = {id(node) for other in others if other is not plan for node in other.nodes.values()}
        for node in plan.nodes.values():
            if node.instance.close is not None and id(node) not in alive:
                node.instance.close()
                node.instance.close = None

    def told(self) -> list[tuple[Node, int, int, float]]:
        """What the devices of the current plan sent up since the last call: (device, kind, row, value). [main]"""
        if self.plan is None:
            return []
        return [
            (node, int(message["kind"]), int(message["row"]), float(message["value"]))
            for node in self.plan.nodes.values()
            if node.told is not None
            for message in node.told.pop_all()
        ]

    def attend(self, wait_s: float = 1.0) -> list[tuple[Node, int, int, float]]:
        """Do what the devices asked for: follow latencies and tails, build anew what wants it. Returns all messages. [main]"""
        messages = self.told()
        again = False
        for node, kind, row, value in messages:
            if kind == LATENCY:
                again |= node.instance.latency != int(value)
                node.instance.latency = max(0, int(value))
            elif kind == TAIL:
                node.instance.tail_s = max(0.0, value)
            elif kind == MOVED and 0 <= row < len(node.target):
                node.target[row] = node.instance.params[row].clamp(value)
            elif kind == RESTART and node.slot is not None:
                node.slot.generation += 1
                again = True
        if again and self.plan is not None:
            self.swap(self.compile(self.plan.rack, edit=True), wait_s)
        return messages

    def move(self, uid: int, row: int, value: float, sample: int = 0) -> bool:
        """Move a parameter of a device of the current plan at a sample of the engine's clock; 0 = at once. [any but audio]"""
        with self._automating:
            return self.automation.push(uid=uid, row=row, value=value, sample=sample)

    def collect(self) -> int:
        """Free what the callback has let go of; returns how many plans still sound. [main]"""
        self.switches.settle()
        self.quiesce.collect()
        self.beside.collect()
        for record in self.retired.pop_all():
            self._drop(int(record["address"]))
        return len(self._plans)

    def dispose(self) -> None:
        """End what the devices hold open. No callback runs any more, and none will. [main]"""
        self.collect()
        for plan in [*self._plans.values()]:
            self._close(plan)

    # -- time and commands --------------------------------------------------------------------------------------------

    def command(self, kind: int, number: int = 0, value: float = 0.0, value2: float = 0.0) -> bool:
        """Send one command to the callback; False if it is not running and the ring is full. [any but audio]"""
        return self._commands.send(kind, number, value, value2)

    def set_tempo_now(self, tempo_bpm: float) -> None:
        """Set the tempo before a driver starts."""
        t = self.record["transport"]
        t["tempo_bpm"] = tempo_bpm
        t["beats_per_sample"] = tempo_bpm / 60.0 / self.sample_rate

    def set_tempo(self, tempo_bpm: float) -> None:
        self.command(layout.SET_TEMPO, 0, float(tempo_bpm))

    def tap(self) -> None:
        """A tap of the tempo: from the second on it leads tempo and beat."""
        self.command(layout.TAP)

    def play(self) -> None:
        self.command(layout.PLAY)

    def stop(self) -> None:
        self.command(layout.STOP)

    def locate(self, beat: float) -> None:
        self.command(layout.LOCATE, 0, float(beat))

    def set_signature(self, numerator: int, denominator: int) -> None:
        self.command(layout.SET_SIGNATURE, 0, float(numerator), float(denominator))

    def set_loop(self, start_beat: float, end_beat: float, on: bool = True) -> None:
        self.command(layout.SET_LOOP, int(on), float(start_beat), float(end_beat))

    def panic(self) -> None:
        """Silence: every note of every source ends now."""
        self.command(layout.PANIC)

    def release(self, source: int) -> bool:
        """End the notes of one source (it was unplugged), after all that it sent before; False if there is no room now."""
        if source >= PLAYER_SOURCE:
            return self.command(layout.RELEASE_SOURCE, int(source))
        with self._writing:
            return self.messages.push(when_ns=time.monotonic_ns(), source=source, size=layout.GONE)

    def set_master_db(self, gain_db: float) -> None:
        self.command(layout.MASTER_GAIN, 0, 0.0 if gain_db <= SILENT_DB else 10.0 ** (gain_db / 20.0))

    def follow_clock(self, source: int | None) -> None:
        """Let the transport follow the MIDI clock of a source; None: play in our own tempo."""
        self.command(layout.FOLLOW_CLOCK, 0 if source is None else source + 1)

    def follow_any_clock(self) -> None:
        """As `follow_clock`, but of whichever source sends one; the first that does is followed until it falls silent."""
        self.command(layout.FOLLOW_CLOCK, layout.ANY_CLOCK)

    def send_clock(self, on: bool) -> None:
        """Send MIDI clock, start, stop and song position to MIDI out."""
        self.command(layout.SEND_CLOCK, int(on))

    # -- MIDI ---------------------------------------------------------------------------------------------------------

    def midi_in(self, source: int, data: bytes, when_ns: int | None = None) -> bool:
        """One raw message of up to 3 bytes; stamped now unless a time.monotonic_ns() is given; 0 = at once. [any but audio]"""
        if not 1 <= len(data) <= 3 or not 0 <= source < layout.MAX_SOURCES:
            return False
        padded = np.zeros(8, np.uint8)
        padded[: len(data)] = list(data)
        when = time.monotonic_ns() if when_ns is None else when_ns
        with self._writing:
            return self.messages.push(when_ns=when, source=source, size=len(data), data=padded)

    def midi_out(self) -> list[tuple[int, int, bytes]]:
        """What the engine plays to the outside: (port, when_ns, bytes), for drivers without MIDI. [MIDI thread]"""
        return [
            (int(out["port"]), int(out["when_ns"]), bytes(out["data"][: int(out["size"])]))
            for out in self.midi_ring.pop_all()
        ]

    def set_port_map(self, source: int, table: np.ndarray | None) -> None:
        """Let a port's messages pass by a PORT_MAP record, shape (1,); None: as they come. [main]"""
        former, self._port_maps[source] = self._port_maps[source], table
        at = layout.address(self.record, "port_maps") + 8 * source
        _publish(at, 0 if table is None else table.ctypes.data)
        self.quiesce.retire(former)

    def watch_midi(self, ring: Ring | None) -> None:
        """Let the callback show all MIDI that comes and goes to a ring of MONITORED; None: nobody watches. [main]"""
        former, self._monitor = self._monitor, ring
        _store(layout.address(self.record, "monitor"), 0 if ring is None else ring.address)
        self.quiesce.retire(former)

    @property
    def port_states(self) -> np.ndarray:
        """PORT_STATE of each port, as the callback left it: counts and newest messages."""
        return self._memory.arrays["port_states"]

    @property
    def planned(self) -> np.ndarray:
        """NOTE of each place in the players' schedule, as the callback left it."""
        return self._memory.arrays["notes"]

    def reply(self, data: bytes) -> bool:
        """One raw message of up to 3 bytes to MIDI out, in the next block; False if there is no room now. [any but audio]"""
        padded = np.zeros(16, np.uint8)
        padded[: len(data)] = list(data)
        with self._replying:
            return self.replies.push(size=len(data), data=padded)

    def bind(self, bindings: Bindings | None) -> None:
        """Let the callback move parameters by these; what it had before is freed once it has let go of it. [main]"""
        former, self._bindings = self._bindings, bindings
        _publish(layout.address(self.record, "bindings"), 0 if bindings is None else bindings.address)
        self.quiesce.retire(former)

    def morph_by(self, table: MorphTable | None) -> None:
        """Let the callback move the values of a morph; what it had before is freed once it has let go of it. [any but audio]"""
        with self._morphing:
            former, self._morph = self._morph, table
            _publish(layout.address(self.record, "morph"), 0 if table is None else table.address)
        self.quiesce.retire(former)

    # -- sound --------------------------------------------------------------------------------------------------------

    def process(self, audio_in: np.ndarray | None = None, frames: int | None = None, block: int = 64) -> np.ndarray:
        """Run the callback here and now: audio_in (inputs, n) float32 or None; returns (outputs, n) float32."""
        return process(self, audio_in, frames, block)

    def record_to(self, ring: Ring | None) -> None:
        """Let the callback copy the master to a ring of `audio_record(outputs)`; None ends it."""
        former, self._recording = self._recording, ring
        _store(layout.address(self.record, "record_ring"), ring.address if ring is not None else 0)
        self.quiesce.retire(former)

    def watch_scope(self, on: bool) -> None:
        """Let the callback copy the master to `scope`, which drops what nobody reads."""
        self.record["scope_ring"] = self.scope.address if on else 0

    # -- meters -------------------------------------------------------------------------------------------------------

    def loads(self) -> list[tuple[str, float]]:
        """Each device's last measured duration as a share of its quantum's time."""
        if self.plan is None:
            return []
        return [(node.label, node.share(self.sample_rate)) for node in self.plan.ordered()]
