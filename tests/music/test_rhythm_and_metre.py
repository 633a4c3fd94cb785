"""Metre, syncopation and swing: what a musician would count, feel and correct."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.music.metre import beats_of, default_grouping, metric_weights, place_of, strong_beats, weight_at
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.music.swing import straightened, swing_ratio, swung, unwarp, warp
from realtime.music.syncopation import syncopation_lhl, syncopation_per_bar
from realtime.native.errors import AntiphonError

metres = st.tuples(st.integers(1, 15), st.sampled_from([2, 4, 8, 16]))


def test_common_time_has_the_weights_of_the_paper():
    assert metric_weights(4, 4) == (0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4)


def test_seven_eight_is_two_two_three_unless_told():
    assert default_grouping(7, 8) == (2, 2, 3)
    assert metric_weights(7, 8, 2) == (0, -2, -1, -2, -1, -2, -2)
    assert metric_weights(7, 8, 2, (3, 2, 2)) == (0, -2, -2, -1, -2, -1, -2)
    assert beats_of(7, 8) == [0.0, 1.0, 2.0]
    assert beats_of(7, 8, (3, 2, 2)) == [0.0, 1.5, 2.5]


@pytest.mark.parametrize(
    ("metre", "beats", "strong"),
    [
        ((4, 4), [0, 1, 2, 3], [0, 2]),
        ((3, 4), [0, 1, 2], [0]),
        ((6, 8), [0, 1.5], [0]),
        ((9, 8), [0, 1.5, 3], [0]),
        ((12, 8), [0, 1.5, 3, 4.5], [0, 3]),
        ((2, 2), [0, 2], [0]),
        ((5, 4), [0, 1, 2, 3, 4], [0, 3]),
    ],
)
def test_beats_and_strong_beats(metre, beats, strong):
    assert beats_of(*metre) == beats
    assert strong_beats(*metre) == strong


@given(metres, st.sampled_from([4, 8, 12]))
def test_any_metre_has_one_strongest_place_at_the_bar_line(metre, steps):
    numerator, denominator = metre
    if steps % max(1, denominator // 4):
        return
    weights = metric_weights(numerator, denominator, steps)
    assert len(weights) * denominator == steps * 4 * numerator
    assert weights[0] == 0 and max(weights[1:], default=-1) < 0
    on_beats = [weights[round(b * steps)] for b in beats_of(numerator, denominator)]
    off_beats = [w for i, w in enumerate(weights) if i / steps not in beats_of(numerator, denominator)]
    assert min(on_beats) > max(off_beats, default=-99) or numerator in (4, 8, 6)


def test_wrong_metres_are_told():
    with pytest.raises(AntiphonError, match="add up to 7"):
        metric_weights(7, 8, 4, (2, 2))
    with pytest.raises(AntiphonError, match="multiple of 4"):
        metric_weights(7, 16, 1)
    with pytest.raises(AntiphonError, match="1 or more"):
        default_grouping(0, 4)


def test_places_in_a_piece_with_two_metres():
    piece = NoteSequence([], TempoMap(), [Metre(0, 4, 4), Metre(8, 7, 8)])
    assert place_of(piece, 0.0) == (0, 0.0, 0, True, True)
    assert place_of(piece, 3.98)[:3] == (1, pytest.approx(-0.02), 0)
    assert place_of(piece, 6.5)[3:] == (False, False)
    place = place_of(piece, 8 + 3.5 + 2.0)
    assert (place.bar, place.beat_in_bar, place.on_beat, place.strong) == (3, 2.0, True, True)
    assert weight_at(1.0, Metre(0, 6, 8)) < weight_at(1.5, Metre(0, 6, 8))


# ---- syncopation ----


def test_syncopation_of_known_rhythms():
    assert syncopation_lhl([0, 4, 8, 12]) == 0
    assert syncopation_lhl([]) == 0
    # son clave: the notes on 3 and 6 sound over the beats on 4 and 8, two levels stronger each
    assert syncopation_lhl([0, 3, 6, 10, 12]) == 4
    # off-beat eighths: over beat 2 (1), beat 3 (2), beat 4 (1), the bar line (3)
    assert syncopation_lhl([2, 6, 10, 14]) == 7
    assert syncopation_lhl([2, 6, 10, 14], cyclic=False) == 4


@given(st.sets(st.integers(0, 31), max_size=12))
def test_syncopation_is_never_negative_and_filling_up_the_grid_removes_it(steps):
    assert syncopation_lhl(steps) >= 0
    assert syncopation_lhl(range(32)) == 0


def test_syncopation_of_a_piece_counts_each_metre():
    straight = NoteSequence([Note(i, 1, 60) for i in range(8)])
    offbeat = NoteSequence([Note(i + 0.5, 0.5, 60) for i in range(8)])
    assert syncopation_per_bar(straight) == 0
    assert syncopation_per_bar(offbeat) > 3
    assert syncopation_per_bar(NoteSequence()) == 0
    uneven = NoteSequence([Note(i * 0.5, 0.5, 60) for i in range(14)], metres=[Metre(0, 7, 8)])
    assert syncopation_per_bar(uneven) == 0


# ---- swing ----


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("unit", [1.0, 0.5])
def test_swing_put_in_is_measured_and_taken_out(ratio, unit):
    straight = [Note(i * unit / 2, unit / 2, 60) for i in range(32)]
    played = swung(straight, ratio, unit)
    assert swing_ratio([n.beat for n in played], unit) == pytest.approx(ratio, rel=1e-6)
    for one, back in zip(straight, straightened(played, ratio, unit), strict=True):
        assert back.beat == pytest.approx(one.beat) and back.duration == pytest.approx(one.duration)
    assert [n.beat for n in played[::2]] == pytest.approx([n.beat for n in straight[::2]])


def test_swing_of_a_loose_player_and_of_what_does_not_swing():
    draw = random.Random(2)
    loose = [warp(i / 2, 1.8) + draw.gauss(0, 0.015) for i in range(64)]
    assert swing_ratio(loose) == pytest.approx(1.8, abs=0.2)
    assert swing_ratio([i / 4 for i in range(64)]) is None  # running sixteenths
    assert swing_ratio([i / 3 for i in range(64)]) is None  # running triplets
    assert swing_ratio([float(i) for i in range(16)]) is None
    assert swing_ratio([]) is None


@given(st.floats(0, 100), st.floats(1.0, 3.5), st.sampled_from([0.5, 1.0]))
def test_unwarp_is_the_inverse_of_warp(beat, ratio, unit):
    assert unwarp(warp(beat, ratio, unit), ratio, unit) == pytest.approx(beat, abs=1e-9)
