"""What a scene tells a device in `options` is known to it and within its range, or refused in one sentence with its place."""

from __future__ import annotations

import pytest

from realtime.devices.registry import devices, find
from realtime.engine.engine import Engine
from realtime.engine.rack import Rack, Slot, Track
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.session import Options, Session
from tests.devices.files_for_devices import options_for
from tests.session.live import wrote

OPTIONS = [(name, option) for name, found in sorted(devices().items()) for option in found.options]


def scene(device: str, options: str) -> str:
    return f'[[track]]\nname = "t"\naudio_input = [1, 2]\n[[track.device]]\ndevice = "{device}"\noptions = {{ {options} }}\n'


def compiled(text: str):
    return Engine(inputs=2).compile(scenes.parse(text).rack)


@pytest.mark.parametrize(
    ("device", "options", "words"),
    [
        ("limiter", "lookahaed_ms = 3", "no option 'lookahaed_ms'; did you mean 'lookahead_ms'"),
        ("saturator", "way = 'onnx'", "has no option 'way'; it has none"),
        ("limiter", "lookahead_ms = 1e12", "lookahead_ms = 1000000000000.0 must be a number from 1 to 5 ms"),
        ("limiter", "lookahead_ms = 'long'", "lookahead_ms = 'long' must be a number from 1 to 5 ms"),
        ("compressor", "lookahead_ms = true", "lookahead_ms = True must be a number from 0 to 10 ms"),
        ("nam", "file = 'amps/crunch.nam', wya = 'onnx'", "no option 'wya'; did you mean 'way'"),
        ("nam", "file = 'amps/crunch.nam', way = 'fast'", "way = 'fast' must be one of auto, compiled, onnx"),
        ("nam", "file = 'amps/crunch.nam', normalise = 'no'", "normalise = 'no' must be true or false"),
        ("onnx", "file = 'crunch.onnx', channel = 'right'", "channel = 'right' must be one of sum, left"),
        ("onnx", "file = 'crunch.onnx', slow = 1", "slow = 1 must be true or false"),
    ],
)
def test_what_a_device_does_not_know_is_refused_with_place_and_remedy(device, options, words):
    with pytest.raises(AntiphonError, match=f"^track 't', device 1: device '{device}'.*{words}") as told:
        compiled(scene(device, options))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda x: getattr(x, "name", x))
def test_all_that_an_option_says_it_may_be_can_be_built(name, option):
    if option.default is None:
        values = [options_for(name)[option.name]]
    elif isinstance(option.default, bool):
        values = [True, False]
    elif isinstance(option.default, str):
        values = [*option.choices] or [option.default]
    else:
        values = [option.minimum, option.maximum]
    for value in values:
        slot = Slot(name, options={**options_for(name), option.name: value})
        sound = Engine(inputs=2)
        behind = [Slot("poly")] if find(name).kind == "midi" else []
        sound.swap(sound.compile(Rack([Track("t", [slot, *behind], audio_input=(1, 2))])), 0.0)
        sound.process(frames=128)
    assert option.doc


def test_a_scene_with_a_wrong_option_leaves_what_sounds(tmp_path):
    with Session(Options(driver="null", midi=False, players=False, control=False)) as session:
        former = session.plan
        with pytest.raises(AntiphonError, match="did you mean 'lookahead_ms'"):
            session.load_scene(wrote(tmp_path, scene("limiter", "lookahed_ms = 2")))
        assert session.plan is former and session.scene.name == "first_light"
