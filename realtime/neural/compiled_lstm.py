"""The compiled LSTM: one allocation-free kernel for every size, sample by sample; packed on [main], run on [audio].

Units are processed LANES at a time with the four gates of a unit side by side (vectors.py); the step is Hochreiter and
Schmidhuber's (1997), weights as in Neural Amp Modeler.
"""

from __future__ import annotations

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import copy_memory, load_f32, record_view, store_f32
from realtime.neural.nam_nets import Lstm
from realtime.neural.vectors import LANES, dot_vectors, lstm_units

NET = np.dtype([(name, "i8") for name in ("layers", "layer", "head")] + [("head_bias", "f8")])
LAYER = np.dtype(
    [
        (name, "i8")
        for name in (
            "inputs", "hidden", "blocks", "pairs", "weights", "bias",  # sizes; byte offsets in the tables
            "now", "then", "cell",  # byte offsets in the state: (x, h) of this step and of the next, c
        )
    ]
)  # fmt: skip
LAYER_BYTES = LAYER.itemsize

HALVED = np.array([0.5, 0.5, 1.0, 0.5], np.float32)
"""The sigmoid gates i, f and o are computed from half their argument (vectors.py)."""

_net_at, _layer_at = record_view(NET), record_view(LAYER)


@audio
def lstm_process(tables, state, x, y, frames):
    """Run the net: x, y addresses of float32[frames]; tables, state: addresses of what `pack` made."""
    net = _net_at(tables)
    top = _layer_at(tables + net.layer + LAYER_BYTES * (net.layers - 1))
    for frame in range(frames):
        # (x, h) is read whole while the new h is written: two copies, changing places every sample
        here, there = (1, 0) if frame % 2 else (0, 1)
        for index in range(net.layers):
            layer = _layer_at(tables + net.layer + LAYER_BYTES * index)
            now = state + (layer.then if here else layer.now)
            then = state + (layer.then if there else layer.now)
            if index == 0:
                store_f32(now, load_f32(x + 4 * frame))
            else:
                below = _layer_at(tables + net.layer + LAYER_BYTES * (index - 1))
                copy_memory(now, state + (below.then if there else below.now) + 4 * below.inputs, 4 * below.hidden)
            for block in range(layer.blocks):
                weights = tables + layer.weights + 32 * LANES * layer.pairs * block
                bias = tables + layer.bias + 16 * LANES * block
                cell = state + layer.cell + 4 * LANES * block
                lstm_units(weights, bias, now, layer.pairs, cell, then + 4 * (layer.inputs + LANES * block))
        hidden = state + (top.then if there else top.now) + 4 * top.inputs
        store_f32(y + 4 * frame, dot_vectors(hidden, tables + net.head, top.blocks) + np.float32(net.head_bias))
    if frames % 2:
        for index in range(net.layers):
            layer = _layer_at(tables + net.layer + LAYER_BYTES * index)
            copy_memory(state + layer.now, state + layer.then, 4 * (layer.inputs + LANES * layer.blocks))


def _pad(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def pack(net: Lstm) -> tuple[np.ndarray, np.ndarray]:
    """Tables and initial state (both uint8) of the compiled net. [main]"""
    layers = np.zeros(len(net.layers), LAYER)
    root = np.zeros(1, NET)
    root["layers"] = len(layers)
    parts: list[np.ndarray] = []
    sizes = {"tables": _pad(NET.itemsize, 64) + _pad(layers.nbytes, 64), "state": 0}
    initial: list[tuple[int, np.ndarray]] = []

    def add(array: np.ndarray) -> int:
        raw = np.zeros(_pad(array.nbytes, 64), np.uint8)
        raw[: array.nbytes] = np.ascontiguousarray(array, np.float32).reshape(-1).view(np.uint8)
        parts.append(raw)
        sizes["tables"] += raw.size
        return sizes["tables"] - raw.size

    def reserve(floats: int, at: int, values: np.ndarray) -> int:
        offset = sizes["state"]
        sizes["state"] += _pad(4 * floats, 64)
        initial.append((offset + 4 * at, values))
        return offset

    inputs = 1
    for layer, row in zip(net.layers, layers, strict=True):
        hidden = len(layer.hidden)
        blocks, width = _pad(hidden, LANES) // LANES, inputs + hidden
        pairs = _pad(width, 2) // 2
        gates = layer.weights.reshape(4, hidden, width) * HALVED[:, None, None]
        bias = layer.bias.reshape(4, hidden) * HALVED[:, None]
        weights = np.zeros((blocks, 2 * pairs, 4, LANES), np.float32)
        biases = np.zeros((blocks, 4, LANES), np.float32)
        for unit in range(hidden):
            weights[unit // LANES, :width, :, unit % LANES] = gates[:, unit].T
            biases[unit // LANES, :, unit % LANES] = bias[:, unit]
        row["inputs"], row["hidden"], row["blocks"], row["pairs"] = inputs, hidden, blocks, pairs
        row["weights"], row["bias"] = add(weights), add(biases)
        floats = inputs + LANES * blocks + 2
        row["now"] = reserve(floats, inputs, layer.hidden)
        row["then"] = reserve(floats, inputs, layer.hidden)
        row["cell"] = reserve(LANES * blocks, 0, layer.cell)
        inputs = hidden
    head = np.zeros(_pad(inputs, LANES), np.float32)
    head[:inputs] = net.head
    root["head"], root["head_bias"], root["layer"] = add(head), net.head_bias, _pad(NET.itemsize, 64)
    tables = np.zeros(sizes["tables"], np.uint8)
    tables[: NET.itemsize] = root.view(np.uint8)
    start = int(root["layer"][0])
    tables[start : start + layers.nbytes] = layers.view(np.uint8)
    body = np.concatenate(parts)
    tables[-len(body) :] = body
    state = np.zeros(sizes["state"], np.uint8)
    for offset, values in initial:
        state[offset : offset + 4 * len(values)] = values.astype(np.float32).view(np.uint8)
    return tables, state
