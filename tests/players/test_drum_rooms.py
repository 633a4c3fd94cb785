"""The small rooms of the drummer: bars by rule, fills, the theme that is chosen, the kick and the bass."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from realtime.models.groove import STEPS, Groove, Pair
from realtime.players.drum_bar import CLOSED, KICK, SIDE_STICK, SNARE, Stroke, groups_of, played, ruled_bar
from realtime.players.drum_composer import DrumComposer, Idea, Manner, mended, tapped_bar, with_bass
from realtime.players.drum_fill import fill
from realtime.players.drum_theme import BassLine, standing

METRES = [(n, d) for d in (2, 4, 8, 16) for n in range(1, 14)]


def rock() -> Pair:
    pair = Pair.empty()
    pair.hits[[0, 8, 16, 24], KICK] = True
    pair.hits[[4, 12, 20, 28], SNARE] = True
    pair.hits[::2, CLOSED] = True
    pair.velocity[pair.hits] = 0.7
    return pair


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("intensity", [0.0, 0.5, 1.0])
def test_a_ruled_bar_of_any_metre_has_its_one_and_stays_in_the_bar(metre, intensity):
    strokes = ruled_bar(*metre, intensity, Random(1))
    length = metre[0] * 4.0 / metre[1]
    assert any(s.drum == KICK and s.place == 0.0 for s in strokes)
    assert all(0.0 <= s.place < length and 0.0 < s.velocity <= 1.0 for s in strokes)
    assert not any(s.drum in (SNARE, SIDE_STICK) and s.place == 0.0 and s.velocity > 0.4 for s in strokes)
    assert len({(s.place, s.drum) for s in strokes}) == len(strokes), "no drum twice at once"


def test_seven_eighths_go_two_two_three():
    assert groups_of(7, 8) == [0.0, 1.0, 2.0]
    strokes = ruled_bar(7, 8, 0.4, Random(1))
    assert [s.place for s in strokes if s.drum == KICK] == [0.0, 2.0]
    assert [s.place for s in strokes if s.drum == SNARE] == [1.0, 3.0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("begin", "end"), [(0.0, 4.0), (2.0, 4.0), (3.0, 4.0), (1.5, 3.0), (2.5, 3.5)])
def test_a_fill_grows_down_the_kit_and_stays_in_its_place(seed, begin, end):
    strokes = fill(begin, end, 0.7, Random(seed))
    down = [s for s in strokes if s.drum != KICK]
    assert all(begin <= s.place < end for s in strokes) and len(down) >= 2
    assert down[-1].velocity > down[0].velocity
    assert len({(s.place, s.drum) for s in strokes}) == len(strokes)


def test_a_person_plays_no_two_hits_alike_and_none_out_of_place():
    bars = [played(ruled_bar(4, 4, 0.5, Random(1)), 1.0, 120.0, Random(seed)) for seed in range(20)]
    late = np.array([s.late for bar in bars for s in bar])
    assert 0.004 < late.std() * 0.5 < 0.009 and abs(late.mean()) < 0.003, "about 6 ms at 120"
    assert not np.any([s.late for s in played(ruled_bar(4, 4, 0.5, Random(1)), 0.0, 120.0, Random(1))])


def test_a_theme_that_stands_is_better_than_one_that_does_not():
    good = rock()
    for step, drum in ((0, KICK), (4, SNARE), (12, SNARE)):
        worse = rock()
        worse.hits[[step, step + 16], drum] = False
        assert standing(worse) < standing(good)
    still = rock()
    still.hits[:, CLOSED] = False
    assert standing(still) < standing(good)
    bass = tuple(float(k in (0, 6, 10)) for k in range(16))
    with_it = rock()
    with_it.hits[:, KICK] = False
    with_it.hits[[0, 6, 10, 16, 22, 26], KICK] = True
    with_it.velocity[with_it.hits] = 0.7
    assert standing(with_it, bass) > standing(good, bass)


def test_the_chosen_theme_stands_for_nearly_every_seed():
    composer = DrumComposer(Groove.load())
    manner = Manner(0.5)
    ones = backs = 0
    for seed in range(12):
        composer.conceive(Idea(seed, 0), manner)
        pair = composer._pair(0, 0, manner)
        ones += int(pair.hits[0, KICK]) + int(pair.hits[16, KICK])
        backs += sum(int(pair.hits[step, SNARE]) for step in (4, 12, 20, 28))
    assert ones >= 22 and backs >= 43, "before anything is mended"


def test_what_is_mended_is_one_and_the_backbeat_and_nothing_else():
    strokes = [Stroke(0.5, KICK, 0.7), Stroke(1.0, SNARE, 0.1), Stroke(2.0, CLOSED, 0.5)]
    found = mended(strokes)
    assert {(s.place, s.drum) for s in found} == {(0.0, KICK), (0.5, KICK), (1.0, SNARE), (3.0, SNARE), (2.0, CLOSED)}
    assert mended(found) == found


def test_the_kick_moves_to_the_bass_and_one_and_the_backbeat_stay():
    strokes = [Stroke(p, KICK, 0.7) for p in (0.0, 2.0)] + [Stroke(p, SNARE, 0.7) for p in (1.0, 3.0)]
    bass = tuple(1.0 if k in (4, 6, 10) else 0.0 for k in range(16))
    found = with_bass(strokes, bass, 1.0, "1:0")
    assert [s.place for s in found if s.drum == KICK] == [0.0, 1.5, 2.5]
    assert [s.place for s in found if s.drum == SNARE] == [1.0, 3.0]
    assert with_bass(strokes, (), 1.0, "1:0") == strokes == with_bass(strokes, bass, 0.0, "1:0")


def test_the_bass_is_known_after_two_whole_bars_and_forgotten_in_another_metre():
    line = BassLine()
    for bar in (0.0, 4.0):
        assert not line.shares(4.0, bar)
        for place in (0.0, 1.5):
            line.hear(bar, 4.0, bar + place)
    shares = line.shares(4.0, 8.0)
    assert shares[0] == shares[6] == 1.0 and sum(shares) == 2.0
    line.hear(8.0, 3.0, 8.0)
    assert not line.shares(3.0, 11.0) and not line.shares(4.0, 12.0)


def test_taps_are_played_by_kick_and_snare():
    taps = ((0, 0.9), (3, 0.6), (4, 0.8), (STEPS // 2 + 2, 0.7))
    first = tapped_bar([Stroke(0.0, CLOSED, 0.5), Stroke(2.0, KICK, 0.7)], taps, 0, only=True)
    assert {(s.place, s.drum) for s in first} == {(0.0, CLOSED), (0.0, KICK), (0.75, KICK), (1.0, SNARE)}
    assert [(s.place, s.drum) for s in tapped_bar([], taps, 1)] == [(0.5, KICK)]
