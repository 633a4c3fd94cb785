"""Beam search: with room for all lines it finds the very best; constraints hold, groups differ."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.sampling.beam import beam_search, stepper
from realtime.sampling.drawing import FORBIDDEN, log_softmax

TOKENS, LENGTH = 4, 4


class Chain:
    """A second-order Markov chain with a state, as a net would have one."""

    def __init__(self, seed: int):
        self.logits = np.random.default_rng(seed).normal(0, 2, (TOKENS + 1, TOKENS + 1, TOKENS))
        self.reset()

    def reset(self):
        self.history = (TOKENS, TOKENS)

    def feed(self, token: int | None) -> np.ndarray:
        if token is not None:
            self.history = (self.history[1], token)
        return self.logits[self.history]

    def step(self):
        def restore(history):
            self.history = history

        return stepper(lambda: self.history, restore, self.feed)

    def log_probability(self, line: tuple[int, ...]) -> float:
        self.reset()
        total = 0.0
        row = log_softmax(self.feed(None))
        for token in line:
            total += row[token]
            row = log_softmax(self.feed(token))
        return total


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_full_beam_finds_the_best_line_of_all(seed):
    chain = Chain(seed)
    found = beam_search((TOKENS, TOKENS), chain.step(), LENGTH, width=TOKENS**LENGTH)
    every = {line: chain.log_probability(line) for line in itertools.product(range(TOKENS), repeat=LENGTH)}
    assert len(found) == len(every)
    assert found[0].tokens == max(every, key=every.__getitem__)
    assert [h.log_probability for h in found] == pytest.approx(sorted(every.values(), reverse=True))


@given(st.integers(0, 10_000), st.floats(0.0, 1.5))
@settings(max_examples=25, deadline=None)
def test_lines_that_may_end_early_are_ranked_by_normed_length(seed, alpha):
    chain, end = Chain(seed), 0
    found = beam_search((TOKENS, TOKENS), chain.step(), LENGTH, 2000, end=end, length_penalty=alpha)

    def legal(line):
        return end not in line[:-1] and (len(line) == LENGTH or line[-1] == end)

    lines = [x for n in range(1, LENGTH + 1) for x in itertools.product(range(TOKENS), repeat=n) if legal(x)]
    best = max(chain.log_probability(x) / ((5 + len(x)) / 6) ** alpha for x in lines)
    assert len(found) == len(lines) and found[0].score(alpha) == pytest.approx(best)


def test_a_beam_of_one_is_greedy_and_a_wider_one_is_no_worse():
    for seed in range(30):
        chain = Chain(seed)
        one, four = (beam_search((TOKENS, TOKENS), chain.step(), 6, width=w)[0].log_probability for w in (1, 64))
        chain.reset()
        row, total = log_softmax(chain.feed(None)), 0.0
        for _ in range(6):
            total += row.max()
            row = log_softmax(chain.feed(int(row.argmax())))
        assert one == pytest.approx(total) and four >= one - 1e-9


def test_constraints_hold_and_a_dead_end_leaves_nothing():
    chain = Chain(3)

    def no_repeats(line, row):
        return np.where(np.isin(np.arange(TOKENS), line), FORBIDDEN, row)

    found = beam_search((TOKENS, TOKENS), chain.step(), TOKENS, width=24, constrain=no_repeats)
    assert {h.tokens for h in found} == set(itertools.permutations(range(TOKENS)))
    assert beam_search((TOKENS, TOKENS), chain.step(), TOKENS + 1, width=24, constrain=no_repeats) == []


def test_groups_that_must_differ_begin_differently():
    chain = Chain(5)
    alike = beam_search((TOKENS, TOKENS), chain.step(), LENGTH, width=4)
    apart = beam_search((TOKENS, TOKENS), chain.step(), LENGTH, width=4, groups=4, diversity=50.0)
    assert len({h.tokens[0] for h in apart}) == 4 > len({h.tokens[0] for h in alike})
    assert apart[0].log_probability == pytest.approx(chain.log_probability(apart[0].tokens))


def test_equal_lines_come_in_the_order_of_their_tokens():
    def step(state, token):
        return np.log(np.full(3, 1 / 3)), None

    assert [h.tokens for h in beam_search(None, step, 2, width=4)] == [(0, 0), (0, 1), (0, 2), (1, 0)]
