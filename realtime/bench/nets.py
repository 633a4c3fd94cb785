"""Cost of note models: microseconds a run of each part and a musical unit (a step, an event, two bars); [main]."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from realtime.models.base import KIND
from realtime.models.net import Net
from realtime.native.errors import AntiphonError
from realtime.neural.bench import bench_model
from realtime.neural.package import Package, load_package


def run_times_us(net: Net, runs: int) -> np.ndarray:
    """Times of `runs` runs in a row, after a warm-up, in microseconds."""
    for _ in range(20):
        net.run()
    times = np.empty(runs)
    for k in range(runs):
        started = time.perf_counter_ns()
        net.run()
        times[k] = time.perf_counter_ns() - started
    return times / 1000


def feed_test_vector(package: Package, net: Net) -> None:
    """Inputs as the package's test vector has them: ordinary values, not zeros."""
    if package.about.test is None:
        return
    for name, tensor in package.about.test.inputs.items():
        if name in net.inputs:
            net.inputs[name][...] = tensor.array()


def bench_package(path: str | Path, runs: int = 500) -> list[dict[str, Any]]:
    """One row a line of the package's cost table (or a part without one): file, part, unit, run_p50_us, run_p99_us,
    runs, unit_p50_us and, where it has one, limit_us and within. Raises AntiphonError."""
    package = load_package(path, kind=KIND)
    parts: list[str | None] = [row.name for row in package.about.parts] or [None]
    nets = {}
    for part in parts:
        nets[part] = Net(package, part)
        feed_test_vector(package, nets[part])
    times = {part: run_times_us(net, runs) for part, net in nets.items()}
    rows: list[dict[str, Any]] = []
    costs = [(c.part, c.runs, c.unit, c.limit_us) for c in package.about.cost]
    costs += [(part, 1.0, "a run", None) for part in parts if part not in {c[0] for c in costs}]
    for part, count, unit, limit in costs:
        p50, p99 = (float(np.percentile(times[part], q)) for q in (50, 99))
        row: dict[str, Any] = {
            "file": Path(path).name,
            "kind": KIND,
            "part": part or "",
            "unit": unit,
            "run_p50_us": round(p50, 1),
            "run_p99_us": round(p99, 1),
            "runs": count,
            "unit_p50_us": round(p50 * count, 1),
        }
        if limit is not None:
            row |= {"limit_us": limit, "within": p50 * count <= limit}
        rows.append(row)
    return rows


def bench_all(paths: list[Path]) -> list[dict[str, Any]]:
    """Rows of all files, audio models and note models; a file that cannot be loaded has `error`."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        try:
            is_notes = path.suffix == ".onnx" and load_package(path, infer=True).about.kind == KIND
            rows += bench_package(path) if is_notes else [bench_model(path)]
        except AntiphonError as error:
            rows.append({"file": path.name, "error": str(error)})
    return rows
