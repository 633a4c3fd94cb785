"""Devices of a chain beside each other, and the gap that a point means."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ui.state.line import caret, gap_at, lowest, places


@given(st.integers(0, 20), st.floats(300.0, 2000.0))
def test_devices_stand_in_order_inside_and_apart(count, right):
    found = places(count, 100.0, right, (180.0, 76.0), 60.0, 24.0)
    assert len(found) == count + 1
    for one, following in pairwise(found):
        assert (one.top, one.left) < (following.top, following.left)
        assert following.top > one.top or following.left >= one.left + one.width + 24.0
    for place in found[:-1]:
        assert place.left + place.width <= right or place.left == 100.0
    assert lowest(found) >= 76.0


def test_a_point_means_a_gap_or_the_device_under_it():
    found = places(3, 0.0, 1000.0, (100.0, 50.0), 40.0, 20.0)
    assert gap_at(found, 5.0, 10.0) == (0, False)
    assert gap_at(found, 50.0, 10.0) == (0, True)
    assert gap_at(found, 95.0, 10.0) == (1, False)
    assert gap_at(found, 110.0, 10.0) == (1, False)
    assert gap_at(found, 170.0, 10.0) == (1, True)
    assert gap_at(found, 900.0, 10.0) == (3, False)
    assert gap_at(found, 50.0, 400.0) == (3, False)
    assert gap_at(places(0, 0.0, 500.0, (100.0, 50.0), 40.0, 20.0), 10.0, 10.0) == (0, False)
    assert caret(found, 20.0, 1) == (110.0, 0.0, 50.0)
    assert caret(found, 20.0, 9)[0] == 350.0


def test_a_full_line_goes_on_below():
    found = places(4, 0.0, 260.0, (100.0, 50.0), 40.0, 20.0)
    assert [(place.left, place.top) for place in found] == [(0, 0), (120, 0), (0, 70), (0, 140), (120, 140)]
    assert gap_at(found, 115.0, 80.0) == (3, False)
