"""What is verified of a model package before it may run, each fault half a sentence; [main]."""

from __future__ import annotations

import math
import re

import numpy as np

from realtime.neural.audio_ports import MAX_BLOCK, audio_channels, concrete, time_axis
from realtime.neural.ort import Port
from realtime.neural.ort_api import OrtError
from realtime.neural.package_content import Package
from realtime.neural.package_manifest import AUDIO_EFFECT, About, PackageFault, TensorData

MAX_INPUT_NUMBERS = 1 << 26
RESERVED_IDS = frozenset({"input_db", "output_db", "mix", "bypass"})
"""Parameters that every neural effect has already."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def check_package(package: Package) -> None:
    """Metadata against graph, then the test vector run and compared. Raises PackageFault."""
    _check_graph(package)
    _check_parts(package)
    _check_parameters(package.about)
    if package.about.kind == AUDIO_EFFECT:
        _check_audio(package)
    _check_memory(package)
    _try_out(package)


def _check_graph(package: Package) -> None:
    about, session = package.about, package.session
    for side, rows, ports in (("input", about.inputs, session.inputs), ("output", about.outputs, session.outputs)):
        known = {port.name for port in ports}
        listed = {row.name for row in rows}
        for row in rows:
            if row.name not in known:
                raise PackageFault(
                    f"its metadata names the {side} {row.name!r}, which the graph lacks; export it again"
                )
        for name in sorted(known - listed) if side == "input" else ():
            raise PackageFault(f"the graph's input {name!r} has no role in its metadata; export it again")
    if any(port.dtype is None for port in (*session.inputs, *session.outputs)):
        raise PackageFault("an input or output is no plain tensor; export it with tensors only")
    paired = {state.input for state in about.states}
    for name in package.names("inputs", "state"):
        if name not in paired:
            raise PackageFault(f"the state {name!r} has no output that carries it on; add the pair to the metadata")
    inputs, outputs = {port.name: port for port in session.inputs}, {port.name: port for port in session.outputs}
    for state in about.states:
        if state.input not in inputs or state.output not in outputs:
            missing = state.input if state.input not in inputs else state.output
            raise PackageFault(
                f"the state {state.input!r} -> {state.output!r} lacks {missing!r} in the graph; export it again"
            )
        before, after = inputs[state.input], outputs[state.output]
        if before.dtype != after.dtype:
            raise PackageFault(
                f"the state {state.input!r} is {before.dtype} but comes back as {after.dtype}; export it again"
            )
        if len(before.shape) != len(after.shape):
            raise PackageFault(
                f"the state {state.input!r} has rank {len(before.shape)} but comes back with rank {len(after.shape)}; "
                "export it again"
            )
        pairs = zip(before.shape, after.shape, strict=True)
        if any(a > 0 and b > 0 and a != b for a, b in pairs):
            raise PackageFault(
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
            raise PackageFault(f"its ring {ring.input!r} <- {ring.output!r} is not in the graph; export it again")
        before, new = inputs[ring.input], outputs[ring.output]
        wanted = tuple(1 if axis == ring.axis else size for axis, size in enumerate(before.shape))
        if not 0 <= ring.axis < len(before.shape) or new.shape != wanted or new.dtype != before.dtype:
            raise PackageFault(
                f"its ring {ring.input!r} of shape {before.shape} cannot take slices of shape {new.shape} along axis "
                f"{ring.axis}; export it again"
            )
    if package.about.parts and "part" not in inputs:
        raise PackageFault("it lists parts but its graph has no input 'part' to choose one; export it again")
    for part in package.about.parts:
        for name in (*part.inputs, *part.outputs):
            if name not in inputs and name not in outputs:
                raise PackageFault(f"its part {part.name!r} names {name!r}, which the graph lacks; export it again")
    known = {part.name for part in package.about.parts} | {None}
    for row in package.about.cost:
        if row.part not in known:
            raise PackageFault(f"its cost table names the part {row.part!r}, which it lacks; export it again")


def _check_audio(package: Package) -> None:
    for side in ("inputs", "outputs"):
        names = package.names(side, "audio")
        if len(names) != 1:
            raise PackageFault(
                f"an audio effect needs one tensor with role audio among its {side}, it has {len(names)}"
            )
        port = package.port(names[0])
        if port.dtype != np.float32:
            raise PackageFault(f"its audio tensor {port.name!r} is {port.dtype}, not float32; export it again")
        if not 1 <= len(port.shape) <= 3:
            raise PackageFault(
                f"its audio tensor {port.name!r} has rank {len(port.shape)}; use (frames) up to (1, channels, frames)"
            )
        axis = time_axis(port)
        if any(size > 1 for size in port.shape[axis + 1 :]) or audio_channels(port) not in (1, 2):
            raise PackageFault(
                f"its audio tensor {port.name!r} of shape {port.shape} is neither mono nor stereo, frames last"
            )
        if port.shape[axis] > MAX_BLOCK:
            raise PackageFault(f"its block of {port.shape[axis]} frames is too large (at most {MAX_BLOCK})")
    ends = [package.port(package.names(side, "audio")[0]) for side in ("inputs", "outputs")]
    lengths = [port.shape[time_axis(port)] for port in ends]
    if min(lengths) > 0 and lengths[0] != lengths[1]:
        raise PackageFault(
            f"it takes {lengths[0]} frames and gives {lengths[1]}; an audio effect must keep their number"
        )
    for name in package.names("inputs", "param"):
        port = package.port(name)
        if port.dtype != np.float32 or np.prod([max(1, size) for size in port.shape]) != 1:
            raise PackageFault(
                f"its parameter input {name!r} must be one float32 number, it is {port.dtype}{list(port.shape)}"
            )
        if name not in {row.id for row in package.about.parameters}:
            raise PackageFault(f"its parameter input {name!r} is not in its parameter table; export it again")


def _check_parameters(about: About) -> None:
    seen: set[str] = set()
    for row in about.parameters:
        if not _ID.fullmatch(row.id) or row.id in seen or (about.kind == AUDIO_EFFECT and row.id in RESERVED_IDS):
            raise PackageFault(
                f"its parameter {row.id[:80]!r} must have a name of its own of letters, digits and _; correct the metadata"
            )
        seen.add(row.id)
        if not (math.isfinite(row.min) and math.isfinite(row.max) and row.min < row.max):
            raise PackageFault(f"its parameter {row.id!r} has the range {row.min:g}..{row.max:g}; correct the metadata")
        if not row.min <= row.default <= row.max:
            raise PackageFault(
                f"the default {row.default:g} of its parameter {row.id!r} is outside {row.min:g}..{row.max:g}"
            )
        try:
            row.param()
        except ValueError as error:
            raise PackageFault(f"its parameter {error}; correct the metadata") from None


def _check_memory(package: Package) -> None:
    """Inputs that the host provides must be of a size that can be."""
    total = sum(math.prod(concrete(port.shape)) for port in package.session.inputs)
    if total > MAX_INPUT_NUMBERS:
        raise PackageFault(f"its inputs and states hold {total:.3g} numbers; export it smaller")


def _array(tensor: TensorData, what: str) -> np.ndarray:
    try:
        return tensor.array()
    except (ValueError, TypeError) as error:
        raise PackageFault(f"{what} cannot be decoded ({error}); export it again") from None


def _check_tensor(port: Port, array: np.ndarray, what: str) -> None:
    if array.dtype != port.dtype:
        raise PackageFault(f"{what} is {array.dtype} where the graph wants {port.dtype}; export it again")
    if len(array.shape) != len(port.shape):
        raise PackageFault(
            f"{what} has rank {array.ndim} where the graph wants rank {len(port.shape)}; export it again"
        )
    if any(size > 0 and size != given for size, given in zip(port.shape, array.shape, strict=True)):
        raise PackageFault(f"{what} has shape {array.shape} where the graph wants {port.shape}; export it again")


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
            raise PackageFault(f"its test vector feeds {name!r}, which the graph lacks; export it again")
        feeds[name] = _array(tensor, f"the test input {name!r}")
        _check_tensor(ports[name], feeds[name], f"the test input {name!r}")
    for name, array in package.initial_states().items():
        feeds.setdefault(name, array)
    try:
        results = package.session.run(feeds, list(test.outputs))
    except OrtError as error:
        raise PackageFault(
            f"its test vector does not run ({str(error).splitlines()[0][:200]}); export it again"
        ) from None
    for name, tensor in test.outputs.items():
        wanted, got = _array(tensor, f"the test output {name!r}"), results[name]
        if np.issubdtype(got.dtype, np.floating) and not np.isfinite(got).all():
            raise PackageFault(
                f"its output {name!r} holds NaN or infinity on its own test vector; train or export it again"
            )
        if got.shape != wanted.shape:
            raise PackageFault(f"its output {name!r} has shape {got.shape} where its test vector says {wanted.shape}")
        difference = float(np.abs(got.astype(np.float64) - wanted.astype(np.float64)).max(initial=0.0))
        if not difference <= test.tolerance:
            raise PackageFault(
                f"its output {name!r} differs from its test vector by {difference:.3g} (allowed {test.tolerance:g}): "
                "the file is damaged or this ONNX Runtime computes differently; export it again"
            )
