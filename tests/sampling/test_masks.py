"""Masks: what they forbid never sounds, and what is no pitch is left alone."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import realtime.sampling.masks as masks
from realtime.music.scale import key_classes
from realtime.sampling.drawing import FORBIDDEN, draw

PITCHES = np.array([masks.NOT_A_PITCH, *range(36, 97)])  # a rest, then five octaves
classes = st.sets(st.integers(0, 11), min_size=1)


@given(classes, st.integers(40, 60), st.integers(12, 36), st.integers(0, 99))
def test_no_forbidden_pitch_gets_through(allowed, lowest, span, seed):
    logits = np.random.default_rng(seed).normal(0, 5, len(PITCHES))
    logits[0] = FORBIDDEN  # no rest either
    scale, span_mask = masks.scale_mask(PITCHES, allowed), masks.range_mask(PITCHES, lowest, lowest + span)
    token = draw(masks.combined(logits, scale, span_mask), Random(seed), 2.0)
    assert PITCHES[token] % 12 in allowed and lowest <= PITCHES[token] <= lowest + span


@given(classes)
def test_a_rest_is_never_touched(allowed):
    parts = (masks.scale_mask(PITCHES, allowed), masks.range_mask(PITCHES, 127, 127, 1.0, 1))
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


def test_range_falls_off_and_then_forbids():
    bias = masks.range_mask(PITCHES, 48, 72, slope=0.5, hard_semitones=12)
    assert [bias[p == PITCHES][0] for p in (60, 74, 47, 84)] == [0, -1, -0.5, FORBIDDEN]


def test_biases_add_up_and_a_ban_stays_a_ban():
    ban = np.array([FORBIDDEN, 0.0, 0.0])
    both = masks.combined(ban, np.array([5.0, 1.0, -2.0]), np.array([1e9, 1.0, 0.5]))
    assert both[0] == FORBIDDEN and both[1:].tolist() == [2.0, -1.5]
    assert masks.scale_mask(PITCHES, key_classes(0, "major")).min() == FORBIDDEN
    assert masks.scale_mask(PITCHES, key_classes(0, "major"), 3.0)[PITCHES == 61].tolist() == [-3.0]
