"""Compiled nets behind one door: tables, state and kernel of a capture; packed on [main], run on [audio]."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from realtime.native.call import caller
from realtime.native.clock import now_ns
from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio_entry, int64, native, void
from realtime.native.memory import aligned, store_i64
from realtime.neural import compiled_lstm, compiled_wavenet
from realtime.neural.compiled_lstm import lstm_process
from realtime.neural.compiled_wavenet import wavenet_process
from realtime.neural.nam_nets import Lstm, Nam, WaveNet

WAVENET, LSTM = 0, 1
ROUNDING_LIMIT = 2e-6
"""Above this difference between the two arithmetics a net gets the reference arithmetic (full scale = 1)."""


def _process(kind, tables, state, x, y, frames):
    if kind == WAVENET:
        wavenet_process(tables, state, x, y, frames)
    else:
        lstm_process(tables, state, x, y, frames)


@functools.cache
def net_entry():
    """The cfunc of all compiled nets: void(kind, tables, state, x, y, frames), addresses of tables, state and
    float32[frames] in and out; 1..64 frames. Called by address, so that it is compiled once. [main]"""
    return audio_entry(void(*[int64] * 6))(_process)


call_net = caller(void, *[int64] * 6)
"""call_net(address of net_entry, kind, tables, state, x, y, frames) [audio]"""


@native
def _run(entry, kind, tables, state, x, y, total, quantum):
    former = flush_denormals()
    done = 0
    while done < total:
        frames = min(quantum, total - done)
        call_net(entry, kind, tables, state, x + 4 * done, y + 4 * done, frames)
        done += frames
    restore_denormals(former)


@native
def _time_blocks(entry, kind, tables, state, x, y, frames, times, count):
    former = flush_denormals()
    for index in range(count):
        began = now_ns()
        call_net(entry, kind, tables, state, x, y, frames)
        store_i64(times + 8 * index, now_ns() - began)
    restore_denormals(former)


@dataclass
class CompiledNet:
    """A capture ready for net_process: kind, tables and a state at rest (uint8, aligned)."""

    kind: int
    exact: bool
    tables: np.ndarray
    state: np.ndarray

    def run(self, x: np.ndarray, quantum: int = 64) -> np.ndarray:
        """Offline: (n,) float32 in and out, `quantum` (1..64) frames at a time; moves the state on. [main]"""
        x = np.ascontiguousarray(x, np.float32)
        y = np.empty_like(x)
        places = (self.tables.ctypes.data, self.state.ctypes.data, x.ctypes.data, y.ctypes.data)
        _run(net_entry().address, self.kind, *places, len(x), quantum)
        return y

    def probe(self, x: np.ndarray) -> np.ndarray:
        """As run, from rest; leaves the state as it was. [main]"""
        state = self.state.copy()
        y = self.run(x)
        self.state[:] = state
        return y

    def times_us(self, count: int, frames: int = 64) -> np.ndarray:
        """Durations of `count` blocks of a test signal, µs; leaves the state as it was. [main]"""
        x = (0.1 * np.sin(np.arange(frames) * 0.05)).astype(np.float32)
        y, times, state = np.zeros(frames, np.float32), np.zeros(count, np.int64), _aligned_copy(self.state)
        places = (self.tables.ctypes.data, state.ctypes.data, x.ctypes.data, y.ctypes.data)
        _time_blocks(net_entry().address, self.kind, *places, frames, times.ctypes.data, count)
        return times / 1e3


def _aligned_copy(raw: np.ndarray) -> np.ndarray:
    copy = aligned(raw.size, np.uint8)
    copy[:] = raw
    return copy


def _compile(nam: Nam, exact: bool) -> CompiledNet:
    if isinstance(nam.net, Lstm):
        tables, state = compiled_lstm.pack(nam.net)
        compiled = CompiledNet(LSTM, False, _aligned_copy(tables), _aligned_copy(state))
    else:
        tables, size = compiled_wavenet.pack(nam.net, exact)
        compiled = CompiledNet(WAVENET, exact, _aligned_copy(tables), aligned(size, np.uint8))
    compiled.run(np.zeros(nam.net.prewarm, np.float32))
    return compiled


def rounding_error(nam: Nam) -> float:
    """Largest difference between fast and reference arithmetic over half a second of a test signal. [main]"""
    t = np.arange(24000) / 48000.0
    strings = sum(np.sin(2 * np.pi * 110.0 * n * t * (1 + 1e-4 * n)) / n for n in range(1, 16))
    x = (0.25 * strings * np.exp(-4.0 * t)).astype(np.float32)
    with np.errstate(invalid="ignore"):  # a net that gives infinity is refused by those who probe it
        return float(np.abs(_compile(nam, False).run(x) - _compile(nam, True).run(x)).max())


def compile_nam(nam: Nam, exact: bool | None = None) -> CompiledNet:
    """Pack a capture and let zeros run through it until it is at rest. [main]

    exact: reference arithmetic (twice the work, the bits of the C++ core); None: only where this net needs it.
    """
    if exact is None:
        exact = isinstance(nam.net, WaveNet) and rounding_error(nam) > ROUNDING_LIMIT
    return _compile(nam, exact)
