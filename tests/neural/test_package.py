"""Model packages: a good one loads and is tried out, every fault is one clear sentence, a bare graph is understood."""

import copy
import json

import msgspec
import numpy as np
import pytest

from realtime.contract.param import Param
from realtime.native.errors import AntiphonError
from realtime.neural.files import find_model, shipped
from realtime.neural.package import load_package
from realtime.neural.package_manifest import PackageFault, ParameterRow, TensorData, decode_manifest
from tests.neural import synthetic


def _json(array) -> dict:
    tensor = TensorData.of(np.asarray(array, np.float32))
    return {"shape": tensor.shape, "dtype": tensor.dtype, "data": tensor.data}


X = np.linspace(-1.0, 1.0, 8, dtype=np.float32)[None, None]
GOOD = {
    "format": 1,
    "kind": "audio-effect",
    "name": "one pole",
    "sample_rate": 48000,
    "inputs": [{"name": "x", "role": "audio"}, {"name": "s", "role": "state"}, {"name": "gain", "role": "param"}],
    "outputs": [{"name": "y", "role": "audio"}, {"name": "s_out", "role": "state"}],
    "states": [{"input": "s", "output": "s_out"}],
    "parameters": [{"id": "gain", "name": "Gain", "min": 0.0, "max": 4.0, "default": 2.0}],
    "test": {"inputs": {"x": _json(X), "gain": _json([3.0])}, "outputs": {"y": _json(3.0 * X)}, "tolerance": 1e-5},
}


def _graph(metadata, nodes=None, state_out=(1, 1, 1), frames="frames", divide=False):
    nodes = nodes or [
        ("Mul", ["x", "gain"], ["scaled"]),
        ("Div" if divide else "Add", ["scaled", "s"], ["y"]),
        ("Reshape", ["s", "shape"], ["s_out"]),
    ]
    return synthetic.graph(
        nodes, {"x": [1, 1, frames], "s": [1, 1, 1], "gain": [1]}, {"y": [1, 1, frames], "s_out": list(state_out)},
        metadata, constants=[("shape", np.array(state_out, np.int64))],
    )  # fmt: skip


def _save(tmp_path, data):
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    return path


def test_a_good_package_loads(tmp_path):
    package = load_package(_save(tmp_path, _graph(GOOD)), kind="audio-effect")
    assert package.about.name == "one pole" and package.notes == []
    assert package.names("inputs", "audio") == ["x"] and package.stream_block() == 0
    assert package.sample_rate_fault(48000.0) is None
    fault = package.sample_rate_fault(44100.0)
    assert "48000" in fault and "44100" in fault and "\n" not in fault


def _metadata(*path, value):
    about = copy.deepcopy(GOOD)
    place = about
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return about


WRONG = {
    "no kind": (_metadata("kind", value=None), "metadata is wrong"),
    "other format": (_metadata("format", value=9), "format 9"),
    "sample rate": (_metadata("sample_rate", value=-5), "sample rate"),
    "block sizes": (_metadata("block_sizes", value=[0]), "block_sizes"),
    "unknown input": (_metadata("inputs", 0, "name", value="z"), "'z', which the graph lacks"),
    "input without role": (_metadata("inputs", 2, value=None), "'gain' has no role"),
    "state without pair": (_metadata("states", value=[]), "'s' has no output"),
    "state output missing": (_metadata("states", 0, "output", value="q"), "lacks 'q'"),
    "two audio inputs": (_metadata("inputs", 1, "role", value="audio"), "role audio"),
    "parameter not in table": (_metadata("parameters", value=[]), "not in its parameter table"),
    "parameter range": (_metadata("parameters", 0, "min", value=9.0), "range"),
    "parameter default": (_metadata("parameters", 0, "default", value=9.0), "default 9"),
    "latency of years": (_metadata("latency", value=1 << 40), "latency of 1099511627776"),
    "prewarm of years": (_metadata("prewarm", value=1 << 40), "out of range"),
    "parameter pattern": (_metadata("parameters", 0, "id", value="gain[1]"), "name of its own"),
    "parameter twice": (_metadata("parameters", value=[{"id": "gain", "default": 1.0}] * 2), "name of its own"),
    "parameter of the device": (_metadata("parameters", value=[{"id": "mix"}]), "name of its own"),
    "parameter labels": (
        _metadata("parameters", 0, value={"id": "gain", "min": 0, "max": 3, "curve": "enum", "labels": ["a"]}),
        "4 labels wanted",
    ),
    "parameter curve": (_metadata("parameters", 0, "curve", value="wavy"), "curve 'wavy'"),
    "test input rank": (_metadata("test", "inputs", "x", value=_json(X[0])), "rank 2 where the graph wants rank 3"),
    "test output": (_metadata("test", "outputs", "y", value=_json(X)), "differs from its test vector by 2"),
    "test output shape": (_metadata("test", "outputs", "y", value=_json(X[:, :, :4])), "where its test vector says"),
    "test data": (_metadata("test", "inputs", "x", "data", value="%%%"), "cannot be decoded"),
    "initial state": (_metadata("states", 0, "initial", value=_json([1.0])), "initial value"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_metadata_is_explained(name, tmp_path):
    metadata, words = WRONG[name]
    path = _save(tmp_path, _graph(metadata))
    with pytest.raises(AntiphonError) as caught:
        load_package(path)
    assert str(path) in str(caught.value) and words in str(caught.value) and "\n" not in str(caught.value)


GRAPHS = {
    "NaN": (_graph(GOOD, [("Div", ["s", "s"], ["y0"]), ("Add", ["x", "y0"], ["y1"]), ("Mul", ["y1", "gain"], ["y"]),
                          ("Identity", ["s"], ["s_out"])]), "NaN or infinity"),
    "state rank": (_graph(GOOD, state_out=(1, 1)), "rank 3 but comes back with rank 2"),
    "state shape": (_graph(GOOD, [("Add", ["x", "s"], ["y1"]), ("Mul", ["y1", "gain"], ["y"]),
                                  ("Concat", ["s", "s"], ["s_out"], {"axis": 2})], (1, 1, 2)), "changes shape"),
    "text": (b"this is a text file, renamed", "cut off or no ONNX file"),
    "empty": (b"", "cut off or no ONNX file"),
    "truncated": (_graph(GOOD)[:-100], "cut off or no ONNX file"),
    "half": (_graph(GOOD)[: len(_graph(GOOD)) // 2], "cut off or no ONNX file"),
    "no metadata": (_graph(None), "no 'antiphon' metadata"),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_wrong_graphs_are_explained(name, tmp_path):
    data, words = GRAPHS[name]
    path = _save(tmp_path, data)
    with pytest.raises(AntiphonError) as caught:
        load_package(path)
    assert str(path) in str(caught.value) and words in str(caught.value) and "\n" not in str(caught.value)


def test_other_kinds_missing_and_oversized_files_are_explained(tmp_path, monkeypatch):
    path = _save(tmp_path, _graph(GOOD))
    with pytest.raises(AntiphonError, match="kind 'audio-effect', not 'player'"):
        load_package(path, kind="player")
    with pytest.raises(AntiphonError, match="cannot be read"):
        load_package(tmp_path / "none.onnx")
    monkeypatch.setattr("realtime.neural.package_file.MAX_FILE_BYTES", 10)
    with pytest.raises(AntiphonError, match="too large"):
        load_package(path)


def test_a_bare_graph_is_understood(tmp_path):
    nodes = [("Add", ["in", "h_in"], ["out"]), ("Identity", ["h_in"], ["h_out"]), ("Neg", ["c"], ["c_out"])]
    inputs = {"in": [1, "n"], "h_in": [1, 1], "c": [2, 3]}
    data = synthetic.graph(nodes, inputs, {"out": [1, "n"], "h_out": [1, 1], "c_out": [2, 3]})
    package = load_package(_save(tmp_path, data), infer=True)
    assert [(s.input, s.output) for s in package.about.states] == [("h_in", "h_out"), ("c", "c_out")]
    assert "in -> out" in package.notes[0] and "h_in -> h_out" in package.notes[0]


def test_a_bare_graph_that_is_ambiguous_is_refused(tmp_path):
    data = synthetic.graph([("Add", ["a", "b"], ["y"])], {"a": [1, "n"], "b": [1, "n"]}, {"y": [1, "n"]})
    with pytest.raises(AntiphonError, match="cannot be told apart"):
        load_package(_save(tmp_path, data), infer=True)


def test_metadata_of_other_writers():
    about = json.dumps({"format": 1, "kind": "notes", "name": "a\nb", "metrics": {"loss": float("nan")}})
    assert decode_manifest(about)[0].name == "a b"
    with pytest.raises(PackageFault, match="nested too deeply"):
        decode_manifest('{"metrics":' + "[" * 100_000 + "]" * 100_000 + "}")


def test_a_parameter_row_loses_nothing():
    """What a package writes of a parameter comes back whole, stepped and doc too."""
    rows = [
        Param("rate_hz", "Rate", "Hz", 0.1, 10.0, 1.0, "log", doc="How fast."),
        Param("shape", "Shape", "", 0.0, 2.0, 1.0, "enum", ("saw", "square", "sine")),
        Param("steps", "Steps", "", 1.0, 8.0, 4.0, stepped=True),
    ]
    written = [msgspec.json.encode(ParameterRow.of(row)) for row in rows]
    assert [msgspec.json.decode(text, type=ParameterRow).param() for text in written] == rows


def test_files_are_found_by_name(tmp_path):
    assert shipped(".nam"), "an amp comes with Antiphon"
    assert find_model(shipped(".nam")[0].stem, "nam", ".nam") == shipped(".nam")[0]
    with pytest.raises(AntiphonError, match="did you mean"):
        find_model(shipped(".nam")[0].stem + "h.nam", "nam", ".nam")
    with pytest.raises(AntiphonError, match="needs the option 'file'"):
        find_model(None, "nam", ".nam")
