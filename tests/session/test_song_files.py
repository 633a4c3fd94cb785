"""Songs and setlists as files: read, refused in one sentence that names the place, and written without losing a comment."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.native.errors import AntiphonError
from realtime.session.paths import PRESETS, setlist_files, song_files, user_folder
from realtime.session.songs import setlist_file, song_file
from realtime.session.songs.find import ambiguity, find_music
from realtime.session.songs.song_data import ProgramOut
from tests.session.live import settled, stage, until, wrote

PART = '[[part]]\nname = "A"\nscene = "first_light"\n'
WHOLE = """
title = "Whole"
artist = "Nobody"
tempo_bpm = 96
signature = [7, 8]
key = "E minor"
notes = "capo 2"
tags = ["folk"]
count_in = 2
tail_s = 4.5
controls = "keep"
program = 9
auto_advance = true
click = { level_db = -6, output = 3 }
sends = [{ channel = 2, program = 5, bank_msb = 1, bank_lsb = 3 }]
lyrics = "[Em]La"
[[part]]
name = "Verse"
scene = "first_light"
tempo_bpm = 100
signature = [3, 4]
key = "G"
program = 12
bars = 8
sends = [{ channel = 1, program = 0 }, { channel = 16, bank_msb = 7 }]
"""
MISTAKES = {
    "no TOML": ("[[part", "not TOML"),
    "no part": ('title = "x"', r"0 parts; a song has from one \[\[part\]\]"),
    "a key misspelt": ("tempo = 3\n" + PART, "'tempo' is unknown here; did you mean 'tempo_bpm'"),
    "a part's key misspelt": (PART + "bar = 3\n", "part 'A': 'bar' is unknown here; did you mean 'bars'"),
    "a scene that is not there": (PART.replace("first_light", "frist_light"), "'frist_light'; did you mean 'first_light'"),
    "no scene": ('[[part]]\nname = "A"\n', "say which scene it plays"),
    "two parts of one name": (PART + PART.lower(), "there are two parts 'a'"),
    "a name with a bell": (PART.replace('"A"', '"a\\u0007"'), "letters that can be seen"),
    "a tempo out of range": ("tempo_bpm = 5\n" + PART, "tempo_bpm = 5 must be a number from 10 to 999"),
    "a metre of thirds": ("signature = [4, 3]\n" + PART, r"signature = \[4, 3\] must be like \[4, 4\]"),
    "controls that are neither": ('controls = "hold"\n' + PART, 'controls = \'hold\' must be "keep" or "reset"'),
    "a count-in for ever": ("count_in = 99\n" + PART, "count_in = 99 must be a whole number from 0 to 8"),
    "a click by an even output": ("click = { output = 2 }\n" + PART, "output = 2 must be the first of a pair"),
    "a backing without file": ("backing = {}\n" + PART, "backing: say which file"),
    "a backing that is not there": ('backing = { file = "no.wav" }\n' + PART, "there is no file 'no.wav'"),
    "a send without channel": ("sends = [{ program = 3 }]\n" + PART, "send 1: channel = None must be a whole number"),
    "a program too high": ("sends = [{ channel = 1, program = 128 }]\n" + PART, "program = 128 must be"),
    "words twice": ('lyrics = "a"\nlyrics_file = "b.cho"\n' + PART, "say lyrics or lyrics_file, not both"),
    "words without end": (f'lyrics = """{"la la" * 60000}"""\n' + PART, "are no song"),
    "a number that is none": ("tempo_bpm = nan\n" + PART, "not finite"),
    "part that is a number": ("part = 3", r"write part as a list of tables, \[\[part\]\]"),
    "sixty-five parts": ("".join(PART.replace('"A"', f'"{n}"') for n in range(65)), "65 parts"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_in_a_song_is_one_sentence_with_its_place(what):
    text, sentence = MISTAKES[what]
    with pytest.raises(AntiphonError, match=sentence) as found:
        song_file.parse(text, "mine")
    assert "\n" not in str(found.value) and str(found.value).startswith("mine")


def test_cues_are_checked(tmp_path):
    (tmp_path / "b.wav").write_bytes(b"x")
    for cue, sentence in (
        ("{ bar = 0, marker = 'x' }", "bar = 0 must be"),
        ("{ bar = 3 }", "say one of part, program or marker"),
        ("{ bar = 3, part = 'B' }", "there is no part 'B'"),
        ("{ bar = 3, part = 'A', marker = 'x' }", "say one of"),
    ):
        text = f'backing = {{ file = "b.wav", cues = [{cue}] }}\n' + PART
        with pytest.raises(AntiphonError, match=sentence):
            song_file.parse(text, "mine", tmp_path)


def test_everything_that_a_song_can_say_is_read():
    song = song_file.parse(WHOLE, "whole")
    assert (song.tempo_bpm, song.signature, song.key, song.count_in, song.tail_s) == (96, (7, 8), "E minor", 2, 4.5)
    assert (song.click.on, song.click.level_db, song.click.output) == (True, -6, 3)
    assert song.program == 9 and song.auto_advance and song.controls == "keep"
    assert song.sends[0].messages() == [b"\xb1\x00\x01", b"\xb1\x20\x03", b"\xc1\x05"]
    part = song.parts[0]
    assert (part.tempo_bpm, part.signature, part.key, part.program, part.bars) == (100, (3, 4), "G", 12, 8)
    assert part.sends[1] == ProgramOut(16, bank_msb=7) and part.sends[1].messages() == [b"\xbf\x00\x07"]


def test_a_setlist_names_songs_in_order_with_what_is_otherwise():
    text = 'title = "Night"\nchannel = 3\nrelative = true\n[[song]]\nname = "low_tide"\ntempo_bpm = 99\nauto_advance = true\n'
    found = setlist_file.parse(text, "night")
    assert (found.channel, found.relative, found.auto_advance) == (3, True, False)
    entry = found.entries[0]
    assert entry.changes == {"tempo_bpm": 99} and entry.auto_advance is True
    assert entry.apply(song_file.load("low_tide")).tempo_bpm == 99


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[song]]\n", "song 1: say which song"),
        ('[[song]]\nname = "low_tide"\nlyrics = "x"\n', "song 1: 'lyrics' is unknown here"),
        ("channel = 17\n", "channel = 17 must be a whole number from 0 to 16"),
        ("song = 3\n", "write song as a list of tables"),
        ('[[song]]\nname = "low_tide"\n' * 257, "257 songs; a setlist has at most 256"),
    ],
)
def test_a_mistake_in_a_setlist_is_one_sentence(text, sentence):
    with pytest.raises(AntiphonError, match=sentence):
        setlist_file.parse(text, "mine")


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_song_or_a_sentence(text):
    for read in (song_file.parse, setlist_file.parse):
        try:
            read(text, "mine")
        except AntiphonError as error:
            assert "mine" in str(error)


def test_strangers_files_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * 1_000_001)
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"')
    for name, sentence in (
        ("pipe", "no file that can hold a song"),
        ("big", "larger than"),
        ("latin", "line 1.*UTF-8"),
    ):
        with pytest.raises(AntiphonError, match=sentence):
            song_file.load(tmp_path / f"{name}.toml")


def test_a_name_means_a_scene_before_a_song_before_a_setlist(tmp_path):
    for kind, text in (("songs", PART), ("setlists", '[[song]]\nname = "low_tide"\n')):
        user_folder(kind).mkdir(parents=True, exist_ok=True)
        (user_folder(kind) / "first_light.toml").write_text(text)
        (user_folder(kind) / "twice.toml").write_text(text)
    assert find_music("first_light")[0] == "scene" and find_music("twice")[0] == "song"
    assert find_music("short_set")[0] == "setlist" and ambiguity("short_set") == ""
    assert "first_light is a scene, which plays, and a song and a setlist" in ambiguity("first_light")
    assert find_music(user_folder("setlists") / "twice.toml")[0] == "setlist"
    with pytest.raises(
        AntiphonError, match="there is no scene, song or setlist 'short_sett'; did you mean 'short_set'"
    ):
        find_music("short_sett")


SET = """# the evening
title = "Mine"  # working title

# opener
[[song]]
name = "low_tide"
tempo_bpm = 118  # slower

# closer
[[song]]
name = "first_evening"
"""


def edited(session, client, **order):
    client.send("/setlist/edit", json.dumps(order))
    client.get("/setlist/name")
    settled(session)
    return [row["name"] for row in json.loads(client.get("/setlist/songs"))]


def test_a_setlist_is_edited_and_kept_with_its_comments(tmp_path):
    path = wrote(tmp_path, SET, "mine.toml")
    with stage(path) as (session, client):
        settled(session)
        scene = session.scene
        assert edited(session, client, move=[2, 1]) == ["first_evening", "low_tide"]
        assert client.get("/setlist/song") == 2 and session.scene is scene  # what sounds goes on
        assert edited(session, client, add="low_tide", at=1) == ["low_tide", "first_evening", "low_tide"]
        assert client.get("/setlist/song") == 3
        assert edited(session, client, remove=1) == ["first_evening", "low_tide"]
        edited(session, client, save="")
        text = path.read_text()
        assert "# the evening" in text and "# slower" in text and "# working title" in text
        assert [entry.song for entry in setlist_file.load(path).entries] == ["first_evening", "low_tide"]
        assert setlist_file.load(path).entries[1].changes == {"tempo_bpm": 118}
        edited(session, client, save="Other night")
        assert setlist_file.load("Other night").title == "Other night" and path.read_text() == text
        for wrong in ({"move": [1, 9]}, {"order": [1, 1]}, {"add": "nosuch"}, {"remove": "x"}, {"save": "../x"}):
            before = edited(session, client, order=[1, 2])
            assert edited(session, client, **wrong) == before
        assert "cannot be the name of a setlist" in "\n".join(session.messages)


def test_a_factory_setlist_is_kept_in_the_users_folder(tmp_path):
    with stage("short_set") as (session, client):
        settled(session)
        edited(session, client, move=[1, 2])
        edited(session, client, save="")
        assert setlist_files()["short_set"] == user_folder("setlists") / "short_set.toml"
        assert (PRESETS / "setlists" / "short_set.toml").read_text().index("first_evening") < 200


def test_a_song_is_saved_as_it_is_played_with_its_comments(tmp_path):
    path = wrote(tmp_path, "# my song\ntempo_bpm = 90  # brisk\n" + PART, "mine.toml")
    with stage(path) as (session, client):
        settled(session)
        for address, value in (("/transport/tempo_bpm", 93.5), ("/click/on", True), ("/click/count_in", 2)):
            client.set(address, value)
        settled(session)
        client.send("/song/save", "")
        assert until(session, lambda: "count_in" in path.read_text())
        text = path.read_text()
        assert "# my song" in text and "# brisk" in text
        song = song_file.load(path)
        assert song.tempo_bpm == 93.5 and song.count_in == 2 and song.click.on
        client.send("/song/save", "Copy")
        assert until(session, lambda: "Copy" in song_files()) and song_file.load("Copy").title == "Copy"


def test_a_scene_that_plays_becomes_a_song():
    with stage("slow_weather") as (session, client):
        client.send("/song/save", "New one")
        assert until(session, lambda: "New one" in song_files())
        song = song_file.load("New one")
        assert song.parts[0].scene == "slow_weather" and song.tempo_bpm == pytest.approx(72)


def test_another_song_or_setlist_is_never_overwritten_and_a_locked_show_overwrites_none(tmp_path):
    path = wrote(tmp_path, "tempo_bpm = 90\n" + PART, "mine.toml")
    for folder in ("songs", "setlists"):
        user_folder(folder).mkdir(parents=True, exist_ok=True)
        wrote(user_folder(folder), "# not this one", "other.toml")
    with stage(path) as (session, client):
        settled(session)
        client.send("/song/save", "other")
        client.send("/setlist/edit", '{"save": "other"}')
        client.send("/song/save", "Copy")
        assert until(session, lambda: "Copy" in song_files())
        assert sum("already" in line for line in session.messages) == 2
        client.set("/lock", True)
        text = path.read_text()
        client.set("/transport/tempo_bpm", 77.0)
        client.send("/song/save", "")
        client.send("/song/save", "Spare")  # a new file overwrites nothing
        assert until(session, lambda: "Spare" in song_files())
        assert path.read_text() == text and any("locked" in line for line in session.messages)
    for folder in ("songs", "setlists"):
        assert (user_folder(folder) / "other.toml").read_text() == "# not this one"
