"""Drawing notes: probabilities are probabilities and masks hold."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.sampling.drawing import FORBIDDEN, draw, log_softmax, probabilities

logits = st.lists(st.floats(-20, 20), min_size=2, max_size=40).map(np.array)


@given(logits, st.floats(0.05, 3.0), st.floats(0.05, 1.0))
def test_probabilities_sum_to_one_and_keep_the_order(x, temperature, top_p):
    p = probabilities(x, temperature, top_p)
    assert p.sum() == pytest.approx(1.0) and x[p.argmax()] == pytest.approx(x.max())


@given(logits, st.integers(0, 1000), st.data())
def test_what_is_forbidden_is_never_drawn(x, seed, data):
    allowed = data.draw(st.sets(st.integers(0, len(x) - 1), min_size=1))
    masked = np.full_like(x, FORBIDDEN)
    masked[list(allowed)] = x[list(allowed)]
    assert draw(masked, Random(seed), 1.5) in allowed


def test_all_forbidden_is_told_and_zero_temperature_is_the_likeliest():
    assert draw(np.full(4, FORBIDDEN), Random(0)) == -1
    assert {draw(np.array([0.0, 2.0, 1.0]), Random(s), 0.0) for s in range(20)} == {1}


def test_draws_follow_the_probabilities():
    random = Random(7)
    counts = Counter(draw(np.log([0.5, 0.3, 0.2]), random) for _ in range(20_000))
    assert [counts[i] / 20_000 for i in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.015)


def test_the_nucleus_drops_the_tail():
    assert probabilities(np.log([0.6, 0.3, 0.07, 0.03]), top_p=0.85).tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0])


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


def test_log_probabilities_are_those_of_the_softmax_and_a_ban_stays_a_ban():
    rows = np.array([[0.0, np.log(3.0), FORBIDDEN], [1.0, 1.0, 1.0]], np.float32)
    found = log_softmax(rows)
    assert np.exp(found[0, :2]) == pytest.approx([0.25, 0.75]) and found[0, 2] == FORBIDDEN
    assert np.exp(found[1]) == pytest.approx([1 / 3] * 3)
