"""Model packages: one .onnx file whose metadata tells a host all it must know; read, checked and tried out on [main].

The metadata is JSON under the key `antiphon` of metadata_props. Every fault becomes one sentence. A graph without it
still loads as an audio effect if its audio and state tensors can be told apart; `notes` then says what was inferred.
"""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from realtime.native.errors import AntiphonError
from realtime.neural.ort import OrtSession, Port
from realtime.neural.ort_api import OrtError
from realtime.neural.ort_stream import MAX_BLOCK, POWERS, audio_channels, time_axis

FORMAT = 1
METADATA_KEY = "antiphon"
MAX_FILE_BYTES = 512 << 20
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


class _Fault(Exception):
    """Half a sentence: what is wrong with a package."""


@dataclass
class Package:
    """A model that was loaded, checked and, if it carries a test vector, tried out."""

    path: Path
    about: About
    session: OrtSession
    digest: str
    notes: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)  # the whole manifest as JSON gave it

    def table(self, name: str) -> np.ndarray:
        """A table of plain numbers. Raises AntiphonError if the package lacks it or it is garbled."""
        if name not in self.about.tables:
            raise AntiphonError(f"{self.path}: it lacks the table {name!r}; export it again")
        try:
            return self.about.tables[name].array()
        except (ValueError, TypeError) as error:
            raise AntiphonError(f"{self.path}: its table {name!r} is garbled ({error}); export it again") from None

    def port(self, name: str) -> Port:
        """The input or output of that name."""
        return next(port for port in (*self.session.inputs, *self.session.outputs) if port.name == name)

    def names(self, side: str, role: str) -> list[str]:
        """Names of the inputs or outputs (`side`) with a role, in the order of the metadata."""
        return [row.name for row in getattr(self.about, side) if row.role == role]

    def initial_states(self) -> dict[str, np.ndarray]:
        """First value of every state, by input name."""
        values = {}
        for state in self.about.states:
            port = self.port(state.input)
            shape = tuple(max(1, size) for size in port.shape)
            values[state.input] = state.initial.array() if state.initial else np.zeros(shape, port.dtype)
        return values

    def sample_rate_fault(self, sample_rate: float) -> str | None:
        """One sentence if the model was made for another sample rate, else None."""
        made_for = self.about.sample_rate
        if made_for is None or abs(made_for - sample_rate) < 1.0:
            return None
        return (
            f"{self.path.name} was made for {made_for:g} Hz but the engine runs at {sample_rate:g} Hz: "
            f"it will sound different; run the engine at {made_for:g} Hz"
        )

    def stream_block(self) -> int:
        """Frames per run that an audio stream must keep to; 0 if any number will do. Raises AntiphonError."""
        sizes = self.about.block_sizes
        port = self.port(self.names("inputs", "audio")[0])
        fixed = port.shape[time_axis(port)]
        if fixed > 0:
            return int(fixed)
        if isinstance(sizes, str) or set(POWERS) <= set(sizes):
            return 0
        return min(sizes)


def read_model(path: str | Path, provider: str = "cpu") -> tuple[Path, bytes, OrtSession]:
    """The bytes of an .onnx file and a session on them. Raises AntiphonError, one sentence."""
    path = Path(path).expanduser()
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise AntiphonError(
                f"{path}: {size >> 20} MiB is too large (at most {MAX_FILE_BYTES >> 20}); pick another model"
            )
        data = path.read_bytes()
    except OSError as error:
        raise AntiphonError(f"{path}: cannot be read ({error.strerror}); check the file name") from None
    try:
        return path, data, OrtSession(data, provider)
    except OrtError as error:
        message = str(error).splitlines()[0][:300]
        if "protobuf" in message or not data:
            message = "it is cut off or no ONNX file at all; export or download it again"
        else:
            message = f"ONNX Runtime cannot run it ({message}); export it with an older opset or for this version"
        raise AntiphonError(f"{path}: {message}") from None


def load_package(path: str | Path, provider: str = "cpu", kind: str | None = None, infer: bool = False) -> Package:
    """Load, check and try out a package.

    provider: "cpu" or "cuda" (falls back, see session.notes). kind: refuse any other kind. infer: accept an audio graph
    without metadata. Raises AntiphonError, one sentence.
    """
    path, data, session = read_model(path, provider)
    package = Package(
        path, About(format=FORMAT, kind=AUDIO_EFFECT, name=path.stem), session, hashlib.sha256(data).hexdigest()
    )
    try:
        text = session.metadata().get(METADATA_KEY)
        if text is not None:
            package.about = _decode(text)
            package.extra = msgspec.json.decode(text.encode())
        elif infer:
            _infer(package)
        else:
            raise _Fault("it carries no 'antiphon' metadata; export it with export/package.py")
        if kind is not None and package.about.kind != kind:
            raise _Fault(f"it is a package of kind {package.about.kind!r}, not {kind!r}; pick another file")
        _check_graph(package)
        _check_parts(package)
        if package.about.kind == AUDIO_EFFECT:
            _check_audio(package)
        _check_parameters(package.about)
        _try_out(package)
    except _Fault as fault:
        session.close()
        raise AntiphonError(f"{path}: {fault}") from None
    package.notes += session.notes
    return package


def _decode(text: str) -> About:
    try:
        about = msgspec.json.decode(text.encode(), type=About)
    except msgspec.ValidationError as error:
        raise _Fault(f"its metadata is wrong: {error}; export it again") from None
    except msgspec.DecodeError as error:
        raise _Fault(f"its metadata is no JSON ({error}); export it again") from None
    if about.format != FORMAT:
        raise _Fault(f"its metadata has format {about.format}, this version reads format {FORMAT}; update Antiphon")
    rate = about.sample_rate
    if rate is not None and not (math.isfinite(rate) and 1000.0 <= rate <= 768000.0):
        raise _Fault(f"its sample rate of {rate:g} Hz makes no sense; correct the metadata")
    if about.latency < 0 or not 0 <= about.prewarm <= 10_000_000:
        raise _Fault("its latency or prewarm is out of range; correct the metadata")
    sizes = about.block_sizes
    if sizes != "any" and (isinstance(sizes, str) or not sizes or min(sizes) < 1 or max(sizes) > MAX_BLOCK):
        raise _Fault(f"its block_sizes {sizes!r} must be 'any' or a list of 1..{MAX_BLOCK}; correct the metadata")
    return about


def _infer(package: Package) -> None:
    """Roles of a bare graph: states are pairs of equal shape named alike, the rest one audio input and output."""
    inputs = {port.name: port for port in package.session.inputs}
    outputs = {port.name: port for port in package.session.outputs}
    states = []
    for name, port in inputs.items():
        stem = name.removesuffix("_in")
        for other in (f"{name}_out", f"{stem}_out", f"{name}_next", f"{stem}n", f"new_{name}"):
            if (
                other in outputs
                and other != name
                and outputs[other].shape == port.shape
                and min(port.shape, default=0) > 0
            ):
                states.append(StateRow(input=name, output=other))
                break
    taken = {state.input for state in states} | {state.output for state in states}
    sound_in = [port for name, port in inputs.items() if name not in taken]
    sound_out = [port for name, port in outputs.items() if name not in taken]
    if len(sound_in) != 1 or len(sound_out) != 1:
        raise _Fault(
            "it carries no 'antiphon' metadata and its audio and state tensors cannot be told apart "
            f"(left over: {[p.name for p in sound_in]} and {[p.name for p in sound_out]}); "
            "name states X and X_out, or export it as a package"
        )
    roles_in = [RoleRow(name=name, role="state" if name in taken else "audio") for name in inputs]
    roles_out = [RoleRow(name=name, role="state" if name in taken else "audio") for name in outputs]
    package.about = About(
        format=FORMAT, kind=AUDIO_EFFECT, name=package.path.stem, inputs=roles_in, outputs=roles_out, states=states
    )
    pairs = ", ".join(f"{state.input} -> {state.output}" for state in states) or "none"
    package.notes.append(
        f"no metadata: audio is {sound_in[0].name} -> {sound_out[0].name}, states are {pairs}; any sample rate assumed"
    )


def _check_graph(package: Package) -> None:
    about, session = package.about, package.session
    for side, rows, ports in (("input", about.inputs, session.inputs), ("output", about.outputs, session.outputs)):
        known = {port.name for port in ports}
        listed = {row.name for row in rows}
        for row in rows:
            if row.name not in known:
                raise _Fault(f"its metadata names the {side} {row.name!r}, which the graph lacks; export it again")
        for name in sorted(known - listed) if side == "input" else ():
            raise _Fault(f"the graph's input {name!r} has no role in its metadata; export it again")
    if any(port.dtype is None for port in (*session.inputs, *session.outputs)):
        raise _Fault("an input or output is no plain tensor; export it with tensors only")
    paired = {state.input for state in about.states}
    for name in package.names("inputs", "state"):
        if name not in paired:
            raise _Fault(f"the state {name!r} has no output that carries it on; add the pair to the metadata")
    inputs, outputs = {port.name: port for port in session.inputs}, {port.name: port for port in session.outputs}
    for state in about.states:
        if state.input not in inputs or state.output not in outputs:
            missing = state.input if state.input not in inputs else state.output
            raise _Fault(
                f"the state {state.input!r} -> {state.output!r} lacks {missing!r} in the graph; export it again"
            )
        before, after = inputs[state.input], outputs[state.output]
        if before.dtype != after.dtype:
            raise _Fault(
                f"the state {state.input!r} is {before.dtype} but comes back as {after.dtype}; export it again"
            )
        if len(before.shape) != len(after.shape):
            raise _Fault(
                f"the state {state.input!r} has rank {len(before.shape)} but comes back with rank {len(after.shape)}; "
                "export it again"
            )
        pairs = zip(before.shape, after.shape, strict=True)
        if any(a > 0 and b > 0 and a != b for a, b in pairs):
            raise _Fault(
                f"the state {state.input!r} changes shape from {before.shape} to {after.shape}; export it again"
            )
        if state.initial is not None:
            first = _array(state.initial, f"the initial value of the state {state.input!r}")
            _check_tensor(before, first, f"the initial value of the state {state.input!r}")


def _check_parts(package: Package) -> None:
    inputs = {port.name: port for port in package.session.inputs}
    outputs = {port.name: port for port in package.session.outputs}
    for ring in package.about.rings:
        if ring.input not in inputs or ring.output not in outputs:
            raise _Fault(f"its ring {ring.input!r} <- {ring.output!r} is not in the graph; export it again")
        before, new = inputs[ring.input], outputs[ring.output]
        wanted = tuple(1 if axis == ring.axis else size for axis, size in enumerate(before.shape))
        if not 0 <= ring.axis < len(before.shape) or new.shape != wanted or new.dtype != before.dtype:
            raise _Fault(
                f"its ring {ring.input!r} of shape {before.shape} cannot take slices of shape {new.shape} along axis "
                f"{ring.axis}; export it again"
            )
    if package.about.parts and "part" not in inputs:
        raise _Fault("it lists parts but its graph has no input 'part' to choose one; export it again")
    for part in package.about.parts:
        for name in (*part.inputs, *part.outputs):
            if name not in inputs and name not in outputs:
                raise _Fault(f"its part {part.name!r} names {name!r}, which the graph lacks; export it again")
    known = {part.name for part in package.about.parts} | {None}
    for row in package.about.cost:
        if row.part not in known:
            raise _Fault(f"its cost table names the part {row.part!r}, which it lacks; export it again")


def _check_audio(package: Package) -> None:
    for side in ("inputs", "outputs"):
        names = package.names(side, "audio")
        if len(names) != 1:
            raise _Fault(f"an audio effect needs one tensor with role audio among its {side}, it has {len(names)}")
        port = package.port(names[0])
        if port.dtype != np.float32:
            raise _Fault(f"its audio tensor {port.name!r} is {port.dtype}, not float32; export it again")
        if not 1 <= len(port.shape) <= 3:
            raise _Fault(
                f"its audio tensor {port.name!r} has rank {len(port.shape)}; use (frames) up to (1, channels, frames)"
            )
        axis = time_axis(port)
        if any(size > 1 for size in port.shape[axis + 1 :]) or audio_channels(port) not in (1, 2):
            raise _Fault(
                f"its audio tensor {port.name!r} of shape {port.shape} is neither mono nor stereo, frames last"
            )
        if port.shape[axis] > MAX_BLOCK:
            raise _Fault(f"its block of {port.shape[axis]} frames is too large (at most {MAX_BLOCK})")
    ends = [package.port(package.names(side, "audio")[0]) for side in ("inputs", "outputs")]
    lengths = [port.shape[time_axis(port)] for port in ends]
    if min(lengths) > 0 and lengths[0] != lengths[1]:
        raise _Fault(f"it takes {lengths[0]} frames and gives {lengths[1]}; an audio effect must keep their number")
    for name in package.names("inputs", "param"):
        port = package.port(name)
        if port.dtype != np.float32 or np.prod([max(1, size) for size in port.shape]) != 1:
            raise _Fault(
                f"its parameter input {name!r} must be one float32 number, it is {port.dtype}{list(port.shape)}"
            )
        if name not in {row.id for row in package.about.parameters}:
            raise _Fault(f"its parameter input {name!r} is not in its parameter table; export it again")


def _check_parameters(about: About) -> None:
    for row in about.parameters:
        if not (math.isfinite(row.min) and math.isfinite(row.max) and row.min < row.max):
            raise _Fault(f"its parameter {row.id!r} has the range {row.min:g}..{row.max:g}; correct the metadata")
        if not row.min <= row.default <= row.max:
            raise _Fault(f"the default {row.default:g} of its parameter {row.id!r} is outside {row.min:g}..{row.max:g}")
        if row.curve not in ("lin", "log", "enum", "bool") or (row.curve == "log" and row.min <= 0.0):
            raise _Fault(f"its parameter {row.id!r} cannot have the curve {row.curve!r}; correct the metadata")


def _array(tensor: TensorData, what: str) -> np.ndarray:
    try:
        return tensor.array()
    except (ValueError, TypeError) as error:
        raise _Fault(f"{what} cannot be decoded ({error}); export it again") from None


def _check_tensor(port: Port, array: np.ndarray, what: str) -> None:
    if array.dtype != port.dtype:
        raise _Fault(f"{what} is {array.dtype} where the graph wants {port.dtype}; export it again")
    if len(array.shape) != len(port.shape):
        raise _Fault(f"{what} has rank {array.ndim} where the graph wants rank {len(port.shape)}; export it again")
    if any(size > 0 and size != given for size, given in zip(port.shape, array.shape, strict=True)):
        raise _Fault(f"{what} has shape {array.shape} where the graph wants {port.shape}; export it again")


def _try_out(package: Package) -> None:
    """Run the test vector and compare."""
    test = package.about.test
    if test is None:
        package.notes.append("it carries no test vector: its output was not checked")
        return
    ports = {port.name: port for port in package.session.inputs}
    feeds = {}
    for name, tensor in test.inputs.items():
        if name not in ports:
            raise _Fault(f"its test vector feeds {name!r}, which the graph lacks; export it again")
        feeds[name] = _array(tensor, f"the test input {name!r}")
        _check_tensor(ports[name], feeds[name], f"the test input {name!r}")
    for name, array in package.initial_states().items():
        feeds.setdefault(name, array)
    try:
        results = package.session.run(feeds, list(test.outputs))
    except OrtError as error:
        raise _Fault(f"its test vector does not run ({str(error).splitlines()[0][:200]}); export it again") from None
    for name, tensor in test.outputs.items():
        wanted, got = _array(tensor, f"the test output {name!r}"), results[name]
        if np.issubdtype(got.dtype, np.floating) and not np.isfinite(got).all():
            raise _Fault(f"its output {name!r} holds NaN or infinity on its own test vector; train or export it again")
        if got.shape != wanted.shape:
            raise _Fault(f"its output {name!r} has shape {got.shape} where its test vector says {wanted.shape}")
        difference = float(np.abs(got.astype(np.float64) - wanted.astype(np.float64)).max(initial=0.0))
        if not difference <= test.tolerance:
            raise _Fault(
                f"its output {name!r} differs from its test vector by {difference:.3g} (allowed {test.tolerance:g}): "
                "the file is damaged or this ONNX Runtime computes differently; export it again"
            )
