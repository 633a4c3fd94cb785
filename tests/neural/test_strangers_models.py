"""Models of strangers: none hangs, floods or blinds the instrument; what is odd about one is said in a sentence."""

import json
import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from realtime.engine.solo import Rig
from realtime.native.errors import AntiphonError
from realtime.neural import trial
from realtime.neural.audio_ports import audio_channels, time_axis
from realtime.neural.cost import cost_warnings
from realtime.neural.onnx_outside import Outside, outside_files
from realtime.neural.ort import Port
from realtime.neural.package import load_package
from realtime.neural.rates import sample_rate_of
from tests.neural import synthetic

MONO = ({"x": [1, 1, "frames"]}, {"y": [1, 1, "frames"]})


@pytest.fixture(autouse=True)
def own_verdicts(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "recall_file", lambda name: tmp_path / f"{name}.json")


def _save(tmp_path, data, name="model.onnx"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def _looping(turns: int) -> bytes:
    """y = x + turns * 1e-9, in a Loop."""
    flat = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Add", ["v", "step"], ["w"]), helper.make_node("Identity", ["go"], ["on"])], "body",
        [flat("i", TensorProto.INT64, []), flat("go", TensorProto.BOOL, []), flat("v", TensorProto.FLOAT, [1, 1, "n"])],
        [flat("on", TensorProto.BOOL, []), flat("w", TensorProto.FLOAT, [1, 1, "n"])],
        [helper.make_tensor("step", TensorProto.FLOAT, [1], [1e-9])],
    )  # fmt: skip
    constants = [("turns", np.array(turns, np.int64)), ("true", np.array(True))]
    return synthetic.graph([("Loop", ["turns", "true", "x"], ["y"], {"body": body})], *MONO, constants=constants)


def _delay(frames: int, size="frames") -> bytes:
    """A delay that remembers nothing from block to block."""
    nodes = [("Pad", ["x", "pads"], ["p"]), ("Slice", ["p", "from", "to", "axis"], ["y"])]
    constants = [
        ("pads", np.array([0, 0, frames, 0, 0, 0], np.int64)),
        ("from", np.array([0], np.int64)), ("to", np.array([-frames], np.int64)), ("axis", np.array([2], np.int64)),
    ]  # fmt: skip
    return synthetic.graph(nodes, {"x": [1, 1, size]}, {"y": [1, 1, size]}, constants=constants)


def test_a_loop_without_end_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "CPU_S", 1.0)
    with pytest.raises(AntiphonError, match=r"model\.onnx: it does not come to an end") as caught:
        load_package(_save(tmp_path, _looping(1 << 40)), infer=True)
    assert "\n" not in str(caught.value)


def test_a_graph_that_wants_all_memory_is_refused(tmp_path):
    nodes = [
        ("ConstantOfShape", ["size"], ["z"]),
        ("ReduceSum", ["z"], ["s"], {"keepdims": 0}),
        ("Add", ["x", "s"], ["y"]),
    ]
    data = synthetic.graph(nodes, *MONO, constants=[("size", np.array([1 << 40], np.int64))])
    with pytest.raises(AntiphonError, match=r"model\.onnx: ") as caught:
        load_package(_save(tmp_path, data), infer=True)
    assert "\n" not in str(caught.value)


def test_a_runtime_that_goes_down_takes_nobody_along(tmp_path, monkeypatch):
    monkeypatch.setattr(trial.sys, "executable", "/bin/false")
    with pytest.raises(AntiphonError, match="went down while trying it out"):
        load_package(_save(tmp_path, _delay(1)), infer=True)


def test_a_verdict_is_kept_by_content(tmp_path, monkeypatch):
    path = _save(tmp_path, _delay(480))
    first = load_package(path, infer=True)
    monkeypatch.setattr(trial, "_ask", lambda *_: pytest.fail("it was tried before"))
    again = load_package(path, infer=True)
    assert again.warnings == first.warnings and again.run_us == first.run_us > 0.0
    path.write_bytes(_delay(481))
    with pytest.raises(pytest.fail.Exception):
        load_package(path, infer=True)


def test_memory_without_a_state_is_told(tmp_path):
    (warning,) = load_package(_save(tmp_path, _delay(480)), infer=True).warnings
    assert "exposes no state" in warning and "100 %" in warning
    (warning,) = load_package(_save(tmp_path, _delay(10, 64), "fixed.onnx"), infer=True).warnings
    assert "blocks of 64 frames begin" in warning and "exposes no state" in warning
    assert load_package(_save(tmp_path, synthetic.graph([("Tanh", ["x"], ["y"])], *MONO)), infer=True).warnings == []


def test_a_slow_model_is_told_or_refused():
    assert cost_warnings("m", 300.0, 64, 48000.0, False) == []
    assert "takes 900 µs of the 1333 µs" in cost_warnings("m", 900.0, 64, 48000.0, False)[0]
    assert "every 512 frames" in cost_warnings("m", 900.0, 512, 48000.0, False)[0]
    with pytest.raises(AntiphonError, match="64 frames last 1333 µs and take 5000 µs"):
        cost_warnings("m", 5000.0, 64, 48000.0, False)
    assert "slow" in cost_warnings("m", 5000.0, 64, 48000.0, True)[0]


def test_a_model_slower_than_its_sound_plays_only_when_asked_to(tmp_path):
    options = {"file": str(_save(tmp_path, _looping(30_000)))}
    with pytest.raises(AntiphonError, match="too slow"):
        Rig("onnx", options=options)
    rig = Rig("onnx", options={**options, "slow": True})
    assert any("is slow" in warning for warning in rig.instance.report["warnings"])
    with pytest.raises(AntiphonError, match="slow = 'yes' must be true or false"):
        Rig("onnx", options={**options, "slow": "yes"})


STRANGE = {
    "NaN": (synthetic.graph([("Log", ["x"], ["y"])], *MONO), "NaN or infinity"),
    "half as many frames": (
        synthetic.graph([("Slice", ["x", "a", "b", "axis", "step"], ["y"])], {"x": [1, 1, "n"]}, {"y": [1, 1, "m"]},
                        constants=[("a", np.array([0], np.int64)), ("b", np.array([1 << 40], np.int64)),
                                   ("axis", np.array([2], np.int64)), ("step", np.array([2], np.int64))]),
        "keeps their number",
    ),
    "only 64": (
        synthetic.graph([("Add", ["x", "c"], ["y0"]), ("Reshape", ["y0", "shape"], ["y"])], *MONO,
                        constants=[("c", np.zeros(64, np.float32)), ("shape", np.array([1, 1, 64], np.int64))]),
        "does not run with 32 frames",
    ),
    "a growing state": (
        synthetic.graph([("Identity", ["x"], ["y"]), ("Concat", ["s", "x"], ["s_out"], {"axis": 2})],
                        {"x": [1, 1, "n"], "s": [1, 1, "m"]}, {"y": [1, 1, "n"], "s_out": [1, 1, "k"]},
                        {"format": 1, "kind": "audio-effect", "name": "g",
                         "inputs": [{"name": "x", "role": "audio"}, {"name": "s", "role": "state"}],
                         "outputs": [{"name": "y", "role": "audio"}, {"name": "s_out", "role": "state"}],
                         "states": [{"input": "s", "output": "s_out"}]}),
        "changes shape",
    ),
    "an operator of its own": (synthetic.graph([("Wobble", ["x"], ["y"])], *MONO), "ONNX"),
    "rank 4": (synthetic.graph([("Tanh", ["x"], ["y"])], {"x": [1, 1, 1, "n"]}, {"y": [1, 1, 1, "n"]}), "rank 4"),
    "a state of terabytes": (
        synthetic.graph([("Identity", ["x"], ["y"]), ("Identity", ["s"], ["s_out"])],
                        {"x": [1, 1, "n"], "s": [1 << 20, 1 << 20]}, {"y": [1, 1, "n"], "s_out": [1 << 20, 1 << 20]}),
        "export it smaller",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_cannot_be_played_is_one_sentence(name, tmp_path):
    data, words = STRANGE[name]
    path = _save(tmp_path, data)
    with pytest.raises(AntiphonError) as caught:
        load_package(path, infer=True)
    message = str(caught.value)
    assert str(path) in message and words in message and "\n" not in message


@pytest.mark.parametrize(
    ("shape", "axis", "channels"),
    [
        ((-1,), 0, 1), ((64,), 0, 1), ((1, 1, -1), 2, 1), ((-1, 1, 64), 2, 1), ((-1, 64), 1, 1), ((-1, -1, -1), 2, 1),
        ((1, 2, -1), 2, 2), ((-1, 2, -1), 2, 2), ((1, -1, 1), 1, 1), ((1, 512, 1), 1, 1), ((1, 1, 1), 2, 1),
    ],
)  # fmt: skip
def test_frames_are_found_beside_a_free_batch(shape, axis, channels):
    port = Port("x", shape, np.dtype("float32"))
    assert (time_axis(port), audio_channels(port)) == (axis, channels)


def test_a_free_batch_plays(tmp_path):
    data = synthetic.graph([("Neg", ["x"], ["y"])], {"x": ["batch", 1, 64]}, {"y": ["batch", 1, 64]})
    rig = Rig("onnx", options={"file": str(_save(tmp_path, data))})
    x = np.repeat(synthetic.guitar(640)[None], 2, axis=0)
    assert rig.instance.latency == 64 and np.allclose(rig.run(x)[:, 64:], -x[:, :-64])


def _outer(tmp_path, location: str) -> bytes:
    """y = x * gain, the gain in another file."""
    model = onnx.load_from_string(
        synthetic.graph([("Mul", ["x", "gain"], ["y"])], *MONO, constants=[("gain", np.full(64, 3.0, np.float32))])
    )
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 64
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = 64
    gain = model.graph.initializer[0]
    gain.ClearField("raw_data")
    gain.data_location = TensorProto.EXTERNAL
    gain.external_data.add(key="location", value=location)
    return model.SerializeToString()


def test_weights_beside_the_model_are_read_from_its_own_folder(tmp_path, monkeypatch):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder, value in ((home, 3.0), (elsewhere, 0.0)):
        folder.mkdir()
        np.full(64, value, np.float32).tofile(folder / "gain.bin")
    path = _save(home, _outer(tmp_path, "gain.bin"))
    monkeypatch.chdir(elsewhere)
    package = load_package(path, infer=True)
    x = np.ones((1, 1, 64), np.float32)
    assert package.session.run({"x": x})["y"].max() == 3.0
    np.full(64, 5.0, np.float32).tofile(home / "gain.bin")
    assert load_package(path, infer=True).digest != package.digest, "a verdict is of the weights too"
    (home / "gain.bin").unlink()
    with pytest.raises(AntiphonError, match=r"weights in 'gain\.bin' are not beside it"):
        load_package(path, infer=True)


@pytest.mark.parametrize(
    "location", ["../gain.bin", "/etc/hostname", "sub/../../gain.bin", "", "C:\\gain.bin", "link", "."]
)
def test_no_weights_from_outside_the_folder(tmp_path, location):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "gain.bin").write_bytes(bytes(256))
    (home / "link").symlink_to(tmp_path / "gain.bin")
    with pytest.raises(Outside):
        outside_files(_outer(tmp_path, location), home)
    with pytest.raises(AntiphonError, match="export it again as one file"):
        load_package(_save(home, _outer(tmp_path, location)), infer=True)


def test_the_rate_of_a_file_is_found_whatever_its_kind(tmp_path):
    document = synthetic.wavenet_document() | {"sample_rate": 96000}
    assert sample_rate_of(synthetic.write(document, tmp_path / "amp.nam")) == 96000.0
    assert sample_rate_of(_save(tmp_path, synthetic.graph([("Tanh", ["x"], ["y"])], *MONO))) is None


@pytest.mark.parametrize("module", ["realtime.neural.ort_api", "export.pattern.graph", "realtime.players.host"])
def test_the_runtime_is_told_to_be_silent_before_it_is_loaded(module):
    """Whatever the environment said: the library reads its switch when it is loaded."""
    if module.startswith("export"):
        pytest.importorskip("torch")
    script = (
        "import ctypes, json, os, sys\n"
        "seen = []\n"
        "def watch(event, args):\n"
        "    if event in ('ctypes.dlopen', 'import') and 'onnxruntime' in str(args[0]):\n"
        "        seen.append(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "sys.addaudithook(watch)\n"
        f"import {module}\n"
        "from realtime.neural.ort_api import ort_api\n"
        "ort_api()\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.getenv.restype = ctypes.c_char_p\n"
        "print(json.dumps([seen, libc.getenv(b'ORT_DISABLE_TELEMETRY').decode()]))\n"
    )
    env = {**os.environ, "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, timeout=300)
    seen, c_sees = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen and set(seen) == {"1"} and c_sees == "1", done.stderr
