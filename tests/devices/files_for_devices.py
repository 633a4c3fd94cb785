"""What the devices that play a file are given in tests: a shipped capture, a small graph made here."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from realtime.neural.files import shipped
from tests.neural import synthetic

_GRAPH = {
    "format": 1,
    "kind": "audio-effect",
    "name": "drive",
    "title": "Drive",
    "sample_rate": 48000,
    "inputs": [{"name": "x", "role": "audio"}, {"name": "drive", "role": "param"}],
    "outputs": [{"name": "y", "role": "audio"}],
    "parameters": [{"id": "drive", "name": "Drive", "min": 0.1, "max": 10.0, "default": 2.0, "curve": "log"}],
}


@cache
def _graph() -> str:
    nodes = [("Mul", ["x", "drive"], ["d"]), ("Tanh", ["d"], ["y"])]
    data = synthetic.graph(nodes, {"x": [1, 1, "frames"], "drive": [1, 1]}, {"y": [1, 1, "frames"]}, _GRAPH)
    path = Path(tempfile.mkdtemp(prefix="antiphon-test-")) / "drive.onnx"
    path.write_bytes(data)
    return str(path)


def options_for(device: str) -> dict[str, Any]:
    """Options that let a device of the registry be built."""
    if device == "nam":
        return {"file": str(next(path for path in shipped(".nam") if path.stem == "crunch"))}
    if device == "onnx":
        return {"file": _graph()}
    if device == "sampler":
        return {"file": "samples/parlour.wav"}
    return {}
