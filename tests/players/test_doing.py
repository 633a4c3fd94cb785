"""What a player says that it does: it plays as long as it has notes now or within a bar, whatever plans them."""

import pytest

from realtime.contract import player_wire as wire
from realtime.players.doing import Doing
from realtime.players.plan import Moment, Planned

PLAYING, LISTENING, ANSWERING = (wire.STATUSES.index(name) for name in ("playing", "listening", "answering"))


def note(beat, duration=1.0, serial=1):
    return Planned(wire.PLAN_NOTE, serial, beat, duration, key=60, velocity=0.5)


def told(doing, beat, *planned):
    """The status told at a beat, None if it is as before."""
    out = doing.turn(planned, Moment(beat), 1)
    rest = [one for one in out if one.kind != wire.PLAN_STATUS]
    assert rest == [one for one in planned if one.kind != wire.PLAN_STATUS]
    found = [one.number for one in out if one.kind == wire.PLAN_STATUS]
    assert len(found) <= 1
    return found[0] if found else None


def test_it_plays_from_a_bar_before_its_first_note_to_the_end_of_its_last():
    doing = Doing()
    assert told(doing, 0.0, note(6.0), note(8.0)) is None
    assert told(doing, 2.0) == PLAYING
    assert told(doing, 7.5) is None, "a rest is part of what it plays"
    assert told(doing, 8.9) is None
    assert told(doing, 9.0) == LISTENING


@pytest.mark.parametrize("taken_back", [
    Planned(wire.PLAN_CANCEL, 1, 2.5), Planned(wire.PLAN_RELEASE, 1, 2.0), Planned(wire.PLAN_DAMP, 1, 2.0, lane=-1),
])  # fmt: skip
def test_what_is_taken_back_is_not_played(taken_back):
    doing = Doing()
    first = note(1.0, 4.0) if taken_back.kind == wire.PLAN_DAMP else note(3.0)
    assert told(doing, 1.5, first) == PLAYING
    assert told(doing, 2.0, taken_back) == LISTENING


def test_what_sounds_outlasts_a_cancel():
    doing = Doing()
    assert told(doing, 0.0, note(0.0, 4.0), note(3.0, 4.0)) == PLAYING
    assert told(doing, 1.0, Planned(wire.PLAN_CANCEL, 1, 0.0)) is None
    assert told(doing, 4.0) == LISTENING


def test_what_the_player_says_itself_comes_first():
    doing = Doing()
    says = [Planned(wire.PLAN_STATUS, 1, 0.0, number=number) for number in (ANSWERING, LISTENING)]
    assert told(doing, 0.0, says[0], note(0.0, 8.0)) == ANSWERING
    assert told(doing, 1.0, says[1]) == PLAYING
    doing.clear()
    assert told(doing, 2.0) == LISTENING
