"""Zones under a hand, and where the keys of a keyboard lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.state import zones
from ui.state.layout import Chain
from ui.state.piano import SLIM, Piano, is_black
from ui.state.zones import Zone

GRIPS = (zones.LOW_END, zones.HIGH_END, zones.BODY, zones.SOFT_END, zones.LOUD_END)


@given(st.lists(st.tuples(st.sampled_from(GRIPS), st.integers(-200, 200)), max_size=20))
def test_a_zone_stays_a_zone_whatever_is_dragged(moves):
    zone = Zone(40, 60, 20, 90)
    for grip, steps in moves:
        after = zone.dragged(grip, steps)
        if grip == zones.BODY:
            assert after.high - after.low == zone.high - zone.low
        assert 0 <= after.low <= after.high <= 127
        assert 1 <= after.soft <= after.loud <= 127
        zone = after


def test_ends_and_middle():
    zone = Zone(48, 72)
    assert zone.dragged(zones.LOW_END, 3) == Zone(51, 72)
    assert zone.dragged(zones.HIGH_END, -100) == Zone(48, 48)
    assert zone.dragged(zones.BODY, 100) == Zone(103, 127)
    assert zone.dragged(zones.SOFT_END, 60).plays(50, 61) and not zone.dragged(zones.SOFT_END, 60).plays(50, 60)


def test_only_what_changed_is_sent():
    before = Zone(48, 72, 1, 127, 0)
    assert zones.change("you", before, before) is None
    assert zones.change("you", before, before.dragged(zones.HIGH_END, -12)) == {"track": "you", "keys": [48, 60]}
    assert zones.change("you", before, Zone(48, 72, 1, 127, 99)) == {"track": "you", "transpose": 48}
    assert zones.change("you", before, Zone(48, 72, 30, 127)) == {"track": "you", "velocities": [30, 127]}


@pytest.mark.parametrize("at", [-5, 0, 1, 60, 127, 400])
def test_a_split_leaves_no_key_out_and_none_twice(at):
    lower, upper = zones.split(Chain("track", "bass"), Chain("track", "keys"), at)
    assert lower["keys"][0] == 0 and upper["keys"][1] == 127 and lower["keys"][1] + 1 == upper["keys"][0]
    assert lower["keys"][0] <= lower["keys"][1] and upper["keys"][0] <= upper["keys"][1]


def test_channels_are_switched_one_by_one_and_never_all_away():
    every = list(range(1, 17))
    one = Chain("track", "you", channels=(3,))
    assert zones.toggled_channel(one, 5) == [3, 5]
    assert zones.toggled_channel(one, 3) == every
    assert zones.toggled_channel(Chain("track", "you"), 10) == [c for c in every if c != 10]


@given(st.sampled_from([(21, 108), (36, 96), (0, 127), (48, 72)]), st.floats(100.0, 4000.0))
def test_every_key_lies_where_it_is_found(keys, width):
    piano = Piano(*keys, width)
    for key in range(piano.first, piano.last + 1):
        left, wide = piano.span(key)
        assert left >= -1e-6 and left + wide <= width + 1e-6
        assert piano.key_at(left + wide / 2, SLIM / 2 if is_black(key) else 0.95) == key
    assert piano.edges(0, 127) == (0.0, pytest.approx(width))
