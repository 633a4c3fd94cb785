"""The neural amp as a device: same sound both ways, level, feeds, faults, and code fit for the callback."""

import re

import numpy as np
import pytest

from realtime.devices import nam as module
from realtime.engine.solo import Rig
from realtime.native.errors import AntiphonError
from realtime.native.jit import IMPURE
from realtime.neural import choice
from realtime.neural.compiled import CompiledNet
from realtime.neural.files import shipped
from tests.neural import synthetic


@pytest.fixture(autouse=True)
def own_memory_of_ways(tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "_file", lambda: tmp_path / "ways.json")


@pytest.fixture
def capture(tmp_path):
    return synthetic.write(synthetic.wavenet_document(), tmp_path / "amp.nam")


def _stereo(count=4000):
    return np.stack([synthetic.guitar(count), synthetic.guitar(count, 8)])


@pytest.mark.parametrize("way", ["compiled", "onnx"])
@pytest.mark.parametrize("block", [64, 16, 7])
def test_both_ways_play_the_capture(capture, way, block):
    x = _stereo(2000)
    y = Rig("nam", options={"file": capture, "way": way, "normalise": False}, block=block).run(x)
    expected = synthetic.answer(synthetic.wavenet_document(), x.mean(axis=0))
    assert np.abs(y - expected).max() < 1e-5


def test_the_faster_way_is_chosen_and_remembered(capture):
    first = Rig("nam", options={"file": capture}).instance.report
    assert first["way"] in ("compiled", "onnx") and first["chosen"] == "measured at load"
    assert min(first["compiled_us"], first["onnx_us"]) == first[f"{first['way']}_us"] > 0.0
    again = Rig("nam", options={"file": capture}).instance.report
    assert again["way"] == first["way"] and again["chosen"] == "measured before on this machine"


def test_left_feed_mix_and_gains(capture):
    x = _stereo()
    options = {"file": capture, "way": "compiled", "normalise": False}
    left = Rig("nam", options={**options, "channel": "left"}).run(x)
    assert np.abs(left - synthetic.answer(synthetic.wavenet_document(), x[0])).max() < 1e-5
    dry = Rig("nam", options=options, values={"mix": 0.0}).run(x)
    assert np.array_equal(dry, x), "dry stays stereo and untouched"
    plain = Rig("nam", options=options).run(x)
    assert np.allclose(Rig("nam", options=options, values={"output_db": 6.0}).run(x), plain * 10 ** (6 / 20), rtol=1e-4)
    driven = Rig("nam", options=options, values={"input_db": 12.0}).run(x)
    assert np.abs(driven - synthetic.answer(synthetic.wavenet_document(), x.mean(0) * 10 ** (12 / 20))).max() < 1e-4


def test_loudness_is_brought_to_minus_18_db(capture):
    plain = Rig("nam", options={"file": capture, "normalise": False}).run(_stereo())
    rig = Rig("nam", options={"file": capture})
    assert rig.instance.report["normalised_db"] == 2.0  # the file says -20 dB
    assert np.allclose(rig.run(_stereo()), plain * 10 ** (2 / 20), rtol=1e-4)


@pytest.mark.parametrize("way", ["compiled", "onnx"])
def test_rest_is_silence_without_a_start_click(capture, way):
    """The net starts prewarmed: its output for silence is constant from the first sample."""
    y = Rig("nam", options={"file": capture, "way": way}).run(seconds=0.1)
    assert np.abs(np.diff(y)).max() < 1e-6


@pytest.mark.parametrize("way", ["compiled", "onnx"])
def test_the_pristine_state_heals_a_poisoned_net(capture, way):
    rig = Rig("nam", options={"file": capture, "way": way})
    x = _stereo(1000)
    good = rig.run(x)
    rig.run(np.full((2, 64), np.nan, np.float32))
    rig.instance.state[:] = rig.instance.pristine  # what the engine does after a NaN
    assert np.abs(rig.run(x) - good).max() < 1e-6


def test_another_sample_rate_is_a_warning(capture):
    report = Rig("nam", sample_rate=44100.0, options={"file": capture}).instance.report
    assert "48000 Hz" in report["warnings"][0] and "44100 Hz" in report["warnings"][0]
    assert Rig("nam", options={"file": capture}).instance.report["warnings"] == []


@pytest.mark.parametrize(("loudness", "gain_db"), [(-120.0, None), (1e30, None), (-60.0, 24.0), (-20.0, 2.0)])
def test_no_loudness_makes_a_capture_deafening(tmp_path, loudness, gain_db):
    document = synthetic.wavenet_document()
    document["metadata"]["loudness"] = loudness
    report = Rig("nam", options={"file": synthetic.write(document, tmp_path / "amp.nam")}).instance.report
    assert report.get("normalised_db") == gain_db
    assert bool(report["warnings"]) == (loudness != -20.0)


def test_a_capture_that_gives_no_numbers_is_refused(tmp_path):
    document = synthetic.wavenet_document(activation="ReLU")
    document["weights"] = [weight * 1e9 for weight in document["weights"]]
    path = synthetic.write(document, tmp_path / "amp.nam")
    for way in ("compiled", "onnx"):
        with pytest.raises(AntiphonError, match="NaN or infinity"):
            Rig("nam", options={"file": path, "way": way})


def test_a_capture_that_cannot_keep_up_is_told(capture, monkeypatch):
    monkeypatch.setattr(CompiledNet, "times_us", lambda *_: np.array([5000.0, 9000.0]))
    with pytest.raises(
        AntiphonError, match=r"amp\.nam is too slow to be played: 64 frames last 1333 µs and take 5000 µs"
    ):
        Rig("nam", options={"file": capture, "way": "compiled"})
    report = Rig("nam", options={"file": capture, "way": "compiled", "slow": True}).instance.report
    assert "is slow" in report["warnings"][0]


@pytest.mark.parametrize("document", [synthetic.linear_document(), synthetic.convnet_document()])
def test_the_plain_classes_play(tmp_path, document):
    path = synthetic.write(document, tmp_path / "amp.nam")
    x = _stereo(2000)
    y = Rig("nam", options={"file": path, "normalise": False}).run(x)
    assert np.abs(y - synthetic.answer(document, x.mean(axis=0))).max() < 1e-5


def test_faults_are_one_sentence(tmp_path, capture):
    wrong = tmp_path / "song.nam"
    wrong.write_text("la la la")
    for options, words in (
        ({}, "needs the option 'file'"),
        ({"file": "no such amp"}, "there is no file"),
        ({"file": str(wrong)}, "not a .nam capture"),
        ({"file": capture, "way": "magic"}, "way = 'magic' must be one of"),
    ):
        with pytest.raises(AntiphonError) as caught:
            Rig("nam", options=options)
        assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("path", shipped(".nam"), ids=lambda path: path.stem)
def test_the_shipped_amps_sound(path):
    rig = Rig("nam", options={"file": path.name})
    y = rig.run(_stereo(24000))
    assert np.isfinite(y).all() and 0.02 < np.abs(y).max() < 1.0
    hot = Rig("nam", options={"file": path.name}, values={"input_db": 24.0}).run(_stereo(24000))
    assert np.abs(hot).max() < 10 ** (12 / 20) * np.abs(y).max(), (
        "24 dB more in, less than 12 dB more out: it saturates"
    )


def test_audio_code_is_pure():
    for compiled in module.nam.entries():
        text = compiled._library.get_asm_str()
        assert not re.findall(IMPURE, text)  # the text is empty from a warm cache: tests/native compiles afresh
