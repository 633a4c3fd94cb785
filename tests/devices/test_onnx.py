"""Any ONNX model as a device: parameters, latency, inference of roles, shipped packages, faults."""

import numpy as np
import pytest

from realtime.devices.registry import find
from realtime.engine.solo import Rig
from realtime.native.errors import AntiphonError
from realtime.neural.files import shipped
from tests.neural import synthetic

DRIVE = {
    "format": 1,
    "kind": "audio-effect",
    "name": "drive",
    "title": "Drive",
    "sample_rate": 48000,
    "inputs": [{"name": "x", "role": "audio"}, {"name": "drive", "role": "param"}],
    "outputs": [{"name": "y", "role": "audio"}],
    "parameters": [{"id": "drive", "name": "Drive", "min": 0.1, "max": 10.0, "default": 2.0, "curve": "log"}],
}


def _write(tmp_path, data):
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    return {"file": str(path)}


def _drive(tmp_path, frames="frames"):
    nodes = [("Mul", ["x", "drive"], ["d"]), ("Tanh", ["d"], ["y"])]
    data = synthetic.graph(nodes, {"x": [1, 1, frames], "drive": [1, 1]}, {"y": [1, 1, frames]}, DRIVE)
    return _write(tmp_path, data)


def _stereo(count=3000):
    return np.stack([synthetic.guitar(count), synthetic.guitar(count, 8)])


def test_the_models_parameters_are_the_devices(tmp_path):
    options, x = _drive(tmp_path), _stereo()
    rig = Rig("onnx", options=options)
    assert [param.id for param in rig.params] == ["input_db", "output_db", "mix", "drive"]
    assert np.allclose(rig.run(x), np.tanh(2.0 * x.mean(axis=0)), atol=1e-5)
    assert np.allclose(Rig("onnx", options=options, values={"drive": 5.0}).run(x), np.tanh(5.0 * x.mean(0)), atol=1e-5)
    assert find("onnx").values({"mix": 0.5, "drive": 3.0}) == {
        "input_db": 0.0,
        "output_db": 0.0,
        "mix": 0.5,
        "drive": 3.0,
    }
    with pytest.raises(AntiphonError, match="no parameter 'colour' in this model"):
        Rig("onnx", options=options, values={"colour": 1.0})


@pytest.mark.parametrize("block", [64, 23])
def test_a_fixed_block_delays_dry_and_wet_alike(tmp_path, block):
    rig = Rig("onnx", options=_drive(tmp_path, frames=128), block=block, values={"mix": 0.5, "drive": 1.0})
    x = np.repeat(synthetic.guitar(2000)[None], 2, axis=0)
    y = rig.run(x)
    assert rig.instance.latency == 128
    assert np.allclose(y[:, 128:], 0.5 * (x + np.tanh(x))[:, :-128], atol=1e-5) and not y[:, :128].any()


def test_a_bare_graph_with_states_plays_and_says_what_it_took_for_what(tmp_path):
    nodes = [
        ("Concat", ["last", "x"], ["both"], {"axis": 1}),
        ("Slice", ["both", "zero", "minus_one", "axis"], ["y"]),
        ("Slice", ["both", "minus_one", "end", "axis"], ["last_out"]),
    ]
    constants = [
        (name, np.array([n], np.int64)) for name, n in (("zero", 0), ("minus_one", -1), ("axis", 1), ("end", 1 << 62))
    ]
    data = synthetic.graph(
        nodes, {"x": [1, "n"], "last": [1, 1]}, {"y": [1, "n"], "last_out": [1, 1]}, constants=constants
    )
    rig = Rig("onnx", options=_write(tmp_path, data), block=37)
    x = np.repeat(synthetic.guitar(1000)[None], 2, axis=0)
    assert np.allclose(rig.run(x)[:, 1:], x[:, :-1], atol=1e-7), "a delay of one sample, across all seams"
    assert "last -> last_out" in rig.instance.report["notes"][0]


def test_faults_are_one_sentence(tmp_path):
    good = (tmp_path / "model.onnx", _drive(tmp_path))[0]
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(good.read_bytes()[:-50])
    for options, words in (
        ({"file": str(cut)}, "cut off or no ONNX file"),
        ({"file": "nowhere"}, "there is no file"),
        ({"file": str(good), "provider": "abacus"}, "provider = 'abacus' must be one of"),
    ):
        with pytest.raises(AntiphonError) as caught:
            Rig("onnx", options=options)
        assert words in str(caught.value) and "\n" not in str(caught.value)


def test_another_sample_rate_is_a_warning(tmp_path):
    report = Rig("onnx", sample_rate=96000.0, options=_drive(tmp_path)).instance.report
    assert "48000 Hz" in report["warnings"][0] and "96000 Hz" in report["warnings"][0]


@pytest.mark.parametrize("path", shipped(".nam"), ids=lambda path: path.stem)
def test_each_shipped_amp_is_also_a_package_that_sounds_the_same(path):
    x = _stereo(6000)
    as_package = Rig("onnx", options={"file": path.stem})
    assert as_package.instance.report["notes"] == [], "its test vector was run"
    as_capture = Rig("nam", options={"file": path.name, "normalise": False, "way": "compiled"})
    assert np.abs(as_package.run(x) - as_capture.run(x)).max() < 1e-5
