"""A graph with audio in/out and explicit states as a stream: prepared on [main], run inside the callback on [audio].

Recurrent state lives in two sets of OrtValues over our own memory that change places every run (ping-pong). A graph
with a free number of frames gets prepared values for 64, 32, 16, 8, 4, 2 and 1 frames: any block is a sum of those,
so it runs at once, without latency. A graph with a fixed block runs behind a first-in first-out buffer: one block of
declared latency. `Run` allocates (ONNX Runtime's habit): it is warmed up here, counts its failures and never raises.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence

import numpy as np

from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio, int64, native, void
from realtime.native.memory import aligned, copy_memory, load_i64, record_view, store_i64, zero_memory
from realtime.neural.audio_ports import POWERS, audio_channels, audio_shape, concrete
from realtime.neural.ort import OrtSession

WARM_UP_RUNS = 4

STREAM = np.dtype(
    [
        (name, "i8")
        for name in (
            "run", "release_status", "session", "in_names", "out_names", "n_in", "n_out",  # for OrtApi.Run
            "values", "sizes", "n_sizes",  # int64[n_sizes][2][2]: (inputs, outputs) by size and parity; int64[n_sizes]
            "parity", "errors", "last_status",
            "x", "y", "channels_in", "channels_out", "capacity",  # memory of the values: planes of `size` floats
            "block", "fill", "queue_in", "queue_out",  # fixed block: its size (0 = free), frames waiting, the queues
            "states", "n_states",  # int64[n_states][4]: address A, address B, address at rest, bytes
        )
    ]
)  # fmt: skip

stream_at = record_view(STREAM)
_run = caller(int64, *[int64] * 8)
_release_status = caller(void, int64)


@audio
def stream_reset(address):
    """Back to rest: every state as it was after loading. [audio] or, before going live, [main]"""
    stream = stream_at(address)
    stream.parity = 0
    stream.fill = 0
    for index in range(stream.n_states):
        row = stream.states + 32 * index
        copy_memory(load_i64(row), load_i64(row + 16), load_i64(row + 24))
    if stream.block > 0:
        zero_memory(stream.queue_in, 4 * stream.block * stream.channels_in)
        zero_memory(stream.queue_out, 4 * stream.block * stream.channels_out)


@audio
def _run_size(stream, index):
    """One Run of the prepared size `index`; on failure the output is silence and the state stays."""
    values = stream.values + 16 * (2 * index + stream.parity)
    inputs, outputs = load_i64(values), load_i64(values + 8)
    status = _run(
        stream.run, stream.session, 0, stream.in_names, inputs, stream.n_in, stream.out_names, stream.n_out, outputs
    )
    if status != 0:
        _release_status(stream.release_status, status)
        stream.errors += 1
        zero_memory(stream.y, 4 * load_i64(stream.sizes + 8 * index) * stream.channels_out)
    else:
        stream.parity = 1 - stream.parity


@audio
def _move(target, target_plane, source, source_plane, channels, frames):
    """Copy `channels` planes of float32[frames]; plane: bytes from channel to channel."""
    for channel in range(channels):
        copy_memory(target + channel * target_plane, source + channel * source_plane, 4 * frames)


@audio
def stream_process(address, x, x_plane, y, y_plane, frames):
    """Run any number of frames; x, y: addresses of float32 planes, x_plane, y_plane: bytes from channel to channel."""
    stream = stream_at(address)
    done = 0
    if stream.block > 0:
        plane = 4 * stream.block
        while done < frames:
            count = min(frames - done, stream.block - stream.fill)
            at = 4 * stream.fill
            _move(stream.queue_in + at, plane, x + 4 * done, x_plane, stream.channels_in, count)
            _move(y + 4 * done, y_plane, stream.queue_out + at, plane, stream.channels_out, count)
            stream.fill += count
            done += count
            if stream.fill == stream.block:
                stream.fill = 0
                _move(stream.x, plane, stream.queue_in, plane, stream.channels_in, stream.block)
                _run_size(stream, 0)
                _move(stream.queue_out, plane, stream.y, plane, stream.channels_out, stream.block)
        return
    index = 0
    while done < frames:
        while load_i64(stream.sizes + 8 * index) > frames - done:
            index += 1
        size = load_i64(stream.sizes + 8 * index)
        _move(stream.x, 4 * size, x + 4 * done, x_plane, stream.channels_in, size)
        _run_size(stream, index)
        _move(y + 4 * done, y_plane, stream.y, 4 * size, stream.channels_out, size)
        done += size


@native
def _run_offline(address, x, y, total, quantum):
    former = flush_denormals()
    done = 0
    while done < total:
        frames = min(quantum, total - done)
        stream_process(address, x + 4 * done, 4 * total, y + 4 * done, 4 * total, frames)
        done += frames
    restore_denormals(former)


@native
def _time_runs(address, x, y, plane, quantum, times, count):
    former = flush_denormals()
    for index in range(count):
        began = now_ns()
        stream_process(address, x, plane, y, plane, quantum)
        store_i64(times + 8 * index, now_ns() - began)
    restore_denormals(former)


class OrtStream:
    """A session made ready for the callback; `address` is what stream_process takes, `latency` its delay in frames.

    states: input name -> (output name, initial value). params: names of inputs that follow parameters, in order;
    `param_addresses` are the addresses of their float32 values. block: fixed frames per Run, 0 for any.
    """

    def __init__(
        self,
        session: OrtSession,
        audio_in: str,
        audio_out: str,
        states: Mapping[str, tuple[str, np.ndarray]],
        params: Sequence[str] = (),
        block: int = 0,
    ):
        self.session, self.block = session, block
        ports = {port.name: port for port in (*session.inputs, *session.outputs)}
        self.channels_in, self.channels_out = audio_channels(ports[audio_in]), audio_channels(ports[audio_out])
        sizes = (block,) if block else POWERS
        capacity = max(sizes)
        self._x = aligned(capacity * self.channels_in)
        self._y = aligned(capacity * self.channels_out)
        self._queues = (aligned(max(1, block) * self.channels_in), aligned(max(1, block) * self.channels_out))
        self._pairs = {name: (out, *self._state_memory(initial)) for name, (out, initial) in states.items()}
        self._fixed = {
            port.name: aligned(int(np.prod(concrete(port.shape))), port.dtype or np.float32)
            for port in session.inputs
            if port.name != audio_in and port.name not in states
        }
        self.param_addresses = [self._fixed[name].ctypes.data for name in params]
        state_outputs = {out: name for name, (out, *_) in self._pairs.items()}
        outputs = [audio_out, *state_outputs]
        self._values: list[int] = []
        self._lists: list[np.ndarray] = []
        table = np.zeros((len(sizes), 2, 2), np.int64)
        shared = self._shared_values(ports, state_outputs)
        for row, size in enumerate(sizes):
            x = self._value(self._x, audio_shape(ports[audio_in], size))
            y = self._value(self._y, audio_shape(ports[audio_out], size))
            for parity in range(2):
                ins = [x if port.name == audio_in else shared[port.name][parity] for port in session.inputs]
                outs = [y if name == audio_out else shared[name][parity] for name in outputs]
                table[row, parity] = self._list(ins), self._list(outs)
        in_names = self._list([session.name_address(port.name) for port in session.inputs])
        out_names = self._list([session.name_address(name) for name in outputs])
        states_table = [
            [a.ctypes.data, b.ctypes.data, rest.ctypes.data, a.nbytes] for _, a, b, rest in self._pairs.values()
        ]
        self._states = np.array(states_table or [[0] * 4], np.int64)
        self._sizes = np.array(sizes, np.int64)
        self._table = table
        self.record = aligned(STREAM.itemsize, np.uint8).view(STREAM)
        for name, number in {
            "run": session.api.address("Run"), "release_status": session.api.address("ReleaseStatus"),
            "session": session.address, "in_names": in_names, "out_names": out_names,
            "n_in": len(session.inputs), "n_out": len(outputs),
            "values": table.ctypes.data, "sizes": self._sizes.ctypes.data, "n_sizes": len(sizes),
            "x": self._x.ctypes.data, "y": self._y.ctypes.data, "capacity": capacity,
            "channels_in": self.channels_in, "channels_out": self.channels_out, "block": block,
            "queue_in": self._queues[0].ctypes.data, "queue_out": self._queues[1].ctypes.data,
            "states": self._states.ctypes.data, "n_states": len(self._pairs),
        }.items():  # fmt: skip
            self.record[name] = number
        self._warm_up()

    @property
    def address(self) -> int:
        return self.record.ctypes.data

    @property
    def latency(self) -> int:
        """Frames between input and output."""
        return self.block

    @property
    def errors(self) -> int:
        """Runs that failed since loading. [any]"""
        return int(self.record["errors"][0])

    def _state_memory(self, initial: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        copies = []
        for _ in range(3):
            memory = aligned(initial.size, initial.dtype)
            memory[:] = initial.reshape(-1)
            copies.append(memory.reshape(initial.shape))
        return copies[0], copies[1], copies[2]

    def _shared_values(self, ports, state_outputs) -> dict[str, tuple[int, int]]:
        """Values by input or output name for both parities: what is read in one is written in the other."""
        values = {name: (self._value(memory, concrete(ports[name].shape)),) * 2 for name, memory in self._fixed.items()}
        for name, (_, a, b, _) in self._pairs.items():
            values[name] = (self._value(a, a.shape), self._value(b, b.shape))
        for out, name in state_outputs.items():
            values[out] = values[name][::-1]
        return values

    def _value(self, memory: np.ndarray, shape: Sequence[int]) -> int:
        value = self.session.value(memory, shape)
        self._values.append(value)
        return value

    def _list(self, addresses: Sequence[int]) -> int:
        self._lists.append(np.array(addresses, np.int64))
        return self._lists[-1].ctypes.data

    def _warm_up(self) -> None:
        """Run every prepared size in both parities: the first runs of a shape are up to 30 times slower."""
        for size in self._sizes:
            self.run(np.zeros((self.channels_in, 2 * WARM_UP_RUNS * int(size)), np.float32), min(64, int(size)))
        stream_reset(self.address)

    def set_param(self, address: int, number: float) -> None:
        """Set one of `param_addresses` before going live. [main]"""
        ctypes.c_float.from_address(address).value = number

    def settle(self, frames: int) -> None:
        """Run silence until the net is at rest, and take that as the state to return to. [main]"""
        stream_reset(self.address)
        if frames > 0:
            self.run(np.zeros((self.channels_in, frames), np.float32))
            parity = int(self.record["parity"][0])
            for _, a, b, rest in self._pairs.values():
                rest[...] = b if parity else a
        stream_reset(self.address)

    def run(self, x: np.ndarray, quantum: int = 64) -> np.ndarray:
        """Offline: (channels_in, n) float32 to (channels_out, n), `quantum` frames at a time. [main]"""
        x = np.ascontiguousarray(np.atleast_2d(x), np.float32)
        y = np.zeros((self.channels_out, x.shape[1]), np.float32)
        _run_offline(self.address, x.ctypes.data, y.ctypes.data, x.shape[1], quantum)
        return y

    def probe(self, x: np.ndarray) -> np.ndarray:
        """As run, from rest; leaves the stream at rest. [main]"""
        stream_reset(self.address)
        y = self.run(x)
        stream_reset(self.address)
        return y

    def times_us(self, count: int, frames: int = 64) -> np.ndarray:
        """Durations of `count` blocks of a test signal, µs. [main]"""
        phase = np.arange(frames) * 0.05
        x = np.tile(0.1 * np.sin(phase), (self.channels_in, 1)).astype(np.float32)
        y, times = np.zeros((self.channels_out, frames), np.float32), np.zeros(count, np.int64)
        _time_runs(self.address, x.ctypes.data, y.ctypes.data, 4 * frames, frames, times.ctypes.data, count)
        stream_reset(self.address)
        return times / 1e3

    def close(self) -> None:
        """Free the values and the session; the callback must have let go. [main]"""
        for value in self._values:
            self.session.release_value(value)
        self._values = []
        self.session.close()
