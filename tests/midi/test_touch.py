"""What a keyboard is, from how it is played."""

import numpy as np
import pytest

from realtime.midi.port_settings import read_settings, velocity_table
from realtime.midi.touch import Touch


def played(*velocities):
    touch = Touch()
    for velocity in velocities:
        touch.note(1, 60, velocity, in_scale=False)
    return touch


@pytest.mark.parametrize(
    "velocities",
    [
        (20, 25, 30, 100, 110, 120), (1, 5, 9, 20, 127, 127, 127), (60, 60, 60, 60, 60, 60, 60, 60, 60, 95, 100),
        tuple(range(30, 91, 3)), (90, 91, 92, 95, 99, 110, 127),
    ],
)  # fmt: skip
def test_soft_to_hard_covers_all_velocities(velocities):
    touch = played(*velocities)
    low, high = touch.spread
    table = velocity_table(read_settings({"curve": touch.curve}, "test").curve)
    assert table[low] == 1 and table[high] == 127 and table[0] == 0
    assert (np.diff(table[1:].astype(int)) >= 0).all()
    within = [int(table[v]) for v in velocities if low < v < high]
    assert all(1 <= v <= 127 for v in within)


def test_the_middle_of_what_is_played_is_the_middle():
    """A light hand: most touches are soft."""
    velocities = [30, 34, 36, 40, 41, 44, 50, 55, 60, 100]
    table = velocity_table(played(*velocities).curve)
    assert 45 < np.mean(table[velocities]) < 80 and table[49] > 1 + 126 * (49 - 30) / 70


@pytest.mark.parametrize("velocities", [(64,) * 20, (60, 70, 65, 66, 68, 64), (1, 127), ()])
def test_a_keyboard_without_velocity_keeps_its_curve(velocities):
    assert played(*velocities).curve is None


@pytest.mark.parametrize(
    ("keys", "shift"),
    [
        ((60, 62, 64, 65, 67), 0), ((48, 50, 52, 53, 55, 57, 59, 60), 12), ((61, 63, 65, 66, 68), -1),
        ((60, 62, 64, 65), None), ((60, 62, 63, 65, 67), None), ((72, 71, 69, 67, 65), None), ((), None),
    ],
)  # fmt: skip
def test_only_a_major_scale_tells_where_it_begins(keys, shift):
    touch = Touch()
    for key in keys:
        touch.note(2, key, 64, in_scale=True)
    assert touch.shift == shift


@pytest.mark.parametrize(
    ("values", "inverted", "continuous"),
    [
        ((127, 0), False, False), ((0, 127), True, False), ((127, 0, 127, 0), False, False), ((127,), False, False),
        ((10, 50, 90, 127, 90, 50, 0), False, True), ((120, 70, 30, 0, 40, 90, 127), True, True),
    ],
)  # fmt: skip
def test_a_pedal_shows_its_way_round(values, inverted, continuous):
    touch = Touch()
    for value in values:
        touch.control(64, value)
        touch.control(20, value)
    assert list(touch.pedals) == [64]
    assert (touch.pedals[64].inverted, touch.pedals[64].continuous) == (inverted, continuous)
