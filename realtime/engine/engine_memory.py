"""All memory that one engine's callback works on: the record, its rings and lists; [main] makes it, [audio] uses it."""

from __future__ import annotations

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.block import MAX_FRAMES
from realtime.contract.events import EVENT
from realtime.dsp.lookahead import LIMITER, limiter_heap, prepare_limiter
from realtime.engine import histogram, layout
from realtime.engine.bindings import HANDS, take_control_stage
from realtime.engine.chase import chase_stage
from realtime.engine.clock_sync import clock_stage
from realtime.engine.clockwork import take_commands_stage
from realtime.engine.cues import cue_stage
from realtime.engine.events import pay_owed_stage, release_source_stage, take_message_stage
from realtime.engine.layout import ENGINE, INCOMING, MESSAGE, MIDI_OUT, NOTE
from realtime.engine.mixdown import audio_record, master_stage
from realtime.engine.morph import move_morph_stage
from realtime.engine.nodes import automate_stage, run_nodes_stage
from realtime.engine.schedule import play_due_stage, take_plans_stage
from realtime.engine.side import side_stage
from realtime.engine.side_layout import SIDE
from realtime.engine.takeover import accept_stage
from realtime.engine.told import KINDS
from realtime.midi.clock import FOLLOWER, prepare_follower
from realtime.midi.clock_out import GENERATOR
from realtime.midi.keeper import KEEPER, prepare_keeper
from realtime.midi.port_map import PORT_STATE
from realtime.native.memory import aligned
from realtime.native.ring import Ring

LIMITER_LOOKAHEAD_S = 0.001
STAGES = {
    "take_message": take_message_stage,
    "take_control": take_control_stage,
    "release_source": release_source_stage,
    "pay_owed": pay_owed_stage,
    "take_commands": take_commands_stage,
    "take_plans": take_plans_stage,
    "play_due": play_due_stage,
    "clock": clock_stage,
    "automate": automate_stage,
    "move_morph": move_morph_stage,
    "run_nodes": run_nodes_stage,
    "master": master_stage,
    "accept": accept_stage,
    "chase": chase_stage,
    "cue": cue_stage,
    "beside": side_stage,
}


class EngineMemory:
    """record: the ENGINE record. Rings go down (commands, tells, automation, messages, replies) and up (controls, heard,
    midi_ring, retired, scope). arrays: what the callback alone touches, by name."""

    def __init__(self, sample_rate: float, inputs: int, outputs: int, epochs: int):
        self.sample_rate, self.outputs = sample_rate, outputs
        self.record = r = aligned(1, ENGINE)
        self.arrays: dict[str, np.ndarray] = {}
        r["sample_rate"], r["n_inputs"], r["n_outputs"] = sample_rate, inputs, outputs
        r["midi_latency_ns"] = 500_000
        r["epochs"] = epochs
        for name, stage in STAGES.items():
            r[name] = stage.address
        self._make_rings()
        self._make_lists()
        self._make_limiters()
        self._set_defaults()

    def _memory(self, name: str, count: int, dtype=np.float32) -> np.ndarray:
        self.arrays[name] = aligned(count, dtype)
        self.record[name] = self.arrays[name].ctypes.data
        return self.arrays[name]

    def _make_rings(self) -> None:
        self.commands = Ring(layout.COMMAND, 1024)
        self.tells = Ring(wire.LISTEN, 256)
        self.automation = Ring(layout.AUTOMATION, 1024)
        self.messages = Ring(MESSAGE, 4096)
        self.replies = Ring(MIDI_OUT, 512)
        self.controls = Ring(layout.CONTROL, layout.CONTROLS_ROOM)
        self.heard = Ring(layout.HEARD, 4096)
        self.midi_ring = Ring(MIDI_OUT, 2048)
        self.retired = Ring([("address", "i8")], 256)
        self.switched = Ring(layout.SWITCHED, 256)
        self.scope = Ring(audio_record(2), 128)
        for name in ("commands", "automation", "messages", "replies", "controls", "heard", "midi_ring", "retired",
                     "switched", "tells"):  # fmt: skip
            ring: Ring = getattr(self, name)
            self.record[name] = ring.address

    def _make_lists(self) -> None:
        self._memory("waiting", layout.MAX_AUTOMATION, layout.AUTOMATION)
        self._memory("incoming", layout.MAX_INCOMING + 1, INCOMING)
        self._memory("events", layout.MAX_EVENTS + 1, EVENT)
        self._memory("event_sources", layout.MAX_EVENTS + 1, np.int32)
        self._memory("clock_events", layout.MAX_CLOCK, EVENT)
        self._memory("raw", 8, np.uint8)
        self._memory("hands", layout.PLAYER_SOURCE, HANDS)["selected"][:] = -1
        self._memory("spare", layout.MAX_EVENTS, EVENT)
        self._memory("long_data", layout.LONG_BYTES, np.uint8)
        self._memory("longs", 3 * layout.MAX_LONG, np.int64)
        self._memory("clock_out", layout.MAX_CLOCK, EVENT)
        self._memory("generator", 1, GENERATOR)
        prepare_follower(self._memory("follower", 1, FOLLOWER)[0], self.sample_rate)
        self._memory("midi_out", layout.MAX_MIDI_OUT, MIDI_OUT)
        self._memory("notes", layout.MAX_SCHEDULED, NOTE)
        self._memory("stand_ins", layout.SEATS, layout.STAND_IN)
        self._memory("sounded", layout.SEATS * layout.MAX_SOUNDED, layout.SOUNDED)
        self._memory("mix", layout.MAX_CHANNELS * MAX_FRAMES)
        self._memory("side", 1, SIDE)
        self._memory("side_mix", layout.MAX_CHANNELS * MAX_FRAMES)
        self._memory("scratch", 64, np.int64)
        self._memory("told", KINDS + layout.MAX_TOLD, wire.LISTEN)
        self._memory("spoken", 1, wire.PLAN)
        self._memory("audio_record", 2 + layout.MAX_CHANNELS * MAX_FRAMES)
        self._memory("durations", histogram.BINS, np.int64)
        self._memory("intervals", histogram.BINS, np.int64)
        keepers = self._memory("keepers", layout.MAX_SOURCES, KEEPER)
        for keeper in keepers:
            prepare_keeper(keeper, self.sample_rate)
        self.record["keeper_bytes"] = KEEPER.itemsize
        self._memory("port_states", layout.PLAYER_SOURCE, PORT_STATE)

    def _make_limiters(self) -> None:
        pairs = max(1, (self.outputs + 1) // 2)
        floats = -(-limiter_heap(self.sample_rate, LIMITER_LOOKAHEAD_S) // 16) * 16
        self._memory("limiter_heap", pairs * floats)
        self.record["limiter_floats"] = floats
        for state in self._memory("limiter_state", pairs, LIMITER):
            prepare_limiter(state, self.sample_rate, LIMITER_LOOKAHEAD_S)

    def _set_defaults(self) -> None:
        self.record["master_target"] = self.record["master_now"] = 1.0
        self.record["ceiling"] = 10.0 ** (-0.3 / 20.0)
        self.record["reduction"] = 1.0
        self.record["next_due"] = self.record["next_told"] = self.record["metre_due"] = 1e300
        # lane and channel of the same number, until a scene says otherwise
        self.record["player_channels"] = self.record["player_lanes"] = np.uint64(0xFEDCBA9876543210).astype(np.int64)
        self.record["player_sent"] = (1 << wire.LANES) - 1
        t = self.record["transport"]
        t["numerator"], t["denominator"] = 4, 4
        t["loop_end"] = 16.0
