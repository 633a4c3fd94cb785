"""Words of mood: what a line of text says of valence and arousal, and what is said where no word is known."""

from __future__ import annotations

import pytest

from realtime.music.mood_words import STEMS, mood_of
from realtime.native.errors import AntiphonError


@pytest.mark.parametrize(
    ("text", "valence", "arousal"),
    [
        ("triumph", 1, 1), ("Joyful, dancing", 1, 1), ("a battle, full of rage", -1, 1), ("tension", -1, 1),
        ("deep sorrow", -1, -1), ("lonely and tired", -1, -1), ("calm", 1, -1), ("a tender lullaby", 1, -1),
        ("düster", -1, -1), ("Allegro con brio", 1, 1),
    ],
)  # fmt: skip
def test_a_word_lies_in_its_quarter(text, valence, arousal):
    found = mood_of(text)
    assert found.valence * valence > 0.2 and found.arousal * arousal > 0.05


def test_degree_turn_and_rise():
    assert mood_of("very sad").valence < mood_of("sad").valence < mood_of("slightly sad").valence < 0
    assert mood_of("not happy").valence < 0 < mood_of("happy").valence
    assert mood_of("rising tension").arousal > mood_of("tension").arousal > mood_of("fading tension").arousal


def test_the_mean_of_two_lies_between():
    both, one, other = mood_of("sad dance"), mood_of("sad"), mood_of("dance")
    assert one.valence < both.valence < other.valence and one.arousal < both.arousal < other.arousal


def test_a_short_stem_is_not_found_in_long_words():
    for text in ("warranty", "cryptography", "seasoning"):
        with pytest.raises(AntiphonError, match="calm"):
            mood_of(text)


def test_words_that_say_nothing_are_told_with_a_remedy():
    with pytest.raises(AntiphonError, match=r"xyzzy.*words like"):
        mood_of("xyzzy plugh")


def test_every_stem_lies_on_the_plane():
    assert all(-1 <= v <= 1 and -1 <= a <= 1 for v, a in STEMS.values())
