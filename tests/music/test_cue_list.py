"""Cue lists: times and bars, glides, numbers in place of words, and the place of what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.music.cue_list import mood_at, read_cues
from realtime.music.mood_words import mood_of
from realtime.native.errors import AntiphonError


def test_a_cue_holds_until_the_next():
    cues = read_cues("0:00 calm | 0:45 rising tension | 1:30 triumph")
    for at, words in (
        (0.0, "calm"),
        (44.9, "calm"),
        (45.0, "rising tension"),
        (89.0, "rising tension"),
        (500.0, "triumph"),
    ):
        assert mood_at(cues, at) == mood_of(words)


def test_before_the_first_cue_the_first_holds():
    assert mood_at(read_cues("0:10 sad"), 0.0) == mood_of("sad")


def test_a_glide_ends_at_its_second_time():
    cues = read_cues("0:00 -1 -1\n0:10 > 0:20 1 0.5")
    assert mood_at(cues, 10.0) == (-1.0, -1.0)
    assert mood_at(cues, 15.0) == pytest.approx((0.0, -0.25))
    assert mood_at(cues, 20.0) == (1.0, 0.5)


def test_bars_count_from_one_and_remarks_are_none_of_it():
    cues = read_cues("bar 1 tender # the lovers\n\nbar 9 > bar 13 dark")
    assert [(c.in_bars, c.start, c.end) for c in cues] == [(True, 0.0, 0.0), (True, 8.0, 12.0)]
    assert cues[0].words == "tender"


def test_hours_and_seconds():
    assert [c.start for c in read_cues("5s calm | 1:02:03.5 sad")] == [5.0, 3723.5]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("calm", "line 1.*no time"), ("0:00 calm\n0:75 sad", "line 2.*75 seconds"), ("0:10 xyzzy", "line 1.*words like"),
        ("0:10 calm | bar 3 sad", "do not mix"), ("0:20 calm | 0:10 sad", "order"), ("bar 0 calm", "count from 1"),
        ("0:30 > 0:20 sad", "later"), ("0:30 > bar 4 sad", "later"), ("0:10", "words like"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text, what):
    with pytest.raises(AntiphonError, match=what):
        read_cues(text)


@given(st.text(alphabet="0123456789:>|bar cals.#-\n", max_size=60))
def test_any_text_is_read_or_told(text):
    try:
        cues = read_cues(text)
    except AntiphonError as error:
        assert str(error).startswith("cue list")
    else:
        assert all(-1 <= v <= 1 for at in (0.0, 7.5, 1e4) for v in (mood_at(cues, at) if cues else ()))
