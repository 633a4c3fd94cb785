"""The engine as the main thread holds it: memory, plans, commands, meters; no method but the callback runs on [audio]."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.block import MAX_FRAMES
from realtime.contract.events import EVENT
from realtime.contract.limits import SILENT_DB
from realtime.contract.messages import LATENCY, MOVED, RESTART, TAIL
from realtime.dsp.lookahead import LIMITER, limiter_heap, limiter_lookahead, prepare_limiter
from realtime.engine import histogram, layout
from realtime.engine.callback import (
    engine_midi_in,
    engine_midi_out,
    engine_midi_out_count,
    engine_run,
    master_stage,
)
from realtime.engine.clock_sync import clock_stage
from realtime.engine.clockwork import take_commands_stage
from realtime.engine.events import pay_owed_stage, release_source_stage, take_message_stage
from realtime.engine.layout import ENGINE, INCOMING, MESSAGE, MIDI_OUT, NOTE, PLAYER_SOURCE
from realtime.engine.node import Node
from realtime.engine.nodes import automate_stage, run_nodes_stage
from realtime.engine.plan import Plan
from realtime.engine.rack import Rack
from realtime.engine.schedule import play_due_stage, take_plans_stage
from realtime.engine.sources import KEYS
from realtime.midi.clock import FOLLOWER, prepare_follower
from realtime.midi.clock_out import GENERATOR
from realtime.midi.keeper import KEEPER, prepare_keeper
from realtime.native.atomics import exchange, load_acquire, store_release
from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio, int64, void
from realtime.native.memory import aligned
from realtime.native.quiesce import Quiesce
from realtime.native.ring import Ring

LIMITER_LOOKAHEAD_S = 0.001
STAGES = {
    "take_message": take_message_stage,
    "release_source": release_source_stage,
    "pay_owed": pay_owed_stage,
    "take_commands": take_commands_stage,
    "take_plans": take_plans_stage,
    "play_due": play_due_stage,
    "clock": clock_stage,
    "automate": automate_stage,
    "run_nodes": run_nodes_stage,
    "master": master_stage,
}
_call_run = caller(void, int64, int64, int64, int64, int64)


def audio_record(channels: int) -> np.dtype:
    """One quantum of sound in a ring: frames, channels, planar float32."""
    return np.dtype([("frames", "i4"), ("channels", "i4"), ("data", "f4", (channels, MAX_FRAMES))])


@audio
def _publish(address, value):
    return exchange(address, value)


@audio
def _store(address, value):
    store_release(address, value)


@audio
def _load(address):
    return load_acquire(address)


@audio
def _render(run, engine, table_in, inputs, table_out, outputs, total, frames):
    """Call the engine block by block over contiguous (channels, total) float32; tables are scratch."""
    base_in, base_out = table_in[8], table_out[8]
    done = 0
    while done < total:
        count = min(frames, total - done)
        for channel in range(inputs):
            table_in[channel] = base_in + 4 * (channel * total + done)
        for channel in range(outputs):
            table_out[channel] = base_out + 4 * (channel * total + done)
        _call_run(run, engine, table_in.ctypes.data, table_out.ctypes.data, count, now_ns())
        done += count


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
        self.record = aligned(1, ENGINE)
        self.address = self.record.ctypes.data
        self.latency = limiter_lookahead(self.sample_rate, LIMITER_LOOKAHEAD_S)
        self.quiesce = Quiesce()
        """What the callback may still read is freed through this: players' and recorders' rings, and plans."""
        self._memory: dict[str, np.ndarray] = {}
        self._players: dict[int, list[Any]] = {}
        self._plans: dict[int, Plan] = {}
        self.plan: Plan | None = None
        self._serial = 0
        self._writing = threading.Lock()
        self._commanding = threading.Lock()
        self._automating = threading.Lock()
        self._allocate()
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
        self._tables = np.zeros((2, 9), np.int64)

    def _allocate(self) -> None:
        r = self.record
        r["sample_rate"], r["n_inputs"], r["n_outputs"] = self.sample_rate, self.inputs, self.outputs
        r["midi_latency_ns"] = 500_000
        r["epochs"] = self.quiesce.address

        for name, stage in STAGES.items():
            r[name] = stage.address

        def memory(name: str, count: int, dtype=np.float32) -> np.ndarray:
            self._memory[name] = aligned(count, dtype)
            r[name] = self._memory[name].ctypes.data
            return self._memory[name]

        self.commands = Ring(layout.COMMAND, 1024)
        self.tells = Ring(wire.LISTEN, 256)
        self.automation = Ring(layout.AUTOMATION, 1024)
        self.messages = Ring(MESSAGE, 4096)
        self.heard = Ring(layout.HEARD, 4096)
        self.midi_ring = Ring(MIDI_OUT, 2048)
        self.retired = Ring([("address", "i8")], 64)
        self.scope = Ring(audio_record(2), 128)
        for name, ring in dict(commands=self.commands, automation=self.automation, messages=self.messages, heard=self.heard,
                               midi_ring=self.midi_ring, retired=self.retired, tells=self.tells).items():  # fmt: skip
            r[name] = ring.address
        memory("waiting", layout.MAX_AUTOMATION, layout.AUTOMATION)
        memory("incoming", layout.MAX_INCOMING + 1, INCOMING)
        memory("events", layout.MAX_EVENTS + 1, EVENT)
        memory("event_sources", layout.MAX_EVENTS + 1, np.int32)
        memory("clock_events", layout.MAX_CLOCK, EVENT)
        memory("raw", 8, np.uint8)
        memory("spare", layout.MAX_EVENTS, EVENT)
        memory("long_data", layout.LONG_BYTES, np.uint8)
        memory("longs", 3 * layout.MAX_LONG, np.int64)
        memory("clock_out", layout.MAX_CLOCK, EVENT)
        memory("generator", 1, GENERATOR)
        prepare_follower(memory("follower", 1, FOLLOWER)[0], self.sample_rate)
        memory("midi_out", layout.MAX_MIDI_OUT, MIDI_OUT)
        memory("notes", layout.MAX_SCHEDULED, NOTE)
        memory("mix", layout.MAX_CHANNELS * MAX_FRAMES)
        memory("scratch", 64, np.int64)
        memory("audio_record", 2 + layout.MAX_CHANNELS * MAX_FRAMES)
        memory("durations", histogram.BINS, np.int64)
        memory("intervals", histogram.BINS, np.int64)
        keepers = memory("keepers", layout.MAX_SOURCES, KEEPER)
        for keeper in keepers:
            prepare_keeper(keeper, self.sample_rate)
        r["keeper_bytes"] = KEEPER.itemsize
        pairs = max(1, (self.outputs + 1) // 2)
        floats = -(-limiter_heap(self.sample_rate, LIMITER_LOOKAHEAD_S) // 16) * 16
        memory("limiter_heap", pairs * floats)
        r["limiter_floats"] = floats
        for state in memory("limiter_state", pairs, LIMITER):
            prepare_limiter(state, self.sample_rate, LIMITER_LOOKAHEAD_S)
        r["master_target"] = r["master_now"] = 1.0
        r["ceiling"] = 10.0 ** (-0.3 / 20.0)
        r["reduction"] = 1.0
        r["next_due"] = 1e300
        # lane and channel of the same number, until a scene says otherwise
        r["player_channels"] = r["player_lanes"] = np.uint64(0xFEDCBA9876543210).astype(np.int64)
        r["player_sent"] = (1 << wire.LANES) - 1
        t = r["transport"]
        t["numerator"], t["denominator"] = 4, 4
        t["loop_end"] = 16.0

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
        self._serial += 1
        former, family = None, 0
        if edit and self.plan is not None:
            family = self.plan.family
            sounding = self._sounding()
            if sounding is not None and sounding.family == family:
                former = sounding
        return Plan(
            rack, self.sample_rate, self.transport_address, layout.address(self.record, "note_counter"),
            self.inputs, self.outputs, former=former, serial=self._serial, family=family,
        )  # fmt: skip

    def _sounding(self) -> Plan | None:
        """The plan that the callback took last."""
        accepted = _load(layout.address(self.record, "accepted"))
        return next((plan for plan in self._plans.values() if plan.serial == accepted), None)

    def swap(self, plan: Plan, wait_s: float = 1.0) -> bool:
        """Publish a plan; the callback takes it at the next quantum's edge, an edit once what it takes away has faded.
        True once it has (False: no callback runs)."""
        self.collect()
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
        return True

    def _drop(self, address: int) -> None:
        plan = self._plans.pop(int(address), None)
        if plan is not None:
            self.quiesce.retire(plan, lambda: self._close(plan))

    def _close(self, plan: Plan) -> None:
        """End what only this plan's devices hold open."""
        alive = {id(node) for other in self._plans.values() for node in other.nodes.values()}
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
        self.quiesce.collect()
        for record in self.retired.pop_all():
            self._drop(int(record["address"]))
        return len(self._plans)

    # -- time and commands --------------------------------------------------------------------------------------------

    def command(self, kind: int, number: int = 0, value: float = 0.0, value2: float = 0.0) -> bool:
        """Send one command to the callback; False if it is not running and the ring is full. [any but audio]"""
        with self._commanding:
            return self.commands.push(kind=kind, number=number, value=value, value2=value2)

    def set_tempo_now(self, tempo_bpm: float) -> None:
        """Set the tempo before a driver starts."""
        t = self.record["transport"]
        t["tempo_bpm"] = tempo_bpm
        t["beats_per_sample"] = tempo_bpm / 60.0 / self.sample_rate

    def set_tempo(self, tempo_bpm: float) -> None:
        self.command(layout.SET_TEMPO, 0, float(tempo_bpm))

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

    def set_player_param(self, player: int, row: int, value: float) -> None:
        """Move a parameter (row of its table) of player 0..MAX_PLAYERS - 1."""
        self.command(layout.PLAYER_PARAM, layout.PLAYER_ROW * player + row, float(value))

    def set_player_lane(self, player: int, lane: int, channel: int, sent: bool = True, program: int = -1) -> None:
        """Where a lane goes: channel 0..15; sent: also to MIDI out; program 0..127, -1 to leave it. Its notes end."""
        packed = channel + layout.LANE_SENT * sent + layout.LANE_PROGRAM * (program + 1)
        self.command(layout.PLAYER_LANE, layout.PLAYER_ROW * player + lane, float(packed))

    def mute_player(self, player: int, on: bool) -> None:
        """End a player's notes and begin none of those it plans, or let it sound again."""
        self.command(layout.PLAYER_MUTE, player, float(on))

    def forget_player(self, player: int) -> None:
        """End a player's notes and tell it that what it heard and planned is void."""
        self.command(layout.PLAYER_FORGET, player)

    def tell_players(self, kind: int, **fields: float) -> bool:
        """Tell every player of the music: fields of wire.LISTEN for one of wire.TOLD_KINDS; without a beat: as of now."""
        with self._commanding:
            return self.tells.push(kind=kind, **{"beat": math.nan, **fields})

    def player_meters(self, player: int) -> tuple[int, float]:
        """(notes planned after their beat, ms by which the worst was late)."""
        return int(self.record["player_late"][0][player]), 1000.0 * float(self.record["player_latest_s"][0][player])

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

    def connect_player(
        self, number: int, listen: Ring, plan: Ring, sources: int = KEYS, free: Callable[[], Any] | None = None
    ) -> None:
        """Connect player 0..MAX_PLAYERS - 1 by its rings, in place of those it had.

        sources: bit mask of what it hears. free: called once the callback has let go of the rings.
        """
        for name, value in (("player_sources", sources), ("player_out", plan.address), ("player_in", listen.address)):
            _store(self._player_word(name, number), value)
        self._let_go(self._players.pop(number, None))
        self._players[number] = [listen, plan, free]

    def hear_player(self, number: int, sources: int) -> None:
        """Let a connected player hear other sources."""
        _store(self._player_word("player_sources", number), sources)

    def disconnect_player(self, number: int, free: bool = True) -> None:
        """Forget a player; its notes end, its rings are freed once the callback has let go of them. free: False if they
        live on in another engine."""
        for name in ("player_in", "player_out"):
            _store(self._player_word(name, number), 0)
        held = self._players.pop(number, None)
        if held is not None and not free:
            held[2] = None
        self._let_go(held)
        self.release(PLAYER_SOURCE + number)

    def reset_player_meters(self, number: int) -> None:
        """Count late notes anew."""
        self.record["player_late"][0][number] = 0
        self.record["player_latest_s"][0][number] = 0.0

    def _player_word(self, name: str, number: int) -> int:
        return layout.address(self.record, name) + 8 * number

    def _let_go(self, held: list[Any] | None) -> None:
        if held is None:
            return

        def let_go() -> None:
            free = held[2]
            held.clear()  # the rings are views of memory that cannot be unmapped under them
            if free is not None:
                free()

        self.quiesce.retire(None, let_go)

    # -- sound --------------------------------------------------------------------------------------------------------

    def process(self, audio_in: np.ndarray | None = None, frames: int | None = None, block: int = 64) -> np.ndarray:
        """Run the callback here and now: audio_in (inputs, n) float32 or None; returns (outputs, n) float32."""
        if audio_in is None:
            total = int(frames or block)
            source = np.zeros((max(1, self.inputs), total), np.float32)
        else:
            source = np.ascontiguousarray(audio_in, np.float32)
            total = source.shape[1]
            if source.shape[0] != self.inputs:
                raise AntiphonError(f"the audio has {source.shape[0]} channels, the engine {self.inputs} inputs")
        target = np.zeros((self.outputs, total), np.float32)
        self._tables[0, 8], self._tables[1, 8] = source.ctypes.data, target.ctypes.data
        _render(
            engine_run.address, self.address, self._tables[0], self.inputs, self._tables[1], self.outputs, total, block
        )
        return target

    def record_to(self, ring: Ring | None) -> None:
        """Let the callback copy the master to a ring of `audio_record(outputs)`; None ends it."""
        former = self._memory.pop("record ring", None)
        if ring is not None:
            self._memory["record ring"] = ring  # type: ignore[assignment]
        _store(layout.address(self.record, "record_ring"), ring.address if ring is not None else 0)
        self.quiesce.retire(former)

    def watch_scope(self, on: bool) -> None:
        """Let the callback copy the master to `scope`, which drops what nobody reads."""
        self.record["scope_ring"] = self.scope.address if on else 0

    # -- meters -------------------------------------------------------------------------------------------------------

    def reset_meters(self) -> None:
        """Begin a new measurement (a callback in between may count once)."""
        for name in ("late", "max_duration_ns", "max_interval_ns", "last_start_ns", "callbacks"):
            self.record[name] = 0
        self._memory["durations"][:] = 0
        self._memory["intervals"][:] = 0

    def meters(self) -> dict[str, Any]:
        """A snapshot: counts, percentiles in µs, peaks, load; nothing here costs the callback anything."""
        r = self.record[0]
        durations, intervals = self._memory["durations"].copy(), self._memory["intervals"].copy()
        t = r["transport"]
        return {
            "callbacks": int(r["callbacks"]),
            "late": int(r["late"]),
            "faults": int(r["faults"]),
            "load": float(r["busy"]),
            "period_us": float(r["period_ns"]) / 1000.0,
            "duration_us": {f"p{p:g}".replace(".", ""): histogram.percentile_us(durations, p) for p in (50, 99, 99.9)}
            | {"max": float(r["max_duration_ns"]) / 1000.0},
            "interval_us": {f"p{p:g}".replace(".", ""): histogram.percentile_us(intervals, p) for p in (50, 99, 99.9)}
            | {"max": float(r["max_interval_ns"]) / 1000.0},
            "peaks": [float(x) for x in r["peaks"][: self.outputs]],
            "rms": [float(x) ** 0.5 for x in r["squares"][: self.outputs]],
            "reduction": float(r["reduction"]),
            "dropped_events": int(r["dropped_events"]),
            "dropped_messages": int(r["dropped_incoming"]) + self.messages.refused,
            "plans": sum(1 for address in r["plans"] if address),
            "transport": {
                "playing": bool(t["playing"]), "beat": float(t["beat"]), "bar": int(t["bar"]),
                "tempo_bpm": float(t["tempo_bpm"]), "numerator": int(t["numerator"]),
                "denominator": int(t["denominator"]), "looping": bool(t["looping"]),
                "loop_start": float(t["loop_start"]), "loop_end": float(t["loop_end"]), "sample": int(t["sample"]),
            },
        }  # fmt: skip

    def percentiles(self) -> dict[str, float]:
        """p50, p99 and p999 of the callback's duration in µs."""
        counts = self._memory["durations"]
        return {name: histogram.percentile_us(counts, p) for name, p in (("p50", 50), ("p99", 99), ("p999", 99.9))}

    def loads(self) -> list[tuple[str, float]]:
        """Each device's last measured duration as a share of its quantum's time."""
        if self.plan is None:
            return []
        return [(node.label, node.share(self.sample_rate)) for node in self.plan.ordered()]
