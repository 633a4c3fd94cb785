"""Masks: what they forbid never sounds, what is no pitch is left alone, metres are counted as musicians count them."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.models import masks
from realtime.models.decoding import FORBIDDEN, draw
from realtime.music.scale import key_classes

PITCHES = np.array([masks.NOT_A_PITCH, *range(36, 97)])  # a rest, then five octaves
classes = st.sets(st.integers(0, 11), min_size=1)


@given(classes, st.integers(40, 60), st.integers(12, 36), st.sets(st.integers(36, 96), max_size=20), st.integers(0, 99))
def test_no_forbidden_pitch_gets_through(allowed, lowest, span, forbidden, seed):
    logits = np.random.default_rng(seed).normal(0, 5, len(PITCHES))
    logits[0] = FORBIDDEN  # no rest either
    biased = masks.applied(
        logits,
        masks.scale_mask(PITCHES, allowed),
        masks.range_mask(PITCHES, lowest, lowest + span),
        masks.forbid_pitches(PITCHES, forbidden),
    )
    token = draw(biased, Random(seed), 2.0)
    left = {p for p in range(lowest, lowest + span + 1) if p % 12 in allowed and 36 <= p <= 96} - forbidden
    assert (token == -1) == (not left)
    if left:
        assert PITCHES[token] in left


@given(classes, st.floats(0.0, 1.0))
def test_a_rest_is_never_touched(allowed, accent):
    parts = [
        masks.scale_mask(PITCHES, allowed),
        masks.chord_mask(PITCHES, allowed, accent),
        masks.range_mask(PITCHES, 127, 127, 1.0, 1),
        masks.leap_mask(PITCHES, 0, 1),
        masks.forbid_pitches(PITCHES, range(128)),
    ]
    assert all(bias[0] == 0 for bias in parts)


@given(st.lists(classes, max_size=4), st.integers(0, 99))
def test_relaxed_masks_always_leave_a_choice(sets, seed):
    logits = np.random.default_rng(seed).normal(size=len(PITCHES))
    logits[0] = FORBIDDEN
    biased = masks.relaxed(logits, *[masks.scale_mask(PITCHES, s) for s in sets])
    token = draw(biased, Random(seed))
    assert token > 0
    if sets:  # the first, the most important, always holds
        assert PITCHES[token] % 12 in sets[0]


def test_chord_tones_rule_on_strong_beats_and_only_there():
    c_major = frozenset({0, 4, 7})
    strong, weak = (masks.chord_mask(PITCHES, c_major, accent) for accent in (1.0, 0.0))
    assert {int(p) % 12 for p in PITCHES[1:][strong[1:] == 0]} == c_major and not weak.any()
    soft = masks.chord_mask(PITCHES, c_major, 0.5, strength=4.0, weak=1.0)
    assert soft[PITCHES == 61][0] == -2.5 and soft[PITCHES == 60][0] == 0


def test_range_falls_off_and_then_forbids():
    bias = masks.range_mask(PITCHES, 48, 72, slope=0.5, hard_semitones=12)
    assert [bias[p == PITCHES][0] for p in (60, 74, 47, 84)] == [0, -1, -0.5, FORBIDDEN]


def test_leaps_are_measured_from_the_note_before():
    allowed = PITCHES[masks.leap_mask(PITCHES, 60, 4) == 0]
    assert set(allowed.tolist()) == {-1, *range(56, 65)} and not masks.leap_mask(PITCHES, None, 4).any()


def test_metre_allows_only_places_of_the_grid():
    onsets = np.array([-1, 0, 6, 7, 12, 18, 96, 103])
    bias = masks.metre_mask(onsets, 96, masks.grid_places(96, 12))
    assert (bias == 0).tolist() == [True, True, False, False, True, False, True, False]
    soft = masks.metre_mask(onsets, 96, lambda place: place % 6 == 0, strength=2.0)
    assert soft.tolist() == [0, 0, 0, -2, 0, 0, 0, -2]
    assert masks.grid_places(48, 12, swing_ticks=4) == [0, 16, 24, 40]


def test_tokens_can_be_shut_out_by_number():
    assert masks.forbid_tokens(4, [1, 2]).tolist() == [0, FORBIDDEN, FORBIDDEN, 0]
    assert masks.only_tokens(4, [1, 2]).tolist() == [FORBIDDEN, 0, 0, FORBIDDEN]


@pytest.mark.parametrize(
    "metre, weights",
    [
        ((4, 4), {0: 1, 24: 0.5, 48: 0.75, 72: 0.5, 12: 0.25, 6: 0, 96: 1}),
        ((3, 4), {0: 1, 24: 0.5, 48: 0.5, 12: 0.25}),
        ((6, 8), {0: 1, 12: 0.5, 36: 0.75, 48: 0.5, 72: 1}),
        ((7, 8), {0: 1, 24: 0.75, 48: 0.75, 60: 0.5, 84: 1}),
        ((5, 4), {0: 1, 72: 0.75, 24: 0.5}),
        ((1, 4), {0: 1, 24: 1, 12: 0.25}),
    ],
)
def test_accents_are_those_musicians_count(metre, weights):
    assert {tick: masks.accent(tick, *metre) for tick in weights} == weights


def test_biases_add_up_and_a_ban_stays_a_ban():
    both = masks.combined(masks.forbid_tokens(3, [0]), np.array([5.0, 1.0, -2.0]), np.array([1e9, 1.0, 0.5]))
    assert both[0] == FORBIDDEN and both[1:].tolist() == [2.0, -1.5]
    assert masks.scale_mask(PITCHES, key_classes(0, "major")).min() == FORBIDDEN
