"""Curves go from a control to a value and back exactly, and takeover never leaps where it must not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.midi.map.curves import CURVES, RATIOS, STRAIGHT, bend, law_of, position_of, unbend, value_at
from realtime.midi.map.takeover import JUMP, NEAR, NOTHING, PICKUP, SCALE, take_over

POSITIONS = st.floats(0.0, 1.0)
CURVE = st.integers(0, len(CURVES) - 1)


@given(CURVE, POSITIONS)
@settings(deadline=None)
def test_bend_and_unbend_are_inverse(curve, x):
    assert unbend(curve, bend(curve, x)) == pytest.approx(x, abs=1e-6)


@given(
    CURVE, st.sampled_from((STRAIGHT, RATIOS)), st.floats(0.1, 9.0), st.floats(10.0, 20000.0), POSITIONS, st.booleans()
)
@settings(deadline=None)
def test_a_value_and_its_position_are_inverse(curve, law, low, high, x, backwards):
    if backwards:
        low, high = high, low
    value = value_at(curve, law, low, high, x)
    assert min(low, high) - 1e-6 <= value <= max(low, high) * (1 + 1e-9)
    assert position_of(curve, law, low, high, value) == pytest.approx(x, abs=1e-5)


@given(CURVE, POSITIONS, POSITIONS)
@settings(deadline=None)
def test_a_curve_never_turns_back(curve, one, two):
    one, two = sorted((one, two))
    assert bend(curve, one) <= bend(curve, two) + 1e-12


def test_curves_say_what_they_mean():
    half = [bend(number, 0.5) for number in range(len(CURVES))]
    own, lin, log, exp, s = half
    assert own == lin == s == 0.5 and log > 0.7 and exp < 0.3
    assert log + exp != 1.0 and bend(2, exp) == pytest.approx(0.5)  # each other's inverse


def test_a_logarithmic_parameter_gets_equal_ratios():
    assert law_of(0, "log", 20.0, 20000.0) == RATIOS and law_of(0, "lin", 20.0, 20000.0) == STRAIGHT
    assert law_of(1, "log", 20.0, 20000.0) == STRAIGHT  # asked for straight
    assert law_of(0, "log", 0.0, 1.0) == STRAIGHT  # ratios from nothing there are none
    assert value_at(0, RATIOS, 20.0, 20000.0, 0.5) == pytest.approx(632.5, rel=1e-3)


def test_a_value_outside_the_range_stands_at_its_nearer_end():
    assert position_of(0, STRAIGHT, 0.2, 0.8, 0.9) == 1.0 and position_of(0, RATIOS, 10.0, 100.0, 1.0) == 0.0
    assert position_of(0, STRAIGHT, 5.0, 5.0, 9.0) == 0.0


# -- takeover


def test_jump_goes_where_the_control_is():
    assert take_over(JUMP, 0.9, NOTHING, 0.1, 0) == (0.9, 1)


def test_pickup_waits_until_the_control_comes_by():
    assert take_over(PICKUP, 0.9, NOTHING, 0.1, 0) == (NOTHING, 0)
    assert take_over(PICKUP, 0.5, 0.9, 0.1, 0) == (NOTHING, 0)
    assert take_over(PICKUP, 0.05, 0.5, 0.1, 0) == (0.05, 1)  # it passed it in one leap
    assert take_over(PICKUP, 0.1 + 0.9 * NEAR, NOTHING, 0.1, 0)[1] == 1
    assert take_over(PICKUP, 0.7, 0.5, 0.1, 1) == (0.7, 1)  # once it has it, it keeps it


@given(POSITIONS, st.lists(POSITIONS, min_size=1, max_size=30))
@settings(deadline=None)
def test_scale_moves_with_the_hand_and_meets_it_at_the_ends(position, way):
    former, caught = 0.5, 0
    for x in [*way, 0.0, 1.0]:
        to, caught = take_over(SCALE, x, former, position, caught)
        if to != NOTHING:
            assert 0.0 <= to <= 1.0
            if not caught and x != former:
                assert (to - position) * (x - former) >= 0.0  # never against the hand
            position = to
        former = x
    assert position == pytest.approx(1.0) and caught


def test_scale_goes_the_share_of_the_way_that_is_left():
    to, caught = take_over(SCALE, 0.75, 0.5, 0.2, 0)
    assert to == pytest.approx(0.6) and not caught
    assert take_over(SCALE, 0.75, NOTHING, 0.2, 0) == (NOTHING, 0)  # its first word only says where it is
