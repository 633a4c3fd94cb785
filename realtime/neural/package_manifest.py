"""The metadata of a model package, for those who write it and those who read it: structs, JSON, what numbers may be;
[any]."""

from __future__ import annotations

import base64
import math
from typing import Any

import msgspec
import numpy as np

from realtime.contract.param import Param
from realtime.neural.audio_ports import MAX_BLOCK
from realtime.neural.nam_json import Unfit, one_line, read_json

FORMAT = 1
METADATA_KEY = "antiphon"
AUDIO_EFFECT = "audio-effect"
MAX_LATENCY, MAX_PREWARM = 1 << 17, 1 << 20
"""Frames."""


class RoleRow(msgspec.Struct, kw_only=True):
    """A tensor of the graph and what it is for: audio, state, param, token, logits, ..."""

    name: str
    role: str


class TensorData(msgspec.Struct, kw_only=True):
    """A tensor as JSON: base64 of its little-endian bytes."""

    shape: list[int]
    dtype: str
    data: str

    def array(self) -> np.ndarray:
        """The tensor. Raises ValueError."""
        flat = np.frombuffer(base64.b64decode(self.data, validate=True), np.dtype(self.dtype).newbyteorder("<"))
        return flat.astype(np.dtype(self.dtype)).reshape(self.shape)

    @classmethod
    def of(cls, array: np.ndarray) -> TensorData:
        """The JSON form of an array."""
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        return cls(shape=list(array.shape), dtype=array.dtype.name, data=base64.b64encode(raw).decode())


class StateRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A state: the output becomes the next run's input; zeros at first unless `initial` is given."""

    input: str
    output: str
    initial: TensorData | None = None


class RingRow(msgspec.Struct, kw_only=True):
    """A ring memory: each run's output is one new slice, written into the input at a running place along `axis`."""

    input: str
    output: str
    axis: int = 0


class PartRow(msgspec.Struct, kw_only=True):
    """One of several graphs in a file: the input `part` set to its place in the list runs it."""

    name: str
    inputs: list[str]
    outputs: list[str]


class CostRow(msgspec.Struct, kw_only=True):
    """What a musical unit costs: so many runs of a part, and at most so many microseconds in all."""

    unit: str
    part: str | None = None
    runs: float = 1
    limit_us: float | None = None


class ParameterRow(msgspec.Struct, kw_only=True):
    """A parameter, as in a device's table."""

    id: str
    name: str = ""
    unit: str = ""
    min: float = 0.0
    max: float = 1.0
    default: float = 0.0
    curve: str = "lin"
    labels: list[str] = []
    stepped: bool = False
    doc: str = ""

    @classmethod
    def of(cls, param: Param) -> ParameterRow:
        """A row of a parameter table as a package writes it."""
        return cls(
            id=param.id, name=param.title, unit=param.unit, min=param.minimum, max=param.maximum, default=param.default,
            curve=param.curve, labels=list(param.labels), stepped=param.stepped, doc=param.doc,
        )  # fmt: skip

    def param(self) -> Param:
        """The row as devices have it. Raises ValueError if its range, default, curve and labels do not fit."""
        return Param(
            self.id, self.name or self.id, self.unit, self.min, self.max, self.default, self.curve, tuple(self.labels),
            self.stepped, self.doc,
        )  # fmt: skip


class TestVector(msgspec.Struct, kw_only=True):
    """Inputs and the outputs that they must give, within an absolute tolerance."""

    inputs: dict[str, TensorData]
    outputs: dict[str, TensorData]
    tolerance: float = 1e-4


class About(msgspec.Struct, kw_only=True):
    """The metadata of a package. Whatever else a model of notes keeps there is left to it (Package.extra)."""

    format: int
    kind: str
    name: str
    title: str = ""
    version: str | int | float = ""
    description: str = ""
    sample_rate: float | None = None
    block_sizes: list[int] | str = "any"
    latency: int = 0
    prewarm: int = 0  # frames of silence after which an audio effect is at rest
    inputs: list[RoleRow] = []
    outputs: list[RoleRow] = []
    states: list[StateRow] = []
    rings: list[RingRow] = []
    parts: list[PartRow] = []
    tables: dict[str, TensorData] = {}
    cost: list[CostRow] = []
    parameters: list[ParameterRow] = []
    code: dict[str, Any] = {}  # what the token code of a model of notes must be
    weights: dict[str, Any] = {}  # for training on: tensors by name (export/pattern/weights.py)
    card: str = ""
    provenance: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    test: TestVector | None = None


class PackageFault(Exception):
    """Half a sentence: what is wrong with a package."""


def decode_manifest(text: str) -> tuple[About, dict[str, Any]]:
    """The metadata from its JSON, and all of it as it stands there. Raises PackageFault."""
    try:
        content = read_json(text.encode())
    except Unfit as reason:
        raise PackageFault(f"its metadata is no JSON ({reason}); export it again") from None
    return as_about(content), content


def as_about(content: Any) -> About:
    """The metadata from a decoded document. Raises PackageFault."""
    try:
        about = msgspec.convert(content, About)
    except (msgspec.ValidationError, RecursionError) as error:
        raise PackageFault(f"its metadata is wrong: {error}; export it again") from None
    if about.format != FORMAT:
        raise PackageFault(
            f"its metadata has format {about.format}, this version reads format {FORMAT}; update Antiphon"
        )
    rate = about.sample_rate
    if rate is not None and not (math.isfinite(rate) and 1000.0 <= rate <= 768000.0):
        raise PackageFault(f"its sample rate of {rate:g} Hz makes no sense; correct the metadata")
    if not (0 <= about.latency <= MAX_LATENCY and 0 <= about.prewarm <= MAX_PREWARM):
        raise PackageFault(
            f"its latency of {about.latency} or prewarm of {about.prewarm} frames is out of range (at most {MAX_LATENCY} and "
            f"{MAX_PREWARM}); correct the metadata"
        )
    sizes = about.block_sizes
    if sizes != "any" and (isinstance(sizes, str) or not sizes or min(sizes) < 1 or max(sizes) > MAX_BLOCK):
        raise PackageFault(f"its block_sizes {sizes!r} must be 'any' or a list of 1..{MAX_BLOCK}; correct the metadata")
    about.name, about.title = one_line(about.name, "unnamed"), one_line(about.title, "")
    return about
