"""Compiled nets behind one door: tables and state of a capture, and the kernel that runs them; packed on [main], run on [audio]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from realtime.native.ftz import flush_denormals, restore_denormals
from realtime.native.jit import audio, native
from realtime.native.memory import aligned
from realtime.neural import compiled_lstm, compiled_wavenet
from realtime.neural.compiled_lstm import lstm_process
from realtime.neural.compiled_wavenet import wavenet_process
from realtime.neural.nam import Lstm, Nam, WaveNet

WAVENET, LSTM = 0, 1
ROUNDING_LIMIT = 2e-6
"""Above this difference between the two arithmetics a net gets the reference arithmetic (full scale = 1)."""


@audio
def net_process(kind, tables, state, x, y, frames):
    """Run a compiled net: addresses of tables, state and float32[frames] in and out; 1..64 frames."""
    if kind == WAVENET:
        wavenet_process(tables, state, x, y, frames)
    else:
        lstm_process(tables, state, x, y, frames)


@native
def _run(kind, tables, state, x, y, total, quantum):
    former = flush_denormals()
    done = 0
    while done < total:
        frames = min(quantum, total - done)
        net_process(kind, tables, state, x + 4 * done, y + 4 * done, frames)
        done += frames
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
        _run(self.kind, *places, len(x), quantum)
        return y


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
    return float(np.abs(_compile(nam, False).run(x) - _compile(nam, True).run(x)).max())


def compile_nam(nam: Nam, exact: bool | None = None) -> CompiledNet:
    """Pack a capture and let zeros run through it until it is at rest. [main]

    exact: reference arithmetic (twice the work, the bits of the C++ core); None: only where this net needs it.
    """
    if exact is None:
        exact = isinstance(nam.net, WaveNet) and rounding_error(nam) > ROUNDING_LIMIT
    return _compile(nam, exact)
