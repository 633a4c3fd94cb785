"""The grader at run time: demands, fingering, practice pieces, and the shipped package."""

import numpy as np
import pytest

import realtime.models.grade.code as code
from realtime.models.grade.model import Grade
from realtime.models.grade.practice import SKILLS, Recipe, skill_of
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError


@pytest.fixture(scope="module")
def grade() -> Grade:
    return Grade.load()


COMMON = Metre(0.0, 4, 4)


def scale(tempo: float = 80.0, count: int = 64, step: float = 0.5, metre: Metre = COMMON) -> NoteSequence:
    steps = (0, 2, 4, 5, 7, 5, 4, 2)
    return NoteSequence(
        [Note(i * step, step, 60 + steps[i % 8]) for i in range(count)], TempoMap([(0.0, tempo)]), [metre]
    )


def named(sequence: NoteSequence) -> dict[str, float]:
    return dict(zip(code.NAMES, code.demands(sequence), strict=True))


def test_demands_say_what_they_name():
    d = named(scale(60.0, step=0.5))
    assert d["pace"] == pytest.approx(1.0, abs=0.05)  # two notes a second
    assert d["hands"] == 0 and d["leaps"] == 0 and d["chord_size"] == 1 and d["black_keys"] == 0
    octaves = NoteSequence([n for i in range(16) for n in (Note(i, 1, 66 + i), Note(i, 1, 78 + i))])
    assert named(octaves)["chord_span"] == 12 and named(octaves)["double_notes"] == 1
    assert (
        named(scale(metre=Metre(0.0, 7, 8)))["odd_metre"] == 1
        and named(scale(metre=Metre(0.0, 3, 4)))["odd_metre"] == 0
    )
    assert named(scale(step=1 / 3))["tuplets"] > 0.5 and named(scale(step=0.25))["tuplets"] == 0


def test_two_channels_are_two_hands_and_one_line_is_one():
    right, left = scale().notes, [Note(i, 1.0, 40 + i % 5, channel=1) for i in range(32)]
    both = NoteSequence([*right, *left])
    assert named(both)["hands"] == 1 and named(scale())["hands"] == 0


def test_fingering_prefers_five_neighbours_to_leaps():
    gaps = np.full(7, 0.2)
    five = code.fingering_cost(np.array([60, 62, 64, 65, 67, 65, 64, 62]), gaps)
    leaps = code.fingering_cost(np.array([60, 79, 58, 77, 60, 81, 62, 80]), gaps)
    assert five < 0.25 * leaps
    assert code.fingering_cost(np.array([60]), np.zeros(0)) == 0.0
    assert leaps > code.fingering_cost(np.array([60, 79, 58, 77, 60, 81, 62, 80]), gaps * 4)


def test_the_left_hand_is_the_mirror_of_the_right():
    up, gaps = np.array([60, 62, 64, 65, 67]), np.full(4, 0.3)
    black = code.BLACK
    assert not black[np.abs(up) % 12].any()
    mirrored = code.fingering_cost(-up, gaps, left=True)
    assert mirrored == pytest.approx(code.fingering_cost(up, gaps))


def test_faster_is_never_easier(grade):
    grades = [grade.estimate(scale(t)).grade for t in (40, 70, 100, 140, 200)]
    assert grades == sorted(grades) and grades[-1] > grades[0] + 0.5


def test_leaps_and_a_second_hand_are_harder(grade):
    plain = scale()
    thrown = NoteSequence([n._replace(pitch=n.pitch + 12 * (i % 2)) for i, n in enumerate(plain.notes)], plain.tempo)
    joined = NoteSequence(
        [*plain.notes, *(n._replace(pitch=n.pitch - 17, channel=1) for n in plain.notes)], plain.tempo
    )
    first = grade.estimate(plain).grade
    assert grade.estimate(thrown).grade > first and grade.estimate(joined).grade > first


def test_an_estimate_names_what_is_hard(grade):
    found = grade.estimate(scale(240.0, step=0.25))
    assert 1.0 <= found.grade <= 10.0 and set(found.demands) == set(code.NAMES)
    assert "grade" in str(found) and len(found.along) >= 1


@pytest.mark.parametrize(("level", "skill"), [(2.0, "any"), (5.0, "thirds"), (6.0, "7/8")])
def test_practice_pieces_fit_level_and_skill(grade, level, skill):
    made = grade.choose(level, skill, seed=1)
    assert abs(grade.estimate(made).grade - level) < 1.0
    assert skill_of(made, skill) >= SKILLS[skill].least
    assert made.notes == grade.choose(level, skill, seed=1).notes


def test_a_fitting_passage_is_chosen_before_one_is_made(grade):
    passage = scale()
    level = grade.estimate(passage).grade
    assert grade.choose(level, "any", [scale(300.0, step=0.25), passage]) is passage


@pytest.mark.parametrize("skill", SKILLS)
def test_every_recipe_ends_on_the_tonic_within_its_bars(skill):
    recipe = Recipe(1, tonic=2, **SKILLS[skill].start)
    made = recipe.play(4)
    assert made.notes and made.end_beat <= 4 * made.metres[0].bar_beats + 1e-6
    assert min(made.notes[-8:], key=lambda n: (-n.beat, n.pitch)).pitch % 12 == 2


def test_generate_takes_the_grade_of_its_prompt_and_many_notes(grade):
    made = grade.generate(scale(60.0, count=2000), 4, 1)
    assert made.notes and made.end_beat <= 16.01


@pytest.mark.parametrize(("metre", "made_in"), [((7, 8), (7, 8)), ((3, 4), (3, 4)), ((12, 8), (4, 4))])
def test_generate_takes_the_metre_of_its_prompt(grade, metre, made_in):
    made = grade.generate(scale(60.0, metre=Metre(0.0, *metre)), 4, 1)
    assert made.metres == [Metre(0.0, *made_in)]
    bar = made.metres[0].bar_beats
    for start in np.arange(4) * bar:
        ends = [n.end for n in made.notes if start - 1e-6 <= n.beat < start + bar - 1e-6]
        assert start + 0.9 * bar < max(ends) <= start + bar + 1e-6


@pytest.mark.parametrize("left", range(1, 7))
@pytest.mark.parametrize("metre", [(7, 8), (5, 8), (3, 4)])
def test_the_left_hand_fills_bars_of_any_metre_on_their_eighths(left, metre):
    made = Recipe(1, numerator=metre[0], denominator=metre[1], left=left).play(3)
    bar = made.metres[0].bar_beats
    for start in np.arange(3) * bar:
        own = [n for n in made.notes if n.channel == 1 and start <= n.beat < start + bar]
        assert start + 0.94 * bar < max(n.end for n in own) <= start + bar
        assert all((n.beat - start) * 2 % 1 == 0 for n in own)


def test_bad_input_gives_a_sentence(grade):
    with pytest.raises(AntiphonError, match="at least 4"):
        grade.estimate(NoteSequence([Note(0.0, 1.0, 60)]))
    with pytest.raises(AntiphonError, match="choose one of"):
        grade.choose(3.0, "juggling")
    with pytest.raises(AntiphonError, match="levels run from"):
        grade.choose(11.0)
