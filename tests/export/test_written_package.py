"""Writing packages: what does not fit is refused with its place, damaged files are told, tensors survive as text."""

from __future__ import annotations

import json

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402

from export.package import read_manifest, tensor_from_json, tensor_json, write_package  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402


def graph() -> onnx.ModelProto:
    """y = x + x."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [64]) for name in "xy")
    model = helper.make_model(helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", [x], [y]))
    model.ir_version = 8
    return model


def test_package_writer_refuses_what_does_not_fit(tmp_path):
    with pytest.raises(AntiphonError, match="lacks"):
        write_package(graph(), {"kind": "notes"}, {}, {}, tmp_path / "x.onnx")
    fields = dict.fromkeys(("kind", "name", "title", "version", "description"), "x")
    rest = {"inputs": [], "outputs": [], "states": [], "parameters": [], "provenance": {}, "metrics": {}}
    with pytest.raises(AntiphonError, match="not the graph's"):
        write_package(graph(), {**fields, **rest}, {}, {}, tmp_path / "x.onnx")


def test_a_graph_without_a_manifest_and_a_cut_file_are_told(tmp_path):
    onnx.save(graph(), tmp_path / "bare.onnx")
    with pytest.raises(AntiphonError, match="without Antiphon's manifest"):
        read_manifest(tmp_path / "bare.onnx")
    (tmp_path / "cut.onnx").write_bytes((tmp_path / "bare.onnx").read_bytes()[:-9])
    with pytest.raises(AntiphonError, match=r"cut\.onnx"):
        read_manifest(tmp_path / "cut.onnx")


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool"])
def test_tensors_survive_json(dtype):
    x = (np.arange(24).reshape(2, 3, 4) % 2).astype(dtype)
    back = tensor_from_json(json.loads(json.dumps(tensor_json(x))))
    assert back.dtype == x.dtype and np.array_equal(back, x)
