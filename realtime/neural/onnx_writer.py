"""Writes small ONNX files without the onnx package: just the protobuf fields that graphs of ours need; [main].

Field numbers after onnx.proto3 (ONNX IR). A capture becomes a graph at load with this, so that playing needs no
workshop packages; tests/neural/test_onnx_writer.py holds every file against the checker of the onnx package.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np

IR_VERSION = 8
OPSET = 17
FLOAT, INT64 = 1, 7


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _integer(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, data: bytes | str) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, value: int | float | str | Sequence[int]) -> bytes:
    """AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20."""
    body = _bytes(1, name)
    if isinstance(value, float):
        body += _varint(2 << 3 | 5) + struct.pack("<f", value) + _integer(20, 1)
    elif isinstance(value, int):
        body += _integer(3, value) + _integer(20, 2)
    elif isinstance(value, str):
        body += _bytes(4, value) + _integer(20, 3)
    else:
        body += b"".join(_integer(8, item) for item in value) + _integer(20, 7)
    return body


def _tensor(name: str, array: np.ndarray) -> bytes:
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    kind = {np.dtype("float32"): FLOAT, np.dtype("int64"): INT64}[array.dtype]
    dims = b"".join(_integer(1, size) for size in array.shape)
    return dims + _integer(2, kind) + _bytes(8, name) + _bytes(9, np.ascontiguousarray(array).tobytes())


def _value_info(name: str, shape: Sequence[int | str], kind: int = FLOAT) -> bytes:
    """ValueInfoProto: name 1, type 2 (tensor_type 1: elem_type 1, shape 2: dim 1: dim_value 1 or dim_param 2)."""
    dims = b"".join(_bytes(1, _integer(1, size) if isinstance(size, int) else _bytes(2, size)) for size in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _integer(1, kind) + _bytes(2, dims)))


class GraphWriter:
    """Collects nodes and constants of one graph; names are given or made."""

    def __init__(self, name: str):
        self.name = name
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []
        self._count = 0

    def _fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare a float32 graph input; text in the shape is a free dimension."""
        self._inputs.append(_value_info(name, shape))
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare a float32 graph output."""
        self._outputs.append(_value_info(name, shape))
        return name

    def constant(self, array: np.ndarray, stem: str = "c") -> str:
        """A constant tensor (float32 or int64)."""
        name = self._fresh(stem)
        self._constants.append(_tensor(name, array))
        return name

    def node(self, kind: str, inputs: Sequence[str], outputs: Sequence[str] | int | str = 1, **attributes) -> list[str]:
        """Add an operator; outputs: names, one name, or how many to make. Returns the output names."""
        if isinstance(outputs, int):
            outputs = [self._fresh(kind.lower()) for _ in range(outputs)]
        names = [outputs] if isinstance(outputs, str) else list(outputs)
        body = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in names)
        body += _bytes(3, self._fresh("node")) + _bytes(4, kind)
        body += b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
        self._nodes.append(body)
        return names

    def model(self, metadata: Mapping[str, str] | None = None) -> bytes:
        """The whole file: ModelProto with ir_version 1, producer 2, graph 7, opset_import 8, metadata_props 14."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _bytes(2, self.name)
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += b"".join(_bytes(11, info) for info in self._inputs)
        graph += b"".join(_bytes(12, info) for info in self._outputs)
        body = _integer(1, IR_VERSION) + _bytes(2, "antiphon") + _bytes(7, graph)
        body += _bytes(8, _bytes(1, "") + _integer(2, OPSET))
        for key, value in (metadata or {}).items():
            body += _bytes(14, _bytes(1, key) + _bytes(2, value))
        return body
