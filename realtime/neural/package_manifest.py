"""The metadata of a model package: its structs, its JSON and what its numbers may be; [any]."""

from __future__ import annotations

import base64
import math
from typing import Any

import msgspec
import numpy as np

from realtime.neural.ort_stream import MAX_BLOCK

FORMAT = 1
METADATA_KEY = "antiphon"
AUDIO_EFFECT = "audio-effect"


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


class StateRow(msgspec.Struct, kw_only=True):
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


class TestVector(msgspec.Struct, kw_only=True):
    """Inputs and the outputs that they must give, within an absolute tolerance."""

    inputs: dict[str, TensorData]
    outputs: dict[str, TensorData]
    tolerance: float = 1e-4


class About(msgspec.Struct, kw_only=True):
    """The metadata of a package."""

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
    provenance: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    test: TestVector | None = None


class PackageFault(Exception):
    """Half a sentence: what is wrong with a package."""


def decode_manifest(text: str) -> About:
    """The metadata from its JSON. Raises PackageFault."""
    try:
        about = msgspec.json.decode(text.encode(), type=About)
    except msgspec.ValidationError as error:
        raise PackageFault(f"its metadata is wrong: {error}; export it again") from None
    except msgspec.DecodeError as error:
        raise PackageFault(f"its metadata is no JSON ({error}); export it again") from None
    if about.format != FORMAT:
        raise PackageFault(
            f"its metadata has format {about.format}, this version reads format {FORMAT}; update Antiphon"
        )
    rate = about.sample_rate
    if rate is not None and not (math.isfinite(rate) and 1000.0 <= rate <= 768000.0):
        raise PackageFault(f"its sample rate of {rate:g} Hz makes no sense; correct the metadata")
    if about.latency < 0 or not 0 <= about.prewarm <= 10_000_000:
        raise PackageFault("its latency or prewarm is out of range; correct the metadata")
    sizes = about.block_sizes
    if sizes != "any" and (isinstance(sizes, str) or not sizes or min(sizes) < 1 or max(sizes) > MAX_BLOCK):
        raise PackageFault(f"its block_sizes {sizes!r} must be 'any' or a list of 1..{MAX_BLOCK}; correct the metadata")
    return about
