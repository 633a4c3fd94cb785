"""Voice leading through a progression: the cheapest way there is, never dearer than chord by chord."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.music.chord import QUALITIES, Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import Key
from realtime.music.voiceleading import (
    FAULT_COST,
    FREE,
    SATB,
    STRICT,
    Rules,
    faults,
    lead,
    progression_cost,
    voicings_of,
)
from realtime.music.voiceleading_path import lead_through, moving_costs
from realtime.native.errors import AntiphonError

C = Key(0, "major")
LEAD_SHEET = [parse_chord(s) for s in "C Am F G7 C E7 Am D7/F# G".split()]  # noqa: SIM905  # reads as a lead sheet
IN_C = [parse_chord(s) for s in "C Dm Em F G Am Bdim Cmaj7 Dm7 Em7 Fmaj7 G7 Am7 Bm7b5".split()]  # noqa: SIM905
RANGES = ((40, 55), (48, 62), (55, 69), (60, 74), (62, 79))
KEYS = st.sampled_from([None, C, Key(9, "minor"), Key(4, "major")])
CHORDS = st.builds(Chord, st.integers(0, 11), st.sampled_from(sorted(QUALITIES)), st.sampled_from([-1, -1, 3, 7]))


def chord_by_chord(chords, voices=4, rules=STRICT, key=None):
    found, previous, before = [], None, None
    for chord in chords:
        previous = lead(previous, chord, voices, rules, key, before)
        before = chord
        found.append(previous)
    return found


@given(st.lists(CHORDS, min_size=1, max_size=5), KEYS, st.sampled_from([3, 4, 5]), st.sampled_from([None, 1, 8]))
@settings(max_examples=40, deadline=None)
def test_it_never_costs_more_than_chord_by_chord(chords, key, voices, beam):
    rules = Rules(ranges=RANGES[:voices])
    found = lead_through(chords, voices, rules, key, beam=beam)
    steps = chord_by_chord(chords, voices, rules, key)
    assert progression_cost(found, chords, rules, key) <= progression_cost(steps, chords, rules, key)
    for chord, voicing in zip(chords, found, strict=True):
        assert voicing == sorted(voicing) and voicing[0] % 12 == chord.bass
        assert {p % 12 for p in voicing} <= chord.classes
        assert all(low <= p <= high for p, (low, high) in zip(voicing, rules.ranges, strict=True))


@given(st.lists(CHORDS, min_size=2, max_size=3), KEYS)
@settings(max_examples=15, deadline=None)
def test_no_way_is_cheaper(chords, key):
    rules = Rules(ranges=((40, 52), (52, 64), (57, 71)))
    steps = chord_by_chord(chords, 3, rules, key)
    choices = [[*voicings_of(c, rules.ranges, rules), g] for c, g in zip(chords, steps, strict=True)]
    cheapest = min(progression_cost(way, chords, rules, key) for way in itertools.product(*choices))
    found = lead_through(chords, 3, rules, key, beam=None)
    assert progression_cost(found, chords, rules, key) == cheapest


PITCHES = st.lists(st.lists(st.integers(38, 84), min_size=4, max_size=4), min_size=1, max_size=4)


@given(PITCHES, PITCHES, CHORDS, CHORDS, KEYS, st.sampled_from([STRICT, FREE]))
@settings(max_examples=150, deadline=None)
def test_faults_are_counted_as_they_are_named(before, now, chord, following, key, rules):
    costs = moving_costs(np.array(before), np.array(now), rules, chord, following, key)
    for (i, old), (j, new) in itertools.product(enumerate(before), enumerate(now)):
        both = len(faults([old, new], rules, [chord, following], key))
        alone = len(faults([old], rules, [chord], key)) + len(faults([new], rules, [following], key))
        assert costs[i, j] == sum(abs(a - b) for a, b in zip(old, new, strict=True)) + FAULT_COST * (both - alone)


def test_two_chords_of_a_key_never_go_in_parallels():
    for pair in itertools.permutations(IN_C, 2):
        names = {fault.name for fault in faults(lead_through(pair, key=C), STRICT, pair, C)}
        assert not any("parallel" in name for name in names), [str(chord) for chord in pair]


def test_it_sees_further_than_the_next_chord():
    found, steps = lead_through(LEAD_SHEET, key=C), chord_by_chord(LEAD_SHEET, key=C)
    assert faults(found, STRICT, LEAD_SHEET, C) == []
    assert progression_cost(found, LEAD_SHEET, key=C) < progression_cost(steps, LEAD_SHEET, key=C)


def test_the_rest_of_the_way_stays_the_cheapest():
    whole = lead_through(LEAD_SHEET, key=C, beam=None)
    rest = lead_through(LEAD_SHEET[4:], key=C, previous=whole[3], previous_chord=LEAD_SHEET[3], beam=None)
    cost = progression_cost(whole, LEAD_SHEET, key=C)
    assert progression_cost([*whole[:4], *rest], LEAD_SHEET, key=C) == cost


def test_a_melody_is_kept_above():
    melody = [72, None, 69, 67]
    found = lead_through(LEAD_SHEET[:4], key=C, sopranos=melody)
    assert [v[3] for v in found[:1] + found[2:]] == [72, 69, 67]
    assert [v[3] for v in lead_through(LEAD_SHEET[:1], sopranos=[76])] == [76]


def test_what_cannot_be_voiced():
    assert lead_through([]) == []
    with pytest.raises(AntiphonError, match="widen"):
        lead_through(LEAD_SHEET, rules=Rules(ranges=((40, 41), *SATB[1:])))
    with pytest.raises(AntiphonError, match="one range a voice"):
        lead_through(LEAD_SHEET, voices=3)
    with pytest.raises(AntiphonError, match="number of voices"):
        lead_through(LEAD_SHEET, previous=[48, 55, 64])


def test_a_soprano_that_leaps_far_takes_the_others_along():
    chord = parse_chord("F")
    voicing = lead([40, 48, 55, 60], chord, soprano=81)
    assert voicing[3] == 81 and faults([voicing]) == []
