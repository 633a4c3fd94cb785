"""The static curve of a compressor."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.dsp.dynamics import attenuation_wanted

F = np.float32


def test_straight_parts_and_middle_of_the_knee():
    assert attenuation_wanted(F(-40), F(-20), F(0.75), F(10)) == 0.0
    assert attenuation_wanted(F(0), F(-20), F(0.75), F(10)) == 15.0
    assert abs(attenuation_wanted(F(-20), F(-20), F(0.75), F(10)) - 0.75 * 10 / 8) < 1e-6


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(-90, 20), st.floats(-60, 0), st.floats(0, 0.95), st.floats(0.01, 24))
def test_louder_in_is_never_quieter_out(level_db, threshold_db, slope, knee_db):
    here = attenuation_wanted(F(level_db), F(threshold_db), F(slope), F(knee_db))
    above = attenuation_wanted(F(level_db + 0.5), F(threshold_db), F(slope), F(knee_db))
    assert -1e-4 <= above - here <= 0.5 + 1e-4
    assert here >= 0.0
