"""Sections by ear: a form is heard where it changes, on the bar line, two bars later, and what comes back has its name again."""

from __future__ import annotations

from random import Random

import pytest

from realtime.players.follower.novelty import FUTURE, Novelty
from realtime.players.plan import Moment

VERSE = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))
CHORUS = ((65, 69, 72, 77), (67, 71, 74, 79), (64, 67, 71, 76), (69, 72, 76, 81))
BRIDGE = ((49, 53), (51, 54), (46, 49), (44, 48))
NOTES_A_BAR = {"A": 4, "B": 10, "C": 2}
LOUD = {"A": 0.5, "B": 0.85, "C": 0.4}
CHORDS = {"A": VERSE, "B": CHORUS, "C": BRIDGE}


def heard(form: str, seed: int = 1, bars: int = 8, beats: float = 4.0) -> list[tuple[int, str]]:
    """(bar, name) of each section told, for a form like AABA, each letter so many bars."""
    dice, novelty, told = Random(seed), Novelty(), []
    for number in range(len(form) * bars):
        part = form[number // bars]
        for _ in range(NOTES_A_BAR[part] + dice.choice((-1, 0, 0, 1))):
            chord = CHORDS[part][number % 4]
            novelty.note_on(
                dice.choice(chord) + dice.choice((0, 0, 12)), min(1.0, max(0.1, dice.gauss(LOUD[part], 0.05)))
            )
        name = novelty.bar(Moment(bar_start_beat=(number + 1) * beats, numerator=int(beats)))
        if name is not None:
            told.append((number + 1, name))
    return told


@pytest.mark.parametrize("seed", range(6))
def test_a_form_is_told_two_bars_after_each_change_and_named(seed):
    assert heard("ABAB", seed) == [
        (FUTURE, "verse"), (8 + FUTURE, "chorus"), (16 + FUTURE, "verse"), (24 + FUTURE, "chorus"),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_third_thing_is_a_bridge(seed):
    told = heard("ABCA", seed)
    assert [name for _, name in told] == ["verse", "chorus", "bridge", "verse"]


@pytest.mark.parametrize("seed", range(6))
def test_eight_bars_more_of_the_same_are_no_section(seed):
    assert heard("AAAA", seed) == [(FUTURE, "verse")]


def test_silence_says_nothing_and_a_rest_of_a_minute_does_no_harm():
    novelty = Novelty()
    assert [novelty.bar(Moment()) for _ in range(30)] == [None] * 30
    novelty.note_on(60, 0.5)
    names = [novelty.bar(Moment()) for _ in range(200)]
    assert set(names) <= {None, "verse", "bridge"} and novelty.now


@pytest.mark.parametrize("beats", [3.0, 5.0, 7.0])
def test_in_any_metre(beats):
    assert [name for _, name in heard("AB", 2, beats=beats)] == ["verse", "chorus"]


def test_two_hundred_notes_at_once_are_one_bar():
    novelty = Novelty()
    for bar in range(12):
        for i in range(200 if bar == 6 else 4):
            novelty.note_on(48 + i % 30, 0.6)
        novelty.bar(Moment())
    assert novelty.now
