"""Beam search over any step interface; [player process]. Sources: Lowerre 1976; length normalisation Wu et al. 2016; diverse
groups Vijayakumar et al. 2018."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from realtime.sampling.drawing import FORBIDDEN, log_softmax

State = TypeVar("State")
Step = Callable[[State, int | None], tuple[np.ndarray, State]]
"""step(state, token) -> (log-probabilities (n,) of what follows, the state after): token None is the very start.
`state` must be left as it was, for several hypotheses share it."""


def stepper(
    save: Callable[[], State], restore: Callable[[State], object], feed: Callable[[int | None], np.ndarray]
) -> Step:
    """The step interface of a net that carries its own state: `feed` gives it a token (None: the start) and returns the
    logits that follow."""

    def step(state: State, token: int | None) -> tuple[np.ndarray, State]:
        restore(state)
        return log_softmax(feed(token)), save()

    return step


@dataclass(slots=True)
class Hypothesis(Generic[State]):
    """One line of the search. `log_probability` is the sum over its tokens, `penalty` what diversity has cost it."""

    tokens: tuple[int, ...]
    log_probability: float
    state: State
    ended: bool = False
    penalty: float = 0.0

    def score(self, length_penalty: float) -> float:
        """Log-probability over ((5 + length) / 6) ** length_penalty: 0 favours short lines, 1 is about the mean."""
        return (self.log_probability - self.penalty) / ((5 + len(self.tokens)) / 6) ** length_penalty


def beam_search(
    start: State,
    step: Step,
    length: int,
    width: int = 4,
    end: int | None = None,
    length_penalty: float = 0.0,
    groups: int = 1,
    diversity: float = 0.0,
    constrain: Callable[[tuple[int, ...], np.ndarray], np.ndarray] | None = None,
    top_k: int = 0,
) -> list[Hypothesis]:
    """Up to `width` best lines of at most `length` tokens, best first; ties go to the smaller tokens, so that equal
    input gives equal output.

    end: the token that ends a line. groups: `width` is shared out among so many groups, and each token that an earlier
    group takes at the same place costs a later one `diversity` nats. constrain(tokens so far, log-probabilities) ->
    log-probabilities biased, FORBIDDEN where a token must not stand; a line that can go nowhere is dropped. top_k: only
    the k likeliest followers of a line are looked at (0: all). Returns [] if the constraints leave no line.
    Cost: one `step` a line and token.
    """
    groups = max(1, min(groups, width))
    shares = [width // groups + (g < width % groups) for g in range(groups)]
    first, state = step(start, None)
    beams: list[list[Hypothesis]] = [[Hypothesis((), 0.0, state)] for _ in range(groups)]
    followers: dict[tuple[int, ...], np.ndarray] = {(): first}
    for place in range(length):
        taken = np.zeros(len(first))
        chosen: list[list[Hypothesis]] = []
        for beam, share in zip(beams, shares, strict=True):
            grown = [h for h in beam if h.ended]
            for line in beam:
                if not line.ended:
                    grown += _children(line, followers[line.tokens], taken * diversity, constrain, end, top_k, share)
            kept = sorted(grown, key=lambda h: (-h.score(length_penalty), h.tokens))[:share]
            for line in kept:
                if len(line.tokens) > place:
                    taken[line.tokens[-1]] += 1
            chosen.append(kept)
        followers, states = _advance(chosen, place, length, step, followers)
        for beam in chosen:
            for line in beam:
                line.state = states.get(line.tokens, line.state)
        beams = chosen
        if all(h.ended for beam in beams for h in beam):
            break
    lines = {h.tokens: h for beam in beams for h in beam}.values()
    for line in lines:
        line.penalty = 0.0
    return sorted(lines, key=lambda h: (-h.score(length_penalty), h.tokens))[:width]


def _children(
    line: Hypothesis,
    log_probabilities: np.ndarray,
    penalties: np.ndarray,
    constrain: Callable | None,
    end: int | None,
    top_k: int,
    share: int,
) -> list[Hypothesis]:
    """The likeliest followers of one line: no more than its group can keep."""
    row = log_probabilities if constrain is None else constrain(line.tokens, log_probabilities)
    order = np.argsort(-(row - penalties), kind="stable")[: min(top_k or share, share)]
    return [
        Hypothesis(
            (*line.tokens, int(t)),
            line.log_probability + float(row[t]),
            line.state,
            end is not None and int(t) == end,
            line.penalty + float(penalties[t]),
        )
        for t in order
        if row[t] > FORBIDDEN / 2
    ]


def _advance(
    beams: list[list[Hypothesis]], place: int, length: int, step: Step, followers: dict
) -> tuple[dict[tuple[int, ...], np.ndarray], dict]:
    """What may follow each living line, and its new state; nothing is computed after the last token."""
    rows: dict[tuple[int, ...], np.ndarray] = {}
    states: dict = {}
    for beam in beams:
        for line in beam:
            if not line.ended and line.tokens not in rows and place + 1 < length:
                rows[line.tokens], states[line.tokens] = step(line.state, line.tokens[-1])
    return rows, states
