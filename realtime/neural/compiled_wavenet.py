"""The compiled WaveNet: one allocation-free kernel for every shape, any 1..64 frames; packed on [main], run on [audio].

Layer by layer, tile by tile: convolution taps and the input are segments of one matrix product over LANES frames, so
the whole sum of an output row stays in registers (vectors.py). Net: van den Oord et al. (2016), as used by Neural Amp
Modeler.
"""

from __future__ import annotations

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import copy_memory, f32_view, record_view, store_i64
from realtime.neural.nam_nets import HARDTANH, LEAKY_RELU, RELU, SIGMOID, SILU, SOFTSIGN, TANH, WaveNet
from realtime.neural.rings import (
    MAX_FRAMES,
    RING_BYTES,
    TILE_BYTES,
    RingLayout,
    advance_ring,
    mirror_tile,
    ring_at,
    tile_address,
)
from realtime.neural.vectors import (
    LANES,
    ROW_BLOCKS,
    WIDE,
    add_vectors,
    make_matrix_rows,
    make_matrix_rows_reference,
    multiply_vectors,
    sigmoid_vectors,
    tanh_vectors,
    tanh_vectors_reference,
)

NET = np.dtype(
    [(name, "i8") for name in ("arrays", "array", "rings", "ring", "z", "head", "next_head", "segments", "exact")]
    + [("head_scale", "f8")]
)
ARRAY = np.dtype(
    [
        (name, "i8")
        for name in (
            "source", "inputs", "channels", "rechannel", "rechannel_bias",  # ring, rows in, rows out, weights
            "layers", "layer", "first_ring",
            "head_rows", "head_columns", "head_kernel", "head_ring", "head_weights", "head_bias",
        )
    ]
)  # fmt: skip
LAYER = np.dtype(
    [
        (name, "i8")
        for name in (
            "source", "target", "rows", "channels", "bottleneck", "kernel", "dilation", "activation", "gated", "first",
            "weights", "bias", "out_weights", "out_bias",
        )
    ]
    + [("slope", "f8")]
)  # fmt: skip

ARRAY_BYTES, LAYER_BYTES = ARRAY.itemsize, LAYER.itemsize
NO_RING = -1
INPUT_RING = 0

_net_at, _array_at, _layer_at = record_view(NET), record_view(ARRAY), record_view(LAYER)
_rows8, _rows4, _rows2, _rows1 = (make_matrix_rows(rows) for rows in (8, 4, 2, 1))
_exact8, _exact4, _exact2, _exact1 = (make_matrix_rows_reference(rows) for rows in (8, 4, 2, 1))


def pack_matrix(matrix: np.ndarray) -> np.ndarray:
    """(rows, inputs) weights in the order the kernel reads them: blocks of 8, 4, 2, 1 rows, each (inputs, rows)."""
    parts, row = [], 0
    while row < len(matrix):
        block = next(size for size in ROW_BLOCKS if size <= len(matrix) - row)
        parts.append(np.ascontiguousarray(matrix[row : row + block].T, np.float32).reshape(-1))
        row += block
    return np.concatenate(parts)


@audio
def _matrix_fast(rows, inputs, weights, bias, segments, n_segments, residual, residual_stride, target, target_stride):
    row = 0
    while row < rows:
        left = rows - row
        if WIDE and left >= 8:
            block = 8
            _rows8(weights, bias, segments, n_segments, residual, residual_stride, target, target_stride)
        elif left >= 4:
            block = 4
            _rows4(weights, bias, segments, n_segments, residual, residual_stride, target, target_stride)
        elif left >= 2:
            block = 2
            _rows2(weights, bias, segments, n_segments, residual, residual_stride, target, target_stride)
        else:
            block = 1
            _rows1(weights, bias, segments, n_segments, residual, residual_stride, target, target_stride)
        row += block
        weights += 4 * block * inputs
        bias += 4 * block
        target += block * target_stride
        if residual != 0:
            residual += block * residual_stride


@audio(fastmath=False)
def _matrix_reference(
    rows, inputs, weights, bias, segments, n_segments, after, residual, residual_stride, target, target_stride
):
    row = 0
    while row < rows:
        left = rows - row
        if WIDE and left >= 8:
            block = 8
            _exact8(weights, bias, segments, n_segments, after, residual, residual_stride, target, target_stride)
        elif left >= 4:
            block = 4
            _exact4(weights, bias, segments, n_segments, after, residual, residual_stride, target, target_stride)
        elif left >= 2:
            block = 2
            _exact2(weights, bias, segments, n_segments, after, residual, residual_stride, target, target_stride)
        else:
            block = 1
            _exact1(weights, bias, segments, n_segments, after, residual, residual_stride, target, target_stride)
        row += block
        weights += 4 * block * inputs
        bias += 4 * block
        target += block * target_stride
        if residual != 0:
            residual += block * residual_stride


@audio
def matrix_tile(
    exact, rows, inputs, weights, bias, segments, n_segments, after, residual, residual_stride, target, target_stride
):
    """rows x LANES outputs of a packed matrix over the segments (see make_matrix_rows), `inputs` rows in all.

    exact: in reference arithmetic, where the bias comes before the last `after` segments.
    """
    if exact != 0:
        _matrix_reference(
            rows, inputs, weights, bias, segments, n_segments, after, residual, residual_stride, target, target_stride
        )
    else:
        _matrix_fast(
            rows, inputs, weights, bias, segments, n_segments, residual, residual_stride, target, target_stride
        )


@audio(fastmath=False)
def _tanh_exact(address, count):
    tanh_vectors_reference(address, count)


@audio(fastmath=False)
def _scale(target, source, factor, frames):
    y, x = f32_view(target, frames), f32_view(source, frames)
    for n in range(frames):
        y[n] = x[n] * factor


@audio
def _segment(segments, index, address, stride, count):
    store_i64(segments + 24 * index, address)
    store_i64(segments + 24 * index + 8, stride)
    store_i64(segments + 24 * index + 16, count)


@audio
def _activate(exact, kind, slope, address, rows):
    """Activation in place over rows x LANES floats."""
    if kind == TANH:
        if exact != 0:
            _tanh_exact(address, rows)
        else:
            tanh_vectors(address, rows)
        return
    if kind == SIGMOID:
        sigmoid_vectors(address, rows)
        return
    z = f32_view(address, rows * LANES)
    zero, one, leak = np.float32(0.0), np.float32(1.0), np.float32(slope)
    if kind == RELU:
        for n in range(len(z)):
            z[n] = z[n] if z[n] > zero else zero
    elif kind == LEAKY_RELU:
        for n in range(len(z)):
            z[n] = z[n] if z[n] > zero else leak * z[n]
    elif kind == HARDTANH:
        for n in range(len(z)):
            z[n] = min(one, max(-one, z[n]))
    elif kind == SOFTSIGN:
        for n in range(len(z)):
            z[n] = z[n] / (one + abs(z[n]))
    elif kind == SILU:
        for n in range(len(z)):
            z[n] = z[n] / (one + np.exp(-z[n]))


@audio
def _layer_tile(exact, layer, tables, rings, state, frame, z, head, segments):
    """One tile of one layer: z from the taps, z onto the head, the 1x1 of z plus the input into the next ring."""
    none, one, tile_bytes = np.int64(0), np.int64(1), np.int64(TILE_BYTES)
    source = ring_at(rings + RING_BYTES * layer.source)
    for tap in range(layer.kernel):
        back = (layer.kernel - 1 - tap) * layer.dilation
        _segment(segments, tap, tile_address(source, state, frame, back), source.stride, layer.channels)
    dry = ring_at(rings + RING_BYTES * INPUT_RING)
    _segment(segments, layer.kernel, tile_address(dry, state, frame, none), none, one)
    inputs = layer.kernel * layer.channels + 1
    weights, bias = tables + layer.weights, tables + layer.bias
    matrix_tile(exact, layer.rows, inputs, weights, bias, segments, layer.kernel + 1, one, none, none, z, tile_bytes)
    _activate(exact, layer.activation, layer.slope, z, layer.bottleneck)
    if layer.gated != 0:
        gate = z + TILE_BYTES * layer.bottleneck
        sigmoid_vectors(gate, layer.bottleneck)
        multiply_vectors(z, gate, layer.bottleneck)
    if layer.first != 0:
        copy_memory(head, z, TILE_BYTES * layer.bottleneck)
    else:
        add_vectors(head, z, layer.bottleneck)
    if layer.target != NO_RING:
        target = ring_at(rings + RING_BYTES * layer.target)
        _segment(segments, none, z, tile_bytes, layer.bottleneck)
        weights, bias = tables + layer.out_weights, tables + layer.out_bias
        place, goal = tile_address(source, state, frame, none), tile_address(target, state, frame, none)
        matrix_tile(
            exact, layer.channels, layer.bottleneck, weights, bias, segments, one, none,
            place, source.stride, goal, target.stride,
        )  # fmt: skip
        mirror_tile(target, state, frame)


@audio
def _head_tile(exact, array, tables, rings, state, frame, head, target, segments):
    """One tile of the head of an array: its sum through the head convolution into `target`."""
    none, tile_bytes = np.int64(0), np.int64(TILE_BYTES)
    if array.head_kernel == 1:
        _segment(segments, none, head, tile_bytes, array.head_columns)
    else:
        ring = ring_at(rings + RING_BYTES * array.head_ring)
        place = tile_address(ring, state, frame, none)
        for column in range(array.head_columns):
            copy_memory(place + column * ring.stride, head + column * TILE_BYTES, TILE_BYTES)
        mirror_tile(ring, state, frame)
        for tap in range(array.head_kernel):
            back = array.head_kernel - 1 - tap
            _segment(segments, tap, tile_address(ring, state, frame, back), ring.stride, array.head_columns)
    inputs = array.head_kernel * array.head_columns
    weights, bias = tables + array.head_weights, tables + array.head_bias
    matrix_tile(
        exact, array.head_rows, inputs, weights, bias, segments, array.head_kernel, none, none, none, target, tile_bytes
    )


@audio
def wavenet_process(tables, state, x, y, frames):
    """Run the net: x, y addresses of float32[frames], 1..64 frames; tables, state: addresses of what `pack` made."""
    # numba compiles a helper anew for every literal argument: typed constants keep it at one version each
    none, one = np.int64(0), np.int64(1)
    net = _net_at(tables)
    exact = net.exact
    rings = tables + net.ring
    segments = state + net.segments
    z = state + net.z
    head, next_head = state + net.head, state + net.next_head
    dry = ring_at(rings + RING_BYTES * INPUT_RING)
    tiles = (frames + LANES - 1) // LANES
    for tile in range(tiles):
        size = min(LANES, frames - tile * LANES)
        copy_memory(tile_address(dry, state, tile * LANES, none), x + tile * TILE_BYTES, 4 * size)
        mirror_tile(dry, state, tile * LANES)
    for index in range(net.arrays):
        array = _array_at(tables + net.array + ARRAY_BYTES * index)
        source = ring_at(rings + RING_BYTES * array.source)
        first = ring_at(rings + RING_BYTES * array.first_ring)
        for tile in range(tiles):
            frame = tile * LANES
            _segment(segments, none, tile_address(source, state, frame, none), source.stride, array.inputs)
            weights, bias, goal = (
                tables + array.rechannel,
                tables + array.rechannel_bias,
                tile_address(first, state, frame, none),
            )
            matrix_tile(
                exact, array.channels, array.inputs, weights, bias, segments, one, none, none, none, goal, first.stride
            )
            mirror_tile(first, state, frame)
        head_bytes = TILE_BYTES * array.head_columns
        for number in range(array.layers):
            layer = _layer_at(tables + array.layer + LAYER_BYTES * number)
            for tile in range(tiles):
                _layer_tile(exact, layer, tables, rings, state, tile * LANES, z, head + head_bytes * tile, segments)
        for tile in range(tiles):
            goal = next_head + TILE_BYTES * array.head_rows * tile
            _head_tile(exact, array, tables, rings, state, tile * LANES, head + head_bytes * tile, goal, segments)
        head, next_head = next_head, head
    _scale(y, head, np.float32(net.head_scale), frames)
    for index in range(net.rings):
        advance_ring(ring_at(rings + RING_BYTES * index), state, frames)


class _Tables:
    """Collects constant memory, each part on a cache line; offsets in bytes. [main]"""

    def __init__(self):
        self.parts: list[bytes] = []
        self.bytes = 0

    def add(self, array: np.ndarray) -> int:
        offset, raw = self.bytes, array.tobytes()
        raw += bytes(-len(raw) % 64)
        self.parts.append(raw)
        self.bytes += len(raw)
        return offset


def pack(net: WaveNet, exact: bool) -> tuple[np.ndarray, int]:
    """Tables (uint8) and state size in bytes (zeros at first) of the net; exact: reference arithmetic. [main]"""
    tables, layout = _Tables(), RingLayout()
    root = np.zeros(1, NET)
    tables.add(root)
    layout.ring(1, 0)  # the input
    arrays = np.zeros(len(net.arrays), ARRAY)
    source = INPUT_RING
    widest_z = widest_head = most_segments = 1
    for index, (array, row) in enumerate(zip(net.arrays, arrays, strict=True)):
        last = index == len(net.arrays) - 1
        channels = len(array.rechannel)
        head_rows, head_columns, head_kernel = array.head.shape
        row["source"], row["inputs"], row["channels"] = source, array.rechannel.shape[1], channels
        row["rechannel"] = tables.add(pack_matrix(array.rechannel))
        row["rechannel_bias"] = tables.add(np.zeros(channels, np.float32))
        row["head_rows"], row["head_columns"], row["head_kernel"] = head_rows, head_columns, head_kernel
        taps = array.head.transpose(0, 2, 1).reshape(head_rows, -1)
        row["head_weights"] = tables.add(pack_matrix(taps))
        row["head_bias"] = tables.add(array.head_bias)
        row["head_ring"] = layout.ring(head_columns, head_kernel - 1) if head_kernel > 1 else NO_RING
        row["first_ring"] = target = layout.ring(channels, array.layers[0].history)
        row["layers"] = len(array.layers)
        layers = np.zeros(len(array.layers), LAYER)
        for number, layer in enumerate(array.layers):
            source, final = target, number == len(array.layers) - 1
            if final:
                target = NO_RING if last else layout.ring(channels, 0)
            else:
                target = layout.ring(channels, array.layers[number + 1].history)
            layers[number] = _layer_row(layer, source, target, index == 0 and number == 0, tables)
            widest_z = max(widest_z, len(layer.conv))
            most_segments = max(most_segments, layer.conv.shape[2] + 1)
        source = target
        row["layer"] = tables.add(layers)
        widest_head = max(widest_head, head_columns, head_rows)
        most_segments = max(most_segments, head_kernel)
    root["arrays"], root["array"] = len(arrays), tables.add(arrays)
    root["z"] = layout.reserve(TILE_BYTES * widest_z)
    for name in ("head", "next_head"):
        root[name] = layout.reserve(4 * MAX_FRAMES * widest_head)
    root["segments"] = layout.reserve(24 * most_segments)
    root["exact"], root["head_scale"] = exact, net.head_scale
    root["rings"], root["ring"] = len(layout.rings), tables.add(layout.table())
    packed = np.frombuffer(b"".join(tables.parts), np.uint8).copy()
    packed[: NET.itemsize] = root.view(np.uint8)
    return packed, layout.bytes


def _layer_row(layer, source: int, target: int, first: bool, tables: _Tables) -> tuple:
    rows, channels, kernel = layer.conv.shape
    taps = np.concatenate([layer.conv.transpose(0, 2, 1).reshape(rows, -1), layer.mixin[:, None]], axis=1)
    return (
        source, target, rows, channels, layer.out.shape[1], kernel,
        layer.dilation, layer.activation, layer.gated, first,
        tables.add(pack_matrix(taps)), tables.add(layer.conv_bias),
        tables.add(pack_matrix(layer.out)), tables.add(layer.out_bias), layer.slope,
    )  # fmt: skip
