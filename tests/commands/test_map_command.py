"""`antiphon map` on an instrument that runs: list, set, learn, remove, profiles, and what it refuses."""

import json
import sys
import threading

import pytest

from realtime import cli
from tests.session.live import stage, wrote
from tests.session.mapping import SCENE


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A session that turns by itself."""
    for name in ("ANTIPHON_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / name))
    with stage(wrote(tmp_path, SCENE, "mapped.toml")) as (session, client):
        stop = threading.Event()
        turning = threading.Thread(target=session.run, kwargs={"stop": stop}, daemon=True)
        turning.start()
        yield session, client
        stop.set()
        turning.join(10.0)


@pytest.fixture
def antiphon(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["antiphon", "map", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return end.value.code, said.out, said.err

    return run


def test_an_assignment_is_set_shown_and_removed(running, antiphon):
    table = {"id": "x", "source": {"number": 21}, "targets": [{"address": "/rack/1/cutoff_hz", "low": 100}]}
    status, out, err = antiphon("set", json.dumps(table), "--json")
    assert (status or 0, err) == (0, "") and [row["id"] for row in json.loads(out)] == ["x"]
    _, out, _ = antiphon("list")
    assert "CC 21" in out and "/rack/1/cutoff_hz 100…" in out and "waiting" in out
    _, out, _ = antiphon("remove", "x")
    assert "Nothing is mapped" in out


def test_a_control_is_learned_by_command(running, antiphon):
    session, _ = running
    stop = threading.Event()

    def move():
        while not stop.wait(0.05):
            if session.maps.learn.waiting is not None and not json.loads(session.maps.learn.state())["heard"]:
                for value in range(0, 128, 16):
                    session.engine.midi_in(1, bytes((0xB0, 33, value)), 0)

    hand = threading.Thread(target=move, daemon=True)
    hand.start()
    status, out, err = antiphon("learn", "/rack/1/cutoff_hz", "--json")
    stop.set()
    hand.join(5.0)
    (row,) = json.loads(out)
    assert (status or 0) == 0 and "move the control" in err
    assert (row["source"]["number"], row["targets"][0]["address"]) == (33, "/rack/1/cutoff_hz")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("remove", "nothing"), "there is no assignment 'nothing'"),
        (("set", "{"), "takes a JSON object as text"),
        (("set", '{"targets": 1}'), "targets must be a list"),
        (("learn", "/nowhere"), "there is no /nowhere to learn for"),
        (("learn", "/panic", "--seconds", "1"), "no control was moved"),
        (("profile", "midi_in", "nanokontroll"), "did you mean 'nanokontrol2'"),
    ],
)
def test_what_is_refused_is_one_sentence(running, antiphon, words, says):
    status, _, err = antiphon(*words)
    assert (
        status == 2 and says in err and len([line for line in err.splitlines() if line.startswith("antiphon: ")]) <= 2
    )


def test_controllers_are_listed(running, antiphon):
    status, out, _ = antiphon("controllers", "--json")
    assert (status or 0, json.loads(out)) == (0, [])
