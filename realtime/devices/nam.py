"""Neural amp: a `.nam` capture (WaveNet or LSTM), compiled or in ONNX Runtime, whichever measures faster; [audio]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from realtime.contract.device import Device, Instance, Spec
from realtime.devices.neural_effect import (
    COMMON_PARAMS,
    STATE,
    STATE_BYTES,
    compiled_effect,
    entry,
    head_record,
    heap_floats,
    stream_effect,
)
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned
from realtime.neural.choice import WAYS, measure, remember, remembered, stream_of
from realtime.neural.compiled import CompiledNet, compile_nam, net_entry
from realtime.neural.files import find_model
from realtime.neural.nam import Nam, load_nam
from realtime.neural.ort_stream import OrtStream

LOUDNESS_DB = -18.0
"""RMS level that a capture with a loudness in its metadata is brought to."""

RATE_TOLERANCE_HZ = 1.0
TAIL_S = 0.1


def instance_state(fresh: bool, net_state: np.ndarray | None = None) -> np.ndarray:
    """STATE followed by the net's own state, on cache lines. [main]"""
    size = 0 if net_state is None else net_state.size
    state = aligned(STATE_BYTES + size, np.uint8)
    state[:STATE_BYTES].view(STATE)[0]["fresh"] = fresh
    if net_state is not None:
        state[STATE_BYTES:] = net_state
    return state


def joined(*parts: np.ndarray) -> np.ndarray:
    """Byte arrays one after another, on a cache line. [main]"""
    memory = aligned(sum(part.size for part in parts), np.uint8)
    memory[:] = np.concatenate(parts)
    return memory


class NamDevice(Device):
    """Options: `file` (.nam), `way` (auto, compiled, onnx), `channel` (sum, left), `normalise` (true)."""

    option_names = ("file", "way", "channel", "normalise")

    def entries(self) -> list[Any]:
        """Both entries, for the purity gate."""
        return [entry(compiled_effect), entry(stream_effect), net_entry()]

    def compile(self) -> int:
        """Compile the entry used by nearly every capture."""
        net_entry()
        return entry(compiled_effect).address

    def build(self, spec: Spec) -> Instance:
        """Load a capture and choose its way. [main] Raises AntiphonError."""
        path = find_model(spec.options.get("file"), self.name, ".nam")
        way = _option(spec, "way", ("auto", *WAYS))
        left_only = _option(spec, "channel", ("sum", "left")) == "left"
        nam = load_nam(path)
        compiled, stream, report = _prepare(nam, way)
        report |= _about(nam, path, spec)
        trim_db = 0.0
        if nam.loudness_db is not None and spec.options.get("normalise", True):
            trim_db = LOUDNESS_DB - nam.loudness_db
            report["normalised_db"] = round(trim_db, 1)
        if compiled is not None:
            head, addresses = head_record(net_entry().address, compiled.kind, left_only, trim_db=trim_db)
            instance = self._instance(compiled_effect, [head, compiled.tables], compiled.state)
            instance.keep = [addresses]
        else:
            assert stream is not None
            head, addresses = head_record(left_only=left_only, trim_db=trim_db)
            instance = self._instance(stream_effect, [head], None)
            instance.keep = [addresses, stream]
            instance.context, instance.close = stream.address, stream.close
        instance.report = report
        return instance

    def _instance(self, process, tables: list[np.ndarray], net_state: np.ndarray | None) -> Instance:
        return Instance(
            entry=entry(process).address,
            params=self.params,
            inputs=2,
            outputs=2,
            state=instance_state(net_state is None, net_state),
            heap=aligned(heap_floats(0)),
            tables=joined(*tables),
            tail_s=TAIL_S,
        )


def _option(spec: Spec, name: str, choices: tuple[str, ...]) -> str:
    given = spec.options.get(name, choices[0])
    if given not in choices:
        raise AntiphonError(f"device 'nam': {name} = {given!r} is not one of {', '.join(choices)}")
    return given


def _prepare(nam: Nam, way: str) -> tuple[CompiledNet | None, OrtStream | None, dict[str, Any]]:
    """The capture in the way asked for; `auto` measures, or remembers having measured."""
    known = remembered(nam.digest)
    report: dict[str, Any] = {}
    compiled, stream = None, None
    if way == "auto":
        if known is None:
            known, compiled, stream = measure(nam)
            remember(nam.digest, known)
        way = known.way
        report["chosen"] = "measured at load" if compiled else "measured before on this machine"
    if known is not None:
        report |= {"compiled_us": known.compiled_us, "onnx_us": known.onnx_us}
    if way == "compiled":
        if stream is not None:
            stream.close()
        compiled = compiled or compile_nam(nam, known.exact if known else None)
        return compiled, None, {"way": way, "exact": compiled.exact, **report}
    return None, stream or stream_of(nam), {"way": way, **report}


def _about(nam: Nam, path: Path, spec: Spec) -> dict[str, Any]:
    warnings = []
    if abs(nam.sample_rate - spec.sample_rate) > RATE_TOLERANCE_HZ:
        warnings.append(
            f"{path.name} was captured at {nam.sample_rate:g} Hz but the engine runs at {spec.sample_rate:g} Hz: "
            f"its tone shifts; run the engine at {nam.sample_rate:g} Hz"
        )
    return {
        "model": nam.name,
        "file": str(path),
        "parameters": nam.parameters,
        "sample_rate": nam.sample_rate,
        "notes": list(nam.notes),
        "warnings": warnings,
    }


nam = NamDevice(
    name="nam",
    title="Neural amp",
    kind="neural",
    params=COMMON_PARAMS,
    inputs=2,
    doc="A Neural Amp Modeler capture of an amplifier or pedal.",
)
