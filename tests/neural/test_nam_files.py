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
    "weights of text": (_edited(weights=["a"]), "wrong form"),
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
