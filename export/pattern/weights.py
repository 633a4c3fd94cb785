"""Weights kept findable in a package, so that a training goes on from it: which tensor of the graph, or which bytes of the
manifest, each parameter of the net is; [workshop].

The exporter renames, transposes and merges weights; they are found again by their values when the package is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from export.package import read_manifest, tensor_from_json, tensor_json
from realtime.native.errors import AntiphonError

TURNED = "T"
FLOATS = (np.float32, np.float16)


def _floats(graph: onnx.ModelProto) -> dict[str, np.ndarray]:
    found = {t.name: numpy_helper.to_array(t) for t in graph.graph.initializer}
    return {n: a.astype(np.float32) for n, a in found.items() if a.dtype in FLOATS}


def weight_map(graph: onnx.ModelProto, net: torch.nn.Module) -> dict[str, Any]:
    """Parameter -> name of the graph's tensor, [name, "T"] if that is transposed, or the tensor itself as JSON where the
    graph holds it in no such form (biases of recurrent cells, say). Buffers that are saved count as parameters.

    Raises ValueError if more than a twentieth of the net would have to be written twice.
    """
    held = {(a.shape, a.tobytes()): name for name, a in _floats(graph).items()}
    found: dict[str, Any] = {}
    twice = total = 0
    for name, tensor in net.state_dict().items():
        array = tensor.detach().cpu().numpy()
        total += array.size
        turned = np.ascontiguousarray(array.T)
        if (key := (array.shape, array.tobytes())) in held:
            found[name] = held[key]
        elif array.ndim == 2 and (key := (turned.shape, turned.tobytes())) in held:
            found[name] = [held[key], TURNED]
        else:
            found[name] = tensor_json(array)
            twice += array.size
    if twice > max(4096, total // 20):
        raise ValueError(f"{twice} of {total} weights are not in the graph as the net holds them")
    return found


def weights_of(package: str | Path, name: str) -> dict[str, torch.Tensor]:
    """The state_dict of the net `name` (that of its training) in a package. Raises AntiphonError if it holds none."""
    kept = read_manifest(package).get("weights", {}).get(name)
    if kept is None:
        raise AntiphonError(f"Package {package}: it does not tell the weights of {name}; start from a best.pt instead.")
    tensors = _floats(onnx.load(str(package)))
    state = {}
    for parameter, where in kept.items():
        if isinstance(where, dict):
            array = tensor_from_json(where)
        else:
            source, turned = (where, False) if isinstance(where, str) else (where[0], where[1] == TURNED)
            if source not in tensors:
                raise AntiphonError(f"Package {package}: it lacks the weights {source}; export it again.")
            array = tensors[source].T if turned else tensors[source]
        state[parameter] = torch.from_numpy(np.array(array))
    return state
