"""An evening with songs that are gone or broken: it opens, says what is missing, and no press is held up by it."""

import json

import pytest

from realtime.native.errors import AntiphonError
from realtime.session.songs import setlist_file
from realtime.session.songs.position import NOWHERE, Order, Place
from realtime.session.songs.show import open_setlist
from tests.session.live import settled, stage, wrote
from tests.session.test_show import at, evening, press

BROKEN = 'title = "Broken"\n[[part]]\nname = "A"\nscene = "nosuch_scene"\n'
HALF = """
title = "Half"
[[part]]
name = "Good"
scene = "{folder}/a.toml"
[[part]]
name = "Bad"
scene = "{folder}/bad.toml"
"""


@pytest.fixture
def night(tmp_path):
    """1 gone, 2 plays, 3 broken (its scene is gone), 4 no TOML, 5 half of it plays, 6 gone."""
    evening(tmp_path, 2)
    wrote(tmp_path, BROKEN, "song3.toml")
    wrote(tmp_path, "this is [no TOML", "song4.toml")
    wrote(tmp_path, '[[track]]\nname = "x"\n[[track.device]]\ndevice = "nosuch"\ncutoff = [1\n', "bad.toml")
    wrote(tmp_path, HALF.format(folder=tmp_path), "song5.toml")
    names = ["nosuch_song", *(f"{tmp_path}/song{n}.toml" for n in (1, 3, 4, 5)), "low_tides"]
    return wrote(
        tmp_path, 'title = "Night"\n' + "".join(f'[[song]]\nname = "{name}"\n' for name in names), "night.toml"
    )


def test_it_opens_with_its_first_song_that_plays_and_says_each_that_does_not(night):
    with stage(night) as (session, client):
        settled(session)
        assert at(client) == (2, 1)
        rows = json.loads(client.get("/setlist/songs"))
        assert [bool(row["missing"]) for row in rows] == [True, False, True, True, False, True]
        said = "\n".join(session.messages)
        for number, what in ((1, "there is no song 'nosuch_song'"), (3, "there is no scene 'nosuch_scene'"),
                             (6, "did you mean 'low_tide'")):  # fmt: skip
            assert f"setlist night, song {number}: " in said and what in rows[number - 1]["missing"]
            assert rows[number - 1]["missing"] in said
        assert "song 5, part 'Bad' is left out: " in said and rows[4]["parts"] == ["Good"]


def test_next_and_previous_pass_over_them_and_a_jump_says_why(night):
    with stage(night) as (session, client):
        settled(session)
        assert press(session, client, "next_song") == (5, 1)
        assert press(session, client, "next") == (5, 1) and "this was the last song" in session.messages[-1]
        assert press(session, client, "previous_song") == (2, 1)
        client.set("/setlist/song", 4)
        client.get("/log")
        settled(session)
        assert at(client) == (2, 1) and "setlist night, song 4: " in session.messages[-1]
        client.send("/midi", 0xC0, 0, 0)  # a program change that calls a missing one harms nothing either
        settled(session)
        assert at(client) == (2, 1)


def test_a_song_that_breaks_during_the_evening_holds_nobody_up(tmp_path):
    path = evening(tmp_path, 3)
    with stage(path) as (session, client):
        settled(session)
        (tmp_path / "song2.toml").write_text("gone wrong")
        (tmp_path / "b.toml").write_text("[[gone wrong")  # the scene of every chorus
        session.show.preload.clear()
        assert press(session, client, "next") == (1, 1) and "b" in session.messages[-1]
        assert press(session, client, "next") == (1, 3), "the press after goes on behind it"


def test_an_evening_without_one_that_plays_is_refused_in_a_sentence(tmp_path):
    wrote(tmp_path, '[[song]]\nname = "nosuch"\n[[song]]\nname = "other"\n', "none.toml")
    with pytest.raises(AntiphonError, match="none of its songs can be played; setlist none, song 1: there is no song"):
        open_setlist(setlist_file.load(tmp_path / "none.toml"))


def test_numbers_alone():
    order = Order((0, 2, 0, 0, 3, 0))
    assert order.next_song(NOWHERE) == Place(2, 1) and order.next(Place(2, 2)) == Place(5, 1)
    assert order.previous(Place(5, 1)) == Place(2, 2) and order.next_song(Place(5, 3)) is None
    assert order.at(3) is None and order.at(9) is None and order.at(5, 9) == Place(5, 3)
    assert order.previous_song(Place(2, 1)) is None and Place(1, 1) not in order
