"""Parts of what somebody played: found again by factorisation, by role, and as cells that sound as it was played."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import realtime.models.collage.code as code
from realtime.models.collage import Collage
from realtime.models.collage.energy import Goal
from realtime.models.collage.parts import MOST_PARTS, activations, factorised, half_bar
from realtime.session.paths import MODELS


@pytest.fixture(scope="module")
def collage() -> Collage:
    return Collage.load(MODELS / "collage.onnx")


def test_few_half_bars_are_parts_as_they_are():
    rolls = np.eye(6, 40, dtype=np.float32)
    assert sorted(map(tuple, factorised(np.concatenate((rolls, rolls, np.zeros((3, 40)))), 12))) == sorted(
        map(tuple, rolls)
    )


def test_the_parts_of_sums_are_found():
    dice = np.random.default_rng(1)
    hidden = np.zeros((5, 60))
    for k in range(5):
        hidden[k, 12 * k : 12 * k + 5] = 1.0
    picked = np.array([dice.permutation(5)[: dice.integers(1, 3)] for _ in range(80)], dtype=object)
    rolls = np.array([np.minimum(1.0, hidden[list(rows)].sum(axis=0)) for rows in picked])
    parts = factorised(rolls, 5)
    for wanted in hidden:
        likeness = parts @ wanted / (np.linalg.norm(parts, axis=1) * np.linalg.norm(wanted))
        assert likeness.max() > 0.95
    found = activations(rolls, parts) @ parts
    assert float(np.abs(found - rolls).mean()) < 0.02


def test_one_half_bar_is_split_by_role():
    struck = [(0.0, 36, 0.8), (0.0, 60, 0.5), (0.0, 64, 0.5), (0.0, 76, 1.0), (1.5, 74, 0.2), (1.0, 43, 0.5)]
    found = half_bar(struck, root=0, quality=code.MAJOR, tonic=7)
    assert found.chord == 5
    assert [row[:2] for row in found.notes["melody"]] == [(0, 28), (6, 26)]
    assert [row[:2] for row in found.notes["bass"]] == [(0, -12), (4, -5)]
    assert [row[:2] for row in found.notes["inner"]] == [(0, 12), (0, 16)]
    assert found.notes["melody"][0][2] > found.notes["melody"][1][2]


@pytest.mark.parametrize("key", [0, 21, 108, 127])
def test_what_lies_beyond_a_role_comes_by_octaves(key):
    for role, rows in half_bar([(0.0, key, 0.5)], root=11, quality=code.MINOR, tonic=0).notes.items():
        for _, above, _ in rows:
            assert code.LOWEST[role] <= above < code.LOWEST[role] + code.HEIGHT[role]


def played(count: int, seed: int = 1):
    dice = Random(seed)
    rows = []
    for _ in range(count):
        tune = [(0.5 * k, dice.choice((60, 62, 64, 65, 67, 69, 71, 72)), 0.7) for k in range(4)]
        rows.append(half_bar([(0.0, 36, 0.8), (1.0, 55, 0.5), *tune], 0, code.MAJOR, 0))
    return rows


def test_a_cell_of_yours_sounds_as_you_played_it(collage):
    heard = played(16)
    *_, cells = collage.learn(heard)
    assert len(cells) == len(heard)
    for one, cell in zip(heard, cells, strict=True):
        for role in code.ROLES:
            sounds = {row[:2] for row in collage.notes_of(role, getattr(cell, role))}
            assert sounds == {row[:2] for row in one.notes.get(role, ())}, role


def test_many_half_bars_are_few_parts(collage):
    for _ in collage.learn(played(120)):
        pass
    assert all(0 < len(collage.own[role]) <= MOST_PARTS[role] for role in code.ROLES)


def test_a_line_of_yours_is_of_your_parts_alone_and_over_the_chords_that_are_given(collage):
    *_, cells = collage.learn(played(16))
    given = {role: len(collage.levels[role]) for role in code.ROLES}
    collage.pools = {role: range(given[role], collage.count(role)) for role in code.ROLES}
    goal = Goal(8, chords=(0, 0, 5, 5, 7, 7, 0, 0))
    try:
        *_, found = collage.search(goal, 1, 60, cells)
    finally:
        collage.pools = {role: range(given[role]) for role in code.ROLES}
    assert tuple(cell.chord for cell in found.cells) == goal.chords
    assert all(part >= given[role] for cell in found.cells for role in code.ROLES for part in getattr(cell, role))


def test_a_variation_keeps_the_first_bar_and_changes_as_much_as_it_is_told(collage):
    goal = Goal(16)
    *_, found = collage.search(goal, 3, 40)
    for amount in (0.0, 0.5, 1.0):
        line = collage.varied(found.cells, goal, amount, Random(1))
        changed = sum(a != b for a, b in zip(found.cells, line, strict=True))
        assert line[:2] == found.cells[:2] and changed <= 7
        assert (changed == 0) == (amount == 0.0)


def test_annealing_bit_by_bit_comes_to_the_same_as_at_once(collage):
    goal = Goal(8)
    *_, found = collage.search(goal, 5, 50)
    assert found.cells == collage.assemble(goal, 5, 50).cells and found.energy <= found.greedy_energy
