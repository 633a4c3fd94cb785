"""Where a recording may be written: beside an earlier take, never over it; by a message only where recordings lie."""

import os

import pytest

from realtime.engine import takes
from realtime.native.errors import AntiphonError


@pytest.fixture
def music(tmp_path, monkeypatch):
    """The recordings folder of somebody whose home is not the place for temporary files."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "Music" / "Antiphon"
    folder.mkdir(parents=True)
    return folder


def made(path):
    descriptor, found = takes.claim(path)
    os.close(descriptor)
    return found


def test_takes_of_one_name_are_numbered_and_none_is_touched(tmp_path):
    first = tmp_path / "take.v1.wav"
    first.write_bytes(b"precious")
    assert [made(first).name for _ in range(3)] == ["take.v1-2.wav", "take.v1-3.wav", "take.v1-4.wav"]
    assert first.read_bytes() == b"precious"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_never_written_through(tmp_path, there):
    victim, link = tmp_path / "victim.txt", tmp_path / "take.wav"
    if there:
        victim.write_text("mine")
    link.symlink_to(victim)
    assert made(link) == tmp_path / "take-2.wav"
    assert victim.exists() is there and (not there or victim.read_text() == "mine")


def test_a_name_lies_in_the_recordings_folder_and_so_does_a_folder_of_it(music):
    assert takes.place("take.wav", music) == music / "take.wav"
    assert takes.place("evening/set 1.flac", music) == music / "evening" / "set 1.flac"
    assert takes.place(str(music / "take.w64"), music) == music / "take.w64"
    assert takes.place("~/Music/Antiphon/take.rf64", music) == music / "take.rf64"


@pytest.mark.parametrize(
    "name",
    [
        "../take.wav",
        "a/../../../take.wav",
        "~/take.wav",
        "/etc/take.wav",
        "/take.wav",
        "/etc/passwd/take.wav",
        "/proc/self/take.wav",
        "~/.config/autostart/take.wav",
        "out/take.wav",
        "/tmp/made/by/a/message/take.wav",
    ],
)
def test_a_message_reaches_nothing_else(music, tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    (music / "out").symlink_to(tmp_path / "home")
    with pytest.raises(AntiphonError, match=r"inside .*Antiphon only"):
        takes.place(name, music)


def test_a_folder_of_ones_own_among_temporary_files_may_be_named_but_is_not_made(music, tmp_path):
    (tmp_path / "scratch").mkdir()
    assert takes.place(str(tmp_path / "scratch" / "take.wav"), music) == tmp_path / "scratch" / "take.wav"
    with pytest.raises(AntiphonError, match="only"):
        takes.place(str(tmp_path / "none" / "take.wav"), music)
    assert not (tmp_path / "none").exists()


def test_the_command_line_may_name_any_place(music, tmp_path):
    assert takes.place(str(tmp_path / "new" / "take.wav"), music, anywhere=True) == tmp_path / "new" / "take.wav"
    assert takes.place("take.wav", music, anywhere=True) == music / "take.wav"


@pytest.mark.parametrize(
    "name", ["take.mp3", "take", "", ".wav", "take.wav/", "x\ny.wav", "\x1b[31m.wav", "~nobody-here/a.wav"]
)
def test_an_impossible_name_is_one_sentence(music, name):
    if name == "take.wav/":  # a file all the same
        assert takes.place(name, music) == music / "take.wav"
        return
    with pytest.raises(AntiphonError, match="cannot record to"):
        takes.place(name, music)
