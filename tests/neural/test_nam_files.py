"""Reading .nam files: what is wrong with a file is said in one sentence with its place."""

import copy
import json

import pytest

from realtime.native.errors import AntiphonError
from realtime.neural.nam import load_nam
from tests.neural import synthetic


def _edited(**changes):
    document = copy.deepcopy(synthetic.wavenet_document())
    document.update(changes)
    return document


def _layer(**changes):
    document = copy.deepcopy(synthetic.wavenet_document())
    document["config"]["layers"][0].update(changes)
    return document


WRONG = {
    "weights missing": (_edited(weights=synthetic.wavenet_document()["weights"][:-5]), "fewer than its layers need"),
    "weights left": (_edited(weights=synthetic.wavenet_document()["weights"] + [0.0]), "weights where its layers need"),
    "weights of text": (_edited(weights=["a"]), "no list of numbers"),
    "infinite weight": (_edited(weights=[1e60] * 3), "not finite"),
    "unknown class": (_edited(architecture="Transformer"), "'Transformer' is not supported"),
    "no architecture": ({"weights": []}, "names no architecture"),
    "no config": ({"architecture": "LSTM", "weights": []}, "'config' is missing"),
    "a list": ([1, 2], "not a .nam capture"),
    "sample rate": (_edited(sample_rate=-3), "sample rate"),
    "activation": (_layer(activation="Snake"), "'Snake' is not supported"),
    "film": (_layer(conv_pre_film={"active": True}), "FiLM"),
    "groups": (_layer(groups_input=2), "grouped"),
    "blended": (_layer(gating_mode="blended"), "gating"),
    "condition": (_layer(condition_size=4), "conditioned"),
    "no layers": (_edited(config={"layers": [], "head": None}), "no layers"),
    "huge": (_layer(channels=100000), "makes no sense"),
    "endless reach": (_layer(dilations=[1, 2, 4, 1 << 40]), "makes no sense"),
    "infinite size": (_layer(channels=float("inf")), "not a whole number"),
    "half a channel": (_layer(channels=2.5), "not a whole number"),
    "sizes in an object": (_layer(channels={"a": 1}), "not a whole number"),
    "gated by a word": (_layer(gated="perhaps"), "gating"),
    "bias by a word": (_layer(head_bias="perhaps"), "neither true nor false"),
    "film that says nothing": (_layer(conv_pre_film={"shift": True}), "FiLM"),
    "dilated head": (_layer(head={"out_channels": 3, "kernel_size": 2, "head_dilation": 2}), "dilated"),
    "weights null": (_edited(weights=None), "'weights' is missing"),
    "weights in an object": (_edited(weights={"a": 1}), "no list of numbers"),
    "config null": (_edited(config=None), "'config' is missing"),
    "rate in words": (_edited(sample_rate="fast"), "sample rate"),
    "architecture of lists": (_edited(architecture=[["WaveNet"]]), "not supported"),
    "empty container": ({"architecture": "SlimmableContainer", "config": {"submodels": []}}, "no nets"),
    "an impulse response of years": (_edited(architecture="Linear", config={"receptive_field": 1 << 40}), "no sense"),
    "variance below 0": (
        _edited(
            architecture="ConvNet",
            config={"channels": 1, "dilations": [1], "batchnorm": True, "activation": "Tanh"},
            weights=[1, 1, 0, -2, 1, 0, 0.1, 1, 0],
        ),
        "variance",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_capture_is_explained(name, tmp_path):
    document, words = WRONG[name]
    path = tmp_path / "amp.nam"
    path.write_text(json.dumps(document))
    with pytest.raises(AntiphonError) as caught:
        load_nam(path)
    message = str(caught.value)
    assert str(path) in message and words in message and "\n" not in message and "; " in message


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVEfmt ", b'{"architecture": "WaveNet", "wei', b"\xff\xfe\x00"])
def test_other_files_are_no_captures(content, tmp_path):
    path = tmp_path / "take.nam"
    path.write_bytes(content)
    with pytest.raises(AntiphonError, match=r"take\.nam: not a \.nam capture"):
        load_nam(path)


def test_deep_nesting_is_no_capture(tmp_path):
    path = tmp_path / "deep.nam"
    path.write_text('{"architecture":' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(AntiphonError, match=r"deep\.nam: .*nested too deeply"):
        load_nam(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_read(encoding, tmp_path):
    path = tmp_path / "amp.nam"
    path.write_text(json.dumps(synthetic.wavenet_document()), encoding=encoding)
    assert load_nam(path).name == "made up"


def test_what_nobody_needs_may_be_anything(tmp_path):
    """NaN as Python writes it, null, numbers as text, fields of other programs."""
    document = _edited(sample_rate="48000", version=None, plugin={"window": [1, 2]}, date=None)
    document["metadata"] = {"validation_esr": float("nan"), "loudness": float("inf"), "name": None, "gear_type": ["a"]}
    layer = document["config"]["layers"][0]
    layer |= {"channels": str(layer["channels"]), "gated": "false", "kernel_size": 3.0, "bottleneck": None}
    found = load_nam(synthetic.write(document, tmp_path / "amp.nam"))
    assert (found.name, found.loudness_db, found.sample_rate, found.warnings) == ("amp", None, 48000.0, [])
    assert load_nam(synthetic.write(_edited(metadata="none"), tmp_path / "b.nam")).name == "b"


def test_levels_are_read_and_impossible_ones_left_aside(tmp_path):
    document = _edited(metadata={"loudness": -120.0, "input_level_dbu": 18.3, "output_level_dbu": 1e9})
    found = load_nam(synthetic.write(document, tmp_path / "amp.nam"))
    assert (found.loudness_db, found.input_level_dbu, found.output_level_dbu) == (None, 18.3, None)
    assert len(found.warnings) == 2 and "-120 dB" in found.warnings[0] and "1e+09 dBu" in found.warnings[1]


def test_what_is_not_understood_is_told(tmp_path):
    document = _edited(version="1.0.0")
    document["config"]["layers"][0]["wobble"] = 3
    found = load_nam(synthetic.write(document, tmp_path / "amp.nam"))
    assert "newer than 0.7" in found.warnings[0] and "wobble" in found.warnings[1]


def test_names_are_one_line(tmp_path):
    document = _edited(metadata={"name": "loud\n\x1b[31m" + "!" * 500})
    name = load_nam(synthetic.write(document, tmp_path / "amp.nam")).name
    assert name.startswith("loud [31m!") and len(name) == 80 and name.isprintable()


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.nam", tmp_path):
        with pytest.raises(AntiphonError, match="cannot be read"):
            load_nam(path)


def test_a_container_gives_its_largest_size(tmp_path):
    sizes = [(0.5, synthetic.lstm_document(hidden=3)), (1.0, synthetic.wavenet_document())]
    submodels = [{"max_value": value, "model": model} for value, model in sizes]
    document = {"architecture": "SlimmableContainer", "config": {"submodels": submodels}, "weights": []}
    found = load_nam(synthetic.write(document, tmp_path / "a2.nam"))
    assert type(found.net).__name__ == "WaveNet" and "largest" in found.notes[0]
    assert found.loudness_db == -20.0 and found.sample_rate == 48000.0
