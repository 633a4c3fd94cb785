"""Annealing finds a known optimum and keeps to what is allowed."""

from __future__ import annotations

import itertools
import math
from random import Random

import pytest

from realtime.sampling.annealing import anneal, geometric


def test_annealing_finds_the_shortest_tour():
    """Ten towns on a circle, in disorder: the shortest tour is the circle itself."""
    towns = [(math.cos(k * math.tau / 10), math.sin(k * math.tau / 10)) for k in range(10)]

    def length(tour):
        return sum(math.dist(towns[a], towns[b]) for a, b in itertools.pairwise((*tour, tour[0])))

    def reverse(tour, random: Random):
        i, j = sorted(random.sample(range(11), 2))
        return tour[:i] + tour[i:j][::-1] + tour[j:]

    start = (0, 5, 2, 7, 4, 9, 6, 1, 8, 3)
    found = anneal(start, length, reverse, 4000, geometric(2.0, 0.01), seed=7)
    assert found.energy == pytest.approx(10 * 2 * math.sin(math.pi / 10)) and length(found.state) == found.energy
    again = anneal(start, length, reverse, 4000, geometric(2.0, 0.01), seed=7)
    assert again.state == found.state and again.trace == found.trace and found.trace[0] > found.trace[-1]


def test_annealing_never_enters_what_is_not_allowed():
    met = []

    def propose(x, random):
        met.append(x)
        return x + random.choice((-1, 1))

    found = anneal(8, lambda x: abs(x - 3), propose, 500, seed=1, allowed=lambda x: x >= 5)
    assert found.state == 5 and min(met) == 5
