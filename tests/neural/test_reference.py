"""Captures against the outputs of the C++ core of Neural Amp Modeler, where these are at hand (shared/data/audio)."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from realtime.neural.choice import stream_of
from realtime.neural.compiled import compile_nam
from realtime.neural.nam import parse_nam
from realtime.neural.nam_json import Unfit
from realtime.neural.nam_nets import Lstm

AUDIO = Path(__file__).resolve().parents[3] / "shared" / "data" / "audio"
pytestmark = pytest.mark.skipif(not (AUDIO / "nam_reference_outputs.npz").exists(), reason="no reference data here")


@pytest.fixture(scope="module")
def captures():
    """(name, document, input, reference output) of every model that can be loaded."""
    outputs = np.load(AUDIO / "nam_reference_outputs.npz")
    archive = zipfile.ZipFile(AUDIO / "nam_models_mit_gpl.zip")
    found = []
    for name in outputs:
        if name != "input":
            found.append((name, json.loads(archive.read(name)), outputs["input"], outputs[name]))
    return found


def _loaded(captures):
    for name, document, x, expected in captures:
        try:
            yield name, parse_nam(document), x, expected
        except Unfit:
            assert "a2_max" in name, name


def test_compiled_within_1e_5_of_the_reference(captures):
    errors = {name: float(np.abs(compile_nam(nam).run(x) - y).max()) for name, nam, x, y in _loaded(captures)}
    assert len(errors) >= 23
    assert max(errors.values()) <= 1e-5, errors


def test_onnx_within_1e_5_of_the_reference(captures):
    """But for one net: the example A1 capture amplifies rounding so much that the reference itself, in float32, is
    1.24e-5 from exact arithmetic; the compiled net repeats the reference's roundings, ONNX Runtime cannot."""
    for name, nam, x, expected in _loaded(captures):
        stream = stream_of(nam)
        error = float(np.abs(stream.run(x)[0] - expected).max())
        limit = 2e-5 if name.endswith(("my_model.nam", "wavenet_a1_standard.nam")) else 1e-5
        assert error <= limit, (name, error)
        stream.close()


def test_both_classes_are_there(captures):
    kinds = {isinstance(nam.net, Lstm) for _, nam, _, _ in _loaded(captures)}
    assert kinds == {True, False}
