"""ONNX Runtime by its C API: runs, tells its faults, falls back to the CPU, lets Python go on."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from realtime.neural.ort import OrtSession, available_providers
from realtime.neural.ort_api import OrtError
from tests.neural import synthetic

ADD = synthetic.graph(
    [("Add", ["x", "s"], ["y"]), ("Identity", ["y"], ["s_out"])],
    {"x": [1, "frames"], "s": [1, 1]},
    {"y": [1, "frames"], "s_out": [1, "frames"]},
)


def test_a_session_runs_and_describes_itself():
    session = OrtSession(ADD)
    assert [(p.name, p.shape, p.dtype) for p in session.inputs] == [
        ("x", (1, -1), np.dtype("float32")),
        ("s", (1, 1), np.dtype("float32")),
    ]
    x, s = np.arange(5, dtype=np.float32)[None], np.full((1, 1), 2, np.float32)
    results = session.run({"x": x, "s": s}, ["y"])
    assert list(results) == ["y"] and np.array_equal(results["y"], x + 2)
    assert set(session.run({"x": x[:, :0], "s": s})) == {"y", "s_out"}
    strided = np.arange(10, dtype=np.float32)[None, ::2]
    assert np.array_equal(session.run({"x": strided, "s": s})["y"], strided + 2)


def test_wrong_feeds_are_errors_and_the_session_goes_on():
    session = OrtSession(ADD)
    x, s = np.ones((1, 4), np.float32), np.zeros((1, 1), np.float32)
    for feeds in ({"x": x[0], "s": s}, {"x": x}, {"x": x.astype(np.float64), "s": s}, {"x": x, "s": s, "z": s}):
        with pytest.raises(OrtError):
            session.run(feeds)
    assert np.array_equal(session.run({"x": x, "s": s})["y"], x)


@pytest.mark.parametrize("data", [b"", b"not a model at all", ADD[: len(ADD) // 2], ADD[:-9]])
def test_broken_bytes_are_an_error(data):
    with pytest.raises(OrtError):
        OrtSession(data)


def test_asking_for_cuda_runs_where_it_can_and_says_so():
    """With the CUDA build too: without a card or its libraries the model runs on the CPU, and the note says why."""
    session = OrtSession(ADD, provider="cuda")
    if session.provider == "cuda":
        assert "CUDAExecutionProvider" in available_providers() and not session.notes
    else:
        assert session.provider == "cpu" and "CUDA was asked for" in session.notes[0] and "CPU" in session.notes[0]
    assert session.run({"x": np.ones((1, 1), np.float32), "s": np.ones((1, 1), np.float32)})["y"][0, 0] == 2.0


def test_python_goes_on_during_a_run():
    """A long Run holds no GIL: another thread takes thousands of steps meanwhile."""
    size = 900
    chain = [("MatMul", [f"m{n}" if n else "m", "m"], [f"m{n + 1}"]) for n in range(12)]
    session = OrtSession(synthetic.graph(chain, {"m": [size, size]}, {"m12": [size, size]}))
    steps, running = [0], [True]

    def count():
        while running[0]:
            steps[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = steps[0]
        session.run({"m": np.eye(size, dtype=np.float32)})
        during = steps[0] - before
    finally:
        running[0] = False
        thread.join()
    assert during > 1000


def test_the_python_module_of_onnxruntime_is_never_imported():
    script = (
        "import sys; import realtime.devices.nam, realtime.devices.onnx, realtime.neural.bench; "
        "from realtime.neural.ort_api import ort_api; ort_api(); "
        "print([name for name in ('onnxruntime', 'onnx', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
