"""Simulated annealing over any state; [player process] (Kirkpatrick, Gelatt & Vecchi 1983)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Generic, TypeVar

State = TypeVar("State")


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


def annealing(
    start: State,
    energy: Callable[[State], float],
    propose: Callable[[State, Random], State],
    steps: int,
    temperature: Callable[[float], float] | None = None,
    seed: int = 1,
    allowed: Callable[[State], bool] | None = None,
    trace_every: int = 100,
) -> Iterator[Annealed[State]]:
    """Simulated annealing, a step at a time: yields the best so far (the same object, growing) before the first step and
    after each; for who has to do something else between. Arguments as `anneal`."""
    heat = temperature or geometric(1.0, 0.01)
    random = Random(seed)
    now, now_energy = start, energy(start)
    best = Annealed(now, now_energy, [now_energy])
    yield best
    for i in range(steps):
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
        yield best


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
) -> Annealed[State]:
    """Simulated annealing: proposals that raise the energy are taken with probability exp(-rise / temperature).

    propose returns a new state and leaves the old one as it is. allowed: proposals it refuses are never entered (`start`
    is not asked). Infinite energies are never entered either. temperature: see `geometric`; none given: from 1 to 0.01.
    The same seed gives the same result.
    """
    best = None
    for best in annealing(start, energy, propose, steps, temperature, seed, allowed, trace_every):  # noqa: B007
        if should_stop is not None and should_stop():
            break
    assert best is not None
    return best
