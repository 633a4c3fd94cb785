"""The collage at run time: rolls, costs, search, guard, and the shipped package."""

from random import Random

import numpy as np
import pytest

import realtime.models.collage.code as code
from realtime.models.collage.energy import Cell, Energy, Goal, Sounding
from realtime.models.collage.model import CHANNELS, Collage
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError


@pytest.fixture(scope="module")
def collage() -> Collage:
    return Collage.load()


def test_rolls_hold_their_notes_and_fold_thirds():
    notes = np.array([[4.0, 1.0, 57 + 3, 100.0], [5.5, 0.5, 57 + 7, 64.0]])  # C and E over A minor
    roll = code.roll_of(notes, 4.0, 9, code.MINOR, "inner")
    found = code.onsets_of(roll, "inner", 0.1, 3)
    assert [(s, p) for s, p, _ in found] == [(0, 4), (6, 7)]  # the minor third is written as a third
    assert [code.pitch_of(p, 9, code.MINOR) for _, p, _ in found] == [60, 64]
    assert code.pitch_of(4, 9, code.MAJOR) == 61


def flat_energy(goal: Goal, sound) -> Energy:
    return Energy(goal, np.log(np.full((2, 24, 24), 1 / 24)), sound)


def test_leaps_and_wrong_notes_cost():
    melodies = {0: ((0, 24, 0.8), (4, 19, 0.8)), 1: ((0, 24, 0.8), (4, 37, 0.8)), 2: ((0, 25, 0.8), (4, 18, 0.8))}

    def sound(cell: Cell) -> Sounding:
        return Sounding(((0, -12, 0.5),), ((0, 4, 0.5), (4, 7, 0.5)), melodies[cell.melody[0]])

    energy = flat_energy(Goal(8, density=2.0), sound)
    smooth, leaping, wrong = (energy.at(1, Cell(0, (0,), (0,), (k,))) for k in range(3))
    assert smooth < leaping and smooth < wrong


def test_the_form_repeats_phrases_but_not_cadences():
    goal = Goal(64)
    assert goal.letter(0) == goal.letter(8) == goal.letter(24) == "A" and goal.letter(16) == "B"
    assert goal.model_of(8) == 0 and goal.model_of(24) == 0 and goal.model_of(3) is None
    assert goal.model_of(16) is None and goal.model_of(14) is None
    assert goal.wanted_density(7) == 1.0


def test_search_beats_greed_and_greed_beats_chance(collage):
    goal = Goal(16)
    energy = collage.energy_of(goal)
    random = Random(1)
    chance = np.mean([energy(tuple(collage.random_cell(random) for _ in range(16))) for _ in range(4)])
    found = collage.assemble(goal, 1, 1500)
    assert found.energy < found.greedy_energy < chance
    assert energy(found.cells) == pytest.approx(found.energy)


def test_the_same_seed_gives_the_same_song(collage):
    a, b, c = (collage.generate(None, 8, seed, effort=60).notes for seed in (1, 1, 2))
    assert a == b != c
    assert {n.channel for n in a} == set(CHANNELS.values())
    assert max(n.beat for n in a) < 32.0 and all(n.duration > 0 for n in a)


def test_no_run_of_twelve_notes_is_the_songs(collage):
    made = collage.generate(None, 16, 5, effort=60)
    assert collage.copies(made.notes) == []


def test_the_guard_finds_a_run_it_knows(collage):
    pairs = [(2, 12), (-1, 12), (3, 6), (-2, 6), (1, 24), (4, 12), (-3, 12), (2, 6), (-1, 6), (5, 24), (-4, 12)]
    notes, pitch, tick = [Note(0.0, 0.5, 60)], 60, 0
    for interval, ticks in pairs:
        pitch, tick = pitch + interval, tick + ticks
        notes.append(Note(tick / 24, 0.5, pitch))
    assert collage.copies(notes) == []
    before = collage.guard.table.copy()
    collage.guard.table = before.copy()
    collage.guard.add(pairs)
    try:
        assert collage.copies(notes) == [tick / 24]
    finally:
        collage.guard.table = before


@pytest.mark.parametrize("count", (1, 2, 2000))
def test_prompts_of_any_length(collage, count):
    prompt = NoteSequence([Note(i * 0.5, 0.5, 57 + i * 7 % 24) for i in range(count)], metres=[Metre(0.0, 2, 4)])
    assert collage.generate(prompt, 4, 1, effort=20).notes


def test_half_bars_of_other_metres_are_refused_in_one_sentence(collage):
    changing = NoteSequence([Note(0.0, 1.0, 60)], metres=[Metre(0.0, 4, 4), Metre(8.0, 7, 8)])
    with pytest.raises(AntiphonError, match="7/8 at beat 8, but collage joins half bars of 4/4"):
        collage.generate(changing, 4, 1)


def test_bad_prompts_and_parameters_give_a_sentence(collage):
    with pytest.raises(AntiphonError, match="no pitched notes"):
        collage.generate(NoteSequence(), 4, 1)
    with pytest.raises(AntiphonError, match="no parameter swing"):
        collage.generate(None, 4, 1, swing=1.0)


def test_analysis_finds_the_part_that_sounds(collage):
    part = max(range(collage.count("inner")), key=lambda k: len(collage.notes_of("inner", (k,))))
    roll = np.zeros((code.STEPS, code.HEIGHT["inner"]), np.float32)
    for step, above, loud in collage.notes_of("inner", (part,)):
        roll[step, above - code.LOWEST["inner"]] = loud
    silent = {role: np.zeros(code.size(role), np.float32) for role in code.ROLES}
    found = collage.analyse({**silent, "inner": roll.reshape(-1)})
    assert part in np.argsort(-found["inner"])[:4] and found["bass"].max() < 1e-3
