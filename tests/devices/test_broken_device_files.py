"""A device's file that is wrong is told with its line and the remedy, and hides no other device."""

from __future__ import annotations

import json
import sys

import pytest

import realtime.devices as folder
from realtime.cli import app
from realtime.devices import registry
from realtime.engine.engine import Engine
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.session import Options, Session
from tests.session.live import until, wrote

TRIM = '''"""Trim; [audio]."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, value
from realtime.contract.device import Param, device, ids

PARAMS = (Param("gain", "Gain", "", 0.0, 2.0, 1.0),)
P = ids(PARAMS)
STATE = np.dtype([("phase", "f8")], align=True)


@device(name="trim", title="Trim", kind="effect", params=PARAMS, state=STATE)
def process(block, state):
    for channel in range(2):
        x, y = audio_in(block, channel), audio_out(block, channel)
        for i in range(block.frames):
            y[i] = x[i] * value(block, P.gain)
'''
SCENE = '[[track]]\nname = "t"\naudio_input = [1, 2]\n[[track.device]]\ndevice = "trim"\n'
BODY = "y[i] = x[i] * value(block, P.gain)"
CANNOT_BE_RUN = {
    "a syntax error": ("for channel in range(2):", "for channel in range(2)", "line 15: this is no Python"),
    "an import of nothing": ("import numpy as np", "import nompy as np", "line 3: ModuleNotFoundError.*'nompy'"),
    "a word of nothing": ("audio_in, audio_out", "audio_inn, audio_out", "line 5: ImportError.*'audio_inn'"),
    "a default out of range": ("2.0, 1.0)", "2.0, 9.0)", r"line 8: ValueError: gain: default 9\.0 outside"),
    "a kind that there is not": ('kind="effect"', 'kind="effct"', "line 13: ValueError.*'effct'"),
    "an argument that there is not": ('title="Trim"', 'tittle="Trim"', "line 13: TypeError.*tittle"),
    "a device that raises": ("PARAMS = (", "1 / 0\nPARAMS = (", "line 8: ZeroDivisionError: division by zero"),
}
CANNOT_BE_BUILT = {
    "a wrong field": (BODY, "y[i] = state.phse", "line 18: there is no field 'phse'; did you mean 'phase'"),
    "a wrong field of the block": (BODY, "y[i] = block.sample_rat", "line 18: .*'sample_rat'; did you mean 'sample_rate'"),
    "a wrong parameter": (BODY, "y[i] = value(block, P.gian)", "line 18: Unknown attribute 'gian'"),
    "a wrong name": (BODY, "y[i] = gain", "line 18: NameError: name 'gain' is not defined"),
    "an array": (BODY, "y[i] = np.zeros(4)[0]", r"line 18: zeros\(\) is not possible in audio code"),
    "a list": (BODY, "y[i] = [x[i], x[i]][channel]", "line 18: audio code takes no memory"),
    "a file": (BODY, "y[i] = open('x')", "line 18: 'open' is not possible in audio code"),
    "a fault at build": ("state=STATE)", "state=STATE, heap=lambda spec: spec.size)", "line 13: AttributeError: .*'size'"),
}  # fmt: skip


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A function that puts a file among the devices."""
    place = tmp_path / "devices"
    place.mkdir()
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(place)])

    def put(text: str):
        sys.modules.pop("realtime.devices.trim", None)
        registry._load.cache_clear()
        path = place / "trim.py"
        path.write_text(text)
        return path

    yield put
    sys.modules.pop("realtime.devices.trim", None)
    registry._load.cache_clear()


def changed(row) -> tuple[str, str]:
    before, after, words = row
    assert TRIM.count(before) == 1
    return TRIM.replace(before, after), words


@pytest.mark.parametrize("row", CANNOT_BE_RUN.values(), ids=CANNOT_BE_RUN)
def test_a_file_that_cannot_be_run_is_told_and_hides_nobody(own, row):
    text, words = changed(row)
    path = own(text)
    with pytest.raises(AntiphonError, match=f"^{path}, {words}") as told:
        registry.find("trim")
    assert "\n" not in str(told.value) and str(told.value) in registry.faults()
    assert {"poly", "reverb", "nam"} <= set(registry.devices()) and "trim" not in registry.devices()
    assert registry.find("poly").name == "poly"


@pytest.mark.parametrize("row", CANNOT_BE_BUILT.values(), ids=CANNOT_BE_BUILT)
def test_what_cannot_be_built_is_told_with_track_file_and_line(own, row):
    text, words = changed(row)
    path = own(text)
    with pytest.raises(AntiphonError, match=f"^track 't', device 1: {path}, {words}") as told:
        Engine(inputs=2).compile(scenes.parse(SCENE).rack)
    assert "\n" not in str(told.value) and "\x1b" not in str(told.value)


def test_once_it_is_mended_it_is_there(own):
    own("def (:\n")
    with pytest.raises(AntiphonError, match="line 1: this is no Python"):
        registry.find("trim")
    own(TRIM)
    Engine(inputs=2).compile(scenes.parse(SCENE).rack)
    assert not registry.faults()


def test_a_second_device_of_a_name_is_told_and_the_first_stays(own):
    path = own(TRIM.replace('"trim"', '"poly"'))
    assert any(str(path) in fault and "a device 'poly' already" in fault for fault in registry.faults())
    assert registry.devices()["poly"].title != "Trim"


def test_the_list_of_devices_tells_of_it_and_lists_the_others(own, capsys):
    path = own("import nompy\n")
    app(["devices", "--json"], standalone_mode=False)
    out, told = capsys.readouterr()
    assert f"{path}, line 1" in told and {"poly", "reverb"} <= {row["name"] for row in json.loads(out)}


def test_a_running_show_says_it_and_goes_on(own, tmp_path):
    text, words = changed(CANNOT_BE_BUILT["a wrong field"])
    own(text)
    with Session(Options(driver="null", midi=False, players=False, control=False, inputs=2)) as session:
        session.request_scene(str(wrote(tmp_path, SCENE)))
        assert until(session, lambda: any("no field 'phse'" in line for line in session.messages))
        assert session.scene.name == "first_light" and not any("should not" in line for line in session.messages)
