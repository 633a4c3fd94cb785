"""Writing packages: what a host would refuse is never written, an export that fails leaves what was there, tensors survive."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402

from export import commands  # noqa: E402
from export.package import read_manifest, tensor_from_json, tensor_json, write_package  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402


def graph() -> onnx.ModelProto:
    """y = x + x."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [64]) for name in "xy")
    model = helper.make_model(helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", [x], [y]))
    model.opset_import[0].version = 17
    model.ir_version = 8
    return model


def test_package_writer_refuses_what_does_not_fit(tmp_path):
    with pytest.raises(AntiphonError, match="lacks"):
        write_package(graph(), {"kind": "notes"}, {}, {}, tmp_path / "x.onnx")
    fields = dict.fromkeys(("kind", "name", "title", "version", "description"), "x")
    rest = {"inputs": [], "outputs": [], "states": [], "parameters": [], "provenance": {}, "metrics": {}}
    with pytest.raises(AntiphonError, match="not the graph's"):
        write_package(graph(), {**fields, **rest}, {}, {}, tmp_path / "x.onnx")


def described(**changes) -> dict:
    """The manifest of `graph`."""
    words = {"kind": "notes", "name": "double", "title": "Double", "version": "1", "description": "Twice as much."}
    tensors = {"inputs": [{"name": "x", "role": "features"}], "outputs": [{"name": "y", "role": "score"}]}
    return {**words, **tensors, "states": [], "parameters": [], "provenance": {}, "metrics": {}, **changes}


def write(path: Path, **changes) -> Path:
    x = np.ones(64, np.float32)
    return write_package(graph(), described(**changes), {"x": x}, {"y": 2 * x}, path)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"cost": [{"part": "sing", "unit": "a note"}]}, "cost table names the part 'sing'"),
        ({"rings": [{"input": "x", "output": "z"}]}, "its ring 'x' <- 'z' is not in the graph"),
        ({"parameters": [{"id": "heat", "min": 1, "max": 0}]}, "'heat' has the range"),
    ],
)
def test_what_a_host_would_refuse_is_not_written_and_the_former_stays(tmp_path, fault, words):
    with pytest.raises(AntiphonError, match=words) as told:
        write(tmp_path / "new.onnx", **fault)
    assert str(tmp_path / "new.onnx") in str(told.value) and not list(tmp_path.iterdir())
    former = write(tmp_path / "double.onnx").read_bytes()
    with pytest.raises(AntiphonError, match=words):
        write(tmp_path / "double.onnx", **fault)
    assert [p.name for p in tmp_path.iterdir()] == ["double.onnx"]
    assert (tmp_path / "double.onnx").read_bytes() == former


def test_a_package_that_computes_something_else_is_not_written(tmp_path):
    x = np.ones(64, np.float32)
    with pytest.raises(AntiphonError, match=r"double\.onnx.*differs from its test vector"):
        write_package(graph(), described(), {"x": x}, {"y": 3 * x}, tmp_path / "double.onnx")
    assert not list(tmp_path.iterdir())


class Ended(Exception):
    """Of an export that breaks off: a fault of ours, Ctrl-C, no memory."""


def exporter(monkeypatch, end: BaseException | None, refused: str = "") -> None:
    """`antiphon export double`, which writes package and picture and then ends so; refused: what its model says at load."""

    def export(run, output, data):
        write(output, version="2")
        (output.parent / "pictures").mkdir()
        (output.parent / "pictures" / "double.png").write_bytes(b"new")
        if end is not None:
            raise end
        return {"parity": 0.0}

    def load(path):
        assert read_manifest(path)["version"] == "2"
        if refused:
            raise AntiphonError(f"{path}: {refused}")

    monkeypatch.setattr(commands, "stage", lambda model, stage: SimpleNamespace(export=export))
    monkeypatch.setattr(commands, "model_class", lambda model: SimpleNamespace(load=load))


@pytest.fixture
def shelf(tmp_path) -> Path:
    """A folder with an earlier package and its picture."""
    write(tmp_path / "double.onnx")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "double.png").write_bytes(b"old")
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("end", [Ended(), KeyboardInterrupt(), AntiphonError("it learned nothing")])
def test_an_export_that_breaks_off_leaves_the_former_package_and_pictures(shelf, monkeypatch, end):
    former = content(shelf)
    exporter(monkeypatch, end)
    with pytest.raises(type(end)):
        commands.export("double", output=shelf / "double.onnx")
    assert content(shelf) == former and len(list(shelf.iterdir())) == 2


def test_a_package_that_its_own_model_refuses_is_not_put_in_place(shelf, monkeypatch):
    former = content(shelf)
    exporter(monkeypatch, None, "it was made for another version")
    with pytest.raises(AntiphonError, match="another version") as told:
        commands.export("double", output=shelf / "double.onnx")
    assert str(shelf / "double.onnx") in str(told.value) and content(shelf) == former


def test_an_export_in_order_puts_package_and_pictures_in_place(shelf, monkeypatch):
    exporter(monkeypatch, None)
    made = commands.export("double", output=shelf / "double.onnx")
    assert made == {"parity": 0.0, "package": str(shelf / "double.onnx")}
    assert read_manifest(shelf / "double.onnx")["version"] == "2"
    assert (shelf / "pictures" / "double.png").read_bytes() == b"new" and len(list(shelf.iterdir())) == 2


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
