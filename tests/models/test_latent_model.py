"""Ways through a latent space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from realtime.models.latent import Home, path, slerp

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


def test_wandering_by_nothing_stays_and_by_all_leaves():
    home = Home(np.array([[5.0, 0, 0], [-5.0, 0, 0]], np.float32), np.array([0.5, 0.5], np.float32), np.eye(3) * 0.1)
    start = np.array([5.0, 0.1, 0.0])
    random = np.random.default_rng(1)
    assert home.wander(start, 0.0, random) == pytest.approx(start, abs=1e-6)
    ends = np.array([home.wander(start, 1.0, random) for _ in range(40)])
    assert (np.abs(np.abs(ends[:, 0]) - 5) < 1).all() and (ends[:, 0] < 0).any() and (ends[:, 0] > 0).any()
