"""Runs one device by itself, quantum by quantum as the engine does, for tests, measurements and `antiphon process`; [main]."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from realtime.contract import messages
from realtime.contract.block import BLOCK, MAX_EVENTS_OUT, MAX_FRAMES, TRANSPORT
from realtime.contract.device import Device
from realtime.contract.events import EVENT, EVENT_BYTES
from realtime.contract.motion import advance_params, glide_coefficient
from realtime.devices.registry import find
from realtime.native.call import caller
from realtime.native.errors import AntiphonError, nearest
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio, int64, void
from realtime.native.memory import (
    aligned,
    copy_memory,
    load_f32,
    load_i32,
    load_i64,
    record_view,
    store_f32,
    store_i32,
    store_i64,
)
from realtime.native.ring import Ring

call_process = caller(void, int64, int64)
_block_at = record_view(BLOCK)
_transport_at = record_view(TRANSPORT)

AUTOMATION = np.dtype([("sample", "i8"), ("index", "i4"), ("value", "f4")], align=True)


@audio
def _run(
    entry,
    block_address,
    state,
    source,
    channels_in,
    target,
    channels_out,
    total,
    quantum,
    motion,
    notes,
    n_notes,
    moves,
    n_moves,
):
    """Render `total` frames; audio addresses point to contiguous (channels, total) float32; motion: 5 addresses."""
    former = flush_denormals()
    block = _block_at(block_address)
    clock = _transport_at(block.transport)
    events = block.events
    done, note, move = 0, 0, 0
    while done < total:
        frames = min(quantum, total - done)
        block.frames = frames
        while move < n_moves and load_i64(moves + 16 * move) < done + frames:
            index = np.int64(load_i32(moves + 16 * move + 8))
            store_f32(load_i64(motion + 16) + 4 * index, load_f32(moves + 16 * move + 12))
            move += 1
        advance_params(
            load_i64(motion), load_i64(motion + 8), load_i64(motion + 16), load_i64(motion + 24), load_i64(motion + 32),
            block.n_params, glide_coefficient(frames, block.sample_rate),
        )  # fmt: skip
        count = 0
        while note < n_notes and load_i64(notes + EVENT_BYTES * note + 24) < done + frames and count < 512:
            copy_memory(events + EVENT_BYTES * count, notes + EVENT_BYTES * note, EVENT_BYTES)
            offset = load_i64(notes + EVENT_BYTES * note + 24) - done
            store_i32(events + EVENT_BYTES * count, np.int32(max(0, offset)))
            note += 1
            count += 1
        block.n_events = count
        block.n_events_out = 0
        for channel in range(channels_in):
            store_i64(block.audio_in + 8 * channel, source + 4 * (channel * total + done))
        for channel in range(channels_out):
            store_i64(block.audio_out + 8 * channel, target + 4 * (channel * total + done))
        call_process(entry, block_address, state)
        clock.sample += frames
        clock.beat += frames * clock.beats_per_sample
        done += frames
    restore_denormals(former)


class Rig:
    """One device instance with everything the engine would give it.

    device: a name or a Device. values: parameter values in real units. block: frames a quantum, 1..64.
    """

    def __init__(
        self,
        device: str | Device,
        sample_rate: float = 48000.0,
        values: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        block: int = MAX_FRAMES,
        tempo_bpm: float = 120.0,
        playing: bool = True,
    ):
        self.device = find(device) if isinstance(device, str) else device
        self.sample_rate, self.block = float(sample_rate), int(block)
        start = self.device.values(values or {}) if not options else dict(values or {})
        self.instance = self.device.make(self.sample_rate, options or {}, start)
        self.params = self.instance.params
        self._row = {param.id: index for index, param in enumerate(self.params)}
        for name in start:
            if name not in self._row:
                hint = nearest(name, self._row, "it has")
                raise AntiphonError(f"device {self.device.name!r} has no parameter {name!r}; {hint}")
        count = len(self.params)
        initial = [param.parse(start.get(param.id, param.default)) for param in self.params]
        self._now, self._end, self._target = (np.array(initial, np.float32) for _ in range(3))
        self._jumps = np.array([param.jumps for param in self.params], np.uint8)
        self._ranges = np.array([param.maximum - param.minimum for param in self.params], np.float32)
        lists = (self._now, self._end, self._target, self._jumps, self._ranges)
        self._motion = np.array([array.ctypes.data for array in lists], np.int64)
        self.transport = np.zeros(1, TRANSPORT)
        self.transport["tempo_bpm"] = tempo_bpm
        self.transport["beats_per_sample"] = tempo_bpm / 60.0 / self.sample_rate
        self.transport["numerator"], self.transport["denominator"] = 4, 4
        self.transport["playing"] = playing
        self._events = np.zeros(512, EVENT)
        self._tables = np.zeros((2, 128), np.int64)
        self._events_out = aligned(MAX_EVENTS_OUT + 1, EVENT)
        self._note_ids, self._scratch = aligned(1, np.int64), aligned(8, np.int64)
        self.told = Ring(messages.TOLD, messages.ROOM)
        instance = self.instance
        self.record = np.zeros(1, BLOCK)
        for name, number in dict(
            sample_rate=self.sample_rate, transport=self.transport.ctypes.data, events=self._events.ctypes.data,
            audio_in=self._tables[0].ctypes.data, audio_out=self._tables[1].ctypes.data,
            inputs=instance.inputs, outputs=instance.outputs, n_params=count,
            params_now=self._now.ctypes.data, params_end=self._end.ctypes.data,
            heap=instance.heap.ctypes.data, heap_floats=instance.heap.size,
            tables=instance.tables.ctypes.data, context=instance.context,
            connected=(1 << len(instance.input_ports)) - 1, events_out=self._events_out.ctypes.data,
            note_ids=self._note_ids.ctypes.data, scratch=self._scratch.ctypes.data, latency=instance.latency,
            messages=self.told.address,
        ).items():  # fmt: skip
            self.record[name] = number
        self._next_note = 1

    def set(self, name: str, value: float) -> None:
        """Set a parameter's target at once."""
        self._target[self._row[name]] = value

    def run(
        self,
        audio: np.ndarray | None = None,
        seconds: float | None = None,
        events: Iterable[tuple[int, int, Mapping[str, Any]]] = (),
        automation: Iterable[tuple[int, str, float]] = (),
    ) -> np.ndarray:
        """Render: audio (channels, frames) float32 in, or `seconds` without input; returns (outputs, frames) float32.

        events: (sample, kind, fields of EVENT); note-ons get a note_id, note-offs the id of the last note-on of their
        key and channel. automation: (sample, parameter id, value), taken at the quantum it falls in.
        """
        instance = self.instance
        if audio is None:
            total = round((1.0 if seconds is None else seconds) * self.sample_rate)
            source = np.zeros((max(1, instance.inputs), total), np.float32)
        else:
            given = np.atleast_2d(np.asarray(audio, np.float32))
            total = given.shape[1]
            source = np.zeros((max(1, instance.inputs), total), np.float32)
            for channel in range(min(instance.inputs, max(2, given.shape[0]))):
                if channel < given.shape[0]:
                    source[channel] = given[channel]
                elif channel < 2:
                    source[channel] = given[0]
        target = np.zeros((instance.outputs, total), np.float32)
        notes = self._notes(events)
        moves = sorted((sample, self._row[name], value) for sample, name, value in automation)
        moves_array = np.array(moves or [(0, 0, 0.0)], AUTOMATION)
        _run(
            instance.entry, self.record.ctypes.data, instance.state.ctypes.data, source.ctypes.data, instance.inputs,
            target.ctypes.data, instance.outputs, total, self.block, self._motion.ctypes.data,
            notes.ctypes.data, len(notes) - 1, moves_array.ctypes.data, len(moves),
        )  # fmt: skip
        return target

    def _notes(self, events) -> np.ndarray:
        rows = sorted(events, key=lambda item: item[0])
        notes = np.zeros(len(rows) + 1, EVENT)
        held: dict[tuple[int, int], int] = {}
        for row, (sample, kind, fields) in zip(notes, rows, strict=False):
            row["time"], row["kind"], row["key"] = sample, kind, -1
            for name, number in fields.items():
                row[name] = number
            place = (int(row["channel"]), int(row["key"]))
            if kind == 1 and not row["note_id"]:
                held[place] = self._next_note
                row["note_id"] = self._next_note
                self._next_note += 1
            elif kind == 2 and not row["note_id"]:
                row["note_id"] = held.pop(place, 0)
        return notes

    def peak_db(self, audio: np.ndarray) -> float:
        """Sample peak of a render in dBFS."""
        return 20.0 * math.log10(max(1e-12, float(np.abs(audio).max())))
