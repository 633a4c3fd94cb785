"""A parameter's limits stay legal when they come back from the audio thread, which holds single precision."""

import numpy as np
import pytest

from realtime.contract.param import Param
from realtime.devices import registry
from realtime.native.errors import AntiphonError


def test_every_limit_of_every_device_is_legal_as_the_audio_thread_holds_it():
    checked = 0
    for device in registry.devices().values():
        for param in device.params:
            for limit in (param.minimum, param.maximum):
                assert param.parse(float(np.float32(limit))) == pytest.approx(limit)
                checked += 1
    assert checked > 500


@pytest.mark.parametrize("value", [0.00499, 1.001, float("nan"), float("inf"), 1e300, -1e300])
def test_what_is_outside_is_told(value):
    param = Param("release_s", "Release", "s", 0.005, 1.0, 0.05)
    with pytest.raises(AntiphonError, match=r"release_s = \S+ is outside 0.005..1 s"):
        param.parse(value)
