"""Writes model packages: one .onnx whose metadata key `antiphon` holds, as JSON, all a host must know; [workshop]."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx

from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file
from realtime.neural.package import open_package
from realtime.neural.package_file import read_file
from realtime.neural.package_manifest import FORMAT, METADATA_KEY, PackageFault, TensorData, as_about

REQUIRED = ("title", "version", "description", "inputs", "outputs", "states", "parameters", "provenance", "metrics")
"""What every package of ours tells beyond what the schema demands."""


def tensor_json(array: np.ndarray) -> dict[str, Any]:
    """A tensor as JSON: shape, dtype, base64 of its little-endian bytes."""
    return msgspec.to_builtins(TensorData.of(np.asarray(array)))


def tensor_from_json(content: dict[str, Any]) -> np.ndarray:
    """The inverse of tensor_json. Raises ValueError if the content is damaged."""
    try:
        return msgspec.convert(content, TensorData).array()
    except (msgspec.ValidationError, TypeError) as error:
        raise ValueError(str(error)) from None


def commit() -> str:
    """The commit of the working tree ("" outside one)."""
    here = Path(__file__).resolve().parent
    try:
        return subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def today() -> str:
    return date.today().isoformat()


def forget_origin(model) -> None:
    """Take out what the exporter wrote about the machine it ran on: stack traces with file paths, module names; in the
    branches of If nodes and in functions too."""
    model.doc_string = ""
    for part in (model.graph, *model.functions):
        _forget(part)


def _forget(part) -> None:
    """A graph or function, all that is in it, and the branches inside its nodes."""
    owned = [part, *part.node, *part.value_info]
    if isinstance(part, onnx.GraphProto):
        owned += [*part.input, *part.output, *part.initializer]
    for piece in owned:
        del piece.metadata_props[:]
        piece.doc_string = ""
    for node in part.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                _forget(attribute.g)


def write_package(
    model: onnx.ModelProto,
    manifest: dict[str, Any],
    test_inputs: dict[str, np.ndarray],
    test_outputs: dict[str, np.ndarray],
    out: str | Path,
    tolerance: float = 1e-4,
) -> Path:
    """Puts manifest and test vector into the model and writes it: the file is what it was before, or the whole new package,
    read again and run as a host would.

    manifest: as realtime.neural.package_manifest.About has it, with the REQUIRED fields and any more of the model's own;
    `format`, `sample_rate`, `block_sizes`, `latency` are added where absent. Raises AntiphonError if a field is missing or
    wrong, a named tensor is not in the graph, or a host would refuse the package.
    """
    if missing := [key for key in REQUIRED if key not in manifest]:
        raise AntiphonError(f"Package {out}: its manifest lacks {', '.join(missing)}.")
    test = {
        "inputs": {k: tensor_json(v) for k, v in test_inputs.items()},
        "outputs": {k: tensor_json(v) for k, v in test_outputs.items()},
        "tolerance": tolerance,
    }
    defaults = {"format": FORMAT, "sample_rate": None, "block_sizes": "any", "latency": 0}
    content = {**defaults, **manifest, "test": test}
    try:
        about = as_about(content)
    except PackageFault as fault:
        raise AntiphonError(f"Package {out}: {fault}.") from None
    names_in, names_out = {i.name for i in model.graph.input}, {o.name for o in model.graph.output}
    for role, rows, names in (("inputs", about.inputs, names_in), ("outputs", about.outputs, names_out)):
        declared = {row.name for row in rows}
        if declared != names:
            raise AntiphonError(
                f"Package {out}: the manifest's {role} {sorted(declared)} are not the graph's {sorted(names)}."
            )
    for pair in about.states:
        if pair.input not in names_in or pair.output not in names_out:
            raise AntiphonError(f"Package {out}: the state {pair.input} -> {pair.output} is not in the graph.")
    forget_origin(model)
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(content, separators=(",", ":"))})
    onnx.checker.check_model(model)
    return put_package(model.SerializeToString(), out)


def put_package(content: bytes, out: str | Path) -> Path:
    """Writes the bytes of a package if a host would take it; else, and on a full disk, what was there before stays.

    Raises AntiphonError.
    """
    out = Path(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as part:
            part.write_bytes(content)
            try:
                open_package(read_file(part)).session.close()
            except AntiphonError as error:
                raise AntiphonError(str(error).replace(str(part), str(out))) from None
    except OSError as error:
        raise AntiphonError(
            f"Package {out}: cannot be written ({error.strerror}); free some space or choose another place."
        ) from error
    return out


def read_manifest(path: str | Path) -> dict[str, Any]:
    """The manifest of a package file. Raises AntiphonError if it is none."""
    try:
        model = onnx.load(str(path))
        return next(json.loads(p.value) for p in model.metadata_props if p.key == METADATA_KEY)
    except StopIteration:
        raise AntiphonError(
            f"Package {path}: an .onnx without Antiphon's manifest; export it with `antiphon export`."
        ) from None
    except (OSError, ValueError) as error:
        raise AntiphonError(f"Package {path}: cannot be read ({error}).") from error
    except Exception as error:  # protobuf's DecodeError has no stable home
        raise AntiphonError(f"Package {path}: truncated or not an ONNX file ({error}).") from error
