"""Plays notes to an engine from inside the callback, and notes in which block a midi device answered each; [audio].

It takes the engine's place in a driver, as realtime.bench.probe does.
"""

from __future__ import annotations

import numpy as np

from realtime.contract.block import BLOCK
from realtime.contract.events import EVENT, EVENT_BYTES, NOTE_ON
from realtime.drivers.calls import CALLS, call_midi_in, call_midi_out, call_midi_out_count, call_run
from realtime.native.clock import now_ns
from realtime.native.jit import audio_entry, int64, void
from realtime.native.memory import aligned, record_view, store_i64

ANSWER = np.dtype(
    [
        ("offset", "i8"),  # frame of the block in which the note came in
        ("first", "i8"),  # frame of the first note that the device began in that block; -1: it began none
        ("count", "i8"),  # notes that it began there
        ("start_ns", "i8"),
        ("end_ns", "i8"),
    ],
    align=True,
)
_WORDS = (
    "device",
    "every",
    "held",
    "line",
    "line_length",
    "blocks",
    "asked",
    "wanted",
    "log",
    "all_log",
    "room",
    "key",
)
PROBE = np.dtype([*((name, "i8") for name in (*CALLS, *_WORDS)), ("bytes", "i8")], align=True)
_probe_at = record_view(PROBE)
_block_at = record_view(BLOCK)
_event_at = record_view(EVENT)
_answer_at = record_view(ANSWER)
_line_at = record_view(np.dtype([("key", "i8")], align=True))
_BYTES = PROBE.fields["bytes"][1]  # type: ignore[index]
_ANSWER_BYTES = ANSWER.itemsize
WARM_BLOCKS = 400


@audio_entry(void(int64, int64, int64, int64, int64))
def run(probe, audio_in, audio_out, frames, start_ns):
    me = _probe_at(probe)
    me.blocks += 1
    since = (me.blocks - WARM_BLOCKS) % me.every
    asking = me.blocks > WARM_BLOCKS and since == 0 and me.asked < me.wanted
    offset = np.int64(0)
    if me.held >= 0 and since == me.every // 2:
        store_i64(probe + _BYTES, 0x80 | me.held << 8)
        call_midi_in(me.midi_in, me.engine, 0, 0, probe + _BYTES, 3)
        me.held = -1
    if asking:
        offset = (me.asked * 7) % frames  # every frame of the block in turn
        me.held = _line_at(me.line + 8 * (me.asked % me.line_length)).key
        store_i64(probe + _BYTES, 0x90 | me.held << 8 | 96 << 16)
        call_midi_in(me.midi_in, me.engine, 0, offset, probe + _BYTES, 3)
    call_run(me.run, me.engine, audio_in, audio_out, frames, start_ns)
    end_ns = now_ns()
    if me.blocks > WARM_BLOCKS and me.blocks - WARM_BLOCKS <= me.room:
        store_i64(me.all_log + 8 * (me.blocks - WARM_BLOCKS - 1), end_ns - start_ns)
    if asking:
        answer = _answer_at(me.log + _ANSWER_BYTES * me.asked)
        answer.offset, answer.first, answer.count = offset, -1, 0
        answer.start_ns, answer.end_ns = start_ns, end_ns
        block = _block_at(me.device)
        for index in range(block.n_events_out):
            event = _event_at(block.events_out + EVENT_BYTES * index)
            if event.kind == NOTE_ON:
                if answer.count == 0:
                    answer.first = event.offset
                answer.count += 1
        me.asked += 1


@audio_entry(void(int64, int64, int64, int64, int64))
def midi_in(probe, source, offset, data, size):
    me = _probe_at(probe)
    call_midi_in(me.midi_in, me.engine, source, offset, data, size)


@audio_entry(int64(int64))
def midi_out_count(probe):
    me = _probe_at(probe)
    return call_midi_out_count(me.midi_out_count, me.engine)


@audio_entry(void(int64, int64, int64))
def midi_out(probe, index, message):
    me = _probe_at(probe)
    call_midi_out(me.midi_out, me.engine, index, message)


class ReflexProbe:
    """device_block: address of the BLOCK of the midi device that answers. every: blocks from note to note; wanted: notes in
    all. `answers()`: ANSWER of each note; `durations()`: ns of every block, the first ones left out."""

    def __init__(self, engine, device_block: int, line: tuple[int, ...], wanted: int, every: int):
        self.engine = engine
        self.sample_rate, self.inputs, self.outputs = engine.sample_rate, engine.inputs, engine.outputs
        self._memory = aligned(1, PROBE)
        self._line = np.array(line, np.int64)
        self._log = aligned(wanted, ANSWER)
        self._durations = np.ones((wanted + 2) * every, np.int64)  # touch every page now, not in the callback
        record = self._memory[0]
        for name, value in zip(CALLS, engine.calls, strict=True):
            record[name] = int(value)
        for name, value in dict(
            device=device_block, every=every, held=-1, line=self._line.ctypes.data, line_length=len(line), wanted=wanted,
            log=self._log.ctypes.data, all_log=self._durations.ctypes.data, room=len(self._durations),
        ).items():  # fmt: skip
            record[name] = value
        entries = (run, midi_in, midi_out_count, midi_out)
        self.calls = np.array([*(entry.address for entry in entries), self._memory.ctypes.data], np.int64)

    @property
    def asked(self) -> int:
        """Notes played so far."""
        return int(self._memory[0]["asked"])

    def answers(self) -> np.ndarray:
        return self._log[: self.asked].copy()

    def durations(self) -> np.ndarray:
        blocks = int(self._memory[0]["blocks"]) - WARM_BLOCKS
        return self._durations[: max(0, min(blocks, len(self._durations)))].copy()
