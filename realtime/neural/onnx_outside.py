"""Finds the files outside an .onnx that hold its weights, and lets none in from outside its folder; [main].

Walks the protobuf by field numbers of onnx.proto3, whatever it does not know is skipped: Model.graph 7, functions 25;
Graph.node 1, initializer 5, sparse_initializer 15; Function.node 7; Node.attribute 5; Attribute.t 5, g 6, tensors 10,
graphs 11, sparse_tensor 22, sparse_tensors 23; SparseTensor.values 1, indices 2; Tensor.external_data 13 (key 1,
value 2).
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

MAX_DEPTH = 64
MAX_FILES = 1000

_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {1: "text", 2: "text"},
}
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


class Outside(Exception):
    """Half a sentence: why the files that a model names are not read."""


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
        if shift > 63:
            raise IndexError


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Fields of a message that hold bytes, as (number, bytes). Raises IndexError where it is cut off."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            _, at = _varint(data, at)
        elif kind in (_FIXED_64, _FIXED_32):
            at += 8 if kind == _FIXED_64 else 4
        elif kind == _BYTES:
            size, at = _varint(data, at)
            if size > len(data) - at:
                raise IndexError
            yield tag >> 3, data[at : at + size]
            at += size
        else:
            raise IndexError


def locations(model: bytes) -> list[str]:
    """Names of the files that hold weights of a model, each once. Raises Outside; a damaged model has none."""
    found: dict[str, None] = {}
    todo = [("model", memoryview(model), 0)]
    try:
        while todo:
            kind, data, depth = todo.pop()
            if depth > MAX_DEPTH:
                raise Outside("its graphs are nested too deeply")
            for number, body in _fields(data):
                inner = _INSIDE[kind].get(number)
                if inner == "entry":
                    pair = {key: bytes(text).decode("utf-8", "replace") for key, text in _fields(body)}
                    if pair.get(1) == "location":
                        found[pair.get(2, "")] = None
                elif inner is not None:
                    todo.append((inner, body, depth + 1))
    except IndexError:
        return []  # ONNX Runtime says it better
    if len(found) > MAX_FILES:
        raise Outside(f"its weights lie in {len(found)} files")
    return sorted(found)


def outside_files(model: bytes, folder: Path) -> list[Path]:
    """The files beside a model that hold its weights. Raises Outside if one is missing or not inside the folder."""
    home, files = folder.resolve(), []
    for name in locations(model):
        given = Path(name)
        if not name or "\0" in name or given.is_absolute() or ".." in given.parts or "\\" in name or ":" in name:
            raise Outside(f"it asks for weights in {name[:200]!r}, which is not in its own folder")
        try:
            path = (home / given).resolve()
            inside = path.is_relative_to(home)
            ordinary = inside and stat.S_ISREG(path.stat().st_mode)
        except (OSError, RuntimeError):
            raise Outside(f"its weights in {name[:200]!r} are not beside it; keep both files in one folder") from None
        if not inside:
            raise Outside(f"it asks for weights in {name[:200]!r}, which leads out of its own folder")
        if not ordinary:
            raise Outside(f"its weights in {name[:200]!r} are no ordinary file")
        files.append(path)
    return files


def digest_of(model: bytes, files: list[Path]) -> str:
    """sha256 over a model and the files of its weights, as hex digits. Raises OSError."""
    total = hashlib.sha256(model)
    for path in files:
        with path.open("rb") as source:
            total.update(hashlib.file_digest(source, "sha256").digest())
    return total.hexdigest()
