"""Starting and stopping a player on beat, bar and section, and the ladder of one that is late."""

from __future__ import annotations

import itertools

import pytest

from realtime.contract import player_wire as wire
from realtime.players.controls import BAR, BEAT, NOW, SECTION
from realtime.players.ladder import GOOD_BARS, MOST_GOOD_BARS, Ladder
from realtime.players.plan import Moment, Planned
from realtime.players.rehearsal import sounding
from tests.players.stage import record
from tests.players.test_common_controls import Scale, timed

BOUNDARY = {NOW: 9.0, BEAT: 10.0, BAR: 12.0, SECTION: 16.0}


def scale(**values) -> Scale:
    player = Scale(**values)
    player.hear(record(wire.SECTION, 16.0, number=2))
    return player


def onsets(heard) -> list[float]:
    return [round(n.beat, 6) for n in sounding(heard)]


@pytest.mark.parametrize("quantise", BOUNDARY)
def test_it_stops_and_starts_at_the_boundary_and_has_lost_no_note(quantise):
    player = scale(quantise=quantise)
    heard = timed(player, 0.0, 9.0)
    player.set("playing", 0)
    heard += timed(player, 9.0, 24.0)
    stop = BOUNDARY[quantise]
    assert onsets(heard) == [0.5 * i for i in range(int(2 * stop))]
    player = scale(quantise=quantise, playing=0)
    heard = timed(player, 0.0, 9.0)
    assert not onsets(heard)
    player.set("playing", 1)
    heard += timed(player, 9.0, 24.0)
    assert onsets(heard)[:8] == [stop + 0.5 * i for i in range(8)]


def test_what_sounds_when_it_stops_ends_there():
    class Long(Scale):
        name = "long"

        def play(self):
            while self.next < self.now.beat + 1.0:
                self.plan(self.next, 40.0, 60 + int(self.next), 0.5)
                self.next += 4.0

    player = Long()
    heard = timed(player, 0.0, 9.0)
    player.set("playing", 0)
    heard += timed(player, 9.0, 24.0)
    assert max(n.beat + n.duration_beats for n in sounding(heard)) <= 12.0 + 0.06


def test_asked_twice_before_the_boundary_nothing_has_changed():
    player = scale()
    heard = timed(player, 0.0, 9.0)
    player.set("playing", 0)
    heard += timed(player, 9.0, 10.0)
    player.set("playing", 1)
    heard += timed(player, 10.0, 20.0)
    assert onsets(heard)[:38] == [0.5 * i for i in range(38)]


def test_a_locate_brings_a_change_that_is_waited_for():
    player = scale()
    timed(player, 0.0, 9.0)
    player.set("playing", 0)
    timed(player, 9.0, 9.5)
    player.hear(record(wire.LOCATE, 9.5, bar_start_beat=9.5))
    player.take()
    assert not onsets(timed(player, 9.55, 20.0))


def late(by: float) -> list[Planned]:
    return [Planned(wire.PLAN_NOTE, 1, beat=10.0 - by, duration_beats=1.0)]


def test_late_it_is_a_rung_lower_at_once_and_up_again_after_good_bars():
    ladder = Ladder(3)
    now = Moment(10.0)
    assert ladder.turn(0.001, late(-1.0), now) == 0
    assert ladder.turn(0.001, late(0.1), now) == 1, "it came too late"
    assert ladder.turn(0.6, late(-1.0), now) == 2, "its turn took too long: 1.2 beats"
    assert ladder.turn(0.6, [], now) == 2, "there is no lower one"
    assert (ladder.hits, ladder.misses) == (1, 2)
    beats = 4.0 * GOOD_BARS
    assert ladder.turn(0.001, [], Moment(10.0 + beats - 1.0)) == 2
    assert ladder.turn(0.001, [], Moment(10.0 + beats + 1.0)) == 1
    assert ladder.turn(0.001, [], Moment(10.0 + 2 * beats + 2.0)) == 0


def test_a_rung_that_fails_again_is_tried_less_often():
    ladder, beat, tries = Ladder(2), 0.0, []
    for _ in range(4000):
        beat += 4.0
        planned = [Planned(wire.PLAN_NOTE, 1, beat=beat - 0.1)] if ladder.rung == 0 else []
        if ladder.turn(0.001, planned, Moment(beat)) == 0:
            tries.append(beat)
    waits = [b - a for a, b in itertools.pairwise(tries)]
    assert waits[:3] == sorted(waits[:3]) and max(waits) <= 4.0 * (MOST_GOOD_BARS + 2) and len(tries) > 10


def test_a_player_without_a_ladder_stays_and_a_jump_is_no_trouble():
    ladder = Ladder(1)
    assert ladder.turn(9.0, late(5.0), Moment(10.0)) == 0
    ladder = Ladder(2)
    ladder.turn(9.0, [], Moment(1000.0))
    assert ladder.turn(0.001, [], Moment(2.0)) == 1
    assert ladder.turn(0.001, [], Moment(2.0 + 4.0 * GOOD_BARS)) == 0
