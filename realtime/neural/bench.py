"""Measures models: µs per 64-frame block in both ways, for `antiphon bench models`; [main]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from realtime.neural.choice import stream_of
from realtime.neural.compiled import compile_nam
from realtime.neural.nam import load_nam
from realtime.neural.package import load_package
from realtime.neural.package_manifest import AUDIO_EFFECT
from realtime.neural.package_stream import package_stream

BLOCKS = 2000
FRAMES = 64


def _figures(way: str, times_us: np.ndarray) -> dict[str, float]:
    return {
        f"{way}_p50_us": round(float(np.percentile(times_us, 50)), 2),
        f"{way}_p99_us": round(float(np.percentile(times_us, 99)), 2),
    }


def bench_model(path: str | Path, blocks: int = BLOCKS) -> dict[str, Any]:
    """Figures of one .nam or .onnx file: `<way>_p50_us` and `<way>_p99_us` a block. Raises AntiphonError."""
    path = Path(path)
    result: dict[str, Any] = {"file": path.name, "frames": FRAMES, "blocks": blocks}
    if path.suffix == ".nam":
        nam = load_nam(path)
        compiled, stream = compile_nam(nam), stream_of(nam)
        result |= {"kind": nam.architecture, "parameters": nam.parameters, "exact": compiled.exact}
        result |= _figures("compiled", compiled.times_us(blocks, FRAMES))
        result |= _figures("onnx", stream.times_us(blocks, FRAMES))
        result["faster"] = "compiled" if result["compiled_p50_us"] <= result["onnx_p50_us"] else "onnx"
        stream.close()
    else:
        package = load_package(path, infer=True)
        result |= {"kind": package.about.kind, "provider": package.session.provider}
        if package.about.kind == AUDIO_EFFECT:
            stream = package_stream(package)
            result |= _figures("onnx", stream.times_us(blocks, FRAMES))
            stream.close()
        else:
            result["note"] = "not an audio effect: see antiphon bench players"
    return result
