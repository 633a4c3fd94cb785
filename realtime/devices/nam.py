"""Neural amp: a `.nam` capture, compiled or in ONNX Runtime, whichever measures faster; [audio]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from realtime.contract.device import Device, Instance, Option, Spec
from realtime.devices.neural_effect import (
    CHANNEL,
    COMMON_PARAMS,
    SLOW,
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
from realtime.neural.cost import ENGINE_BLOCK, cost_warnings
from realtime.neural.files import find_model
from realtime.neural.nam import load_nam
from realtime.neural.nam_nets import Nam
from realtime.neural.ort_stream import OrtStream

LOUDNESS_DB = -18.0
"""RMS level that a capture with a loudness in its metadata is brought to."""

MAX_TRIM_DB = 24.0
"""No capture is made louder or softer by more, whatever its metadata say."""

RATE_TOLERANCE_HZ = 1.0
PROBE_FRAMES = 2048
COST_RUNS = 20
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
    """A capture: its file says what kind of net it is."""

    options = (
        Option("file", doc="A .nam capture."),
        Option("way", "auto", choices=("auto", *WAYS), doc="How it is run; auto: whichever is measured to be faster."),
        CHANNEL,
        Option("normalise", True, doc="Bring it to a common loudness, where the file knows its own."),
        SLOW,
    )
    examples = tuple({"file": "amps/crunch.nam", "way": way} for way in WAYS)

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
        way, slow = spec.options["way"], spec.options["slow"]
        left_only = spec.options["channel"] == "left"
        nam = load_nam(path)
        compiled, stream, report = _prepare(nam, way)
        report |= _about(nam, path, spec)
        try:
            _check_finite(compiled or stream, path)
            report["warnings"] += _cost(compiled or stream, report, path, spec, slow)
        except AntiphonError:
            if stream is not None:
                stream.close()
            raise
        trim_db = _trim_db(nam, path, report) if spec.options["normalise"] else 0.0
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


def _check_finite(net: CompiledNet | OrtStream | None, path: Path) -> None:
    """A capture must answer a loud tone with numbers; leaves the net at rest."""
    assert net is not None
    tone = (0.5 * np.sin(np.arange(PROBE_FRAMES) * 0.05)).astype(np.float32)
    if not np.isfinite(net.probe(tone)).all():
        raise AntiphonError(f"{path}: its output holds NaN or infinity for an ordinary input; train or export it again")


def _cost(net: CompiledNet | OrtStream | None, report: dict[str, Any], path: Path, spec: Spec, slow: bool) -> list[str]:
    """Words on a capture that is slow; what was remembered as slow is measured again: the machine may have been busy."""
    assert net is not None
    known = report.get(f"{report['way']}_us")
    if known is None or known > 0.25 * ENGINE_BLOCK / spec.sample_rate * 1e6:
        known = float(net.times_us(COST_RUNS).min())
    return cost_warnings(path.name, known, ENGINE_BLOCK, spec.sample_rate, slow)


def _trim_db(nam: Nam, path: Path, report: dict[str, Any]) -> float:
    """Gain that brings a capture to LOUDNESS_DB, within MAX_TRIM_DB; 0 where it does not know its loudness."""
    if nam.loudness_db is None:
        return 0.0
    wanted = LOUDNESS_DB - nam.loudness_db
    trim_db = max(-MAX_TRIM_DB, min(MAX_TRIM_DB, wanted))
    if trim_db != wanted:
        report["warnings"].append(f"{path.name}: its level is changed by {trim_db:g} dB only, not by {wanted:.0f} dB")
    report["normalised_db"] = round(trim_db, 1)
    return trim_db


def _about(nam: Nam, path: Path, spec: Spec) -> dict[str, Any]:
    warnings = [f"{path.name}: {warning}" for warning in nam.warnings]
    if abs(nam.sample_rate - spec.sample_rate) > RATE_TOLERANCE_HZ:
        warnings.append(
            f"{path.name} was captured at {nam.sample_rate:g} Hz but runs at {spec.sample_rate:g} Hz: "
            f"its tone shifts; run the engine at {nam.sample_rate:g} Hz"
        )
    return {
        "model": nam.name,
        "file": str(path),
        "parameters": nam.parameters,
        "sample_rate": nam.sample_rate,
        "input_level_dbu": nam.input_level_dbu,
        "output_level_dbu": nam.output_level_dbu,
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
