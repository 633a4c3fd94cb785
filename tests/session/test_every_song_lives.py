"""The factory setlists as an evening: every part of every song sounds, holds its level, ends, and has its words in order."""

import json

import numpy as np
import pytest

from realtime.session.paths import PRESETS
from realtime.session.songs import setlist_file, song_file
from tests.session.live import settled, stage, until

SETLISTS = sorted(path.stem for path in (PRESETS / "setlists").glob("*.toml"))
SONGS = sorted(path.stem for path in (PRESETS / "songs").glob("*.toml"))
CHORD = (48, 55, 60, 64)


def test_there_are_three_setlists_and_the_largest_has_twelve_songs():
    sizes = [len(setlist_file.load(PRESETS / "setlists" / f"{name}.toml").entries) for name in SETLISTS]
    assert len(SETLISTS) >= 3 and max(sizes) >= 12
    played = {entry.song for name in SETLISTS for entry in setlist_file.load(name).entries}
    assert played == set(SONGS)


@pytest.mark.parametrize("name", SONGS)
def test_a_song_says_what_it_is(name):
    song = song_file.load(PRESETS / "songs" / f"{name}.toml")
    assert song.title and song.tags and song.notes and song.key and song.tempo_bpm


def peak(session):
    return float(np.max(session.engine.record[0]["peaks"][:2]))


@pytest.mark.parametrize("name", SETLISTS)
def test_an_evening_from_the_first_part_to_the_last(name):
    with stage(name, inputs=2) as (session, client):
        settled(session)
        rows = json.loads(client.get("/setlist/songs"))
        walked = []
        while True:
            place = session.show.place
            walked.append(tuple(place))
            song = session.show.song
            assert client.get("/song/title") == song.title
            beats = [row["beat"] for row in json.loads(client.get("/song/lyrics"))]
            assert beats == sorted(beats) and bool(beats) == bool(song.lyrics)
            for channel in (0, 1, 2, 15):
                for key in CHORD:
                    client.send("/midi", 0x90 | channel, key, 100)
            assert until(session, lambda: peak(session) > 0.01), f"{song.name}: {session.show.part.name} is silent"
            client.send("/panic")
            assert until(session, lambda: peak(session) < 1e-4), f"{song.name} does not end"
            client.send("/setlist/next")
            client.get("/setlist/song")
            settled(session)
            if session.show.place == place:
                break
        assert walked == [(row["number"], part) for row in rows for part in range(1, len(row["parts"]) + 1)]
        assert int(session.engine.record[0]["faults"]) == 0 and session.driver.running
        assert len(session.show.preload.all) <= 3
