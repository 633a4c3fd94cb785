"""The end of a take is the disk's affair: nothing waits for it, and the session's end not for ever."""

import threading

import pytest

from realtime.engine import growing_file
from realtime.session import recording
from tests.session.live import PLAIN, put, stage, until, wrote


@pytest.fixture
def disk(monkeypatch):
    """A disk that takes the end of a file only once it is let to."""
    free = threading.Event()
    close = growing_file.GrowingFile.close
    monkeypatch.setattr(growing_file.GrowingFile, "close", lambda self: (free.wait(60), close(self)))
    yield free
    free.set()


def test_a_disk_that_stands_still_holds_nobody_up(tmp_path, disk):
    with stage(wrote(tmp_path, PLAIN)) as (session, client):
        put(session, client, "/record", "one.wav")
        assert client.get("/record/state") == "recording"
        put(session, client, "/record", "")
        assert client.get("/record/state") == "stopped" and client.get("/record") == ""
        assert not any("recorded " in line for line in session.messages)  # stopped, not yet whole
        put(session, client, "/record", "two.wav")  # the next take need not wait for it
        assert client.get("/record/state") == "recording"
        assert until(session, lambda: any("still takes the end" in line for line in session.messages))
        disk.set()
        assert until(session, lambda: any("recorded " in line and "one.wav" in line for line in session.messages))
        put(session, client, "/record", "")
        assert until(session, lambda: any("recorded " in line and "two.wav" in line for line in session.messages))


def test_the_session_ends_though_the_disk_does_not(tmp_path, disk, monkeypatch):
    monkeypatch.setattr(recording, "CLOSING_S", 0.2)
    with stage(wrote(tmp_path, PLAIN)) as (session, client):
        put(session, client, "/record", "one.wav")
        session.close()
        assert any("the disk does not take the end of" in line for line in session.messages)
        assert session.record_state.startswith("failed: ")


def test_a_take_whose_end_fails_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(growing_file.GrowingFile, "close", lambda self: 1 / 0)
    with stage(wrote(tmp_path, PLAIN)) as (session, client):
        put(session, client, "/record", "one.wav")
        put(session, client, "/record", "")
        assert until(session, lambda: session.record_state.startswith("failed: "))
        assert "one.wav stopped after" in session.messages[-1]
