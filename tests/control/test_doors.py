"""The doors of several instruments: each its own, the newest first, those of the dead removed, in a folder of one's own."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from realtime.control import discovery
from realtime.control.client import ControlClient
from realtime.control.discovery import Endpoint
from realtime.native.errors import AntiphonError
from realtime.native.private_folder import private_folder
from tests.control.real_show import RealShow


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(discovery.FOLDER_VARIABLE, str(tmp_path / "run"))
    return tmp_path / "run"


@pytest.fixture
def announce(folder):
    """Announces instruments by number; what is left at the end is withdrawn."""
    names = []

    def one(number):
        names.append(f"i{number}")
        discovery.announce(Endpoint("127.0.0.1", 5000 + number, 5000 + number, os.getpid(), names[-1], float(number)))

    yield one
    for name in names:
        discovery.withdraw(name)


def newest_by_name(folder):
    return json.loads((folder / "control.json").read_text())["port"]


def test_the_door_is_announced_and_taken_away(folder):
    with pytest.raises(AntiphonError, match="antiphon play"):
        ControlClient()
    with RealShow() as session, ControlClient() as client:
        assert client.endpoint.port == session.port
        assert client.get("/rack/1/name") == "poly"
    assert not list(folder.iterdir())


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_whichever_ends_the_newest_of_the_rest_is_found(announce, folder, order):
    for number in (1, 2, 3):
        announce(number)
        assert newest_by_name(folder) == 5000 + number
    running = {1, 2, 3}
    for number in order:
        discovery.withdraw(f"i{number}")
        running.discard(number)
        assert [door.port for door in discovery.doors()] == [5000 + one for one in sorted(running, reverse=True)]
        if running:
            assert discovery.discover().port == newest_by_name(folder) == 5000 + max(running)
    assert not list(folder.iterdir())


def test_several_are_named_with_the_way_to_each(announce):
    assert discovery.others_sentence() == ""
    announce(1)
    assert discovery.others_sentence() == ""
    announce(2)
    announce(3)
    sentence = discovery.others_sentence()
    assert "3 instruments" in sentence and "port 5003" in sentence
    assert "--port 5002" in sentence and "--port 5001" in sentence


def test_a_killed_instrument_leaves_no_door(announce, folder):
    announce(1)
    code = (
        "import os, time\nfrom realtime.control import discovery as d\n"
        "d.announce(d.Endpoint('127.0.0.1', 6000, 6000, os.getpid(), 'gone', 9.0))\nprint('here', flush=True)\ntime.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "here\n"
        assert discovery.discover().port == 6000
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    assert discovery.discover().port == 5001
    assert [path.name for path in folder.glob("control-*")] == ["control-i1.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": 1}', "\0" * 9000, '{"port": "x"}'])
def test_whatever_lies_there_is_no_door_unless_somebody_holds_it(announce, folder, text):
    announce(1)
    (folder / "control-other.json").write_text(text)
    (folder / "control.json").write_text(text)
    assert [door.port for door in discovery.doors()] == [5001]
    assert not (folder / "control-other.json").exists()


# The folder


@pytest.mark.skipif(os.name == "nt", reason="POSIX users and modes")
class TestFolder:
    def test_folder_and_door_are_this_user_s_alone(self, announce, folder):
        folder.mkdir(mode=0o755)
        os.chmod(folder, 0o755)
        announce(1)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}

    def test_a_link_in_a_door_s_place_is_not_followed(self, announce, folder, tmp_path):
        victim = tmp_path / "victim"
        victim.write_text("mine")
        folder.mkdir()
        (folder / "control.json").symlink_to(victim)
        (folder / "control-i1.json").symlink_to(victim)
        announce(1)
        assert victim.read_text() == "mine" and discovery.discover().port == 5001

    @pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can play two users")
    def test_a_stranger_s_folder_is_refused(self, tmp_path, folder):
        folder.mkdir()
        os.chown(folder, 65534, 65534)
        with pytest.raises(AntiphonError, match="belongs to another user; set ANTIPHON_RUNTIME_DIR"):
            discovery.runtime_folder()
        (tmp_path / "theirs").mkdir()
        os.chown(tmp_path / "theirs", 65534, 65534)
        with pytest.raises(AntiphonError, match="which others may change"):
            private_folder(tmp_path / "theirs" / "run")
        own = tmp_path / "own"
        own.mkdir()
        (tmp_path / "link").symlink_to(own)
        os.lchown(tmp_path / "link", 65534, 65534)
        with pytest.raises(AntiphonError, match="another user's link"):
            private_folder(tmp_path / "link")

    def test_a_place_that_anybody_may_rename_is_refused(self, tmp_path):
        (tmp_path / "open").mkdir()
        os.chmod(tmp_path / "open", 0o777)
        with pytest.raises(AntiphonError, match="which others may change"):
            private_folder(tmp_path / "open" / "run")
        os.chmod(tmp_path / "open", 0o1777)
        assert private_folder(tmp_path / "open" / "run").is_dir()

    def test_a_file_in_its_place_is_one_sentence(self, folder):
        folder.write_text("")
        with pytest.raises(AntiphonError, match="cannot be used"):
            discovery.runtime_folder()

    def test_without_a_login_session_the_door_lies_at_home(self, tmp_path, monkeypatch):
        for name in (discovery.FOLDER_VARIABLE, "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert discovery.runtime_folder().is_relative_to(tmp_path)

    def test_a_door_that_cannot_be_announced_is_said_and_the_server_serves(self, folder):
        folder.write_text("")
        said = []
        from realtime.control.osc import ControlServer
        from realtime.control.tree import Node, Tree

        tree = Tree()
        tree.add(Node("/x", "i", value=3))
        server = ControlServer(tree, say=said.append).start()
        try:
            with ControlClient(server.port) as client:
                assert client.get("/x", timeout_s=5.0) == 3
        finally:
            server.stop()
        assert len(said) == 1 and f"--port {server.port}" in said[0]
