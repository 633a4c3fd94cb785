"""An evening on a real session: songs and parts by node, in the order that a pedal walks them, and what goes on through it."""

import json

import pytest

from realtime.session.songs import setlist_file, song_file
from tests.session.live import settled, stage, until, wrote

SYNTH = """
[[track]]
name = "keys"
[[track.device]]
device = "poly"
cutoff_hz = {cutoff}
"""
SONG = """
title = "{title}"
tempo_bpm = {tempo}
key = "G"
notes = "mind the gap"
[[part]]
name = "Verse"
scene = "{folder}/a.toml"
[[part]]
name = "Chorus"
scene = "{folder}/b.toml"
tempo_bpm = 133
[[part]]
name = "Out"
scene = "{folder}/a.toml"
"""


def evening(folder, songs=3):
    """A setlist file of songs of three parts each."""
    wrote(folder, SYNTH.format(cutoff=700), "a.toml")
    wrote(folder, SYNTH.format(cutoff=4000), "b.toml")
    lines = ['title = "Evening"\n']
    for number in range(1, songs + 1):
        wrote(folder, SONG.format(title=f"Song {number}", tempo=80 + 10 * number, folder=folder), f"song{number}.toml")
        lines.append(f'[[song]]\nname = "{folder}/song{number}.toml"\n')
    return wrote(folder, "".join(lines), "evening.toml")


@pytest.fixture
def show(tmp_path):
    with stage(evening(tmp_path)) as found:
        settled(found[0])
        yield found


def at(client):
    """(song, part) as the panel sees it."""
    return client.get("/setlist/song"), client.get("/setlist/part")


def press(session, client, name, times=1):
    for _ in range(times):
        client.send(f"/setlist/{name}")
    client.get("/setlist/song")
    settled(session)
    return at(client)


def test_it_begins_with_the_first_part_of_the_first_song(show):
    session, client = show
    assert at(client) == (1, 1)
    assert client.get("/setlist/name") == "evening" and client.get("/song/title") == "Song 1"
    assert client.get("/song/key") == "G" and client.get("/song/notes") == "mind the gap"
    assert client.get("/transport/tempo_bpm") == pytest.approx(90)
    rows = json.loads(client.get("/setlist/songs"))
    assert [row["number"] for row in rows] == [1, 2, 3] and rows[0]["parts"] == ["Verse", "Chorus", "Out"]


def test_next_walks_through_parts_and_songs_and_previous_walks_back(show):
    session, client = show
    walked = [press(session, client, "next") for _ in range(4)]
    assert walked == [(1, 2), (1, 3), (2, 1), (2, 2)]
    assert [press(session, client, "previous") for _ in range(4)] == [(2, 1), (1, 3), (1, 2), (1, 1)]
    assert press(session, client, "next_part", 2) == (1, 3)
    assert press(session, client, "next_part") == (1, 3)
    assert session.messages[-1].endswith("this is the last part of the song")
    assert press(session, client, "next_song") == (2, 1)
    assert press(session, client, "previous_song") == (1, 1)
    client.set("/setlist/song", 3)
    settled(session)
    assert press(session, client, "next_song") == (3, 1) and "last song" in session.messages[-1]


def test_steps_that_come_faster_than_they_can_be_taken_add_up_and_only_the_last_place_is_entered(show):
    session, client = show
    before = session.engine._serial
    for _ in range(5):
        session.show.next()
    settled(session)
    assert at(client) == (2, 3) and session.engine._serial <= before + 5  # one for the place, some for its neighbours
    entered = [text for text in session.messages if ": Song" in text or " Song 2: Out" in text]
    assert len([text for text in session.messages if "Song 2" in text]) == 1, entered


def test_tempo_metre_and_key_follow_part_then_song_then_scene(show):
    session, client = show
    press(session, client, "next")
    assert client.get("/transport/tempo_bpm") == pytest.approx(133)
    press(session, client, "next")
    assert client.get("/transport/tempo_bpm") == pytest.approx(90)
    press(session, client, "next")
    assert client.get("/transport/tempo_bpm") == pytest.approx(100)


def test_a_scene_by_name_leaves_the_setlist_where_it_is(show):
    session, client = show
    press(session, client, "next")
    client.set("/scene", "slow_weather")
    assert until(session, lambda: session.scene.name == "slow_weather")
    assert at(client) == (1, 2)
    assert press(session, client, "next") == (1, 3) and session.scene.name == "a"


def test_neighbours_are_made_ready_and_no_more_than_three(show):
    session, client = show
    assert until(session, lambda: session.show.preload.is_ready((1, 2)) and session.show.preload.is_ready((2, 1)))
    press(session, client, "next", 1)
    assert until(session, lambda: all(session.show.preload.is_ready(place) for place in ((1, 3), (2, 1), (1, 1))))
    assert len(session.show.preload._ready) == 3
    rows = json.loads(client.get("/setlist/songs"))
    assert [row["ready"] for row in rows] == [True, True, False]


def test_a_part_of_the_same_scene_changes_nothing_that_sounds(tmp_path):
    wrote(tmp_path, SYNTH.format(cutoff=700), "a.toml")
    song = "".join(f'[[part]]\nname = "{n}"\nscene = "{tmp_path}/a.toml"\n' for n in "AB") + "tempo_bpm = 77\n"
    with stage(wrote(tmp_path, song, "one.toml")) as (session, client):
        settled(session)
        plan = session.plan
        client.set("/rack/1/cutoff_hz", 1234.0)
        press(session, client, "next")
        assert session.plan is plan and client.get("/transport/tempo_bpm") == pytest.approx(77)
        assert client.get("/rack/1/cutoff_hz") == pytest.approx(700)  # controls are reset unless the song keeps them


@pytest.mark.parametrize(("controls", "found"), [("keep", 1234.0), ("reset", 700.0)])
def test_controls_are_kept_or_reset_as_the_song_has_it(tmp_path, controls, found):
    path = evening(tmp_path, 1)
    song = tmp_path / "song1.toml"
    song.write_text(f'controls = "{controls}"\n' + song.read_text())
    with stage(path) as (session, client):
        settled(session)
        client.set("/rack/1/cutoff_hz", 1234.0)
        client.get("/rack/1/cutoff_hz")
        press(session, client, "next")
        assert client.get("/rack/1/cutoff_hz") == pytest.approx(4000)
        press(session, client, "previous")
        assert client.get("/rack/1/cutoff_hz") == pytest.approx(found)


def test_a_part_that_cannot_be_read_is_said_and_all_stays(show, tmp_path):
    session, client = show
    (tmp_path / "b.toml").write_text("[[track]]\n")
    press(session, client, "next")
    assert at(client) == (1, 1) and session.scene.name == "a"
    assert any("has no device" in text for text in session.messages)
    wrote(tmp_path, SYNTH.format(cutoff=4000), "b.toml")
    client.set("/setlist/part", 2)
    client.get("/log")
    settled(session)
    assert at(client) == (1, 2)


def test_a_setlist_is_opened_and_closed_by_its_name(show):
    session, client = show
    client.set("/setlist/name", "short_set")
    assert until(session, lambda: session.show.opened.setlist.name == "short_set")
    assert at(client) == (1, 1) and client.get("/song/title") == "First evening"
    client.set("/setlist/name", "nosuch")
    client.get("/setlist/name")
    settled(session)
    assert "there is no song or setlist 'nosuch'" in session.messages[-1] and client.get("/setlist/name") == "short_set"
    client.set("/setlist/name", "")
    assert until(session, lambda: client.get("/setlist/name") == "")
    assert at(client) == (0, 0)
    press(session, client, "next")
    assert "no setlist is open" in session.messages[-1]


def test_overrides_of_a_setlist_count(tmp_path):
    evening(tmp_path, 1)
    text = (
        f'[[song]]\nname = "{tmp_path}/song1.toml"\ntempo_bpm = 66\nkey = "B minor"\ntitle = "Encore"\nnotes = "slow"\n'
    )
    with stage(wrote(tmp_path, text, "list.toml")) as (session, client):
        settled(session)
        assert client.get("/song/title") == "Encore" and client.get("/song/key") == "B minor"
        assert client.get("/transport/tempo_bpm") == pytest.approx(66) and client.get("/song/notes") == "slow"


def test_parts_are_snapshots_of_one_scene(tmp_path):
    shots = """
[[snapshot]]
name = "dark"
tempo_bpm = 66
numerator = 6
denominator = 8
[snapshot.values]
"keys" = { gain_db = -9, mute = false }
"keys/1" = { cutoff_hz = 300 }
"gone/1" = { cutoff_hz = 1 }
"""
    wrote(tmp_path, SYNTH.format(cutoff=700) + shots, "a.toml")
    parts = (("Light", ""), ("Dark", 'snapshot = "dark"'), ("Wrong", 'snapshot = "drak"'))
    song = "".join(f'[[part]]\nname = "{n}"\nscene = "{tmp_path}/a.toml"\n{shot}\n' for n, shot in parts)
    with stage(wrote(tmp_path, song, "one.toml")) as (session, client):
        settled(session)
        assert client.get("/rack/1/cutoff_hz") == pytest.approx(700)
        press(session, client, "next")
        assert client.get("/rack/1/cutoff_hz") == pytest.approx(300)
        assert client.get("/mix/keys/gain_db") == pytest.approx(-9)
        assert session.show.song.tempo_bpm is None and session.scene.name == "a"
        press(session, client, "next")
        assert at(client) == (1, 2)
        assert any("no snapshot 'drak'; did you mean 'dark'" in text for text in session.messages)
        press(session, client, "previous")
        assert client.get("/rack/1/cutoff_hz") == pytest.approx(700)


def test_factory_songs_and_setlists_read():
    from realtime.session.paths import setlist_files, song_files

    assert [song_file.load(name) for name in song_files()] and [setlist_file.load(name) for name in setlist_files()]
