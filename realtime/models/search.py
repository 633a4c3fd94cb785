"""Searching instead of drawing: beam search over any step interface and simulated annealing over any state;
[player process]. Sources: Lowerre 1976; length normalisation Wu et al. 2016; diverse groups Vijayakumar et al. 2018;
Kirkpatrick, Gelatt & Vecchi 1983."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from random import Random
from typing import Generic, TypeVar

import numpy as np

from realtime.models.decoding import FORBIDDEN

State = TypeVar("State")
Step = Callable[[State, int | None], tuple[np.ndarray, State]]
"""step(state, token) -> (log-probabilities (n,) of what follows, the state after): token None is the very start.
`state` must be left as it was, for several hypotheses share it."""


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities of (..., n) logits along the last axis, float64; FORBIDDEN stays forbidden."""
    logits = np.asarray(logits, dtype=np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.where(logits <= FORBIDDEN / 2, FORBIDDEN, out)


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


@dataclass(slots=True)
class Annealed(Generic[State]):
    """The best state met, its energy, the energies on the way (one each `trace_every` steps) and how many proposals were
    taken."""

    state: State
    energy: float
    trace: list[float] = field(default_factory=list)
    accepted: int = 0


def geometric(hot: float, cold: float) -> Callable[[float], float]:
    """Temperature over the fraction done (0..1), falling by equal factors from hot to cold (> 0)."""
    return lambda fraction: hot * (cold / hot) ** fraction


def anneal(
    start: State,
    energy: Callable[[State], float],
    propose: Callable[[State, Random], State],
    steps: int,
    temperature: Callable[[float], float] | None = None,
    seed: int = 1,
    allowed: Callable[[State], bool] | None = None,
    trace_every: int = 100,
    should_stop: Callable[[], bool] | None = None,
) -> Annealed:
    """Simulated annealing: proposals that raise the energy are taken with probability exp(-rise / temperature).

    propose returns a new state and leaves the old one as it is. allowed: proposals it refuses are never entered (`start`
    is not asked). Infinite energies are never entered either. temperature: see `geometric`; none given: from 1 to 0.01.
    The same seed gives the same result.
    """
    heat = temperature or geometric(1.0, 0.01)
    random = Random(seed)
    now, now_energy = start, energy(start)
    best = Annealed(now, now_energy, [now_energy])
    for i in range(steps):
        if should_stop is not None and should_stop():
            break
        candidate = propose(now, random)
        dice = random.random()
        if allowed is None or allowed(candidate):
            there = energy(candidate)
            rise = there - now_energy
            if there < math.inf and (rise <= 0 or dice < math.exp(-rise / max(1e-12, heat(i / max(1, steps - 1))))):
                now, now_energy = candidate, there
                best.accepted += 1
                if now_energy < best.energy:
                    best.state, best.energy = now, now_energy
        if (i + 1) % trace_every == 0:
            best.trace.append(now_energy)
    return best


def greedy(
    options: Callable[[tuple[Hashable, ...]], list[Hashable]],
    cost: Callable[[tuple[Hashable, ...]], float],
    length: int,
) -> tuple[tuple[Hashable, ...], float]:
    """The line built by taking, at each place, the option of least cost so far (the first of equal ones). Raises
    ValueError where a place has no option."""
    line: tuple[Hashable, ...] = ()
    for place in range(length):
        found = [(cost((*line, option)), i, option) for i, option in enumerate(options(line))]
        if not found:
            raise ValueError(f"nothing may stand at place {place}")
        line = (*line, min(found, key=lambda f: f[:2])[2])
    return line, cost(line)
