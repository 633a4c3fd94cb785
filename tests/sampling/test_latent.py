"""Ways through a latent space."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from realtime.sampling.latent import Home, cheapest_walk, even_path, path, slerp

vectors = arrays(np.float64, 8, elements=st.floats(-3, 3))


@given(vectors, vectors, st.floats(0, 1))
def test_the_arc_begins_and_ends_where_it_should_and_keeps_its_length(a, b, fraction):
    assert slerp(a, b, 0.0) == pytest.approx(a, abs=1e-6)
    assert slerp(a, b, 1.0) == pytest.approx(b, abs=1e-6)
    la, lb = np.linalg.norm(a), np.linalg.norm(b)
    if la > 0.1 and lb > 0.1 and abs(a @ b) < 0.99 * la * lb:
        assert np.linalg.norm(slerp(a, b, fraction)) == pytest.approx(la + fraction * (lb - la), rel=1e-6)


def test_paths_have_as_many_points_as_asked():
    points = path(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 5)
    assert len(points) == 5 and points[2] == pytest.approx([0.5**0.5] * 2)
    assert len(path(points[0], points[4], 1)) == 1


def test_even_paths_slow_down_where_the_decoder_leaps():
    def show(z):
        return np.tanh(30 * (np.arctan2(z[1], z[0]) - np.pi / 4))  # all the change lies in the middle of the arc

    def steps(points):
        return np.abs(np.diff([show(z) for z in points]))

    a, b = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    even = even_path(a, b, 8, show, lambda x, y: abs(x - y))
    assert even[0] == pytest.approx(a) and even[-1] == pytest.approx(b) and len(even) == 8
    assert steps(even).max() < 0.4 < 1.0 < steps(path(a, b, 8)).max()
    flat = even_path(a, b, 4, lambda z: 0.0, lambda x, y: abs(x - y))
    assert len(flat) == 4 and flat[-1] == pytest.approx(b)


@given(arrays(np.float64, (7, 7), elements=st.floats(0, 9)), st.integers(2, 7))
def test_the_walk_is_the_cheapest_of_all(cost, count):
    def price(walk):
        return sum(cost[i, j] for i, j in itertools.pairwise(walk))

    walk = cheapest_walk(cost, count)
    every = [(0, *inner, 6) for inner in itertools.combinations(range(1, 6), count - 2)]
    assert tuple(walk) in every and price(walk) == pytest.approx(min(map(price, every)))


def test_wandering_by_nothing_stays_and_by_all_leaves():
    home = Home(np.array([[5.0, 0, 0], [-5.0, 0, 0]], np.float32), np.array([0.5, 0.5], np.float32), np.eye(3) * 0.1)
    start = np.array([5.0, 0.1, 0.0])
    random = np.random.default_rng(1)
    assert home.wander(start, 0.0, random) == pytest.approx(start, abs=1e-6)
    ends = np.array([home.wander(start, 1.0, random) for _ in range(40)])
    assert (np.abs(np.abs(ends[:, 0]) - 5) < 1).all() and (ends[:, 0] < 0).any() and (ends[:, 0] > 0).any()
