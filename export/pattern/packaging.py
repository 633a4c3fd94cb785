"""The two ends of a model's package.py: the net of a run's best checkpoint, and a package that tells its own figures;
[workshop]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnx
from torch import nn

from export.package import write_package
from export.pattern import checkpoint
from realtime.native.errors import AntiphonError

M = TypeVar("M", bound=nn.Module)


def restored(
    run: str | Path, name: str, build: Callable[[dict[str, Any]], M], strict: bool = True
) -> tuple[M, dict[str, Any]]:
    """The net of a run's best checkpoint (its averaged weights), and the checkpoint.

    build: the net from its config. strict: the net must have every weight, and no others.
    Raises AntiphonError if there is none, or one of another net.
    """
    path = Path(run) / "best.pt"
    content = checkpoint.load(path, name)
    return net_from(content, f"Checkpoint {path}", name, build, strict), content


def net_from(
    content: Mapping[str, Any], where: str, name: str, build: Callable[[dict[str, Any]], M], strict: bool = True
) -> M:
    """The net of a checkpoint's content, in evaluation mode. Raises AntiphonError for one of another net."""
    try:
        model = build(content["config"])
        model.load_state_dict(content["model"], strict=strict)
    except (KeyError, RuntimeError, TypeError):
        raise AntiphonError(f"{where}: it is of another version of {name}; train again.") from None
    return model.eval()


def write_measured(
    graph: onnx.ModelProto,
    facts: dict[str, Any],
    inputs: dict[str, np.ndarray],
    outputs: dict[str, np.ndarray],
    output: str | Path,
    measure: Callable[[], Mapping[str, Any]],
    parity: float,
    us: float,
) -> dict[str, Any]:
    """Writes the package, measures it, and writes it again with what was measured as its metrics.

    inputs, outputs: the test vector. Returns {"bytes", "parity", "us", "precision", "metrics"}.
    """
    write_package(graph, facts, inputs, outputs, output)
    facts["metrics"] = measure()["metrics"]
    write_package(graph, facts, inputs, outputs, output)
    size = Path(output).stat().st_size
    return {"bytes": size, "parity": parity, "us": us, "precision": "fp32", "metrics": facts["metrics"]}
