"""`antiphon scenes`: list, info, rename, delete, and what each refuses."""

import json
import sys
from pathlib import Path

import pytest

from realtime import cli
from realtime.session import scene as scenes
from realtime.session.editing import library
from realtime.session.paths import scene_files, user_folder

OWN = """# of the Tuesday band
title = "Tuesday"
tags = ["club", "loud"]
tempo_bpm = 101
[[track]]   # the only one
name = "keys"
[[track.device]]
device = "poly"
[[snapshot]]
name = "A"
[snapshot.values]
"keys" = { gain_db = -3 }
"""


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A scene of one's own, in a folder of the test's."""
    for name in ("ANTIPHON_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / name))
    path = user_folder("scenes") / "tuesday.toml"
    path.parent.mkdir(parents=True)
    path.write_text(OWN)
    return path


@pytest.fixture
def antiphon(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["antiphon", "scenes", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return run


def refused(antiphon, *words):
    status, out, err = antiphon(*words)
    assert status == 2 and out == "" and "Traceback" not in err and len(err.strip().splitlines()) == 1
    return err


def test_all_scenes_are_listed_with_what_they_say_and_whose_they_are(antiphon):
    status, out, _ = antiphon("list", "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert status == 0 and set(rows) == set(scene_files())
    assert rows["tuesday"]["tags"] == ["club", "loud"] and rows["tuesday"]["factory"] is False
    assert rows["first_light"]["factory"] is True
    line = next(line for line in antiphon("list")[1].splitlines() if "tuesday" in line)
    assert "Tuesday" in line and "club, loud" in line and "own" in line


def test_a_list_is_searched_by_word_and_by_tag(antiphon):
    assert [row["name"] for row in json.loads(antiphon("list", "--tag", "loud", "--json")[1])] == ["tuesday"]
    assert [row["name"] for row in json.loads(antiphon("list", "--search", "TUESD", "--json")[1])] == ["tuesday"]
    assert json.loads(antiphon("list", "--tag", "loud", "--search", "nowhere", "--json")[1]) == []


def test_favourites_are_marked(antiphon):
    library.toggle_favourite("tuesday")
    assert "* tuesday" in antiphon("list")[1]


def test_one_scene_is_shown(antiphon, own):
    found = json.loads(antiphon("info", "tuesday", "--json")[1])
    assert found["tracks"] == {"keys": ["poly"]} and found["snapshots"] == ["A"] and found["tempo_bpm"] == 101
    assert found["file"] == str(own) and found["factory"] is False and found["players"] == []
    assert "Tuesday" in antiphon("info", "tuesday")[1]


def test_a_scene_written_in_one_line_is_shown_as_well(antiphon, own):
    own.write_text('track = [{ name = "keys", device = [{ device = "poly" }] }]\n')
    assert json.loads(antiphon("info", "tuesday", "--json")[1])["tracks"] == {"keys": ["poly"]}


def test_renaming_gives_file_and_title_and_keeps_every_comment(antiphon, own):
    found = json.loads(antiphon("rename", "tuesday", "Club night", "--json")[1])
    path = own.with_name("Club night.toml")
    assert found == {"done": "renamed", "from": str(own), "to": str(path)} and not own.exists()
    assert (
        path.read_text() == OWN.replace('"Tuesday"', '"Club night"') and scenes.load("Club night").title == "Club night"
    )


def test_nothing_is_overwritten_and_factory_scenes_stay(antiphon, own):
    other = own.with_name("other.toml")
    other.write_text(OWN)
    assert "other" in refused(antiphon, "rename", "tuesday", "other") and own.exists() and other.read_text() == OWN
    assert "first_light" in refused(antiphon, "rename", "first_light", "mine")
    assert "first_light" in refused(antiphon, "delete", "first_light") and "first_light" in scene_files()


def test_deleting_puts_it_into_the_trash(antiphon, own):
    found = json.loads(antiphon("delete", "tuesday", "--json")[1])
    assert found["done"] == "deleted" and not own.exists() and "tuesday" not in scene_files()
    assert Path(found["to"]).read_text() == OWN


@pytest.mark.parametrize("words", [("info", "tuesdya"), ("rename", "tuesdya", "x"), ("delete", "tuesdya")])
def test_a_name_that_is_none_is_told_with_the_nearest(antiphon, words):
    assert "tuesdya" in refused(antiphon, *words)


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", "x" * 300])
def test_a_name_that_no_file_can_have_is_refused(antiphon, own, name):
    refused(antiphon, "rename", "tuesday", name)
    assert own.read_text() == OWN
