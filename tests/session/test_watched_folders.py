"""New files are listed within seconds, and nothing is scanned while nothing changes."""

import os
import time

import pytest

from realtime.session.editing import watched
from realtime.session.editing.watched import Watched


@pytest.fixture
def look(tmp_path):
    """A tree of folders, and a function that moves the time on and asks whether anything changed."""
    (tmp_path / "models" / "amps").mkdir(parents=True)
    seconds = [0.0]
    one = Watched(lambda: [tmp_path / "models", tmp_path / "samples"], lambda: seconds[0])

    def again():
        seconds[0] += watched.LOOK_S
        return one.changed()

    def settle():
        for folder, _, _ in os.walk(tmp_path):
            os.utime(folder, (1.0, time.time() - 100.0))
        again()
        assert not again()

    settle()
    again.settle, again.watched = settle, one
    return again


@pytest.mark.parametrize(
    "name", ["models/clean.nam", "models/amps/lead.nam", "models/pedals/drive.nam", "samples/kick.wav"]
)
def test_what_comes_and_what_goes_is_seen(look, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert look(), "it came"
    look.settle()
    path.rename(path.with_name("renamed" + path.suffix))
    assert look(), "it has another name"
    look.settle()
    path.with_name("renamed" + path.suffix).unlink()
    assert look(), "it went"


def test_a_second_file_within_the_grain_of_the_clock_is_seen_too(look, tmp_path):
    folder = tmp_path / "models"
    (folder / "one.nam").touch()
    assert look()
    before = folder.stat().st_mtime_ns
    (folder / "two.nam").touch()
    os.utime(folder, ns=(before, before))
    assert look()


def test_nobody_walks_through_folders_that_are_as_they_were(look, monkeypatch):
    monkeypatch.setattr(watched.os, "walk", lambda *_: pytest.fail("walked"))
    assert not look() and not look.watched.changed()
