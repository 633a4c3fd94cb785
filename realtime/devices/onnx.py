"""Neural effect: any `.onnx` with audio in/out and explicit states, run by ONNX Runtime in the callback; [audio]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from realtime.contract.device import Device, Instance, Option, Param, Spec
from realtime.devices.nam import instance_state, joined
from realtime.devices.neural_effect import CHANNEL, COMMON_PARAMS, SLOW, entry, head_record, heap_floats, stream_effect
from realtime.native.errors import AntiphonError, nearest
from realtime.native.memory import aligned
from realtime.neural.cost import ENGINE_BLOCK, cost_warnings
from realtime.neural.files import find_model
from realtime.neural.ort_stream import OrtStream
from realtime.neural.package import Package, load_package
from realtime.neural.package_manifest import AUDIO_EFFECT
from realtime.neural.package_stream import driven_parameters, package_stream

MEASURED_RUNS, MEASURED_US = 100, 2e5


class OnnxDevice(Device):
    """A graph: the model adds its parameters."""

    options = (
        Option("file", doc="An .onnx model."),
        Option("provider", "cpu", choices=("cpu", "cuda"), doc="Where it is computed."),
        CHANNEL,
        SLOW,
    )
    examples = ({"file": "crunch.onnx"},)

    def compile(self) -> int:
        """Compile the entry, the same for every model."""
        return entry(stream_effect).address

    def entries(self) -> list[Any]:
        """The entry, for the purity gate."""
        return [entry(stream_effect)]

    def values(self, given: Mapping[str, Any]) -> dict[str, float]:
        """The common parameters are checked here; the model's own ones at build, when they are known."""
        common = {param.id for param in COMMON_PARAMS}
        checked = super().values({name: raw for name, raw in given.items() if name in common})
        return checked | {name: raw for name, raw in given.items() if name not in common}

    def build(self, spec: Spec) -> Instance:
        """Load a model. [main] Raises AntiphonError."""
        path = find_model(spec.options.get("file"), self.name, ".onnx")
        provider, slow = spec.options["provider"], spec.options["slow"]
        package = load_package(path, provider, kind=AUDIO_EFFECT, infer=True)
        if package.run_us is not None:  # measured before: refused before anything is built
            frames = package.stream_block() or ENGINE_BLOCK
            cost_warnings(path.name, package.run_us, frames, spec.sample_rate, slow)
        params = COMMON_PARAMS + tuple(row.param() for row in driven_parameters(package))
        self._check_values(spec.values, params)
        stream = package_stream(package)
        latency = stream.latency + package.about.latency
        head, addresses = head_record(
            left_only=spec.options["channel"] == "left",
            channels=(stream.channels_in, stream.channels_out),
            latency=latency,
            params=stream.param_addresses,
        )
        return Instance(
            entry=entry(stream_effect).address,
            params=params,
            inputs=2,
            outputs=2,
            state=instance_state(True),
            heap=aligned(heap_floats(latency)),
            tables=joined(head),
            latency=latency,
            tail_s=latency / spec.sample_rate + 0.1,
            context=stream.address,
            keep=[addresses, stream],
            report=_report(package, stream, spec, slow),
            close=stream.close,
        )

    def _check_values(self, given: Mapping[str, Any], params: tuple[Param, ...]) -> None:
        table = {param.id: param for param in params}
        for name, raw in given.items():
            if name not in table:
                hint = nearest(name, table, "it has")
                raise AntiphonError(f"device 'onnx' has no parameter {name!r} in this model; {hint}")
            table[name].parse(raw)


def _report(package: Package, stream: OrtStream, spec: Spec, slow: bool) -> dict[str, Any]:
    frames = stream.block or ENGINE_BLOCK
    runs = int(np.clip(MEASURED_US / (package.run_us or 1.0), 3, MEASURED_RUNS))
    times = stream.times_us(runs, frames)
    fault = package.sample_rate_fault(spec.sample_rate)
    warnings = [*([fault] if fault else []), *package.warnings]
    return {
        "way": "onnx",
        "provider": package.session.provider,
        "model": package.about.title or package.about.name,
        "file": str(package.path),
        "sample_rate": package.about.sample_rate,
        "onnx_us": round(float(np.median(times)), 2),
        "block": stream.block or "any",
        "notes": list(package.notes),
        "warnings": warnings + cost_warnings(package.path.name, float(times.min()), frames, spec.sample_rate, slow),
    }


onnx = OnnxDevice(
    name="onnx",
    title="Neural effect",
    kind="neural",
    params=COMMON_PARAMS,
    inputs=2,
    doc="Any ONNX model with audio in and out and explicit states.",
)
