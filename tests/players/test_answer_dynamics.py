"""How loud an answer is: the performer's mean and spread, whatever loudness the model learned."""

from __future__ import annotations

from random import Random
from statistics import mean, pstdev

import pytest

from realtime.players.dynamics import Dynamics


def played(dynamics: Dynamics, learned: list[float | None], dice: Random) -> list[float]:
    return [dynamics.velocity(6 * k, v, dice) for k, v in enumerate(learned)]


@pytest.mark.parametrize("own", [0.3, 0.6, 0.9])
def test_learned_velocities_take_on_the_performers_loudness(own):
    dice = Random(1)
    found = played(Dynamics(0.5, 0.1, 1.0, 96, 24), [dice.gauss(own, 0.15) for _ in range(200)], dice)
    assert mean(found) == pytest.approx(0.5, abs=0.04) and pstdev(found) == pytest.approx(0.1, abs=0.04)


def test_a_louder_note_of_the_model_is_played_louder():
    dice, dynamics = Random(2), Dynamics(0.6, 0.1, 1.0, 96, 24)
    wave = [0.4, 0.8] * 20
    found = played(dynamics, wave, dice)
    assert mean(found[1::2]) > 0.1 + mean(found[::2])


@pytest.mark.parametrize("learned", [None, 0.3])
def test_where_the_model_says_nothing_the_bar_line_is_louder_than_the_beat_and_that_than_what_lies_between(learned):
    dynamics, dice = Dynamics(0.6, 0.1, 1.0, 72, 24), Random(2)
    places = [mean(dynamics.velocity(72 + tick, learned, dice) for _ in range(50)) for tick in (0, 24, 12, 6)]
    assert places == sorted(places, reverse=True) and len(set(places)) == 4


@pytest.mark.parametrize("level", [0.0, 0.5, 2.0])
def test_the_level_multiplies_and_nothing_leaves_the_range(level):
    found = played(Dynamics(0.8, 0.2, level, 96, 24), [v / 10 for v in range(1, 10)] + [None], Random(3))
    assert all(0.05 <= v <= 1.0 for v in found)
    assert level or set(found) == {0.05}
