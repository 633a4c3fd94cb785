"""Which way a capture runs: measured once at load, remembered per model and machine; [main]."""

from __future__ import annotations

import functools
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np

from realtime.neural.compiled import CompiledNet, compile_nam
from realtime.neural.nam_graph import AUDIO_IN, AUDIO_OUT, nam_graph
from realtime.neural.nam_nets import Nam, WaveNet
from realtime.neural.ort import OrtSession
from realtime.neural.ort_api import ort_api
from realtime.neural.ort_stream import OrtStream
from realtime.neural.recall import keep, recall, recall_file

MEASURED_BLOCKS = 200
WAYS = ("compiled", "onnx")


@dataclass
class Choice:
    """µs per 64-frame block (median) of both ways, the faster one, and whether it needs the reference arithmetic."""

    way: str
    compiled_us: float
    onnx_us: float
    exact: bool


def _file() -> Path:
    return recall_file("neural_ways")


@functools.cache
def _machine() -> str:
    host = f"{platform.machine()} {llvm.get_host_cpu_name()}"
    return f"1 {host} numba {numba.__version__} ort {ort_api().version}"


def remembered(digest: str) -> Choice | None:
    """The choice made for this file on this machine, if any."""
    known = recall(_file(), _machine(), digest)
    try:
        return None if known is None else Choice(**known)
    except TypeError:
        return None


def remember(digest: str, choice: Choice) -> None:
    """Keep a choice; silently without effect where the cache cannot be written."""
    keep(_file(), _machine(), digest, asdict(choice))


def stream_of(nam: Nam) -> OrtStream:
    """A capture in ONNX Runtime, at rest."""
    graph = nam_graph(nam)
    states = {name: (f"{name}_out", initial) for name, initial in graph.states.items()}
    stream = OrtStream(OrtSession(graph.writer.model()), AUDIO_IN, AUDIO_OUT, states)
    stream.settle(nam.net.prewarm)
    return stream


def measure(nam: Nam) -> tuple[Choice, CompiledNet, OrtStream]:
    """Time both ways; returns what was built for it."""
    compiled = compile_nam(nam)
    stream = stream_of(nam)
    compiled_us = float(np.median(compiled.times_us(MEASURED_BLOCKS)))
    onnx_us = float(np.median(stream.times_us(MEASURED_BLOCKS)))
    exact = isinstance(nam.net, WaveNet) and compiled.exact
    way = WAYS[0] if compiled_us <= onnx_us else WAYS[1]
    return Choice(way, round(compiled_us, 2), round(onnx_us, 2), exact), compiled, stream
