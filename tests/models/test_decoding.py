"""Drawing notes: probabilities are probabilities and masks hold."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.models.decoding import (
    FORBIDDEN,
    allow_only,
    draw,
    draw_rows,
    key_bias,
    probabilities,
    range_bias,
    repetition_bias,
)

logits = st.lists(st.floats(-20, 20), min_size=2, max_size=40).map(np.array)


@given(logits, st.floats(0.05, 3.0), st.floats(0.05, 1.0))
def test_probabilities_sum_to_one_and_keep_the_order(x, temperature, top_p):
    p = probabilities(x, temperature, top_p)
    assert p.sum() == pytest.approx(1.0) and x[p.argmax()] == pytest.approx(x.max())


@given(logits, st.integers(0, 1000), st.data())
def test_what_is_forbidden_is_never_drawn(x, seed, data):
    allowed = data.draw(st.sets(st.integers(0, len(x) - 1), min_size=1))
    assert draw(allow_only(x, allowed), Random(seed), 1.5) in allowed


def test_all_forbidden_is_told_and_zero_temperature_is_the_likeliest():
    assert draw(np.full(4, FORBIDDEN), Random(0)) == -1
    assert {draw(np.array([0.0, 2.0, 1.0]), Random(s), 0.0) for s in range(20)} == {1}


def test_draws_follow_the_probabilities():
    random = Random(7)
    counts = Counter(draw(np.log([0.5, 0.3, 0.2]), random) for _ in range(20_000))
    assert [counts[i] / 20_000 for i in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.015)


def test_the_nucleus_drops_the_tail():
    assert probabilities(np.log([0.6, 0.3, 0.07, 0.03]), top_p=0.85).tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0])


def test_biases_of_key_and_range():
    assert [b == 0 for b in key_bias(0, frozenset({0, 4, 7}), 12, 3.0)] == [i in (0, 4, 7) for i in range(12)]
    bias = range_bias(10, 20, 40)
    assert bias[15] == 0 and bias[8] == -2 and bias[23] == -3 and bias[33] == FORBIDDEN


def test_top_k_and_min_p_keep_the_likeliest_and_share_out_the_rest():
    x = np.log([0.5, 0.3, 0.15, 0.05])
    assert probabilities(x, top_k=2).tolist() == pytest.approx([5 / 8, 3 / 8, 0, 0])
    assert probabilities(x, min_p=0.25).tolist() == pytest.approx([0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0])
    assert probabilities(np.zeros(5), top_k=3).tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0, 0])
    assert probabilities(x, top_k=99).tolist() == pytest.approx([0.5, 0.3, 0.15, 0.05])


@given(logits, st.integers(0, 50), st.floats(0.0, 1.0), st.floats(0.05, 1.0))
def test_however_cut_the_likeliest_stays_and_all_is_shared_out(x, top_k, min_p, top_p):
    p = probabilities(x, 1.0, top_p, top_k, min_p)
    assert p.sum() == pytest.approx(1.0) and p[x.argmax()] == p.max() > 0
    assert top_k == 0 or (p > 0).sum() <= top_k


def test_what_was_played_often_becomes_less_likely():
    bias = repetition_bias([3, 3, 1, 9, -1], 5, 0.5)
    assert bias.tolist() == [0, -0.5, 0, -1.0, 0]
    assert repetition_bias([3, 3, 1], 5, 0.5, window=1).tolist() == [0, -0.5, 0, 0, 0]


def test_rows_are_drawn_as_one_by_one():
    rows = np.random.default_rng(0).normal(size=(6, 9))
    one = Random(4)
    assert draw_rows(rows, Random(4)).tolist() == [draw(row, one) for row in rows]
